/** Against a world whose truth is known: a target policy's value, summed over contexts and actions. */
import { describe, expect, it } from "vitest";
import { Random } from "../../core/index.ts";
import type { Estimate, PolicyValue } from "./estimates.ts";
import { OffPolicyEvaluation, type OffPolicyReport } from "./offPolicyEvaluation.ts";

const contextCount = 6;
const actionCount = 5;
const logs = 1000;
const roundsOfLog = 600;

interface World {
  /** (contexts, actions): probabilities of a reward of 1, and of each policy's actions. */
  readonly rewards: readonly (readonly number[])[];
  readonly logging: readonly (readonly number[])[];
  readonly target: readonly (readonly number[])[];
  /** A model that is off by −0.05 to 0.15, so by 0.05 on average: no error that evens out over actions. */
  readonly model: readonly (readonly number[])[];
}

function makeWorld(seed: number): World {
  const random = new Random(seed);
  const table = (value: () => number): number[][] =>
    Array.from({ length: contextCount }, () => Array.from({ length: actionCount }, value));
  const policy = (): number[][] =>
    table(() => 0.3 + random.uniform()).map((row) => {
      const sum = row.reduce((a, b) => a + b, 0);
      return row.map((share) => share / sum);
    });
  const rewards = table(() => 0.1 + 0.6 * random.uniform());
  const model = rewards.map((row) => row.map((reward) => reward + 0.2 * random.uniform() - 0.05));
  return { rewards, logging: policy(), target: policy(), model };
}

const expectation = (shares: readonly number[], values: readonly number[]): number =>
  shares.reduce((sum, share, action) => sum + share * values[action], 0);

/** Contexts are uniform. */
function valueOf(policy: World["target"], { rewards }: World): number {
  return policy.reduce((sum, shares, x) => sum + expectation(shares, rewards[x]), 0) / contextCount;
}

/**
 * @param copies of each context as a cluster of rounds that share one draw of "mood", which decides the rewards
 *   of all of them: as dependent as can be.
 */
function logOf(world: World, random: Random, copies: number, isClustered: boolean) {
  const count = roundsOfLog * copies;
  const column = (): Float64Array => new Float64Array(count);
  const [reward, propensity, targetProbability] = [column(), column(), column()];
  const [logged, expected, cluster] = [column(), column(), column()];
  for (let at = 0; at < count; ) {
    const x = random.below(contextCount);
    const mood = random.uniform();
    for (let copy = 0; copy < copies; copy++, at++) {
      let left = random.uniform();
      let action = 0;
      while (action < actionCount - 1 && left >= world.logging[x][action]) {
        left -= world.logging[x][action++];
      }
      reward[at] = mood < world.rewards[x][action] ? 1 : 0;
      propensity[at] = world.logging[x][action];
      targetProbability[at] = world.target[x][action];
      logged[at] = world.model[x][action];
      expected[at] = expectation(world.target[x], world.model[x]);
      cluster[at] = at - copy;
    }
  }
  const evaluation = new OffPolicyEvaluation({ hasModel: true });
  const model = { logged, expected };
  const rounds = { reward, propensity, targetProbability, model };
  evaluation.add(isClustered ? { ...rounds, cluster } : rounds);
  return evaluation.report();
}

/** Share of the logs whose interval has the truth in it. */
function coverage(reports: readonly OffPolicyReport[], of: Pick, truth: number): number {
  const covering = reports.filter((report) => {
    const { low, high } = of(report);
    return low <= truth && truth <= high;
  });
  return covering.length / reports.length;
}

type Pick = (report: OffPolicyReport) => Estimate;

/** A report of an evaluation with a model has its estimates. */
const modelOf = ({ model }: OffPolicyReport): NonNullable<OffPolicyReport["model"]> => {
  if (model === undefined) throw new Error("no model");
  return model;
};

const estimators: [string, (report: OffPolicyReport) => PolicyValue][] = [
  ["IPS", (report) => report.ips],
  ["SNIPS", (report) => report.snips],
  ["doubly robust", (report) => modelOf(report).doublyRobust],
  ["self-normalised doubly robust", (report) => modelOf(report).selfNormalisedDoublyRobust],
];

function makeReports(world: World, copies = 1, isClustered = false): OffPolicyReport[] {
  const random = new Random(11);
  return Array.from({ length: logs }, () => logOf(world, random, copies, isClustered));
}

describe("intervals over a thousand logs", () => {
  const world = makeWorld(5);
  const truth = valueOf(world.target, world);
  const gain = truth - valueOf(world.logging, world);
  const reports = makeReports(world);
  // A standard deviation of the coverage is √(0.95 · 0.05 / 1000) = 0.7 %; three each way.
  const [least, most] = [0.929, 0.971];

  it.each(estimators)("%s: has the truth in it 95 times of 100, and the gain", (_, of) => {
    expect(coverage(reports, of, truth)).toBeGreaterThan(least);
    expect(coverage(reports, of, truth)).toBeLessThan(most);
    const gains = coverage(reports, (report) => of(report).gain, gain);
    expect(gains).toBeGreaterThan(least);
    expect(gains).toBeLessThan(most);
  });

  it.each(estimators)("%s: is right on average", (_, of) => {
    const values = reports.map((report) => of(report).value);
    const mean = values.reduce((sum, value) => sum + value, 0) / logs;
    const spread = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / logs);
    expect(Math.abs(mean - truth)).toBeLessThan((3.5 * spread) / Math.sqrt(logs));
  });

  it("the direct method is as wrong as its model, and sure of it", () => {
    const direct: Pick = (report) => modelOf(report).directMethod;
    const modelled = valueOf(world.target, { ...world, rewards: world.model });
    expect(Math.abs(modelled - truth)).toBeGreaterThan(0.03);
    expect(coverage(reports, direct, modelled)).toBeGreaterThan(least);
    expect(coverage(reports, direct, truth)).toBeLessThan(0.5);
  });

  it("a model narrows them", () => {
    const width = (of: Pick): number =>
      reports.reduce((sum, report) => sum + of(report).standardError, 0) / logs;
    expect(width((report) => modelOf(report).doublyRobust)).toBeLessThan(
      0.95 * width((report) => report.ips),
    );
  });

  it("weights are 1 on average, 95 intervals of 100 say", () => {
    expect(coverage(reports, (report) => report.weights.mean, 1)).toBeGreaterThan(least);
  });

  it("where rounds depend on each other, clusters keep them honest", () => {
    const clustered = makeReports(world, 4, true);
    const asIfAlone = makeReports(world, 4, false);
    for (const [, of] of estimators) {
      expect(coverage(clustered, of, truth)).toBeGreaterThan(least);
      expect(coverage(clustered, of, truth)).toBeLessThan(most);
    }
    expect(coverage(asIfAlone, (report) => report.snips, truth)).toBeLessThan(0.85);
  });
});

it("agrees with a bootstrap of the clusters: standard errors within 5 %", () => {
  const world = makeWorld(8);
  const random = new Random(2);
  const rounds = Array.from({ length: 500 }, () => {
    const x = random.below(contextCount);
    const action = random.below(actionCount);
    return {
      reward: random.uniform() < world.rewards[x][action] ? 1 : 0,
      weight: world.target[x][action] * actionCount,
    };
  });
  const evaluation = new OffPolicyEvaluation();
  evaluation.add({
    reward: rounds.map(({ reward }) => reward),
    propensity: rounds.map(() => 1 / actionCount),
    targetProbability: rounds.map(({ weight }) => weight / actionCount),
  });
  const samples = Array.from({ length: 4000 }, () => {
    let [weighted, weights] = [0, 0];
    for (let i = 0; i < rounds.length; i++) {
      const { reward, weight } = rounds[random.below(rounds.length)];
      weighted += weight * reward;
      weights += weight;
    }
    return { ips: weighted / rounds.length, snips: weighted / weights };
  });
  for (const name of ["ips", "snips"] as const) {
    const mean = samples.reduce((sum, sample) => sum + sample[name], 0) / samples.length;
    const squares = samples.reduce((sum, sample) => sum + (sample[name] - mean) ** 2, 0);
    const ratio =
      evaluation.report()[name].standardError / Math.sqrt(squares / (samples.length - 1));
    expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
  }
});
