/** How well two ways of telling apart who did what agree, whatever the numbers of the persons are. */
import { assert } from "../../core/index.ts";

/** How many sessions each pair of persons shares. Rows by found person, columns by true person, both from 1: shape (found, truth). */
export function contingency(
  found: ArrayLike<number>,
  truth: ArrayLike<number>,
): readonly (readonly number[])[] {
  assert(found.length === truth.length, "each session has a found and a true person");
  const foundCount = largest(found);
  const truthCount = largest(truth);
  const table = Array.from({ length: foundCount }, () => new Array<number>(truthCount).fill(0));
  for (let i = 0; i < found.length; i++) table[found[i] - 1][truth[i] - 1]++;
  return table;
}

/** Pairs of sessions: found together, truly together, and both. */
interface Pairs {
  readonly found: number;
  readonly truth: number;
  readonly both: number;
  readonly all: number;
}

function pairsOf(table: readonly (readonly number[])[]): Pairs {
  const rows = table.map(sum);
  const columns = (table[0] ?? []).map((_, at) => sum(table.map((row) => row[at])));
  return {
    found: sum(rows.map(pairs)),
    truth: sum(columns.map(pairs)),
    both: sum(table.flat().map(pairs)),
    all: pairs(sum(rows)),
  };
}

/**
 * The adjusted Rand index: 1 for the same partition, 0 on the mean for a random one.
 *
 * Source: Hubert and Arabie, "Comparing partitions", 1985. Where both partitions are trivial in the same
 * way (all together, or all apart) it is 1.
 */
export function adjustedRandIndex(table: readonly (readonly number[])[]): number {
  const { all, both, found, truth } = pairsOf(table);
  const expected = all === 0 ? 0 : (found * truth) / all;
  const most = (found + truth) / 2;
  return most === expected ? 1 : (both - expected) / (most - expected);
}

/** The harmonic mean of precision and recall over pairs of sessions; 1 where there are none to find, and none was found. */
export function pairwiseF1(table: readonly (readonly number[])[]): number {
  const { both, found, truth } = pairsOf(table);
  return found + truth === 0 ? 1 : (2 * both) / (found + truth);
}

/**
 * The one-to-one matching of rows with columns whose cells have the largest sum: for each row its column, or -1.
 *
 * Source: Kuhn, "The Hungarian method for the assignment problem", 1955, with potentials; O(n³), n being the
 * larger side. Deterministic.
 */
export function bestMatching(table: readonly (readonly number[])[]): number[] {
  const rowCount = table.length;
  const columnCount = table[0]?.length ?? 0;
  const size = Math.max(rowCount, columnCount);
  const cost = (row: number, column: number): number => -(table[row]?.[column] ?? 0);
  // From 1; 0 is the row that is being placed, and its column.
  const rowPotential = new Float64Array(size + 1);
  const columnPotential = new Float64Array(size + 1);
  const rowOf = new Int32Array(size + 1);
  for (let row = 1; row <= size; row++) {
    const least = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY);
    const before = new Int32Array(size + 1);
    const isDone = new Uint8Array(size + 1);
    let column = 0;
    rowOf[0] = row;
    while (rowOf[column] !== 0) {
      isDone[column] = 1;
      const own = rowOf[column];
      let delta = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let j = 1; j <= size; j++) {
        if (isDone[j] === 1) continue;
        const reduced = cost(own - 1, j - 1) - rowPotential[own] - columnPotential[j];
        if (reduced < least[j]) {
          least[j] = reduced;
          before[j] = column;
        }
        if (least[j] < delta) {
          delta = least[j];
          next = j;
        }
      }
      for (let j = 0; j <= size; j++) {
        if (isDone[j] === 1) {
          rowPotential[rowOf[j]] += delta;
          columnPotential[j] -= delta;
        } else {
          least[j] -= delta;
        }
      }
      column = next;
    }
    while (column !== 0) {
      rowOf[column] = rowOf[before[column]];
      column = before[column];
    }
  }
  const matched = new Array<number>(rowCount).fill(-1);
  for (let column = 1; column <= columnCount; column++) {
    if (rowOf[column] <= rowCount) matched[rowOf[column] - 1] = column - 1;
  }
  return matched;
}

function pairs(count: number): number {
  return (count * (count - 1)) / 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]);
  return most;
}
