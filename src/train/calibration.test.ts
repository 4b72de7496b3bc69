/**
 * That the model's σ(logit) is the probability of being taken next, whatever the negatives were drawn by.
 *
 * The streams have known probabilities: the next item is drawn from a fixed multinomial, or, where
 * accounts come back, from it without what the account had.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import type { Event, LogRecord } from "../event/index.ts";
import { accountIdOf, Signals, signalCount } from "../features/index.ts";
import { recordsOf, streamTime } from "../testing/feedbackStream.ts";
import { type SmallLearner, smallLearner } from "../testing/smallLearner.ts";

const itemCount = 20;
/** From 18 % down to 1.1 %: p ∝ 0.86^i. */
const raw = Array.from({ length: itemCount }, (_, i) => 0.86 ** i);
const rawSum = raw.reduce((sum, p) => sum + p, 0);
const truth = raw.map((p) => p / rawSum);

interface Sums {
  /** By item, over the events measured: the probability given to it, the true one, how often it was free. */
  readonly predicted: number[];
  readonly expected: number[];
}

/** Each of `perAccount` items that an account takes is drawn from the truth, without what it had. */
function simulate(accountCount: number, perAccount: number, seed: number): LogRecord[] {
  const random = new Random(seed);
  const events: Event[] = [];
  for (let account = 0; account < accountCount; account++) {
    const had = new Set<number>();
    while (had.size < perAccount) {
      const item = draw(random);
      if (had.has(item)) continue;
      had.add(item);
      // A minute apart: far below every half-life but the first, so that trends stand still.
      const time = streamTime + events.length * 60_000;
      events.push({ type: "like", time, account: `account-${account}`, item: `item-${item}` });
    }
  }
  return recordsOf(events);
}

function draw(random: Random): number {
  let left = random.uniform();
  let item = 0;
  while (item < itemCount - 1 && left >= truth[item]) left -= truth[item++];
  return item;
}

/** Adds, for every item that the account can take, what the model says and what is true. */
function measure({ state, model }: SmallLearner, signals: Signals, record: LogRecord, sums: Sums) {
  const { account = "", time } = record.event;
  const { buckets } = signals.begin(account, time);
  const { had, wanted } = state.histories.of(account);
  const free = state.items.seen.filter((item) => !had.includes(item));
  for (const [i, item] of free.entries()) {
    signals.write(item, model.signals, i * signalCount);
    model.items[i] = state.items.idOf(item);
  }
  const recent = wanted.slice(-10).map((item) => state.items.idOf(item));
  const logits = model.score({ account: accountIdOf(account), recent, buckets }, free.length);
  const numberOf = (item: number): number => Number(state.items.nameOf(item).slice(5));
  const left = free.reduce((sum, item) => sum + truth[numberOf(item)], 0);
  for (const [i, item] of free.entries()) {
    sums.predicted[numberOf(item)] += 1 / (1 + Math.exp(-logits[i]));
    sums.expected[numberOf(item)] += truth[numberOf(item)] / left;
  }
}

function calibrate(
  records: readonly LogRecord[],
  training: { uniformShare: number; negativesPerPositive: number },
): Sums {
  const learner = smallLearner({ training, state: { accountsMax: 100_000 }, model: { dim: 4 } });
  const signals = new Signals(learner.state);
  const zeros = (): number[] => new Array<number>(itemCount).fill(0);
  const sums = { predicted: zeros(), expected: zeros() };
  for (const [i, record] of records.entries()) {
    if (i > records.length / 2) measure(learner, signals, record, sums);
    learner.trainer.apply(record);
  }
  return sums;
}

const samplings = [1, 0.3].flatMap((uniformShare) =>
  [5, 30].map((negativesPerPositive) => ({ uniformShare, negativesPerPositive })),
);
const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe.each([
  { who: "new accounts", records: simulate(6000, 1, 7) },
  { who: "accounts that had many of the popular items", records: simulate(700, 8, 7) },
])("the model's probabilities, for $who", ({ records }) => {
  let runs: Sums[] = [];
  beforeAll(() => {
    runs = samplings.map((sampling) => calibrate(records, sampling));
  });

  for (const [i, { uniformShare, negativesPerPositive }] of samplings.entries()) {
    it(`are true, drawn with ${negativesPerPositive} negatives, ${uniformShare} of them uniform`, () => {
      const { predicted, expected } = runs[i];
      const ratios = predicted.map((probability, item) => probability / expected[item]);
      // All items together: what a wrong correction moves. Measured: 1.005 to 1.015.
      expect(total(predicted) / total(expected)).toBeGreaterThan(0.98);
      expect(total(predicted) / total(expected)).toBeLessThan(1.03);
      // The last have some 60 events to learn from, and start as likely as the others.
      for (const [item, ratio] of ratios.entries()) {
        expect(ratio, `item ${item}`).toBeGreaterThan(truth[item] > 0.04 ? 0.88 : 0.8);
        expect(ratio, `item ${item}`).toBeLessThan(truth[item] > 0.04 ? 1.15 : 1.7);
      }
    });
  }

  it("are the same whatever the negatives were drawn by", () => {
    for (let item = 0; item < itemCount; item++) {
      const predicted = runs.map((sums) => sums.predicted[item]);
      expect(Math.max(...predicted) / Math.min(...predicted), `item ${item}`).toBeLessThan(1.15);
    }
  });
});
