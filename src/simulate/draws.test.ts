import { describe, expect, test } from "vitest";
import { Draws } from "./draws.ts";

const count = 40_000;

function mean(draw: () => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += draw();
  return sum / count;
}

describe("draws have the moments of their distributions", () => {
  const draws = new Draws(1, 0);
  // Bounds of five standard errors; the seed is fixed.
  test.each<[name: string, draw: () => number, mean: number, deviation: number]>([
    ["normal", () => draws.normal(), 0, 1],
    ["square of a normal", () => draws.normal() ** 2, 1, Math.sqrt(2)],
    ["fourth power of a normal", () => draws.normal() ** 4, 3, Math.sqrt(96)],
    ["exponential", () => draws.exponential(), 1, 1],
    ["log-normal", () => draws.logNormal(0.6), 1, Math.sqrt(Math.exp(0.36) - 1)],
    ["geometric", () => draws.geometric(1.2), 1.2, Math.sqrt(1.2 * 2.2)],
    ["between", () => draws.between(2, 5), 3.5, 3 / Math.sqrt(12)],
    ["index", () => draws.index([1, 0, 3]), 1.5, Math.sqrt(0.75)],
    ["chance", () => (draws.chance(0.2) ? 1 : 0), 0.2, 0.4],
  ])("%s", (_, draw, expected, deviation) => {
    expect(Math.abs(mean(draw) - expected)).toBeLessThan((5 * deviation) / Math.sqrt(count));
  });
});

test("an index without weight is never drawn", () => {
  const draws = new Draws(2, 0);
  const drawn = new Set(Array.from({ length: 2000 }, () => draws.index([0, 2, 0, 1, 0])));
  expect([...drawn].sort((a, b) => a - b)).toEqual([1, 3]);
});

test("streams of one seed are others, the same stream is the same", () => {
  const first = (seed: number, stream: number): number[] => {
    const draws = new Draws(seed, stream);
    return Array.from({ length: 4 }, () => draws.normal());
  };
  expect(first(7, 1)).toEqual(first(7, 1));
  expect(first(7, 1)).not.toEqual(first(7, 2));
  expect(first(7, 1)).not.toEqual(first(8, 1));
});
