import { describe, expect, it } from "vitest";
import type { Event, LogRecord } from "../event/index.ts";
import { accountIdOf, Signals, signalCount } from "../features/index.ts";
import { feedbackStream, recordsOf, streamTime } from "../testing/feedbackStream.ts";
import { MemorySnapshot } from "../testing/memorySnapshot.ts";
import {
  type SmallLearner,
  type SmallLearnerOptions,
  smallLearner,
} from "../testing/smallLearner.ts";

function learnerOf(records: readonly LogRecord[], options?: SmallLearnerOptions): SmallLearner {
  const learner = smallLearner(options);
  for (const record of records) learner.trainer.apply(record);
  return learner;
}

function bytesOf({ trainer }: SmallLearner): ReadonlyMap<string, Uint8Array> {
  const snapshot = new MemorySnapshot();
  trainer.save(snapshot);
  return snapshot.sections;
}

/**
 * Asks now what `event`'s account and all seen items are like; answers any time with the logits of those
 * signals: the event's item's, and by how much it is above the mean of the others.
 */
function question({ state, model }: SmallLearner, { account = "", item = "", time }: Event) {
  const signals = new Signals(state);
  const { buckets } = signals.begin(account, time);
  const seen = [...state.items.seen];
  const measured = new Float32Array(seen.length * signalCount);
  for (const [i, index] of seen.entries()) signals.write(index, measured, i * signalCount);
  const { wanted } = state.histories.of(account);
  const recent = wanted.slice(-10).map((index) => state.items.idOf(index));
  const asked = seen.indexOf(state.items.indexOf(item));
  return () => {
    for (const [i, index] of seen.entries()) model.items[i] = state.items.idOf(index);
    model.signals.set(measured);
    const context = { account: accountIdOf(account), recent, buckets: [...buckets] };
    const logits = [...model.score(context, seen.length)];
    const mean = logits.reduce((sum, logit) => sum + logit, 0) / seen.length;
    return { logit: logits[asked], margin: logits[asked] - mean };
  };
}

const like = (account: string, item: string, after = 0): Event => ({
  type: "like",
  time: streamTime + after,
  account,
  item,
});

describe("the trainer", () => {
  it("goes on to the same bytes, wherever it was saved, restored and given the rest", () => {
    // Enough ids that the tables grow more than once.
    const records = feedbackStream({ seed: 5, count: 1500, accountCount: 700, itemCount: 700 });
    const options = { state: { partitionCount: 4 }, model: { ttlSeconds: 120 * 3600 } };
    const learner = learnerOf(records, options);
    const whole = bytesOf(learner);
    expect(learner.model.stats().item.growthCount).toBeGreaterThan(0);
    expect(learner.trainer.stats().expiredCount).toBeGreaterThan(0);
    for (const cut of [0, 1, 333, 700, 1100, 1499, 1500]) {
      const snapshot = new MemorySnapshot();
      learnerOf(records.slice(0, cut), options).trainer.save(snapshot);
      const restored = smallLearner(options);
      restored.trainer.restore(snapshot);
      for (const record of records.slice(cut)) restored.trainer.apply(record);
      expect(differences(bytesOf(restored), whole), `cut after ${cut}`).toEqual([]);
    }
  });

  it("raises what was taken and lowers what was skipped, for that account", () => {
    const records = feedbackStream({ seed: 6, count: 800, accountCount: 20 });
    const learner = smallLearner({ state: { partitionCount: 4 } });
    const margins: number[] = [];
    const falls: number[] = [];
    for (const record of records) {
      const { event } = record;
      const isSeen = learner.state.items.isSeen(learner.state.items.indexOf(event.item ?? ""));
      const answer = isSeen && event.type !== "item_set" ? question(learner, event) : undefined;
      const before = answer?.();
      learner.trainer.apply(record);
      const after = answer?.();
      if (before === undefined || after === undefined) continue;
      if (event.type === "like") margins.push(after.margin - before.margin);
      if (["skip", "unlike"].includes(event.type)) falls.push(before.logit - after.logit);
    }
    expect(margins.length).toBeGreaterThan(100);
    expect(falls.length).toBeGreaterThan(60);
    // Over the items it was chosen from: alone, its logit may fall with theirs.
    expect(margins.filter((change) => change > 0).length / margins.length).toBeGreaterThan(0.9);
    expect(Math.min(...falls)).toBeGreaterThan(0); // alone in its group
  });

  it("makes rows at an item's first event, but has nothing to learn from it", () => {
    const { trainer, model } = learnerOf(recordsOf([like("a", "x"), like("b", "y")]));
    expect(trainer.stats()).toEqual({
      exampleCount: 0,
      responseCount: 0,
      feedbackCount: 2,
      expiredCount: 0,
    });
    const { account, item, recent, bucket } = model.stats();
    expect([account.idCount, item.idCount, recent.idCount, bucket.idCount]).toEqual([2, 2, 2, 0]);
  });

  it("makes no rows for what was only skipped or shown", () => {
    const { trainer, model } = learnerOf(
      recordsOf([
        { ...like("a", "x"), type: "skip" },
        { ...like("a", "y"), type: "impression" },
        { type: "item_set", time: streamTime, item: "z" },
        { type: "access", time: streamTime, account: "a" },
      ]),
    );
    expect(trainer.stats()).toMatchObject({ exampleCount: 0, feedbackCount: 1 });
    const { account, item, recent } = model.stats();
    expect([account.idCount, item.idCount, recent.idCount]).toEqual([0, 0, 0]);
  });

  it("makes no rows for an item past the limit of items", () => {
    const events = ["x", "y", "z", "z"].map((item, i) => like(`account ${i}`, item, i));
    const { trainer, model } = learnerOf(recordsOf(events), { state: { itemsMax: 2 } });
    expect(model.stats().item.idCount).toBe(2);
    expect(model.stats().recent.idCount).toBe(2);
    expect(trainer.stats().exampleCount).toBe(0);
  });

  it("makes rows from the n-th positive event on, where that is asked for", () => {
    const events = [like("a", "x"), { ...like("b", "x"), type: "skip" }, like("c", "x")];
    const { model } = learnerOf(recordsOf(events), { model: { admitAfter: 2 } });
    expect(model.stats().item.idCount).toBe(1);
    expect(model.stats().account.idCount).toBe(0);
  });

  it("learns from as many negatives as were asked for, none of them had or taken", () => {
    const first = recordsOf(["x", "y", "z"].map((item, i) => like(`account ${i}`, item, i)));
    const apply = (event: Event, uniformShare: number): number => {
      const learner = learnerOf(first, { training: { negativesPerPositive: 40, uniformShare } });
      learner.trainer.apply({ partition: 0, offset: 9, logTime: event.time, event });
      return learner.trainer.stats().exampleCount;
    };
    // Two of three draws hit one that is free; 40 draws, within 4 standard deviations.
    expect(Math.abs(apply(like("new", "x"), 1) - 1 - (40 * 2) / 3)).toBeLessThan(12);
    // The account had y, and takes x: only z is left.
    expect(Math.abs(apply(like("account 1", "x"), 1) - 1 - 40 / 3)).toBeLessThan(12);
    // A skip is alone.
    expect(apply({ ...like("new", "x"), type: "skip" }, 1)).toBe(1);
  });

  it("learns more from an event of more weight, up and down", () => {
    const first = recordsOf(["x", "y", "z"].map((item, i) => like(`account ${i}`, item, i)));
    const changeBy = (weight: number): number => {
      const rules = { like: { weight: 1, had: true }, rate: { weight, had: true } };
      const learner = learnerOf(first, { state: { rules }, training: { rules } });
      const event = { ...like("account 0", "y", 99), type: "rate" };
      const answer = question(learner, event);
      const before = answer();
      learner.trainer.apply({ partition: 0, offset: 9, logTime: event.time, event });
      return answer().margin - before.margin;
    };
    const changes = [-2, -1, -0.25, 0, 0.25, 1, 2].map(changeBy);
    expect(changes).toEqual(changes.toSorted((a, b) => a - b));
    expect(new Set(changes).size).toBe(7);
    expect(changes[3]).toBe(0);
  });

  it("learns nothing from the signals of the parts it does without", () => {
    const records = feedbackStream({ seed: 8, count: 200 });
    const options = { state: { partitionCount: 4 } };
    const all = bytesOf(learnerOf(records, options));
    for (const part of ["trend", "cooccurrence"] as const) {
      const training = { without: [part] };
      const without = bytesOf(learnerOf(records, { ...options, training }));
      // What is measured stays; what is learned of it does not.
      const sections = differences(without, all);
      expect(sections.length).toBeGreaterThan(0);
      const learned = (section: string): boolean => /^(model\.|health$)/.test(section);
      expect(sections.filter((section) => !learned(section))).toEqual([]);
    }
  });

  it("gives up the rows of quiet ids by log time, no more often than it is told to", () => {
    const access = (seconds: number): Event => ({
      type: "access",
      time: streamTime + seconds * 1000,
      account: "c",
    });
    const expiredAfter = (...events: Event[]): number => {
      const options = { model: { ttlSeconds: 3600 }, training: { expireEverySeconds: 600 } };
      return learnerOf(recordsOf(events), options).trainer.stats().expiredCount;
    };
    const [first, second] = [like("a", "x"), like("b", "y", 3_300_000)];
    expect(expiredAfter(first, second)).toBe(0);
    expect(expiredAfter(first, second, access(3700))).toBe(0); // it looked 400 s before
    // a as an account, x as an item and as a past; b and y are younger.
    expect(expiredAfter(first, second, access(3700), access(3900))).toBe(3);
  });
});

/** Names of the sections that are not the same. */
function differences(
  one: ReadonlyMap<string, Uint8Array>,
  other: ReadonlyMap<string, Uint8Array>,
): string[] {
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].filter((name) => {
    const [a, b] = [one.get(name), other.get(name)];
    return a === undefined || b === undefined || Buffer.compare(a, b) !== 0;
  });
}
