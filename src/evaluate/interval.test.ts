import { describe, expect, it } from "vitest";
import { intervalValues, meanInterval } from "./interval.ts";

/**
 * Student's distribution function, by Simpson's rule over its density without the factor in front, which
 * the whole area, by the same rule, stands for: with x = tan u the integrand is cos(u)^(ν − 1) and finite.
 */
function studentBelow(t: number, freedom: number): number {
  const area = (to: number): number => {
    const steps = 2000;
    const at = (i: number): number => Math.cos((to * i) / steps) ** (freedom - 1);
    let sum = at(0) + at(steps);
    for (let i = 1; i < steps; i++) sum += at(i) * (i % 2 === 1 ? 4 : 2);
    return (sum * to) / steps / 3;
  };
  return 1 / 2 + area(Math.atan(t / Math.sqrt(freedom))) / area(Math.PI / 2) / 2;
}

describe("meanInterval", () => {
  it("is 2.776 standard errors to each side: by hand for 1 to 5", () => {
    // Squares 4 + 1 + 0 + 1 + 4 = 10, variance 2.5, standard error √0.5; 2.776445 · √0.5 = 1.963243.
    const { mean, low, high } = meanInterval([5, 1, 4, 2, 3]);
    expect(mean).toBe(3);
    expect(high).toBeCloseTo(4.963243, 6);
    expect(low).toBeCloseTo(1.036757, 6);
  });

  it("leaves 2.5 % of Student's distribution outside at each end, however many values it is of", () => {
    for (let count = intervalValues.minimum; count <= intervalValues.maximum; count++) {
      const values = Array.from({ length: count }, (_, i) => i % 3);
      const { mean, high } = meanInterval(values);
      const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1);
      const t = (high - mean) / Math.sqrt(variance / count);
      expect(studentBelow(t, count - 1)).toBeCloseTo(0.975, 7);
    }
  });

  it("has no width where all agree", () => {
    expect(meanInterval([0.25, 0.25, 0.25, 0.25, 0.25])).toEqual({
      mean: 0.25,
      low: 0.25,
      high: 0.25,
    });
  });

  it("refuses one value, and more than its quantiles are for", () => {
    expect(() => meanInterval([1])).toThrow("2 to 20 values");
    expect(() => meanInterval(Array.from({ length: 21 }, () => 1))).toThrow("2 to 20 values");
  });
});
