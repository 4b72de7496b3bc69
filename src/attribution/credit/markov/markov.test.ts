import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../../core/index.ts";
import { type PathRow, pathRows, row, tableOf } from "../../../testing/attributionPaths.ts";
import type { PathTable } from "../pathCounts.ts";
import { markovCredit } from "./markov.ts";

/** Removal effects as they are defined, forwards, by Gauss–Jordan elimination of float64s with pivoting: 1 − P(without x)/P. */
function defined(rows: readonly PathRow[], order: number, gain: "conversions" | "value") {
  const channels = [...new Set(rows.flatMap(({ path }) => path))].sort();
  const probability = (removed?: string): number => {
    const states = new Map<
      string,
      { window: readonly string[]; out: Map<string, number>; c: number; v: number; n: number }
    >();
    const begins = new Map<string, number>();
    for (const { path, conversions: c, nulls: n, value: v } of rows) {
      if (c + n === 0) continue;
      let before: string | undefined;
      for (let at = 0; at + Math.min(order, path.length) <= path.length; at++) {
        const window = path.slice(at, at + order);
        const key = JSON.stringify(window);
        if (key === before) continue;
        if (!states.has(key)) states.set(key, { window, out: new Map(), c: 0, v: 0, n: 0 });
        const out = before === undefined ? begins : states.get(before)?.out;
        out?.set(key, (out.get(key) ?? 0) + c + n);
        before = key;
      }
      const last = states.get(before ?? "");
      if (last === undefined) continue;
      last.c += c;
      last.n += n;
      last.v += v;
    }
    const kept = [...states.keys()].filter(
      (key) => !states.get(key)?.window.includes(removed ?? ""),
    );
    const size = kept.length;
    // (I − Q) h = r
    const matrix = kept.map((key, at) => {
      const state = states.get(key);
      if (state === undefined) throw new Error("a kept state is a state");
      const total = [...state.out.values()].reduce((sum, count) => sum + count, state.c + state.n);
      const left = kept.map(
        (other, to) => (at === to ? 1 : 0) - (state.out.get(other) ?? 0) / total,
      );
      return [...left, (gain === "value" ? state.v : state.c) / total];
    });
    for (let pivot = 0; pivot < size; pivot++) {
      let best = pivot;
      for (let at = pivot; at < size; at++) {
        if (Math.abs(matrix[at][pivot]) > Math.abs(matrix[best][pivot])) best = at;
      }
      [matrix[pivot], matrix[best]] = [matrix[best], matrix[pivot]];
      for (let at = 0; at < size; at++) {
        const factor = at === pivot ? 0 : matrix[at][pivot] / matrix[pivot][pivot];
        if (factor === 0) continue;
        for (let to = pivot; to <= size; to++) matrix[at][to] -= factor * matrix[pivot][to];
      }
    }
    const all = [...begins.values()].reduce((sum, count) => sum + count, 0);
    return kept.reduce(
      (sum, key, at) => sum + ((begins.get(key) ?? 0) / all) * (matrix[at][size] / matrix[at][at]),
      0,
    );
  };
  const whole = probability();
  return channels.map((channel) => (whole === 0 ? 0 : 1 - probability(channel) / whole));
}

function effects(table: PathTable, order: number): Map<string, number> {
  const { removalEffects } = markovCredit(table, order);
  return new Map(table.channels.map((name, at) => [name, removalEffects[at]]));
}

describe("markovCredit", () => {
  it("gives the cases that can be computed by hand", () => {
    const table = tableOf([row("A B C", 1), row("A", 0, 1), row("B C", 0, 1)]);
    const credit = markovCredit(table, 1);
    expect(credit.conversionProbability).toBeCloseTo(1 / 3, 14);
    expect([...credit.conversions].map((share) => share.toFixed(12))).toEqual(
      [0.2, 0.4, 0.4].map((share) => share.toFixed(12)),
    );
    const loops = markovCredit(
      tableOf([row("A B A", 2), row("A B", 1, 1), row("B", 0, 2), row("B B A", 1)]),
      1,
    );
    expect(loops.conversionProbability).toBeCloseTo(4 / 7, 14);
    expect(loops.conversions[0]).toBeCloseTo(100 / 41, 13);
    expect(loops.conversions[1]).toBeCloseTo(64 / 41, 13);
  });

  it("is what the definition says, for orders 1 to 4", () => {
    fc.assert(
      fc.property(pathRows(5, 8), fc.integer({ min: 1, max: 4 }), (rows, order) => {
        const table = tableOf(rows);
        const credit = markovCredit(table, order);
        const expected = defined(rows, order, "conversions");
        const names = [...new Set(rows.flatMap(({ path }) => path))].sort();
        for (const [at, name] of table.channels.entries()) {
          expect(credit.removalEffects[at]).toBeCloseTo(expected[names.indexOf(name)], 10);
        }
        const values = defined(rows, order, "value");
        for (const [at, name] of table.channels.entries()) {
          expect(credit.valueRemovalEffects[at]).toBeCloseTo(values[names.indexOf(name)], 10);
        }
      }),
    );
  });

  it("is exact where a loop hardly ever ends", () => {
    // A B … A B of 2 · 10^9 touches: written as counts, it would be one path. As a chain: N(A) = N(B) = 10^6 + 1 with one path.
    const length = 20_001;
    const path = Array.from({ length }, (_, at) => (at % 2 === 0 ? "A" : "B")).join(" ");
    const rows = [row(path, 1), row(`${path} C`, 1e-9), row(path, 0, 1e6)];
    const table = tableOf(rows);
    const credit = markovCredit(table, 1);
    const c = table.channels.indexOf("C");
    // C leads to nothing but a conversion, and every path that visits it ends in one.
    const expected = 1e-9 / (1 + 1e-9);
    expect(Math.abs(credit.removalEffects[c] / expected - 1)).toBeLessThan(1e-12);
    expect(credit.removalEffects[0]).toBe(1);
  });

  it("sweeps large components to the same effects as elimination gives", () => {
    const random = new Random(3);
    const rows = Array.from({ length: 400 }, () => {
      const path = Array.from({ length: 1 + random.below(60) }, () => "ABCDEFG"[random.below(7)]);
      return {
        path,
        conversions: random.below(3),
        value: random.below(50),
        nulls: random.below(40),
      };
    });
    const table = tableOf(rows);
    const big = markovCredit(table, 3);
    expect(big.stateCount).toBeGreaterThan(300);
    expect(big.errorBound).toBeLessThan(1e-10);
    expect(big.errorBound).toBeGreaterThan(0);
    const expected = defined(rows, 3, "conversions");
    for (const [at, effect] of big.removalEffects.entries()) {
      expect(Math.abs(effect / expected[at] - 1)).toBeLessThan(1e-9);
    }
  });

  it("is as exact where paths stay long in a small part of a large component", () => {
    const random = new Random(4);
    const rows = Array.from({ length: 900 }, () => {
      const path = Array.from({ length: 1 + random.below(60) }, () => "ABCDEFG"[random.below(7)]);
      return { path, conversions: random.below(3), value: 1, nulls: random.below(3) };
    });
    for (const [one, other] of ["AB", "CD"]) {
      const path = Array.from({ length: 5000 }, (_, at) => {
        if (at < 4 || at > 4995) return "ABCDEFG"[random.below(7)];
        return at % 2 === 0 ? one : other;
      });
      rows.push({ path, conversions: 20, value: 3, nulls: 20 });
    }
    const credit = markovCredit(tableOf(rows), 3);
    expect(credit.stateCount).toBeGreaterThan(300);
    expect(credit.errorBound).toBeGreaterThan(0);
    expect(credit.errorBound).toBeLessThan(1e-10);
    const expected = defined(rows, 3, "conversions");
    for (const [at, effect] of credit.removalEffects.entries()) {
      expect(Math.abs(effect / expected[at] - 1)).toBeLessThan(1e-9);
    }
  });

  it("gives 0 to a channel that only nulls have, and zeros where nothing converted", () => {
    const table = tableOf([row("A B", 2), row("A N", 0, 3)]);
    expect(effects(table, 1).get("N")).toBe(0);
    expect([...markovCredit(tableOf([row("A B", 0, 3)]), 2).conversions]).toEqual([0, 0]);
    expect(markovCredit(tableOf([row("A B", 2)]), 1).conversionProbability).toBe(1);
  });
});
