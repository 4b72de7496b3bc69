import fc from "fast-check";
import { expect, test } from "vitest";
import { type Cell, suppressed, suppressedPair } from "./suppression.ts";

const cells = fc.dictionary(fc.constantFrom("1", "2", "3", "4", "5"), fc.nat(40));
const limits = fc.integer({ min: 1, max: 20 });
const sumOf = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

/** What is not told, by who knows the sum: how many cells, and what they are together. */
function unknownIn(
  shown: Readonly<Record<string, Cell>>,
  sum: number,
): { count: number; sum: number } {
  const told = Object.values(shown).filter((cell) => cell !== null);
  return { count: Object.values(shown).length - told.length, sum: sum - sumOf(told) };
}

test("no small number is told, nor follows from the sum", () => {
  fc.assert(
    fc.property(cells, limits, (counts, below) => {
      const shown = suppressed(counts, below);
      expect(Object.keys(shown).sort()).toEqual(Object.keys(counts).sort());
      for (const [name, cell] of Object.entries(shown)) {
        if (cell === null) continue;
        expect(cell).toBe(counts[name]);
        expect(cell === 0 || cell >= below).toBe(true);
      }
      const unknown = unknownIn(shown, sumOf(Object.values(counts)));
      const isAll = Object.values(shown).every((cell) => cell === null || cell === 0);
      if (unknown.count === 0 || isAll) return; // of all there is nothing to subtract from
      expect(unknown.count).toBeGreaterThan(1);
      expect(unknown.sum).toBeGreaterThanOrEqual(below);
    }),
    { numRuns: 500 },
  );
});

test("more is hidden only where it must be", () => {
  expect(suppressed({ a: 50, b: 12, c: 30 }, 10)).toEqual({ a: 50, b: 12, c: 30 });
  expect(suppressed({ a: 50, b: 12, c: 3 }, 10)).toEqual({ a: 50, b: null, c: null });
  expect(suppressed({ a: 50, b: 9, c: 3 }, 10)).toEqual({ a: 50, b: null, c: null });
  expect(suppressed({ a: 50, b: 1, c: 1 }, 10)).toEqual({ a: null, b: null, c: null });
  expect(suppressed({ a: 50, b: 0, c: 1 }, 10)).toEqual({ a: null, b: 0, c: null });
});

test("what one table hides the other does not tell", () => {
  // 12 single accounts are those of one person: told, they would give 43 − 12 − 30 = 1 away.
  const people = { "1": 12, "2": 30, "3": 1 };
  const classes = { single: 12, family: 31 };
  expect(suppressedPair([people, classes], ["1", "single"], 10)).toEqual([
    { "1": null, "2": 30, "3": null },
    { single: null, family: null },
  ]);
  fc.assert(
    fc.property(cells, limits, fc.nat(100), (counts, below, lot) => {
      const several = sumOf(Object.values(counts)) - (counts["1"] ?? 0);
      const family = Math.floor((several * lot) / 100);
      const other = {
        ...(counts["1"] !== undefined && { single: counts["1"] }),
        family,
        homes: several - family,
      };
      const [one, two] = suppressedPair([counts, other], ["1", "single"], below);
      if (counts["1"] !== undefined && counts["1"] > 0)
        expect(one["1"] === null).toBe(two["single"] === null);
      for (const [shown, from] of [
        [one, counts],
        [two, other],
      ] as const) {
        const unknown = unknownIn(shown, sumOf(Object.values(from)));
        if (Object.values(shown).every((cell) => cell === null || cell === 0)) continue;
        if (unknown.count > 0) expect(unknown.sum).toBeGreaterThanOrEqual(below);
        expect(unknown.count).not.toBe(1);
      }
    }),
    { numRuns: 500 },
  );
});
