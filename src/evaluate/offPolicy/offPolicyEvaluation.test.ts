import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ErrorCode, FoldbackError } from "../../core/index.ts";
import { OffPolicyEvaluation, type OffPolicyOptions } from "./offPolicyEvaluation.ts";
import type { LoggedRounds } from "./rounds.ts";

/** Weights 2, 0.5, 4 and 0. */
const four: LoggedRounds = {
  reward: [1, 0, 3, 2],
  propensity: [0.25, 0.5, 0.125, 0.5],
  targetProbability: [0.5, 0.25, 0.5, 0],
};
const model = { logged: [0.5, 1, 2, 1], expected: [1, 2, 0, 1] };

function reportOf(rounds: LoggedRounds, options: OffPolicyOptions = {}) {
  const evaluation = new OffPolicyEvaluation(options);
  evaluation.add(rounds);
  return evaluation.report();
}

describe("OffPolicyEvaluation", () => {
  it("weighs rewards by target probability over propensity: by hand", () => {
    const { ips, snips, logged, weights, effectiveRounds } = reportOf(four);
    // w r = 2, 0, 12, 0: mean 3.5, squares about it 2.25 + 12.25 + 72.25 + 12.25 = 99.
    expect(ips.value).toBeCloseTo(3.5, 14);
    expect(ips.standardError).toBeCloseTo(Math.sqrt(99 / 3 / 4), 14);
    expect(ips.high - ips.low).toBeCloseTo(2 * 1.959963984540054 * ips.standardError, 12);
    // Σ w = 6.5; w (r − 28/13) = −30/13, −14/13, 44/13, 0: squares (900 + 196 + 1936) / 169.
    expect(snips.value).toBeCloseTo(28 / 13, 14);
    expect(snips.standardError).toBeCloseTo(Math.sqrt(3032 / 169 / 3 / 4) / (6.5 / 4), 12);
    expect(logged.value).toBe(1.5);
    // w r − r = 1, 0, 9, −2: mean 2, squares about it 1 + 4 + 49 + 16 = 70.
    expect(ips.gain.value).toBeCloseTo(2, 14);
    expect(ips.gain.standardError).toBeCloseTo(Math.sqrt(70 / 3 / 4), 14);
    expect(weights.mean.value).toBe(6.5 / 4);
    expect(weights.largest).toBe(4);
    expect(effectiveRounds).toBeCloseTo(6.5 ** 2 / 20.25, 14);
  });

  it("corrects a model by what it has missed: by hand", () => {
    const report = reportOf({ ...four, model }, { hasModel: true, switchAbove: 2 });
    // w (r − q) = 1, −0.5, 4, 0; m + that = 2, 1.5, 4, 1.
    expect(report.model?.directMethod.value).toBe(1);
    expect(report.model?.doublyRobust.value).toBeCloseTo(8.5 / 4, 14);
    // Squares about 2.125: (1 + 25 + 225 + 81) / 64.
    expect(report.model?.doublyRobust.standardError).toBeCloseTo(Math.sqrt(332 / 64 / 3 / 4), 14);
    expect(report.model?.selfNormalisedDoublyRobust.value).toBeCloseTo(1 + 4.5 / 6.5, 14);
    expect(report.model?.switchDoublyRobust.value).toBeCloseTo(4.5 / 4, 14); // without the 4 of weight 4
  });

  it("clips weights in every estimate, and says how many", () => {
    const { ips, snips, model, weights } = reportOf(
      { ...four, model: { logged: [0, 0, 0, 0], expected: [0, 0, 0, 0] } },
      { weightMax: 2, hasModel: true },
    );
    expect(ips.value).toBeCloseTo(8 / 4, 14);
    expect(snips.value).toBeCloseTo(8 / 4.5, 14);
    expect(model?.doublyRobust.value).toBeCloseTo(8 / 4, 14); // a model that says 0 changes nothing
    expect(weights.clippedShare).toBe(0.25);
    expect(weights.mean.value).toBe(6.5 / 4); // as they were: this is what checks the propensities
  });

  it("is what was logged if both policies are one", () => {
    const { ips, snips, logged } = reportOf({ ...four, targetProbability: four.propensity });
    for (const value of [ips, snips]) {
      expect(value.value).toBeCloseTo(logged.value, 14);
      expect(value.standardError).toBeCloseTo(logged.standardError, 14);
      expect(value.gain.value).toBeCloseTo(0, 14);
      expect(value.gain.standardError).toBeCloseTo(0, 7);
    }
  });

  it("takes a cluster as one observation: rounds that are copies say nothing new", () => {
    const twice = (values: ArrayLike<number>): number[] =>
      Array.from(values).flatMap((v) => [v, v]);
    const copies: LoggedRounds = {
      reward: twice(four.reward),
      propensity: twice(four.propensity),
      targetProbability: twice(four.targetProbability),
    };
    const alone = reportOf(four);
    const clustered = reportOf({ ...copies, cluster: twice([7, 3, 7, 5]) });
    expect(clustered.clusterCount).toBe(4);
    expect(clustered.roundCount).toBe(8);
    for (const name of ["ips", "snips", "logged"] as const) {
      expect(clustered[name].value).toBeCloseTo(alone[name].value, 14);
      expect(clustered[name].standardError).toBeCloseTo(alone[name].standardError, 12);
    }
    expect(reportOf(copies).ips.standardError).toBeLessThan(0.7 * alone.ips.standardError);
  });

  it("estimates each position by itself", () => {
    const rounds = { ...four, position: [0, 1, 0, 1], cluster: [0, 0, 1, 1] };
    const { byPosition } = reportOf(rounds, { positionCount: 3 });
    expect(byPosition.map(({ roundCount }) => roundCount)).toEqual([2, 2, 0]);
    expect(byPosition[0].ips.value).toBeCloseTo(7, 14);
    expect(byPosition[0].ips.standardError).toBeCloseTo(5, 14);
    expect(byPosition[1].ips.value).toBe(0);
    expect(byPosition[2].ips.value).toBeNaN();
  });

  it("says that it knows nothing of one round, or of none", () => {
    const one = reportOf({ reward: [1], propensity: [0.5], targetProbability: [0.5] }).ips;
    expect(one).toMatchObject({ value: 1, low: -Infinity, high: Infinity });
    const none = new OffPolicyEvaluation().report();
    expect(none.snips.value).toBeNaN();
    expect(none.snips.standardError).toBe(Infinity);
    expect(none.effectiveRounds).toBe(0);
  });

  it("comes to the same however the rounds are cut and merged", () => {
    const round = fc.record({
      reward: fc.double({ min: -10, max: 10, noNaN: true }),
      propensity: fc.double({ min: 0.01, max: 1, noNaN: true }),
      targetProbability: fc.double({ min: 0, max: 1, noNaN: true }),
      logged: fc.double({ min: -1, max: 1, noNaN: true }),
      expected: fc.double({ min: -1, max: 1, noNaN: true }),
      position: fc.nat(2),
    });
    const options = { hasModel: true, positionCount: 3, weightMax: 20, switchAbove: 5 };
    type Round = typeof round extends fc.Arbitrary<infer T> ? T : never;
    const columns = (rounds: readonly Round[]): LoggedRounds => ({
      reward: rounds.map(({ reward }) => reward),
      propensity: rounds.map(({ propensity }) => propensity),
      targetProbability: rounds.map(({ targetProbability }) => targetProbability),
      model: {
        logged: rounds.map(({ logged }) => logged),
        expected: rounds.map(({ expected }) => expected),
      },
      position: rounds.map(({ position }) => position),
    });
    fc.assert(
      fc.property(fc.array(fc.array(round, { maxLength: 8 }), { maxLength: 6 }), (parts) => {
        const whole = reportOf(columns(parts.flat()), options);
        const merged = new OffPolicyEvaluation(options);
        for (const part of parts.toReversed()) {
          const evaluation = new OffPolicyEvaluation(options);
          evaluation.add(columns(part));
          merged.merge(evaluation);
        }
        expectSame(merged.report(), whole);
      }),
    );
  });

  it.each<[string, LoggedRounds, OffPolicyOptions]>([
    ["a propensity of 0", { ...four, propensity: [0.25, 0, 0.5, 0.5] }, {}],
    ["a propensity above 1", { ...four, propensity: [0.25, 1.5, 0.5, 0.5] }, {}],
    ["a propensity below 0", { ...four, propensity: [0.25, -0.1, 0.5, 0.5] }, {}],
    ["a propensity that is none", { ...four, propensity: [0.25, Number.NaN, 0.5, 0.5] }, {}],
    ["a probability above 1", { ...four, targetProbability: [0, 0, 1.1, 0] }, {}],
    ["a reward that is none", { ...four, reward: [1, 0, Number.POSITIVE_INFINITY, 0] }, {}],
    ["fewer propensities than rewards", { ...four, propensity: [0.25] }, {}],
    ["a model that was not announced", { ...four, model }, {}],
    ["no model where one was", four, { hasModel: true }],
    ["a position beyond the last", { ...four, position: [0, 1, 2, 0] }, { positionCount: 2 }],
    ["no position where there are some", four, { positionCount: 2 }],
    ["a model's reward that is none", withModelOf(Number.NaN), { hasModel: true }],
  ])("refuses %s, and has added nothing", (_, rounds, options) => {
    const evaluation = new OffPolicyEvaluation(options);
    expect(codeOf(() => evaluation.add(rounds))).toBe("REQUEST_INVALID");
    expect(evaluation.report().roundCount).toBe(0);
  });

  it("names the round and the field that it refuses", () => {
    const evaluation = new OffPolicyEvaluation();
    expect(() => evaluation.add({ ...four, propensity: [0.25, 0.5, 0, 0.5] })).toThrow(
      "propensity of round 2 is 0; allowed: above 0, at most 1",
    );
  });

  it("refuses options out of range, and parts with other ones", () => {
    for (const options of [
      { weightMax: 0.5 },
      { weightMax: Number.NaN },
      { switchAbove: -1 },
      { positionCount: 1.5 },
      { positionCount: 1001 },
    ]) {
      expect(codeOf(() => new OffPolicyEvaluation(options))).toBe("CONFIG_INVALID");
    }
    const clipped = new OffPolicyEvaluation({ weightMax: 10 });
    expect(codeOf(() => clipped.merge(new OffPolicyEvaluation()))).toBe("REQUEST_INVALID");
  });
});

function withModelOf(reward: number): LoggedRounds {
  return { ...four, model: { ...model, logged: [0, reward, 0, 0] } };
}

function codeOf(call: () => unknown): ErrorCode | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as FoldbackError).code; // what the calls above throw
  }
}

/** Of numbers within objects: equal but for rounding. */
function expectSame(actual: unknown, expected: unknown): void {
  if (typeof expected === "number") {
    if (Number.isFinite(expected)) {
      expect(Math.abs(Number(actual) - expected)).toBeLessThanOrEqual(
        1e-5 + 1e-7 * Math.abs(expected),
      );
    } else expect(actual).toBe(expected);
    return;
  }
  const [ours, theirs] = [Object(actual), Object(expected)];
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  for (const key of Object.keys(theirs)) expectSame(ours[key], theirs[key]);
}
