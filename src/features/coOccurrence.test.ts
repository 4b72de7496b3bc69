import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hourMs } from "../core/index.ts";
import type { Event, LogRecord } from "../event/index.ts";
import { feedbackStream, recordsOf, streamTime, takenOnce } from "../testing/feedbackStream.ts";
import { AccountHistories } from "./accountHistories.ts";
import { CoOccurrence, type CoOccurrenceOptions } from "./coOccurrence.ts";
import { defaultFeedbackRules, ItemIndex } from "./index.ts";

type Options = Partial<CoOccurrenceOptions>;
const rules = defaultFeedbackRules;

/** Cosines by name, of every pair that has one. */
function cosinesOf(records: readonly LogRecord[], options: Options): Map<string, number> {
  const shared = { partitionCount: 4, rules };
  const items = new ItemIndex({ ...shared, itemsMax: 1000 });
  const limits = { accountsMax: 1000, itemsPerAccountMax: 1000 };
  const histories = new AccountHistories(items, { ...shared, ...limits });
  const pairs = new CoOccurrence(items, histories, {
    ...shared,
    name: "pairs",
    reach: 1000,
    gapMaxMs: Number.POSITIVE_INFINITY,
    directed: false,
    neighboursMax: 1000,
    shrinkage: 10,
    ...options,
  });
  for (const record of records) {
    items.apply(record);
    pairs.apply(record);
    histories.apply(record);
  }
  const cosines = new Map<string, number>();
  for (let item = 0; item < items.count; item++) {
    const sums = new Float32Array(items.count);
    const met: number[] = [];
    pairs.addCosines(item, 1, sums, met);
    expect(new Set(met).size).toBe(met.length);
    for (const other of met)
      cosines.set(`${items.nameOf(item)} ${items.nameOf(other)}`, sums[other]);
    expect(sums.filter((sum) => sum !== 0).length).toBe(met.length);
  }
  return cosines;
}

/** What each account took, in its order. */
function journeysOf(records: readonly LogRecord[]): Event[][] {
  const byAccount = new Map<string | undefined, Event[]>();
  for (const { event } of records)
    byAccount.set(event.account, [...(byAccount.get(event.account) ?? []), event]);
  return [...byAccount.values()];
}

/** Cosines from pair counts, by the formula. */
function cosinesFrom(
  records: readonly LogRecord[],
  pairs: ReadonlyMap<string, number>,
  shrinkage: number,
): Map<string, number> {
  const eventsOf = (name: string): number =>
    records.filter(({ event }) => event.item === name).length;
  return new Map(
    [...pairs].map(([pair, count]) => {
      const [one, other] = pair.split(" ").map(eventsOf);
      return [pair, count / Math.sqrt((one + shrinkage) * (other + shrinkage))];
    }),
  );
}

function expectSameCosines(actual: Map<string, number>, expected: Map<string, number>): void {
  expect([...actual.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
  for (const [pair, cosine] of expected) expect(actual.get(pair)).toBeCloseTo(cosine, 6);
}

function add(counts: Map<string, number>, pair: string): void {
  counts.set(pair, (counts.get(pair) ?? 0) + 1);
}

/** Each account takes an item once, so that a pair counts accounts; at most 60 items, within `wantedMax`. */
const streams = fc
  .record({ seed: fc.nat(), count: fc.integer({ min: 1, max: 250 }) })
  .map((options) => takenOnce(feedbackStream({ ...options, itemCount: 60 })));

describe("co-occurrence", () => {
  it("counts the accounts that had both items, for every pair", () => {
    fc.assert(
      fc.property(streams, fc.constantFrom(0, 1, 10), (records, shrinkage) => {
        const pairs = new Map<string, number>();
        for (const journey of journeysOf(records)) {
          for (const { item } of journey)
            for (const other of journey)
              if (other.item !== item) add(pairs, `${item} ${other.item}`);
        }
        const expected = cosinesFrom(records, pairs, shrinkage);
        expectSameCosines(cosinesOf(records, { shrinkage }), expected);
      }),
      { numRuns: 40 },
    );
  });

  it("directed and next only, counts who took the second right after the first, within the gap", () => {
    fc.assert(
      fc.property(streams, fc.constantFrom(0, 60_000, hourMs, 24 * hourMs), (records, gapMaxMs) => {
        const pairs = new Map<string, number>();
        for (const journey of journeysOf(records)) {
          for (const [i, { item, time }] of journey.slice(1).entries())
            if (time - journey[i].time <= gapMaxMs) add(pairs, `${journey[i].item} ${item}`);
        }
        const expected = cosinesFrom(records, pairs, 10);
        expectSameCosines(cosinesOf(records, { directed: true, reach: 1, gapMaxMs }), expected);
      }),
      { numRuns: 40 },
    );
  });

  it("pairs an event with no more of the account's last items than its reach", () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 6 }), (records, reach) => {
        const pairs = new Map<string, number>();
        for (const journey of journeysOf(records)) {
          for (const [i, { item }] of journey.entries()) {
            for (const before of journey.slice(Math.max(0, i - reach), i)) {
              add(pairs, `${item} ${before.item}`);
              add(pairs, `${before.item} ${item}`);
            }
          }
        }
        expectSameCosines(cosinesOf(records, { reach }), cosinesFrom(records, pairs, 10));
      }),
      { numRuns: 20 },
    );
  });

  it("when full, gives the place of the smallest count to the new neighbour", () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 5 }), (records, neighboursMax) => {
        const neighbours = new Map<string, { name: string; count: number }[]>();
        const count = (of: string, name: string): void => {
          const list = neighbours.get(of) ?? [];
          neighbours.set(of, list);
          const found = list.find((neighbour) => neighbour.name === name);
          const smallest = Math.min(...list.map((neighbour) => neighbour.count));
          if (found !== undefined) found.count++;
          else if (list.length < neighboursMax) list.push({ name, count: 1 });
          else {
            const oldest = list.findIndex((one) => one.count === smallest);
            list.splice(oldest, 1);
            list.push({ name, count: 1 });
          }
        };
        const pasts = new Map<string, string[]>();
        for (const { event } of records) {
          const past = pasts.get(event.account!) ?? [];
          pasts.set(event.account!, past);
          for (const before of past) {
            count(before, event.item!);
            count(event.item!, before);
          }
          past.push(event.item!);
        }
        const pairs = [...neighbours].flatMap(([of, list]) =>
          list.map((one) => [`${of} ${one.name}`, one.count] as const),
        );
        const expected = cosinesFrom(records, new Map(pairs), 10);
        expectSameCosines(cosinesOf(records, { neighboursMax }), expected);
      }),
      { numRuns: 40 },
    );
  });

  it("is a cosine, of positive events alone, worked by hand", () => {
    const like = (account: string, item: string): Event => ({
      type: "like",
      time: streamTime,
      account,
      item,
    });
    const skip = (account: string, item: string): Event => ({
      ...like(account, item),
      type: "skip",
    });
    const events = [
      ...[like("a", "x"), like("a", "y"), like("b", "x"), skip("b", "y")],
      ...[like("c", "x"), like("c", "x")], // again: one more of x, and no pair with itself
    ];
    // n(x) = 4, n(y) = 1, c(x, y) = 1: 1 / √((4 + 1)(1 + 1))
    const cosines = cosinesOf(recordsOf(events), { shrinkage: 1 });
    expect(cosines.get("x y")).toBeCloseTo(1 / Math.sqrt(10), 6);
    expect(cosines.get("y x")).toBeCloseTo(1 / Math.sqrt(10), 6);
    expect(cosines.size).toBe(2);
  });

  it("adds cosines to sums, by strength, and pushes what it met first only", () => {
    const items = new ItemIndex({ partitionCount: 1, itemsMax: 10 });
    const shared = { partitionCount: 1, rules };
    const histories = new AccountHistories(items, {
      ...shared,
      accountsMax: 10,
      itemsPerAccountMax: 10,
    });
    const pairs = new CoOccurrence(items, histories, {
      ...shared,
      name: "pairs",
      reach: 10,
      gapMaxMs: Number.POSITIVE_INFINITY,
      directed: false,
      neighboursMax: 10,
      shrinkage: 0,
    });
    for (const record of recordsOf(
      ["x", "y", "z"].map((item) => ({ type: "like", time: streamTime, account: "a", item })),
    )) {
      items.apply(record);
      pairs.apply(record);
      histories.apply(record);
    }
    const sums = new Float32Array(3);
    const met: number[] = [];
    pairs.addCosines(0, 1, sums, met);
    pairs.addCosines(1, 0.5, sums, met);
    expect([...sums]).toEqual([0.5, 1, 1.5]);
    expect(met).toEqual([1, 2, 0]);
    pairs.addCosines(7, 1, sums, met); // an item without neighbours
    expect(met).toEqual([1, 2, 0]);
  });
});
