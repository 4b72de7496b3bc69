import { describe, expect, it } from "vitest";
import { criticalT, logLikelihoodRatio, tightestSpread } from "./mixture.ts";

const known = Number.POSITIVE_INFINITY;

/** By Simpson's rule. */
function integral(of: (x: number) => number, from: number, to: number, steps = 400): number {
  let sum = of(from) + of(to);
  for (let i = 1; i < steps; i++) sum += of(from + ((to - from) * i) / steps) * (i % 2 ? 4 : 2);
  return (sum * (to - from)) / steps / 3;
}

const normal = (x: number, variance: number): number =>
  Math.exp((-x * x) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);

describe("logLikelihoodRatio", () => {
  it("is ½ (t² R / (1 + R) − ln (1 + R)) for a known variance: by hand", () => {
    // t = 3, R = 8: ½ (9 · 8/9 − ln 9) = 4 − ln 3.
    expect(logLikelihoodRatio(9, 8, known)).toBeCloseTo(4 - Math.log(3), 14);
    expect(logLikelihoodRatio(0, 3, known)).toBeCloseTo(-Math.log(2), 14);
  });

  it("is half a power of two for t² = ν = 1, R = 3: by hand", () => {
    // (1 + 1)/(1 + 1/4) = 8/5, to the power of 1, over √4.
    expect(logLikelihoodRatio(1, 3, 1)).toBeCloseTo(Math.log(0.8), 14);
  });

  it("is the likelihood under a normal mixture of effects, over that of none", () => {
    const variance = 0.3;
    for (const [estimate, spread] of [
      [1.2, 5],
      [0.1, 0.5],
      [-2, 20],
    ]) {
      const mixed = integral(
        (effect) => normal(effect, spread * variance) * normal(estimate - effect, variance),
        -20,
        20,
        4000,
      );
      const ratio = mixed / normal(estimate, variance);
      expect(logLikelihoodRatio(estimate ** 2 / variance, spread, known)).toBeCloseTo(
        Math.log(ratio),
        8,
      );
    }
  });

  it("is that of the observations themselves, whatever their unit, under the prior dσ/σ", () => {
    const observations = [0.3, 1.9, 1.1, 0.7];
    const count = observations.length;
    const prior = 0.8; // of effect / σ; R is count times it
    const likelihood = (effect: number, scale: number): number =>
      observations.reduce((product, x) => product * normal(x - effect * scale, scale ** 2), 1);
    // σ = exp s, so that dσ/σ = ds.
    const over = (effect: number): number =>
      integral((s) => likelihood(effect, Math.exp(s)), -6, 12, 600);
    const ratio = integral((effect) => normal(effect, prior) * over(effect), -12, 12) / over(0);
    const mean = observations.reduce((sum, x) => sum + x, 0) / count;
    const variance = observations.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1);
    const squared = mean ** 2 / (variance / count);
    expect(logLikelihoodRatio(squared, count * prior, count - 1)).toBeCloseTo(Math.log(ratio), 6);
  });

  it("is 1 on average if there is no effect", () => {
    for (const [freedom, spread] of [
      [3, 2],
      [9, 0.4],
      [30, 12],
    ]) {
      // t = √ν tan u: Student's density becomes cos(u)^(ν − 1), but for a factor.
      const density = (u: number): number => Math.cos(u) ** (freedom - 1);
      const ratio = (u: number): number =>
        Math.exp(logLikelihoodRatio(freedom * Math.tan(u) ** 2, spread, freedom));
      const end = Math.PI / 2 - 1e-9;
      const mean =
        integral((u) => ratio(u) * density(u), -end, end, 20_000) /
        integral(density, -end, end, 20_000);
      expect(mean).toBeCloseTo(1, 6);
    }
  });

  it("goes over into that of a known variance, and into its limit without any", () => {
    expect(logLikelihoodRatio(9, 8, 1e9)).toBeCloseTo(logLikelihoodRatio(9, 8, known), 6);
    const without = logLikelihoodRatio(Number.POSITIVE_INFINITY, 3, 5);
    expect(without).toBeCloseTo(logLikelihoodRatio(1e15, 3, 5), 9);
  });
});

describe("criticalT", () => {
  it("is where the ratio is 1/α", () => {
    for (const alpha of [0.001, 0.05, 0.2]) {
      for (const spread of [0.5, 8, 300]) {
        for (const freedom of [10, 1000, known]) {
          const t = criticalT(alpha, spread, freedom);
          if (t === Number.POSITIVE_INFINITY) continue;
          expect(logLikelihoodRatio(t * t, spread, freedom)).toBeCloseTo(-Math.log(alpha), 9);
        }
      }
    }
  });

  it("is infinite exactly where no t gets there", () => {
    for (let freedom = 1; freedom < 40; freedom++) {
      for (const spread of [0.01, 0.3, 3, 30]) {
        const most = logLikelihoodRatio(Number.POSITIVE_INFINITY, spread, freedom);
        expect(criticalT(0.05, spread, freedom) < known).toBe(most > -Math.log(0.05));
      }
    }
  });

  it("is smallest at the tightest spread: 3.03 for α = 0.05, and a quarter more at a tenth", () => {
    for (const alpha of [0.001, 0.05, 0.2]) {
      const spread = tightestSpread(alpha);
      const least = criticalT(alpha, spread, known);
      expect(criticalT(alpha, spread * 1.01, known)).toBeGreaterThan(least);
      expect(criticalT(alpha, spread / 1.01, known)).toBeGreaterThan(least);
    }
    const spread = tightestSpread(0.05);
    expect(spread).toBeCloseTo(8.2115, 3);
    expect(criticalT(0.05, spread, known)).toBeCloseTo(3.035, 3);
    expect(criticalT(0.05, spread / 10, known) / criticalT(0.05, spread, known)).toBeCloseTo(
      1.26,
      2,
    );
  });
});
