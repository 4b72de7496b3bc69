import { describe, expect, test } from "vitest";
import { Draws } from "./draws.ts";
import { randomShare, ServingPolicy } from "./policy.ts";

const itemCount = 12;

/** The lower an item's number, the more often it was played; the last never. */
function playedPolicy(): ServingPolicy {
  const policy = new ServingPolicy();
  for (let item = 0; item < itemCount; item++) {
    for (let play = item; play < itemCount - 1; play++) policy.countPlay(item);
  }
  policy.refresh(itemCount);
  return policy;
}

function chiSquare(counts: readonly number[], expected: readonly number[]): number {
  return counts.reduce((sum, count, i) => sum + (count - expected[i]) ** 2 / expected[i], 0);
}

/** Chi-square with 11 degrees of freedom is above this once in 10,000 times; seeds are fixed. */
const chiSquareMax = 37.4;

describe("what is served", () => {
  test("follows the stated mixture, which sums to 1", () => {
    const probabilities = playedPolicy().probabilities();
    const plays = 66; // 11 + 10 + … + 0
    for (let item = 0; item < itemCount; item++) {
      const popular = (itemCount - 1 - item) / plays;
      const expected = (1 - randomShare) * popular + randomShare / itemCount;
      expect(probabilities[item]).toBeCloseTo(expected, 12);
    }
    expect(probabilities.reduce((sum, each) => sum + each)).toBeCloseTo(1, 12);
  });

  test("is drawn as often as it says", () => {
    const policy = playedPolicy();
    const draws = new Draws(12, 0);
    const count = 400_000;
    const counts = new Array<number>(itemCount).fill(0);
    for (let i = 0; i < count; i++) counts[policy.draw(draws)]++;
    const expected = [...policy.probabilities()].map((probability) => probability * count);
    expect(chiSquare(counts, expected)).toBeLessThan(chiSquareMax);
  });

  test("is listed as often as its propensity says, at each place given those before", () => {
    const policy = playedPolicy();
    const draws = new Draws(11, 0);
    const items = new Int32Array(4);
    const propensities = new Float64Array(4);
    const probabilities = policy.probabilities();
    const counts = [0, 1, 2, 3].map(() => new Array<number>(itemCount).fill(0));
    const expected = [0, 1, 2, 3].map(() => new Array<number>(itemCount).fill(0));
    for (let list = 0; list < 20_000; list++) {
      policy.drawList(draws, items, propensities);
      const left = new Set(probabilities.keys());
      for (let position = 0; position < items.length; position++) {
        // The oracle: the mixture over what is left, normalised.
        const sum = [...left].reduce((total, item) => total + probabilities[item], 0);
        for (const item of left) expected[position][item] += probabilities[item] / sum;
        expect(propensities[position]).toBeCloseTo(probabilities[items[position]] / sum, 10);
        counts[position][items[position]]++;
        expect(left.delete(items[position])).toBe(true); // no item twice
      }
    }
    for (let position = 0; position < items.length; position++) {
      expect(chiSquare(counts[position], expected[position])).toBeLessThan(chiSquareMax);
    }
  });

  test("is any item where nothing was played, and a new one from the next hour on", () => {
    const policy = new ServingPolicy();
    policy.refresh(3);
    expect([...policy.probabilities()]).toEqual([1 / 3, 1 / 3, 1 / 3]);
    policy.refresh(4);
    expect(policy.probabilities()).toHaveLength(4);
  });

  test("forgets plays with a half-life of a day", () => {
    const policy = new ServingPolicy();
    for (let play = 0; play < 8; play++) policy.countPlay(0);
    policy.refresh(2);
    for (let hour = 1; hour < 24; hour++) policy.refresh(2);
    for (let play = 0; play < 4; play++) policy.countPlay(1);
    policy.refresh(2);
    const [old, fresh] = policy.probabilities();
    expect(old / fresh).toBeCloseTo(1, 2);
  });
});
