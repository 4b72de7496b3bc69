import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayMs, hourMs } from "../core/index.ts";
import type { Event, LogRecord } from "../event/index.ts";
import { feedbackStream, recordsOf } from "../testing/feedbackStream.ts";
import { MemorySnapshot } from "../testing/memorySnapshot.ts";
import {
  defaultFeedbackRules,
  type SignalPart,
  Signals,
  StreamState,
  signalCount,
  trendHalfLivesMs,
} from "./index.ts";

const limits = {
  itemsMax: 1000,
  accountsMax: 1000,
  itemsPerAccountMax: 1000,
  accountPropertiesBytesMax: 1_000_000,
};

function stateOf(records: readonly LogRecord[]): StreamState {
  const state = new StreamState({ partitionCount: 4, rules: defaultFeedbackRules, ...limits });
  for (const record of records) state.apply(record);
  return state;
}

function read(signals: Signals, item: number): number[] {
  const out = new Float32Array(signalCount + 2).fill(9);
  signals.write(item, out, 1);
  expect([out[0], out[signalCount + 1]]).toEqual([9, 9]);
  return [...out.subarray(1, signalCount + 1)];
}

const start = Date.UTC(2020, 0, 1);
const like = (account: string, item: string, hours: number): Event => ({
  type: "like",
  time: start + hours * hourMs,
  account,
  item,
});
const set = (item: string, context: NonNullable<Event["context"]>): Event => ({
  type: "item_set",
  time: start,
  item,
  context,
});

/** x, y and z are items 0, 1 and 2; z has no catalogue. */
const tiny = recordsOf([
  set("x", { released: 2019, categories: "drama|war" }),
  set("y", { released: 1999, categories: "drama" }),
  like("a", "x", 0),
  like("a", "y", 0.5),
  like("b", "x", 1),
  like("b", "z", 2.5), // more than an hour after: not "next"
]);
const now = start + dayMs;

/** log2 of a share, as the signal of a trend. */
const trend = (share: number): number => (Math.log2(share) + 7) * 0.3;
/** A cosine of c pairs of items with n and m events, with 10 events more each, as a signal. */
const cosine = (c: number, n: number, m: number, strength = 1): number =>
  Math.log(1 + (20 * strength * c) / Math.sqrt((n + 10) * (m + 10))) * 0.7;
const age = (hours: number): number => Math.log((24 - hours) / 24 + 0.1) * 0.3;
/** How much each of the four likes counts at half-life h hours, seen from the first. */
const weights = (h: number): number[] => [0, 0.5, 1, 2.5].map((hours) => 2 ** (hours / h));

function trendsOf(likes: readonly number[]): number[] {
  return [2.4, 12, 48, 168, 720, Number.POSITIVE_INFINITY].map((h) => {
    const all = weights(h);
    const own = likes.reduce((sum, like) => sum + all[like], 0);
    return trend(own / all.reduce((sum, weight) => sum + weight, 0));
  });
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries())
    expect(actual[i], `signal ${i}`).toBeCloseTo(value, 5);
}

describe("signals", () => {
  it("are what the formulas give for a tiny stream, worked by hand", () => {
    const signals = new Signals(stateOf(tiny));
    signals.begin("a", now); // wanted x, then y: 2009 on average
    const related = signals.relate();
    expect(new Set(related)).toEqual(new Set([0, 1, 2]));
    // x: was liked twice; the account's last, y, and x are a pair. Half of its drama and war are wanted.
    expectClose(read(signals, 0), [
      ...trendsOf([0, 2]),
      ...[cosine(1, 2, 1), 0, age(0), 10 / 20, (1 + 0.5) / 2, 1, 1, 0, 0, 0],
    ]);
    // y: pairs with x, the one before the last.
    expectClose(read(signals, 1), [
      ...trendsOf([1]),
      ...[cosine(1, 2, 1, 0.9), 0, age(0.5), 10 / 20, 1 / 2, 0, 1, 0, 0, 0],
    ]);
    // z: pairs with x through b.
    expectClose(read(signals, 2), [
      ...trendsOf([3]),
      ...[cosine(1, 2, 1, 0.9), 0, age(2.5), 0, 0, 0, 1, 0, 0, 0],
    ]);
  });

  it("say what came next within the hour", () => {
    const signals = new Signals(stateOf([...tiny, ...later(like("c", "x", 3))]));
    signals.begin("c", now);
    expect(read(signals, 1)[7]).toBeCloseTo(cosine(1, 3, 1), 5); // a: x, then y
    expect(read(signals, 2)[7]).toBe(0); // b: z an hour and a half after x
    expect(signals.relationTo(1)).toBeCloseTo(2 / Math.sqrt(13 * 11), 6);
  });

  it("tell nothing of taste for an account without a past", () => {
    const signals = new Signals(stateOf(tiny));
    const { buckets } = signals.begin("nobody", now);
    expect(signals.relate()).toEqual([]);
    expectClose(read(signals, 0), [...trendsOf([0, 2]), 0, 0, age(0), 0, 0, 1, 1, 0, 0, 0]);
    expect(buckets).toEqual(signals.begin("nobody else", now + dayMs).buckets);
    expect(new Set(buckets).size).toBe(3);
  });

  it("put accounts into buckets by how much they wanted and how long they were away", () => {
    const likes = (account: string, count: number): Event[] =>
      Array.from({ length: count }, (_, i) => like(account, `item ${i}`, 0));
    const state = stateOf(recordsOf([1, 2, 3, 4, 7, 8, 40, 41].flatMap((n) => likes(`${n}`, n))));
    const signals = new Signals(state);
    const sizeOf = (account: string): bigint => signals.begin(account, start).buckets[1];
    const gapOf = (ms: number): bigint => signals.begin("1", start + ms).buckets[2];
    expect(sizeOf("2")).toBe(sizeOf("3"));
    expect(sizeOf("4")).toBe(sizeOf("7"));
    expect(sizeOf("8")).not.toBe(sizeOf("7"));
    expect(new Set(["0", "1", "2", "4", "8", "40", "41"].map(sizeOf)).size).toBe(7);
    expect(gapOf(0)).toBe(gapOf(299_999));
    expect(gapOf(-dayMs)).toBe(gapOf(0)); // a late event
    const gaps = [0, 300_000, hourMs, dayMs, 7 * dayMs].map(gapOf);
    expect(new Set([...gaps, signals.begin("0", start).buckets[2]]).size).toBe(6);
    expect(gapOf(1000 * dayMs)).toBe(gaps[4]);
    expect(new Set([...gaps, ...["0", "1"].map(sizeOf)]).size).toBe(7);
  });

  it("of the parts it does without are 0, and the others as before", () => {
    const state = stateOf([...tiny, ...later(like("c", "x", 3))]);
    const all = new Signals(state);
    const parts: [SignalPart, number[]][] = [
      ["trend", [0, 1, 2, 3, 4, 5]],
      ["cooccurrence", [6, 7]],
    ];
    for (const [part, places] of parts) {
      const without = new Signals(state, [part]);
      all.begin("c", now);
      without.begin("c", now);
      expect(read(all, 1).filter((value, i) => places.includes(i) && value === 0)).toEqual([]);
      for (const item of [0, 1, 2]) {
        const expected = read(all, item).map((value, i) => (places.includes(i) ? 0 : value));
        expect(read(without, item)).toEqual(expected);
      }
    }
  });

  it("hold nothing of the account before", () => {
    const asked = fc.array(fc.record({ account: fc.nat(9), after: fc.nat(60) }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.nat(), asked, (seed, asks) => {
        const records = feedbackStream({ seed, count: 120 });
        const state = stateOf([]);
        const used = new Signals(state);
        let at = 0;
        for (const { account, after } of asks) {
          for (const record of records.slice(at, at + after)) state.apply(record);
          at += after;
          const time = state.trends.time + hourMs;
          const fresh = new Signals(state);
          const context = used.begin(`account-${account}`, time);
          expect(context).toEqual(fresh.begin(`account-${account}`, time));
          for (const item of state.items.seen) {
            expect(read(used, item)).toEqual(read(fresh, item));
            expect(used.relationTo(item)).toBe(fresh.relationTo(item));
          }
          // To the bit the same, summed up for all items or looked up for one.
          const all = (): number[][] =>
            state.items.seen.map((item) => [...read(used, item), used.relationTo(item)]);
          const lookedUp = all();
          const met = used.relate();
          expect(all()).toEqual(lookedUp);
          // Each once, and every item that is related at all.
          const related = state.items.seen.filter((item) => used.relationTo(item) > 0);
          expect(met.length).toBe(related.length);
          expect(new Set(met)).toEqual(new Set(related));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("are the same from a state that was saved and restored, and from both later on", () => {
    const records = feedbackStream({ seed: 10, count: 300 });
    const state = stateOf(records.slice(0, 200));
    const snapshot = new MemorySnapshot();
    state.save(snapshot);
    const restored = stateOf(records); // what it had before is gone
    restored.restore(snapshot);
    for (const rest of [[], records.slice(200)]) {
      for (const record of rest) for (const one of [state, restored]) one.apply(record);
      expect(restored.items.seen).toEqual(state.items.seen);
      for (const board of trendHalfLivesMs.keys())
        expect([...restored.trends.leaders(board)]).toEqual([...state.trends.leaders(board)]);
      const [one, other] = [state, restored].map((of) => new Signals(of));
      for (const account of ["nobody", ...Array.from({ length: 10 }, (_, i) => `account-${i}`)]) {
        const time = state.trends.time + hourMs;
        expect(restored.trends.time).toBe(state.trends.time);
        expect(restored.histories.of(account)).toEqual(state.histories.of(account));
        expect(other.begin(account, time)).toEqual(one.begin(account, time));
        for (const item of state.items.seen) expect(read(other, item)).toEqual(read(one, item));
      }
      for (let item = 0; item < state.items.count; item++)
        expect(describeItem(restored, item)).toEqual(describeItem(state, item));
    }
  });

  it("are finite for every item that was seen", () => {
    const records = feedbackStream({ seed: 9, count: 300 });
    const state = stateOf(records);
    const signals = new Signals(state);
    for (let account = 0; account < 10; account++) {
      signals.begin(`account-${account}`, state.trends.time - dayMs); // asked for an earlier time
      for (const item of state.items.seen)
        expect(read(signals, item).every(Number.isFinite)).toBe(true);
    }
  });
});

/** All that the index says of an item, there and back. */
function describeItem({ items }: StreamState, item: number): unknown[] {
  const [name, id] = [items.nameOf(item), items.idOf(item)];
  const found = [items.indexOf(name), items.indexOfId(id), items.isSeen(item)];
  const said = [items.titleOf(item), items.releasedOf(item), items.categoriesOf(item)];
  return [name, id, ...found, ...said, items.firstTimeOf(item), items.categoryCount];
}

function later(event: Event): LogRecord[] {
  return [{ partition: 0, offset: 1000, logTime: event.time, event }];
}
