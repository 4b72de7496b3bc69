import { expect, test } from "vitest";
import { normalQuantileAbove, normalTail } from "./normal.ts";

/** Published: Abramowitz and Stegun, tables 26.1 and 26.2. */
test.each([
  [0, 0.5],
  [1, 0.158_655_253_931_457],
  [2, 0.022_750_131_948_179],
  [2.5, 0.006_209_665_325_776],
  [3, 0.001_349_898_031_63],
  [5, 2.866_515_719e-7],
  [10, 7.619_853_024e-24],
])("the tail beyond %d", (x, tail) => {
  expect(normalTail(x) / tail).toBeCloseTo(1, 9);
  expect(normalTail(-x)).toBeCloseTo(1 - tail, 12);
});

test("the two formulas meet, and the tail is the integral of the density", () => {
  for (const x of [0.3, 1.7, 2.4, 2.499_999, 2.500_001, 4, 7]) {
    // Simpson's rule up to where nothing is left.
    const steps = 20_000;
    const h = 12 / steps;
    let sum = 0;
    for (let i = 0; i <= steps; i++) {
      const weight = i === 0 || i === steps ? 1 : 2 + 2 * (i % 2);
      sum += weight * Math.exp(-((x + i * h) ** 2) / 2);
    }
    const integral = (sum * h) / 3 / Math.sqrt(2 * Math.PI);
    expect(normalTail(x) / integral).toBeCloseTo(1, 10);
  }
});

test("quantiles", () => {
  expect(normalQuantileAbove(0.025)).toBeCloseTo(1.959_963_984_540_054, 12);
  expect(normalQuantileAbove(0.5)).toBeCloseTo(0, 12);
  expect(normalQuantileAbove(0.9)).toBeCloseTo(-1.281_551_565_544_6, 12);
  for (const p of [1e-12, 0.003, 0.3, 0.77]) {
    expect(normalTail(normalQuantileAbove(p)) / p).toBeCloseTo(1, 12);
  }
});
