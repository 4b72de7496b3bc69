import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adjustedRandIndex, bestMatching, contingency, pairwiseF1 } from "./agreement.ts";

const persons = fc
  .integer({ min: 1, max: 40 })
  .chain((length) =>
    fc.tuple(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: length, maxLength: length }),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: length, maxLength: length }),
    ),
  );

/** Pair by pair, as the measures are defined. */
function countPairs(found: readonly number[], truth: readonly number[]): number[] {
  const counts = [0, 0, 0, 0]; // by: found together · 2 + truly together
  for (let i = 0; i < found.length; i++) {
    for (let j = 0; j < i; j++) {
      counts[(found[i] === found[j] ? 2 : 0) + (truth[i] === truth[j] ? 1 : 0)]++;
    }
  }
  return counts;
}

describe("agreement of two partitions", () => {
  test("a known case: the example of Hubert and Arabie's index in scikit-learn's documentation", () => {
    const table = contingency([1, 1, 2, 2], [1, 1, 2, 3]);
    expect(adjustedRandIndex(table)).toBeCloseTo(0.5714285714, 9);
  });

  test("the same partition under other numbers agrees fully; one lump against several does not at all", () => {
    const same = contingency([2, 2, 1, 3], [1, 1, 3, 2]);
    expect([adjustedRandIndex(same), pairwiseF1(same)]).toEqual([1, 1]);
    expect(adjustedRandIndex(contingency([1, 1, 1, 1], [1, 1, 2, 2]))).toBe(0);
    expect(adjustedRandIndex(contingency([1, 1], [1, 1]))).toBe(1);
    expect(pairwiseF1(contingency([1, 2], [2, 1]))).toBe(1);
  });

  test("is what counting pair by pair gives", () => {
    fc.assert(
      fc.property(persons, ([found, truth]) => {
        const [apart, missed, wrong, both] = countPairs(found, truth);
        const table = contingency(found, truth);
        const f1 = both + wrong + missed === 0 ? 1 : (2 * both) / (2 * both + wrong + missed);
        expect(pairwiseF1(table)).toBeCloseTo(f1, 12);
        // The index in terms of pairs: Steinley, 2004.
        const below = (both + missed) * (missed + apart) + (both + wrong) * (wrong + apart);
        const index = below === 0 ? 1 : (2 * (both * apart - missed * wrong)) / below;
        expect(adjustedRandIndex(table)).toBeCloseTo(index, 9);
      }),
    );
  });
});

describe("the best matching", () => {
  const tables = fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
    .chain(([rows, columns]) =>
      fc.array(fc.array(fc.nat(9), { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      }),
    );

  /** Over all ways to give each row a free column, or none. */
  function most(
    table: readonly (readonly number[])[],
    row: number,
    taken: readonly number[],
  ): number {
    if (row === table.length) return 0;
    const free = table[row].map((value, column) => ({ value, column }));
    return Math.max(
      most(table, row + 1, taken),
      ...free
        .filter(({ column }) => !taken.includes(column))
        .map(({ value, column }) => value + most(table, row + 1, [...taken, column])),
    );
  }

  test("has the largest sum of all, and gives no column twice", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const matched = bestMatching(table);
        const given = matched.filter((column) => column >= 0);
        expect(new Set(given).size).toBe(given.length);
        expect(given.length).toBe(Math.min(table.length, table[0].length));
        const sum = matched.reduce((all, column, row) => all + (table[row][column] ?? 0), 0);
        expect(sum).toBe(most(table, 0, []));
      }),
    );
  });

  test("is not the greedy one", () => {
    expect(
      bestMatching([
        [10, 9],
        [9, 1],
      ]),
    ).toEqual([1, 0]);
  });
});
