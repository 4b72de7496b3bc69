import { describe, expect, test } from "vitest";
import { dayMs } from "../core/index.ts";
import { Draws } from "./draws.ts";
import { cosineAtJump, dim, dot, drawDirection, moveTaste, tasteMotion } from "./tastes.ts";

/** Mean cosine of many tastes with themselves `days` later, moved in steps of `stepDays`. */
function meanCosine(drift: number, days: number, stepDays: number): number {
  const draws = new Draws(3, 1);
  const count = 4000;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const taste = new Float64Array(dim);
    drawDirection(draws, taste);
    const before = taste.slice();
    for (let moved = 0; moved < days; moved += stepDays) {
      moveTaste(taste, stepDays * dayMs, tasteMotion(drift), draws);
    }
    expect(dot(taste, taste)).toBeCloseTo(1, 12);
    sum += dot(taste, before);
  }
  return sum / count;
}

describe("a taste loses itself as its formula says", () => {
  // Brownian motion on the sphere of dim − 1 dimensions has E cos = exp(−(dim − 1)·variance·t / 2).
  test.each([
    [1, 5, 5],
    [1, 30, 0.5],
    [1, 30, 30],
    [2, 20, 4],
    [0, 30, 3],
  ])("drift %d over %d days in steps of %d", (drift, days, stepDays) => {
    const { variancePerDay, jumpsPerDay } = tasteMotion(drift);
    const rate = ((dim - 1) * variancePerDay) / 2 + jumpsPerDay * (1 - cosineAtJump);
    const cosine = meanCosine(drift, days, stepDays);
    if (drift === 0) expect(cosine).toBeCloseTo(1, 12);
    expect(Math.abs(cosine - Math.exp(-rate * days))).toBeLessThan(0.02);
  });
});

test("directions favour none", () => {
  const draws = new Draws(5, 1);
  const direction = new Float64Array(dim);
  const sums = new Float64Array(dim);
  for (let i = 0; i < 10_000; i++) {
    drawDirection(draws, direction);
    for (let d = 0; d < dim; d++) sums[d] += direction[d] ** 2;
  }
  for (const sum of sums) expect(sum / 10_000).toBeCloseTo(1 / dim, 2);
});
