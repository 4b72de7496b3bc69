import { describe, expect, it } from "vitest";
import { type Experiment, variantOf } from "./variant.ts";

const accounts = Array.from({ length: 60_000 }, (_, i) => `account-${i}`);

function experiment(name: string, ...weights: number[]): Experiment {
  return { name, variants: weights.map((weight, i) => ({ name: `v${i}`, weight })) };
}

/** Σ (seen − expected)² / expected. */
function chiSquare(seen: readonly number[], expected: readonly number[]): number {
  return seen.reduce((sum, count, i) => sum + (count - expected[i]) ** 2 / expected[i], 0);
}

describe("variantOf", () => {
  it("is always the same: these assignments never change", () => {
    const halves = experiment("ranking-2026", 1, 1);
    const assigned = Array.from({ length: 12 }, (_, i) => variantOf(`a${i}`, halves));
    expect(assigned.map((name) => name.slice(1)).join("")).toBe("100000110110");
  });

  it.each([[[1, 1]], [[90, 10]], [[0.2, 0.3, 0.5]], [[1, 1, 1, 1, 1, 1, 1]]])(
    "assigns accounts in proportion to weights %j",
    (weights) => {
      const counts = weights.map(() => 0);
      const proportions = experiment("proportions", ...weights);
      for (const account of accounts) counts[Number(variantOf(account, proportions).slice(1))]++;
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const expected = weights.map((weight) => (weight / total) * accounts.length);
      // Seven variants have 6 degrees of freedom: 22.5 is exceeded by one of 1,000.
      expect(chiSquare(counts, expected)).toBeLessThan(22.5);
    },
  );

  it("assigns in one experiment without regard to any other", () => {
    const names = Array.from({ length: 8 }, (_, i) => `experiment-${i}`);
    const assigned = names.map((name) => {
      const thirds = experiment(name, 1, 1, 1);
      return Uint8Array.from(accounts, (account) => Number(variantOf(account, thirds).slice(1)));
    });
    const statistics: number[] = [];
    for (let a = 0; a < names.length; a++) {
      for (let b = 0; b < a; b++) {
        const counts = Array.from({ length: 9 }, () => 0);
        for (let i = 0; i < accounts.length; i++) counts[assigned[a][i] * 3 + assigned[b][i]]++;
        statistics.push(
          chiSquare(
            counts,
            counts.map(() => accounts.length / 9),
          ),
        );
      }
    }
    // 8 degrees of freedom: mean 8, deviation 4; of 28 statistics one of 1,000 has a larger than 35.
    expect(Math.max(...statistics)).toBeLessThan(35);
    const mean = statistics.reduce((sum, value) => sum + value, 0) / statistics.length;
    expect(mean).toBeGreaterThan(8 - 3 * (4 / Math.sqrt(28)));
    expect(mean).toBeLessThan(8 + 3 * (4 / Math.sqrt(28)));
  });

  it("moves accounts only across the boundary that moves", () => {
    const before = experiment("ramp", 90, 5, 5);
    const after = experiment("ramp", 80, 15, 5);
    for (const account of accounts.slice(0, 5000)) {
      const [from, to] = [variantOf(account, before), variantOf(account, after)];
      if (from !== to) expect([from, to]).toEqual(["v0", "v1"]);
    }
  });

  it("assigns nobody to a variant of weight 0", () => {
    const off = experiment("off", 0, 1, 0);
    expect(new Set(accounts.slice(0, 1000).map((account) => variantOf(account, off)))).toEqual(
      new Set(["v1"]),
    );
  });

  it.each([[[]], [[0, 0]], [[1, -1]], [[1, Number.NaN]], [[1, Number.POSITIVE_INFINITY]]])(
    "refuses weights %j",
    (weights) => {
      expect(() => variantOf("a", experiment("bad", ...weights))).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID" }),
      );
    },
  );
});
