/**
 * That what was shown teaches the model of responses: its examples, and that its σ(logit) is the probability
 * that a shown item is acted on.
 */
import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import type { Event, LogRecord } from "../event/index.ts";
import { accountIdOf, ExampleFeatures, itemIdOf, type SlotRules } from "../features/index.ts";
import { streamTime } from "../testing/feedbackStream.ts";
import { MemorySnapshot } from "../testing/memorySnapshot.ts";
import { type SmallLearner, smallJoining, smallLearner } from "../testing/smallLearner.ts";
import { viewConformance } from "../testing/viewConformance.ts";
import { keptNegativesProbability, probabilityOf } from "./index.ts";

const itemCount = 16;
/** From 40 % down to 2 %. */
const truth = Array.from({ length: itemCount }, (_, i) => 0.4 * 0.82 ** i);
const secondMs = 1000;

const slots: SlotRules = {
  account: { of: ["account"] },
  item: { of: ["item"] },
  position: { of: ["position"] },
};

/** Shown items, each played with its probability; `lateShare` of the plays come after the window. */
function shownStream(count: number, lateShare: number, seed: number): LogRecord[] {
  const random = new Random(seed);
  const events: Event[] = [];
  const first = { type: "access", time: streamTime, account: "a" };
  for (let i = 0; i < itemCount; i++)
    events.push({ ...first, type: "view_content", item: `item-${i}` });
  for (let i = 0; i < count; i++) {
    const item = random.below(itemCount);
    const time = streamTime + (i + 1) * 20 * secondMs;
    const about = { account: `account-${i % 50}`, item: `item-${item}`, request: `request-${i}` };
    events.push({ type: "impression", time, ...about, position: i % 10 });
    if (random.uniform() >= truth[item]) continue;
    const isLate = random.uniform() < lateShare;
    const after = (isLate ? 3600 + random.below(3600) : 1 + random.below(1500)) * secondMs;
    events.push({ type: "like", time: time + after, ...about });
  }
  events.sort((a, b) => a.time - b.time);
  return events.map((event, offset) => ({ partition: 0, offset, logTime: event.time, event }));
}

/** Mean of what is predicted and of what is true, and by how much they differ in 10 bins of equal size. */
function calibrationOf(
  records: readonly LogRecord[],
  learner: SmallLearner,
  probability: (logit: number) => number,
): { predicted: number; expected: number; error: number } {
  const features = new ExampleFeatures(learner.state, slots);
  const pairs: { p: number; t: number }[] = [];
  for (const [i, record] of records.entries()) {
    const { type, item = "", position } = record.event;
    if (i > records.length / 2 && type === "impression") {
      features.begin(record.event);
      const index = learner.state.items.indexOf(item);
      const asked = features.of({ index, id: learner.state.items.idOf(index) }, position);
      const p = probability(learner.response.predictOne(asked));
      pairs.push({ p, t: truth[Number(item.slice(5))] });
    }
    learner.trainer.apply(record);
  }
  pairs.sort((a, b) => a.p - b.p);
  const mean = (part: typeof pairs, of: "p" | "t"): number =>
    part.reduce((sum, pair) => sum + pair[of], 0) / part.length;
  const size = Math.ceil(pairs.length / 10);
  let error = 0;
  for (let from = 0; from < pairs.length; from += size) {
    const bin = pairs.slice(from, from + size);
    error += (Math.abs(mean(bin, "p") - mean(bin, "t")) * bin.length) / pairs.length;
  }
  return { predicted: mean(pairs, "p"), expected: mean(pairs, "t"), error };
}

const sigma = (logit: number): number => 1 / (1 + Math.exp(-logit));

describe("the probability that a shown item is acted on", () => {
  // The rules of this stream say that a like is all that there is.
  const rules = { like: { weight: 1, had: false } };
  const learnerOf = (joining: Partial<typeof smallJoining> = {}): SmallLearner =>
    smallLearner({
      state: { rules },
      training: { rules },
      response: { slots, joining: { ...smallJoining, ...joining } },
    });

  for (const [name, lateShare] of [
    ["that comes in its window", 0],
    ["of which half come after it", 0.5],
  ] as const) {
    it(`is learned from actions ${name}`, () => {
      const records = shownStream(30_000, lateShare, 3);
      const { predicted, expected, error } = calibrationOf(records, learnerOf(), sigma);
      expect(predicted / expected).toBeGreaterThan(0.93);
      expect(predicted / expected).toBeLessThan(1.07);
      expect(error).toBeLessThan(0.02);
    });
  }

  for (const correction of ["training", "serving"] as const) {
    it(`is learned from a fifth of the negatives, corrected in ${correction}`, () => {
      const records = shownStream(30_000, 0.3, 3);
      const negatives = { rate: 0.2, correction };
      const learner = smallLearner({
        state: { rules },
        training: { rules },
        response: { slots, negatives },
      });
      const corrected = calibrationOf(records, learner, (logit) =>
        keptNegativesProbability(logit, negatives),
      );
      expect(corrected.predicted / corrected.expected).toBeGreaterThan(0.93);
      expect(corrected.predicted / corrected.expected).toBeLessThan(1.07);
      expect(corrected.error).toBeLessThan(0.02);
      // A fifth of what was not acted on, and all that was, some of it late.
      const { negativeCount = 0, positiveCount = 0 } = learner.trainer.joinerStats() ?? {};
      const { responseCount } = learner.trainer.stats();
      expect((responseCount - positiveCount) / negativeCount).toBeGreaterThan(0.19);
      expect((responseCount - positiveCount) / negativeCount).toBeLessThan(0.21);
    });
  }

  it("would be too low if a late action did not take its negative back", () => {
    const records = shownStream(30_000, 0.5, 3);
    // Forgotten at the end of the window: a late action finds nothing.
    const { predicted, expected } = calibrationOf(records, learnerOf({ lateMs: 0 }), sigma);
    expect(predicted / expected).toBeLessThan(0.7);
  });

  it("is read back from fake negatives", () => {
    const records = shownStream(30_000, 0.5, 3);
    const learner = learnerOf({ negatives: "atOnce" });
    const { predicted, expected, error } = calibrationOf(records, learner, probabilityOf);
    expect(predicted / expected).toBeGreaterThan(0.93);
    expect(predicted / expected).toBeLessThan(1.07);
    expect(error).toBeLessThan(0.02);
    expect(learner.trainer.joinerStats()).toMatchObject({ waitingCount: 0, latePositiveCount: 0 });
  });
});

describe("an impression", () => {
  const shown: Event = {
    type: "impression",
    time: streamTime + 1000,
    account: "a",
    item: "x",
    request: "r",
  };
  const apply = ({ trainer }: SmallLearner, ...events: Event[]): void => {
    const from = trainer.offsets[0];
    for (const [i, event] of events.entries())
      trainer.apply({ partition: 0, offset: from + i, logTime: event.time, event });
  };

  it("without a request teaches nothing", () => {
    const learner = smallLearner();
    const { request: _, ...alone } = shown;
    apply(learner, { ...alone, time: shown.time + 1 });
    apply(learner, { ...shown, type: "access", time: shown.time + 86_400_000 });
    expect(learner.trainer.joinerStats()?.shownCount).toBe(0);
    expect(learner.trainer.stats().exampleCount).toBe(0);
  });

  it("of an item that nobody had yet teaches of the item", () => {
    const learner = smallLearner();
    apply(learner, shown);
    apply(learner, { ...shown, type: "access", time: shown.time + smallJoining.windowMs });
    expect(learner.response.predictOne([{ slot: "item", id: itemIdOf("x") }])).toBeLessThan(
      learner.response.predictOne([]),
    );
  });

  it("lowers the item for the account when its window ends, and a late action raises it above", () => {
    const learner = smallLearner();
    const logit = (): number =>
      learner.response.predictOne([
        { slot: "account", id: accountIdOf("a") },
        { slot: "item", id: itemIdOf("x") },
      ]);
    apply(learner, shown);
    const before = logit();
    apply(learner, { ...shown, type: "access", time: shown.time + smallJoining.windowMs });
    const ended = logit();
    expect(ended).toBeLessThan(before);
    apply(learner, { ...shown, type: "save", time: shown.time + smallJoining.windowMs + 1 });
    expect(logit()).toBeGreaterThan(before);
    expect(learner.trainer.joinerStats()).toMatchObject({ negativeCount: 1, latePositiveCount: 1 });
  });

  it("leaves the model of what is taken next as it is, and teaches nothing without a model of its own", () => {
    const learner = smallLearner();
    const without = smallLearner({ response: "none" });
    const events: Event[] = [
      { ...shown, type: "like", account: "b", request: "other" },
      shown,
      { ...shown, type: "access", time: shown.time + smallJoining.windowMs },
    ];
    for (const one of [learner, without]) apply(one, ...events);
    const bytesOf = ({ model }: SmallLearner): MemorySnapshot => {
      const snapshot = new MemorySnapshot();
      model.save(snapshot);
      return snapshot;
    };
    expect(bytesOf(learner).sections).toEqual(bytesOf(without).sections);
    expect(without.trainer.joinerStats()).toBeUndefined();
    expect(without.trainer.stats().exampleCount).toBeLessThan(learner.trainer.stats().exampleCount);
  });
});

viewConformance("the trainer, with what was shown", {
  records: shownStream(300, 0.3, 4),
  cutCount: 8,
  makeView: () =>
    smallLearner({ response: { joining: { ...smallJoining, inMemoryMax: 20 } } }).trainer,
});
