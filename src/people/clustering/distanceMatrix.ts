/**
 * All distances between distinct rows, as a square matrix of ranks in 16 bits.
 *
 * A distance is a sum of halves of weights, so few columns, or many with few different weights, have few different distances: they are
 * listed once, in order, and the matrix holds their numbers. That is exact, keeps ties exact, and takes 2 bytes a pair and direction.
 * Where there are more distances than 16 bits can number, the matrix holds the distances themselves, in float64.
 *
 * Square, not condensed: a scan for the nearest neighbour reads one row from end to end.
 */
import { FoldbackError } from "../../core/index.ts";
import { PairDistances } from "./distance.ts";
import type { DistinctRows } from "./rows.ts";

export interface DistanceMatrix {
  /** Shape (rowCount, rowCount), symmetric; the diagonal is `none`. */
  readonly cells: Uint16Array | Float64Array;
  /** More than any distance's cell. */
  readonly none: number;
  /** The distance of a cell's content. */
  readonly distanceOf: (cell: number) => number;
}

/** One rank is kept for `none`. */
const ranksMax = 0xffff;
/** Distances closer than this are one: sums in another order. */
const tolerance = 1e-12;
/** Rows and columns of a tile that is mirrored at once, 8 KB of ranks: its lines stay in the first cache. */
const tile = 64;

/**
 * O(columns · rows²).
 *
 * @param bytesMax what the matrix may take.
 * @throws FoldbackError MATRIX_TOO_LARGE, before it is allocated.
 */
export function distanceMatrix(rows: DistinctRows, bytesMax: number): DistanceMatrix {
  const scale = rankScale(rows.weights);
  const bytes = rows.rowCount ** 2 * (scale === undefined ? 8 : 2);
  if (bytes > bytesMax) {
    throw new FoldbackError(
      "MATRIX_TOO_LARGE",
      `the distances of ${rows.rowCount} distinct rows take ${bytes} bytes; allowed: ${bytesMax}; ` +
        "raise matrixBytesMax, or take average or single linkage, which need no matrix",
      { details: { rowCount: rows.rowCount, bytes, bytesMax } },
    );
  }
  return scale === undefined ? realMatrix(rows) : rankMatrix(rows, scale);
}

interface RankScale {
  /** Added up by column, these give a number of its own to each combination of weights. Shape (columns,). */
  readonly units: Float64Array;
  /** By that number. */
  readonly rankOf: Uint16Array;
  readonly distances: Float64Array;
}

/** Undefined where there are too many distances. */
function rankScale(weights: Float64Array): RankScale | undefined {
  const columnsOf = new Map<number, number>();
  for (const weight of weights) columnsOf.set(weight, (columnsOf.get(weight) ?? 0) + 1);
  let sums = [0];
  const unitOf = new Map<number, number>();
  for (const [weight, columns] of columnsOf) {
    const choices = 2 * columns + 1; // none to all of them, by halves
    if (sums.length * choices > ranksMax) return undefined;
    unitOf.set(weight, sums.length);
    const before = sums;
    sums = Array.from({ length: choices }, (_, halves) => halves).flatMap((halves) =>
      before.map((sum) => sum + (halves / 2) * weight),
    );
  }
  const order = sums.map((_, at) => at).sort((a, b) => sums[a] - sums[b]);
  const rankOf = new Uint16Array(sums.length);
  const distances: number[] = [];
  for (const at of order) {
    const last = distances.length - 1;
    if (last < 0 || sums[at] > distances[last] + tolerance) distances.push(sums[at]);
    rankOf[at] = distances.length - 1;
  }
  const units = weights.map((weight) => unitOf.get(weight) ?? 0);
  return { units, rankOf, distances: Float64Array.from(distances) };
}

function rankMatrix(rows: DistinctRows, { units, rankOf, distances }: RankScale): DistanceMatrix {
  const count = rows.rowCount;
  const cells = new Uint16Array(count * count);
  const pairs = new PairDistances(rows);
  const numbers = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    pairs.fillUnits(row, units, numbers, row + 1);
    const start = row * count;
    cells[start + row] = ranksMax;
    for (let other = row + 1; other < count; other++) cells[start + other] = rankOf[numbers[other]];
  }
  mirror(cells, count);
  return { cells, none: ranksMax, distanceOf: (cell) => distances[cell] };
}

function realMatrix(rows: DistinctRows): DistanceMatrix {
  const count = rows.rowCount;
  const cells = new Float64Array(count * count);
  const pairs = new PairDistances(rows);
  for (let row = 0; row < count; row++) {
    const line = cells.subarray(row * count, (row + 1) * count);
    pairs.fillRow(row, line, row);
    line[row] = Number.POSITIVE_INFINITY;
  }
  mirror(cells, count);
  return { cells, none: Number.POSITIVE_INFINITY, distanceOf: (cell) => cell };
}

/** Copies what is above the diagonal to below it. */
function mirror(cells: Uint16Array | Float64Array, count: number): void {
  for (let top = 0; top < count; top += tile) {
    const bottom = Math.min(top + tile, count);
    for (let left = top; left < count; left += tile) {
      const right = Math.min(left + tile, count);
      for (let row = top; row < bottom; row++) {
        for (let column = Math.max(left, row + 1); column < right; column++) {
          cells[column * count + row] = cells[row * count + column];
        }
      }
    }
  }
}
