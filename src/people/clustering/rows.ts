/**
 * Rows of categorical codes, and what equal rows become: one row with a multiplicity.
 *
 * Everything that clusters works on distinct rows in *canonical order*, by their codes, column after column. So neither the order of
 * the rows nor their number changes anything but the multiplicities, and these are divided by their greatest common divisor: a table
 * and its copy with all rows doubled are the same input.
 */
import { assert } from "../../core/index.ts";

/** Codes of at least 0; 0 is *missing*. */
export interface CategoricalRows {
  /** Shape (rows, columns), row after row. */
  readonly codes: Int32Array;
  /** What a difference in each column counts, at least 0, not all 0; only their shares matter. Shape (columns,). */
  readonly weights: Float64Array;
}

export interface DistinctRows {
  /** Of the distinct rows. */
  readonly rowCount: number;
  /** Shape (rowCount, columns), in canonical order. */
  readonly codes: Int32Array;
  /** The weights' shares, which sum to 1. Shape (columns,). */
  readonly weights: Float64Array;
  /** How often each occurs, divided by `divisor`. Shape (rowCount,). */
  readonly multiplicities: Float64Array;
  /** The greatest common divisor of how often they occur. */
  readonly divisor: number;
  /** Which distinct row each of the original rows is. Shape (original rows,). */
  readonly distinctOf: Int32Array;
}

/** O(rows · log rows · columns). Mutates nothing. */
export function collapseRows({ codes, weights }: CategoricalRows): DistinctRows {
  const width = weights.length;
  assert(width > 0 && codes.length % width === 0, "codes are of shape (rows, columns)");
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  assert(
    total > 0 && Number.isFinite(total) && weights.every((weight) => weight >= 0),
    "weights are finite, at least 0, and not all 0",
  );
  const count = codes.length / width;
  const order = new Int32Array(count);
  for (let row = 0; row < count; row++) order[row] = row;
  const compare = (a: number, b: number): number => {
    for (let column = 0; column < width; column++) {
      const difference = codes[a * width + column] - codes[b * width + column];
      if (difference !== 0) return difference;
    }
    return 0;
  };
  order.sort(compare);
  const distinctOf = new Int32Array(count);
  const firsts: number[] = [];
  const multiplicities: number[] = [];
  for (const [at, row] of order.entries()) {
    if (at === 0 || compare(order[at - 1], row) !== 0) {
      firsts.push(row);
      multiplicities.push(0);
    }
    multiplicities[firsts.length - 1]++;
    distinctOf[row] = firsts.length - 1;
  }
  const distinct = new Int32Array(firsts.length * width);
  for (const [at, row] of firsts.entries()) {
    distinct.set(codes.subarray(row * width, (row + 1) * width), at * width);
  }
  const divisor = multiplicities.reduce(greatestCommonDivisor, 0);
  return {
    rowCount: firsts.length,
    codes: distinct,
    weights: weights.map((weight) => weight / total),
    multiplicities: Float64Array.from(multiplicities, (multiplicity) => multiplicity / divisor),
    divisor,
    distinctOf,
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
