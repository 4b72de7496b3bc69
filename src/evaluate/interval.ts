/** How sure a mean of few values is. */
import { assert } from "../core/index.ts";

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** 97.5 % quantiles of Student's t with 1, 2, … degrees of freedom. */
const tQuantiles = [
  12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157,
  2.228139, 2.200985, 2.178813, 2.160369, 2.144787, 2.13145, 2.119905, 2.109816, 2.100922, 2.093024,
];

/** Values that an interval may be of: with one there is none, and more seeds than 20 are not asked for. */
export const intervalValues = { minimum: 2, maximum: tQuantiles.length + 1 };

/**
 * The 95 % confidence interval of a mean of n values, 2 to 20, by Student's t:
 *
 * ```
 * mean ± t · s / √n       s² = Σ (x − mean)² / (n − 1)
 * ```
 */
export function meanInterval(values: readonly number[]): Interval {
  const count = values.length;
  const { minimum, maximum } = intervalValues;
  assert(count >= minimum && count <= maximum, "an interval is of 2 to 20 values");
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const half = tQuantiles[count - 2] * Math.sqrt(squares / (count - 1) / count);
  return { mean, low: mean - half, high: mean + half };
}
