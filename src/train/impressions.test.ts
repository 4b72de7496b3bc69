/**
 * That what was shown teaches: its examples, and that σ(logit) in their context is the probability that a
 * shown item is acted on.
 */
import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import type { Event, LogRecord } from "../event/index.ts";
import { accountIdOf, Signals, signalCount } from "../features/index.ts";
import { streamTime } from "../testing/feedbackStream.ts";
import { type SmallLearner, smallJoining, smallLearner } from "../testing/smallLearner.ts";
import { viewConformance } from "../testing/viewConformance.ts";
import { probabilityOf, shownBucket } from "./index.ts";

const itemCount = 16;
/** From 40 % down to 2 %. */
const truth = Array.from({ length: itemCount }, (_, i) => 0.4 * 0.82 ** i);
const secondMs = 1000;

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
  const signals = new Signals(learner.state);
  const pairs: { p: number; t: number }[] = [];
  for (const [i, record] of records.entries()) {
    const { type, account = "", item = "", time } = record.event;
    if (i > records.length / 2 && type === "impression") {
      const { buckets } = signals.begin(account, time);
      signals.write(learner.state.items.indexOf(item), learner.model.signals, 0);
      learner.model.items[0] = learner.state.items.idOf(learner.state.items.indexOf(item));
      const { wanted } = learner.state.histories.of(account);
      const recent = wanted.slice(-10).map((index) => learner.state.items.idOf(index));
      const context = { account: accountIdOf(account), recent, buckets: [...buckets, shownBucket] };
      const [logit] = learner.model.score(context, 1);
      pairs.push({ p: probability(logit), t: truth[Number(item.slice(5))] });
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
      model: {
        dim: 4,
        learningRate: 0.02,
        signalLearningRate: 0.05,
        linear: { alpha: 0.02, beta: 1, l1: 0, l2: 0 },
      },
      training: { rules, joining: { ...smallJoining, ...joining } },
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

  it("of an item that was never seen, or without a request, teaches nothing", () => {
    const learner = smallLearner();
    const { request: _, ...alone } = shown;
    apply(learner, shown, { ...alone, time: shown.time + 1 });
    apply(learner, { ...shown, type: "access", time: shown.time + 86_400_000 });
    expect(learner.trainer.joinerStats().shownCount).toBe(0);
    expect(learner.trainer.stats().exampleCount).toBe(0);
  });

  it("lowers the item for the account when its window ends, and a late action raises it above", () => {
    const learner = smallLearner();
    const { model, state } = learner;
    const logit = (): number => {
      model.items[0] = state.items.idOf(state.items.indexOf("x"));
      model.signals.fill(0, 0, signalCount);
      return model.score({ account: accountIdOf("a"), recent: [], buckets: [] }, 1)[0];
    };
    apply(learner, { ...shown, type: "like", account: "b", request: "other" });
    apply(learner, { ...shown, type: "access" });
    apply(learner, shown);
    const before = logit();
    apply(learner, { ...shown, type: "access", time: shown.time + smallJoining.windowMs });
    const ended = logit();
    expect(ended).toBeLessThan(before);
    apply(learner, { ...shown, type: "save", time: shown.time + smallJoining.windowMs + 1 });
    expect(logit()).toBeGreaterThan(before);
    expect(learner.trainer.joinerStats()).toMatchObject({ negativeCount: 1, latePositiveCount: 1 });
  });
});

viewConformance("the trainer, with what was shown", {
  records: shownStream(300, 0.3, 4),
  cutCount: 8,
  makeView: () =>
    smallLearner({ training: { joining: { ...smallJoining, inMemoryMax: 20 } } }).trainer,
});
