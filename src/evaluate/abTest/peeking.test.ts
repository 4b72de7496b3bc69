/** What happens to who looks after every observation: simulations with a known truth. */
import { describe, expect, it } from "vitest";
import { Random } from "../../core/index.ts";
import { AbTest, type AbTestOptions, type Comparison, narrowed } from "./abTest.ts";
import type { Experiment } from "./variant.ts";

function experimentOf(newShare: number): Experiment {
  return {
    name: "peeking",
    variants: [
      { name: "control", weight: 1 - newShare },
      { name: "new", weight: newShare },
    ],
  };
}
const halves = experimentOf(0.5);
const alpha = 0.05;

/** Counts, sums and squares of control and new, for a t-test as everybody does it. */
class NaiveTest {
  readonly #sums = new Float64Array(6);

  observe(variant: 0 | 1, value: number): void {
    this.#sums[variant] += 1;
    this.#sums[2 + variant] += value;
    this.#sums[4 + variant] += value * value;
  }

  /** From 30 observations of each on, as textbooks have it. */
  rejects(): boolean {
    const [n0, n1, s0, s1, q0, q1] = this.#sums;
    if (n0 < 30 || n1 < 30) return false;
    const variance = (q0 / n0 - (s0 / n0) ** 2) / (n0 - 1) + (q1 / n1 - (s1 / n1) ** 2) / (n1 - 1);
    return (s1 / n1 - s0 / n0) ** 2 > 1.96 ** 2 * variance;
  }
}

/** Shares of the experiments that ever rejected, though both variants are one. */
function everRejected(
  options: AbTestOptions,
  draw: (random: Random, variant: 0 | 1) => number,
  size: { experiments: number; observations: number },
  newShare = 0.5,
): { alwaysValid: number; naive: number } {
  const random = new Random(20);
  const experiment = experimentOf(newShare);
  let [alwaysValid, naive] = [0, 0];
  for (let i = 0; i < size.experiments; i++) {
    const [test, other] = [new AbTest(experiment, options), new NaiveTest()];
    let [rejected, otherRejected] = [false, false];
    for (let n = 0; n < size.observations; n++) {
      const variant = random.uniform() < newShare ? 1 : 0;
      const value = draw(random, variant);
      test.observe(experiment.variants[variant].name, value);
      rejected ||= test.comparisons()[0].pValue <= alpha;
      if (otherRejected) continue;
      other.observe(variant, value);
      otherRejected = other.rejects();
    }
    if (rejected) alwaysValid++;
    if (otherRejected) naive++;
  }
  return { alwaysValid: alwaysValid / size.experiments, naive: naive / size.experiments };
}

/** Three standard deviations above α. */
const allowed = (experiments: number): number =>
  alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / experiments);

describe("looking after each observation, with nothing there", () => {
  it("rejects at most 5 of 100 experiments with rates; a t-test half", () => {
    const size = { experiments: 2000, observations: 10_000 };
    const { alwaysValid, naive } = everRejected(
      { metric: "rate", tightestAt: 1000 },
      (random) => (random.uniform() < 0.2 ? 1 : 0),
      size,
    );
    expect(alwaysValid).toBeLessThanOrEqual(allowed(size.experiments));
    expect(alwaysValid).toBeGreaterThan(0.01); // it is not that it never rejects
    expect(naive).toBeGreaterThan(0.4);
    expect(naive).toBeGreaterThan(10 * alwaysValid);
    // 20 million looks are 5 s of a processor, which a busy machine may take long to give.
  }, 60_000);

  const exponential = (random: Random): number => -Math.log(1 - random.uniform());

  it.each<[string, AbTestOptions, (random: Random) => number]>([
    ["means of skewed values", { metric: "mean", tightestAt: 200 }, exponential],
    [
      "money that one of ten spends",
      { metric: "mean", tightestAt: 500 },
      (random) => (random.uniform() < 0.1 ? exponential(random) ** 2 : 0),
    ],
    [
      "a known variance",
      { metric: "mean", tightestAt: 200, variance: 1 / 12 },
      (random) => random.uniform(),
    ],
    [
      "rare successes",
      { metric: "rate", tightestAt: 500 },
      (random) => (random.uniform() < 0.01 ? 1 : 0),
    ],
  ])("rejects at most 5 of 100 experiments with %s", (_, options, draw) => {
    const size = { experiments: 400, observations: 1500 };
    const { alwaysValid, naive } = everRejected(options, draw, size);
    expect(alwaysValid).toBeLessThanOrEqual(allowed(size.experiments));
    expect(naive).toBeGreaterThan(3 * alpha);
  });
});

it("does not take a small variant without the rare large values for a worse one", () => {
  // One of fifty spends, and one of ten is in the new variant: it has seen nobody spend for long.
  const size = { experiments: 300, observations: 5000 };
  const spending = (random: Random): number =>
    random.uniform() < 0.02 ? Math.log(1 - random.uniform()) ** 2 : 0;
  const options: AbTestOptions = { metric: "mean", tightestAt: 1000 };
  const { alwaysValid, naive } = everRejected(options, spending, size, 0.1);
  expect(alwaysValid).toBeLessThanOrEqual(allowed(size.experiments));
  expect(naive).toBeGreaterThan(0.5);
});

it("does not take a wider spread in a small variant for a difference", () => {
  const size = { experiments: 300, observations: 1500 };
  const draw = (random: Random, variant: 0 | 1): number =>
    (random.uniform() - 0.5) * (variant === 0 ? 1 : 3);
  const { alwaysValid } = everRejected({ metric: "mean", tightestAt: 100 }, draw, size, 0.1);
  expect(alwaysValid).toBeLessThanOrEqual(allowed(size.experiments));
});

describe("with a difference", () => {
  const truth = { control: 0.2, new: 0.3 };
  const options: AbTestOptions = { metric: "rate", tightestAt: 500 };

  it("intervals hold the truth at all looks in 95 of 100 experiments, and it is found", () => {
    const [experiments, observations] = [400, 2000];
    const random = new Random(21);
    let [held, ownHeld, found, looksToFind] = [0, 0, 0, 0];
    for (let i = 0; i < experiments; i++) {
      const test = new AbTest(halves, options);
      let soFar: Comparison = test.comparisons()[0];
      let ownHolds = true;
      let foundAt = observations;
      for (let n = 0; n < observations; n++) {
        const variant = random.uniform() < 0.5 ? "control" : "new";
        test.observe(variant, random.uniform() < truth[variant] ? 1 : 0);
        soFar = narrowed(soFar, test.comparisons()[0]);
        if (soFar.pValue <= alpha) foundAt = Math.min(foundAt, n);
        if (n % 10 > 0) continue;
        const [own] = test.report().variants;
        ownHolds &&= own.low <= truth.control && truth.control <= own.high;
      }
      if (soFar.low <= 0.1 && 0.1 <= soFar.high) held++;
      if (ownHolds) ownHeld++;
      if (foundAt < observations) found++;
      looksToFind += foundAt;
    }
    expect(held / experiments).toBeGreaterThan(1 - allowed(experiments));
    expect(ownHeld / experiments).toBeGreaterThan(1 - allowed(experiments));
    // A test with one look at 2,000 would find 99.9 of 100.
    expect(found / experiments).toBeGreaterThan(0.95);
    expect(looksToFind / experiments).toBeLessThan(1000);
  });
});
