import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { Moments } from "./moments.ts";

const rows = fc.array(
  fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 3, maxLength: 3 }),
  { maxLength: 40 },
);

function momentsOf(observations: readonly (readonly number[])[]): Moments {
  const moments = new Moments(3);
  for (const values of observations) moments.add(values);
  return moments;
}

/** Two passes, from the definition. */
function covarianceOf(observations: readonly (readonly number[])[], i: number, j: number): number {
  const mean = (k: number): number =>
    observations.reduce((sum, values) => sum + values[k], 0) / observations.length;
  const [first, second] = [mean(i), mean(j)];
  const products = observations.map((values) => (values[i] - first) * (values[j] - second));
  return products.reduce((sum, product) => sum + product, 0) / (observations.length - 1);
}

const pairs = [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => [i, j] as const));

describe("Moments", () => {
  it("has the means and covariances of their definitions", () => {
    fc.assert(
      fc.property(rows, (observations) => {
        const moments = momentsOf(observations);
        expect(moments.count).toBe(observations.length);
        if (observations.length < 2) return;
        for (const [i, j] of pairs) {
          expect(moments.covariance(i, j)).toBeCloseTo(covarianceOf(observations, i, j), 6);
        }
      }),
    );
  });

  it("comes to the same in parts, merged in any order", () => {
    fc.assert(
      fc.property(rows, rows, rows, (a, b, c) => {
        const whole = momentsOf([...a, ...b, ...c]);
        for (const parts of [
          [a, b, c],
          [c, a, b],
          [b, c, a],
        ]) {
          const merged = new Moments(3);
          for (const part of parts) merged.merge(momentsOf(part));
          expect(merged.count).toBe(whole.count);
          if (whole.count < 2) continue;
          for (const [i, j] of pairs) {
            expect(merged.mean(i)).toBeCloseTo(whole.mean(i), 9);
            expect(merged.covariance(i, j)).toBeCloseTo(whole.covariance(i, j), 6);
          }
        }
      }),
    );
  });

  it("keeps what a sum loses, and a part's: a million tenths beside 10^15", () => {
    // Added up as they come, the tenths are 125,000 in the end: each becomes an eighth beside 10^15.
    const [first, second] = [1e15, -1e15].map((large) => {
      const part = new Moments(1);
      part.add([large]);
      for (let i = 0; i < 500_000; i++) part.add([0.1]);
      return part;
    });
    first.merge(second);
    expect(first.mean(0) * first.count).toBeCloseTo(100_000, 6);
  });

  it("keeps the variance of what hardly varies about a large mean", () => {
    const moments = new Moments(1);
    for (let i = 0; i < 1000; i++) moments.add([1e9 + (i % 2)]);
    expect(moments.covariance(0, 0)).toBeCloseTo(250 / 999, 9); // by sums of squares it would be 0, or below
  });

  it("says how much a function of the means varies: a ratio's, over 4,000 samples", () => {
    const random = new Random(3);
    const ratios: number[] = [];
    let foretold = 0;
    for (let sample = 0; sample < 4000; sample++) {
      const moments = new Moments(2);
      for (let i = 0; i < 200; i++) {
        const below = 1 + random.uniform();
        moments.add([below * 0.5 + random.uniform(), below]);
      }
      const [above, below] = [moments.mean(0), moments.mean(1)];
      ratios.push(above / below);
      foretold += moments.varianceOf(
        new Map([
          [0, 1 / below],
          [1, -above / below ** 2],
        ]),
      );
    }
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    const variance = ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / ratios.length;
    expect(foretold / ratios.length / variance).toBeGreaterThan(0.93); // ± 2.2 % a standard deviation
    expect(foretold / ratios.length / variance).toBeLessThan(1.07);
  });

  it("has no variance of fewer than two observations", () => {
    expect(momentsOf([]).mean(0)).toBeNaN();
    expect(momentsOf([[1, 2, 3]]).covariance(0, 0)).toBeNaN();
  });
});
