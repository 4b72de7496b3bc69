/** Splits into a part to fit to and a part to judge by. */
import { Random } from "../../core/index.ts";

export interface Split {
  /** Which rows, in the order of rows. */
  readonly training: Uint32Array;
  readonly validation: Uint32Array;
}

/**
 * Every class has the same share of both parts, to the nearest row: a share of a label counts as the nearer
 * class.
 *
 * @param share of the validation part, 0 to 1.
 */
export function stratifiedSplit(labels: Float64Array, share: number, random: Random): Split {
  const all = Uint32Array.from(labels, (_, row) => row);
  const isIn = new Uint8Array(labels.length);
  for (const isPositive of [true, false]) {
    const own = all.filter((row) => labels[row] >= 0.5 === isPositive);
    for (const row of drawn(own, Math.round(share * own.length), random)) isIn[row] = 1;
  }
  return splitBy(all, isIn);
}

/** As many rows, whatever their labels. */
export function plainSplit(labels: Float64Array, share: number, random: Random): Split {
  const all = Uint32Array.from(labels, (_, row) => row);
  const isIn = new Uint8Array(labels.length);
  for (const row of drawn(all, Math.round(share * all.length), random)) isIn[row] = 1;
  return splitBy(all, isIn);
}

/** So many of the rows without putting back, evenly, in no order: the start of Fisher and Yates' shuffle. */
export function drawn(rows: Uint32Array, count: number, random: Random): Uint32Array {
  const shuffled = rows.slice();
  for (let i = 0; i < count; i++) {
    const other = i + random.below(shuffled.length - i);
    [shuffled[i], shuffled[other]] = [shuffled[other], shuffled[i]];
  }
  return shuffled.subarray(0, count);
}

function splitBy(all: Uint32Array, isIn: Uint8Array): Split {
  return {
    training: all.filter((row) => isIn[row] === 0),
    validation: all.filter((row) => isIn[row] === 1),
  };
}
