import { expect, test } from "vitest";
import { Random } from "../../core/index.ts";
import { type LiftGroup, liftOf } from "./lift.ts";
import { differenceInterval, differencePValue, ratioInterval, shareInterval } from "./rates.ts";

const z = 1.959_963_984_540_054;

test.each([
  // Newcombe 1998, table II, method 10.
  [56, 70, 48, 80, 0.0524, 0.3339],
  [9, 10, 3, 10, 0.1705, 0.809],
  [10, 10, 0, 20, 0.6791, 1],
  [10, 10, 0, 10, 0.6075, 1],
])("difference of %d/%d and %d/%d, as published", (count, of, others, ofOthers, low, high) => {
  const found = differenceInterval({ count, of }, { count: others, of: ofOthers }, z);
  expect(found.low).toBeCloseTo(low, 4);
  expect(found.high).toBeCloseTo(high, 4);
});

test("ratio, as published: aspirin and heart attacks (Agresti, Categorical Data Analysis, 3.1.3)", () => {
  const found = ratioInterval({ count: 189, of: 11_034 }, { count: 104, of: 11_037 }, z);
  expect(found?.low).toBeCloseTo(1.43, 2);
  expect(found?.high).toBeCloseTo(2.31, 2);
  expect(ratioInterval({ count: 0, of: 10 }, { count: 1, of: 10 }, z)).toBeUndefined();
});

test("a Wilson interval has the proportions that a score test does not reject at its ends", () => {
  for (const [count, of] of [
    [3, 20],
    [0, 7],
    [9, 9],
    [400, 9000],
  ]) {
    const { low, high } = shareInterval({ count, of }, z);
    for (const end of [low, high]) {
      const score = Math.abs(count / of - end) / Math.sqrt((end * (1 - end)) / of);
      if (end > 0 && end < 1) expect(score).toBeCloseTo(z, 9);
    }
  }
});

test("the p-value is that of χ², and 1 where there is nothing to tell", () => {
  // Σ (observed − expected)² / expected of the four cells: 2 · 5²/35 + 2 · 5²/65 = 2.197802.
  expect(differencePValue({ count: 40, of: 100 }, { count: 30, of: 100 })).toBeCloseTo(0.1382, 4);
  expect(differencePValue({ count: 0, of: 5 }, { count: 0, of: 9 })).toBe(1);
});

const group = (accounts: number, converted: number, value = 0): LiftGroup => ({
  ...{ accounts, converted, value },
});

test("by hand: lift, incremental conversions and what one cost", () => {
  const report = liftOf(
    { test: group(10_000, 300, 9000), control: group(5000, 100, 2500) },
    { share: 2 / 3, cost: 500 },
  );
  expect(report.test).toEqual({
    ...{ accounts: 10_000, converted: 300, rate: 0.03, value: 9000, valuePerAccount: 0.9 },
  });
  expect(report.difference.estimate).toBeCloseTo(0.01, 12);
  expect(report.lift?.estimate).toBeCloseTo(0.5, 12);
  expect(report.incrementalConversions.estimate).toBeCloseTo(100, 9);
  expect(report.incrementalConversions.low).toBeCloseTo(1e4 * (report.difference.low ?? 0), 9);
  expect(report.incrementalValue).toEqual({
    ...{ estimate: expect.closeTo(4000, 9) as number, low: null, high: null },
  });
  expect(report.costPerIncrementalConversion?.estimate).toBeCloseTo(5, 9);
  const { low, high } = report.incrementalConversions;
  expect(report.costPerIncrementalConversion?.low).toBeCloseTo(500 / (high ?? 0), 9);
  expect(report.costPerIncrementalConversion?.high).toBeCloseTo(500 / (low ?? 0), 9);
  expect(report.pValue).toBeLessThan(0.001);
  expect(report.sampleRatio).toMatchObject({ isMismatch: false, expected: 2 / 3 });
  expect(report.confidence).toBe(0.95);
});

test("a lift that may be none has no upper limit of what a conversion costs; of none there is no cost", () => {
  const may = liftOf({ test: group(1000, 33), control: group(1000, 30) }, { cost: 90 });
  expect(may.costPerIncrementalConversion).toMatchObject({
    estimate: expect.closeTo(30, 9) as number,
    high: null,
  });
  expect(may.pValue).toBeGreaterThan(0.5);
  const none = liftOf({ test: group(1000, 30), control: group(1000, 30) }, { cost: 90 });
  expect(none.costPerIncrementalConversion).toBeNull();
  expect(none.lift).toMatchObject({ estimate: 0 });
  const nobody = liftOf({ test: group(1000, 30), control: group(1000, 0) });
  expect(nobody.lift).toBeNull();
  expect(nobody.difference.low).toBeGreaterThan(0);
  const lost = liftOf({ test: group(1000, 0), control: group(1000, 30) });
  expect(lost.lift).toEqual({ estimate: -1, low: null, high: null });
});

test("groups that chance would not have made are said to be", () => {
  const groups = { test: group(9300, 300), control: group(1200, 30) };
  expect(liftOf(groups, { share: 0.9 }).sampleRatio).toMatchObject({ isMismatch: true });
  expect(liftOf(groups).sampleRatio).toBeNull();
});

/** So many trials of so many groups: the share of intervals that hold the truth. */
function coverage(
  test_: readonly [number, number],
  control: readonly [number, number],
  trials: number,
) {
  const random = new Random(11);
  const [p, q] = [test_[1], control[1]];
  const draw = ([accounts, rate]: readonly [number, number]): LiftGroup => {
    let converted = 0;
    let [value, valueSquares] = [0, 0];
    for (let i = 0; i < accounts; i++) {
      if (random.uniform() >= rate) continue;
      converted++;
      const spent = 10 + 10 * random.uniform(); // 15 on average
      value += spent;
      valueSquares += spent * spent;
    }
    return { accounts, converted, value, valueSquares };
  };
  const held = { difference: 0, lift: 0, value: 0, rejected: 0 };
  for (let trial = 0; trial < trials; trial++) {
    const found = liftOf({ test: draw(test_), control: draw(control) });
    const holds = (one: { low: number | null; high: number | null } | null, truth: number) =>
      Number(one !== null && truth >= (one.low ?? -1) && truth <= (one.high ?? Infinity));
    held.difference += holds(found.difference, p - q) / trials;
    held.lift += holds(found.lift, p / q - 1) / trials;
    held.value += holds(found.incrementalValue, 15 * (p - q) * test_[0]) / trials;
    held.rejected += Number(found.pValue < 0.05) / trials;
  }
  return held;
}

test.each<[readonly [number, number], readonly [number, number]]>([
  [
    [900, 0.06],
    [900, 0.05],
  ],
  [
    [1500, 0.04],
    [500, 0.04],
  ],
  [
    [300, 0.3],
    [300, 0.2],
  ],
])("95 of 100 intervals hold the truth: %j against %j", (one, other) => {
  const { difference, lift, value, rejected } = coverage(one, other, 2000);
  for (const held of [difference, lift, value]) {
    expect(held).toBeGreaterThan(0.93);
    expect(held).toBeLessThan(0.97);
  }
  if (one[1] === other[1]) {
    expect(rejected).toBeGreaterThan(0.03);
    expect(rejected).toBeLessThan(0.07);
  }
});

test.each([
  [{ test: group(0, 0), control: group(5, 1) }, {}, "test.accounts"],
  [{ test: group(5, 6), control: group(5, 1) }, {}, "test.converted"],
  [{ test: group(5, 1), control: group(5, 1.5) }, {}, "control.converted"],
  [{ test: group(5, 1), control: group(5, 1, Number.NaN) }, {}, "control.value"],
  [{ test: group(5, 1), control: group(5, 1) }, { share: 1 }, "share"],
  [{ test: group(5, 1), control: group(5, 1) }, { cost: -1 }, "cost"],
  [{ test: group(5, 1), control: group(5, 1) }, { confidence: 95 }, "confidence"],
])("refuses %j with %j", (groups, options, setting) => {
  expect(() => liftOf(groups, options)).toThrow(
    expect.objectContaining({
      code: "REQUEST_INVALID",
      details: expect.objectContaining({ setting }) as object,
    }),
  );
});
