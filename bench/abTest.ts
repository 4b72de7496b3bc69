/**
 * How often does an A/B test that is looked at after every observation find a difference where there is none?
 *
 * Two variants with the same distribution, 10,000 observations in all, assigned by lot; 2,000 such experiments. Counted are those in which the
 * p-value was ever at most 5 %, of the always-valid test and of a t-test from 30 observations of each variant on. The more skewed the values and the smaller
 * a variant, the further the central limit theorem has to carry.
 *
 * The bar is 5 %, and three standard deviations of a share of 2,000 experiments.
 */
import { Random } from "#foldback/core";
import { AbTest, type AbTestOptions, type Experiment } from "#foldback/evaluate";
import { bar, count, figure, print } from "./lib/report.ts";

const alpha = 0.05;
const zOfOneLook = 1.96;
const fewest = 30;

interface Case {
  readonly title: string;
  readonly metric: AbTestOptions["metric"];
  readonly tightestAt: number;
  /** Of the observations that the control has. */
  readonly controlShare: number;
  readonly draw: (random: Random, variant: 0 | 1) => number;
}

const rate =
  (probability: number) =>
  (random: Random): number =>
    random.uniform() < probability ? 1 : 0;
const exponential = (random: Random): number => -Math.log(1 - random.uniform());
/** One of fifty spends, and of those some a lot. */
const spending = (random: Random): number =>
  random.uniform() < 0.02 ? exponential(random) ** 2 : 0;
/** Of one mean, and three times the standard deviation in the new variant. */
const spreadOut = (random: Random, variant: 0 | 1): number =>
  (random.uniform() - 0.5) * (variant === 0 ? 1 : 3);

const cases: readonly Case[] = [
  { title: "rates of 0.5", metric: "rate", tightestAt: 1000, controlShare: 0.5, draw: rate(0.5) },
  { title: "rates of 0.02", metric: "rate", tightestAt: 1000, controlShare: 0.5, draw: rate(0.02) },
  { title: "rates of 0.02", metric: "rate", tightestAt: 1000, controlShare: 0.9, draw: rate(0.02) },
  { title: "exponential", metric: "mean", tightestAt: 1000, controlShare: 0.5, draw: exponential },
  { title: "exponential", metric: "mean", tightestAt: 1000, controlShare: 0.9, draw: exponential },
  { title: "spending", metric: "mean", tightestAt: 1000, controlShare: 0.5, draw: spending },
  { title: "spending", metric: "mean", tightestAt: 1000, controlShare: 0.9, draw: spending },
  { title: "exponential", metric: "mean", tightestAt: 100, controlShare: 0.5, draw: exponential },
  { title: "exponential", metric: "mean", tightestAt: 100, controlShare: 0.9, draw: exponential },
  { title: "other variances", metric: "mean", tightestAt: 100, controlShare: 0.9, draw: spreadOut },
];

export function run({ smoke }: { smoke: boolean }): void {
  const [experiments, observations] = smoke ? [20, 500] : [2000, 10_000];
  figure("experiments", `${count(experiments)} of ${count(observations)} observations each`);
  print(
    `\n${"without an effect".padEnd(20)}control  tightestAt   ever rejected   by a t-test   ns a look`,
  );
  const allowed = alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / experiments);
  let worst = 0;
  for (const one of cases) {
    const { alwaysValid, naive, nanoseconds } = simulate(one, experiments, observations);
    const cells = [
      `${(100 * one.controlShare).toFixed(0)} %`.padStart(7),
      count(one.tightestAt).padStart(12),
      percent(alwaysValid).padStart(16),
      percent(naive).padStart(14),
      nanoseconds.toFixed(0).padStart(12),
    ];
    print(`${one.title.padEnd(20)}${cells.join("")}`);
    worst = Math.max(worst, alwaysValid);
  }
  bar(`ever rejected at most ${percent(allowed)}: ${percent(worst)}`, worst <= allowed, smoke);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function simulate(
  { metric, tightestAt, controlShare, draw }: Case,
  experiments: number,
  observations: number,
): { alwaysValid: number; naive: number; nanoseconds: number } {
  const experiment: Experiment = {
    name: "bench",
    variants: [
      { name: "control", weight: controlShare },
      { name: "new", weight: 1 - controlShare },
    ],
  };
  const random = new Random(99);
  const begin = process.cpuUsage();
  let [alwaysValid, naive, looks] = [0, 0, 0];
  for (let i = 0; i < experiments; i++) {
    const test = new AbTest(experiment, { metric, tightestAt, alpha });
    const sums = new Float64Array(6); // counts, sums and squares of both
    let [rejected, naivelyRejected] = [false, false];
    for (let n = 0; n < observations && !(rejected && naivelyRejected); n++, looks++) {
      const variant = random.uniform() < controlShare ? 0 : 1;
      const value = draw(random, variant);
      test.observe(experiment.variants[variant].name, value);
      rejected ||= test.comparisons()[0].pValue <= alpha;
      sums[variant] += 1;
      sums[2 + variant] += value;
      sums[4 + variant] += value * value;
      naivelyRejected ||= rejectsAtOneLook(sums);
    }
    if (rejected) alwaysValid++;
    if (naivelyRejected) naive++;
  }
  const { user, system } = process.cpuUsage(begin);
  return {
    alwaysValid: alwaysValid / experiments,
    naive: naive / experiments,
    nanoseconds: ((user + system) * 1000) / looks,
  };
}

function rejectsAtOneLook([n0, n1, s0, s1, q0, q1]: Float64Array): boolean {
  if (n0 < fewest || n1 < fewest) return false;
  const variance = (q0 / n0 - (s0 / n0) ** 2) / (n0 - 1) + (q1 / n1 - (s1 / n1) ** 2) / (n1 - 1);
  return (s1 / n1 - s0 / n0) ** 2 > zOfOneLook ** 2 * variance;
}
