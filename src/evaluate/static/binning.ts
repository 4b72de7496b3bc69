import type { Columns } from "./columns.ts";

/** Columns as trees see them: which of at most 256 bins each number falls into. */
export interface BinnedColumns {
  readonly rowCount: number;
  /** (columns,) of (rows,). */
  readonly bins: readonly Uint8Array[];
  /** Ends of the bins but the last, growing: bin b holds what is above end b − 1 and at most end b, (columns,). */
  readonly ends: readonly Float64Array[];
}

const binsMax = 256; // what a byte tells apart

/**
 * Bins with about as many rows each. Ends are midpoints between neighbouring values, so where a column has no
 * more than 256 different ones nothing is lost. O(columns · rows · log rows).
 *
 * Source: histograms of Ke et al., "LightGBM", NIPS 2017, without their bundling and sampling.
 */
export function binned({ values, rowCount }: Columns): BinnedColumns {
  const ends = values.map(endsOf);
  const bins = values.map((column, at) =>
    Uint8Array.from(column, (value) => binOf(value, ends[at])),
  );
  return { rowCount, bins, ends };
}

function endsOf(column: Float64Array): Float64Array {
  const sorted = column.slice().sort();
  const distinct = sorted.filter((value, at) => at === 0 || value !== sorted[at - 1]);
  if (distinct.length <= binsMax) return midpoints(distinct);
  // Of values that come often several quantiles are the same: they end one bin.
  const lasts = new Set<number>();
  for (let bin = 1; bin < binsMax; bin++) {
    lasts.add(sorted[Math.floor((bin * sorted.length) / binsMax) - 1]);
  }
  const ends: number[] = [];
  for (let at = 0; at + 1 < distinct.length; at++) {
    if (lasts.has(distinct[at])) ends.push(between(distinct[at], distinct[at + 1]));
  }
  return Float64Array.from(ends);
}

function midpoints(distinct: Float64Array): Float64Array {
  return Float64Array.from({ length: Math.max(0, distinct.length - 1) }, (_, at) =>
    between(distinct[at], distinct[at + 1]),
  );
}

/** Below the upper one, however close they are. */
function between(lower: number, upper: number): number {
  const middle = lower + (upper - lower) / 2;
  return middle < upper ? middle : lower;
}

/** The first bin whose end is not below the value. O(log bins). */
function binOf(value: number, ends: Float64Array): number {
  let [from, to] = [0, ends.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (ends[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
