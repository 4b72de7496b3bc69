import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AbTest, type AbTestOptions, type Comparison, narrowed } from "./abTest.ts";
import type { Experiment } from "./variant.ts";

const experiment: Experiment = {
  name: "buttons",
  variants: [
    { name: "control", weight: 1 },
    { name: "blue", weight: 1 },
  ],
};
const three: Experiment = {
  name: "three",
  variants: [...experiment.variants, { name: "red", weight: 1 }],
};

function testOf(
  options: AbTestOptions,
  values: Readonly<Record<string, readonly number[]>>,
  of = experiment,
): AbTest {
  const test = new AbTest(of, options);
  for (const [variant, observations] of Object.entries(values)) {
    for (const value of observations) test.observe(variant, value);
  }
  return test;
}

/** So many ones among so many. */
function rate(ones: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i < ones ? 1 : 0));
}

describe("AbTest", () => {
  it("compares means of unknown variance: by hand", () => {
    const test = testOf(
      { metric: "mean", tightestAt: 4, alpha: 0.05 },
      { control: [0, 2, 0, 2], blue: [11, 13, 11, 13] },
    );
    const [{ difference, pValue }] = test.comparisons();
    expect(difference).toBe(11);
    // Variances 4/3 each: V = 2/3; t² = 121 / (2/3) = 181.5; ν = 3; as many as tightestAt says: R = 8.2115.
    const ratio = ((1 + 60.5) / (1 + 60.5 / 9.2115)) ** 2 / Math.sqrt(9.2115);
    expect(pValue).toBeCloseTo(1 / ratio, 4);
  });

  it("compares means of known variance: by hand", () => {
    const test = testOf(
      { metric: "mean", tightestAt: 2, variance: 4 },
      { control: [0, 0], blue: [9, 11] },
    );
    const [{ pValue, low, high }] = test.comparisons();
    // V = 4/2 + 4/2 = 4, t = 5, R = 8.2115: ln Λ = ½ (25 · 8.2115/9.2115 − ln 9.2115) = 10.0329.
    expect(pValue).toBeCloseTo(Math.exp(-10.0329), 7);
    // ± 3.035 · 2
    expect(low).toBeCloseTo(10 - 6.07, 2);
    expect(high).toBeCloseTo(10 + 6.07, 2);
  });

  it("compares rates with a success and a failure added: by hand", () => {
    const test = testOf(
      { metric: "rate", tightestAt: 98 },
      { control: rate(29, 98), blue: rate(49, 98) },
    );
    const [{ difference, pValue, low, high }] = test.comparisons();
    expect(difference).toBeCloseTo(20 / 98, 12);
    // 30/100 and 50/100: V = 0.0021 + 0.0025; t² = 0.04 / 0.0046.
    const logRatio = ((0.04 / 0.0046) * (8.2115 / 9.2115) - Math.log(9.2115)) / 2;
    expect(pValue).toBeCloseTo(Math.exp(-logRatio), 4);
    expect((low + high) / 2).toBeCloseTo(0.2, 12);
    expect(high - 0.2).toBeCloseTo(3.035 * Math.sqrt(0.0046), 4);
  });

  it("gives each variant an interval of its own: a rate's by Wilson, within 0 and 1", () => {
    const { variants } = testOf(
      { metric: "rate", tightestAt: 100 },
      { control: rate(0, 100), blue: rate(50, 100) },
    ).report();
    // z² = 9.2115: 0 to z² / (n + z²); ½ ± z √(n/4 + z²/4) / (n + z²).
    expect(variants[0]).toMatchObject({ name: "control", count: 100, mean: 0, low: 0 });
    expect(variants[0].high).toBeCloseTo(9.2115 / 109.2115, 5);
    const half = Math.sqrt(9.2115 * (25 + 9.2115 / 4)) / 109.2115;
    expect(variants[1].low).toBeCloseTo(0.5 - half, 5);
    expect(variants[1].high).toBeCloseTo(0.5 + half, 5);
  });

  it("says nothing until there is something to say", () => {
    const nothing = { low: -Infinity, high: Infinity, pValue: 1 };
    const mean: AbTestOptions = { metric: "mean", tightestAt: 10 };
    expect(testOf(mean, {}).comparisons()[0]).toMatchObject(nothing);
    expect(testOf(mean, { control: [1], blue: [5] }).comparisons()[0]).toMatchObject(nothing);
    expect(
      testOf({ metric: "rate", tightestAt: 10 }, { blue: [1] }).comparisons()[0],
    ).toMatchObject(nothing);
    const { variants } = testOf(mean, { control: [3] }).report();
    expect(variants[0]).toMatchObject({ mean: 3, low: -Infinity, high: Infinity });
    expect(variants[1].mean).toBeNaN();
    // Two equal values are no proof that all are.
    const [early] = testOf(mean, { control: [1, 1], blue: [2, 2] }).comparisons();
    expect(early.pValue).toBeGreaterThan(0.1);
    expect(early.high).toBe(Infinity);
    // Differences whose squares are no numbers any more.
    const [tiny] = testOf(mean, { control: [0, 1e-323], blue: [0, 0] }).comparisons();
    expect(tiny.pValue).toBeGreaterThan(0.1);
    const [equal] = testOf(mean, { control: [1, 1, 1], blue: [1, 1, 1] }).comparisons();
    expect(equal).toMatchObject(nothing);
    const same = testOf(mean, { control: Array.from({ length: 50 }, () => 7) }).report();
    expect(same.variants[0]).toMatchObject({ mean: 7, low: -Infinity, high: Infinity });
  });

  it("rejects exactly where the interval leaves out 0, of several comparisons as well", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(experiment, three),
        fc.integer({ min: 2, max: 300 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 300 }),
        fc.constantFrom<AbTestOptions["metric"]>("rate", "mean"),
        (of, count, a, b, metric) => {
          const test = testOf(
            { metric, tightestAt: 50 },
            { control: rate(a, count), blue: rate(b, count) },
            of,
          );
          const [{ low, high, pValue }] = test.comparisons();
          if (Math.abs(pValue - 0.05) < 1e-9) return;
          expect(low > 0 || high < 0).toBe(pValue < 0.05);
        },
      ),
    );
  });

  it("asks more of one comparison among two", () => {
    const values = { control: rate(30, 100), blue: rate(55, 100) };
    const options: AbTestOptions = { metric: "rate", tightestAt: 100 };
    const [alone] = testOf(options, values).comparisons();
    const [among, empty] = testOf(options, values, three).comparisons();
    expect(among.pValue).toBeGreaterThan(1.8 * alone.pValue);
    expect(among.high - among.low).toBeGreaterThan(alone.high - alone.low);
    expect(empty).toMatchObject({ variant: "red", pValue: 1 });
  });

  it("comes to the same in parts, in any order", () => {
    const values = fc.array(
      fc.tuple(fc.constantFrom("control", "blue"), fc.double({ min: -9, max: 9, noNaN: true })),
    );
    const options: AbTestOptions = { metric: "mean", tightestAt: 5 };
    fc.assert(
      fc.property(values, values, (first, second) => {
        const of = (observations: typeof first): AbTest => {
          const test = new AbTest(experiment, options);
          for (const [variant, value] of observations) test.observe(variant, value);
          return test;
        };
        const merged = of(second);
        merged.merge(of(first));
        const [whole, parts] = [of([...first, ...second]).report(), merged.report()];
        for (const [i, variant] of whole.variants.entries()) {
          expect(parts.variants[i].count).toBe(variant.count);
          if (variant.count > 0) expect(parts.variants[i].mean).toBeCloseTo(variant.mean, 9);
        }
        expect(parts.comparisons[0].pValue).toBeCloseTo(whole.comparisons[0].pValue, 5);
      }),
    );
  });

  it("comes to the same from counts, means and squared deviations", () => {
    const values = fc.array(fc.tuple(fc.constantFrom("control", "blue"), fc.constantFrom(0, 1)), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(fc.constantFrom("rate", "mean"), values, (metric, observations) => {
        const options = { metric, tightestAt: 20 } as const;
        const [whole, summed] = [new AbTest(experiment, options), new AbTest(experiment, options)];
        for (const [variant, value] of observations) whole.observe(variant, value);
        for (const variant of ["control", "blue"]) {
          const own = observations.filter(([name]) => name === variant).map(([, value]) => value);
          const [count, sum] = [own.length, own.reduce<number>((a, b) => a + b, 0)];
          const mean = sum / count;
          const squaredDeviations = own.reduce<number>((a, b) => a + (b - mean) ** 2, 0);
          summed.observeSummary(variant, { count, mean, squaredDeviations });
        }
        const [expected, found] = [whole.report(), summed.report()];
        for (const [i, { count, mean, low, high }] of expected.variants.entries()) {
          expect(found.variants[i].count).toBe(count);
          if (count === 0) continue;
          expect(found.variants[i].mean).toBeCloseTo(mean, 12);
          if (Number.isFinite(low)) expect(found.variants[i].low).toBeCloseTo(low, 9);
          if (Number.isFinite(high)) expect(found.variants[i].high).toBeCloseTo(high, 9);
        }
        expect(found.comparisons[0].pValue).toBeCloseTo(expected.comparisons[0].pValue, 9);
        expect(found.assignmentPValue).toBeCloseTo(expected.assignmentPValue, 9);
      }),
    );
  });

  it("says that the assignment is broken", () => {
    const options: AbTestOptions = { metric: "rate", tightestAt: 5000 };
    const broken = testOf(options, { control: rate(0, 5300), blue: rate(0, 4700) });
    expect(broken.report().assignmentPValue).toBeLessThan(1e-5);
    const sound = testOf(options, { control: rate(0, 5030), blue: rate(0, 4970) });
    expect(sound.report().assignmentPValue).toBeGreaterThan(0.5);
  });

  it("refuses what it can't count", () => {
    const options: AbTestOptions = { metric: "rate", tightestAt: 10 };
    const test = new AbTest(experiment, options);
    const refused = expect.objectContaining({ code: "REQUEST_INVALID" });
    expect(() => test.observe("green", 1)).toThrow(refused);
    expect(() => test.observe("blue", 0.5)).toThrow(refused);
    expect(() =>
      new AbTest(experiment, { ...options, metric: "mean" }).observe("blue", Number.NaN),
    ).toThrow(refused);
    const summary = { count: 2, mean: 0.5, squaredDeviations: 0.5 };
    for (const wrong of [{ count: 1.5 }, { mean: 1.5 }, { squaredDeviations: -1 }])
      expect(() => test.observeSummary("blue", { ...summary, ...wrong })).toThrow(refused);
    expect(() => test.observeSummary("green", summary)).toThrow(refused);
    expect(() => test.merge(new AbTest(three, options))).toThrow(refused);
    expect(() => test.merge(new AbTest(experiment, { ...options, metric: "mean" }))).toThrow(
      refused,
    );
  });

  it.each<[string, Experiment, Partial<AbTestOptions>]>([
    ["one variant", { name: "x", variants: [experiment.variants[0]] }, {}],
    [
      "two of one name",
      { name: "x", variants: [experiment.variants[0], experiment.variants[0]] },
      {},
    ],
    [
      "a weight of 0",
      { name: "x", variants: [experiment.variants[0], { name: "b", weight: 0 }] },
      {},
    ],
    ["alpha 0", experiment, { alpha: 0 }],
    ["alpha 0.5", experiment, { alpha: 0.5 }],
    ["tightestAt 0", experiment, { tightestAt: 0 }],
    ["a variance of 0", experiment, { metric: "mean", variance: 0 }],
    ["a variance of rates", experiment, { variance: 1 }],
  ])("refuses %s", (_, of, options) => {
    expect(() => new AbTest(of, { metric: "rate", tightestAt: 10, ...options })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });
});

it("narrowed keeps the smallest p-value, and what the intervals have in common", () => {
  const look = (low: number, high: number, pValue: number): Comparison => {
    return { variant: "blue", difference: (low + high) / 2, low, high, pValue };
  };
  expect(narrowed(look(-1, 3, 0.04), look(-2, 2, 0.2))).toEqual({
    ...look(-1, 2, 0.04),
    difference: 0,
  });
});
