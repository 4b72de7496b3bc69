import { describe, expect, it } from "vitest";
import { meanInterval } from "./interval.ts";

/** Student's distribution function with 4 degrees of freedom, which has a closed form. */
function studentBelow(t: number): number {
  const q = 1 + (t * t) / 4;
  return 1 / 2 + ((3 / 8) * t * (1 - (t * t) / (12 * q))) / Math.sqrt(q);
}

describe("meanInterval", () => {
  it("is 2.776 standard errors to each side: by hand for 1 to 5", () => {
    // Squares 4 + 1 + 0 + 1 + 4 = 10, variance 2.5, standard error √0.5; 2.776445 · √0.5 = 1.963243.
    const { mean, low, high } = meanInterval([5, 1, 4, 2, 3]);
    expect(mean).toBe(3);
    expect(high).toBeCloseTo(4.963243, 6);
    expect(low).toBeCloseTo(1.036757, 6);
  });

  it("leaves 2.5 % of Student's distribution outside at each end", () => {
    const { high } = meanInterval([-2, -1, 0, 1, 2]);
    expect(studentBelow(high / Math.sqrt(0.5))).toBeCloseTo(0.975, 9);
  });

  it("has no width where all agree", () => {
    expect(meanInterval([0.25, 0.25, 0.25, 0.25, 0.25])).toEqual({
      mean: 0.25,
      low: 0.25,
      high: 0.25,
    });
  });

  it("refuses another number of values than its quantile is for", () => {
    expect(() => meanInterval([1, 2, 3, 4])).toThrow("five values");
  });
});
