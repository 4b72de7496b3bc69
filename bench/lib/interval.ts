/** How sure a mean of few values is. */
import { assert } from "#foldback/core";

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Seeds of a comparison: what the quantile below is for. */
const valueCount = 5;
/** 97.5 % quantile of Student's t with 4 degrees of freedom. */
const tQuantile = 2.776445105;

/**
 * The 95 % confidence interval of a mean of five values, by Student's t:
 *
 * ```
 * mean ± 2.776 · s / √5       s² = Σ (x − mean)² / 4
 * ```
 */
export function meanInterval(values: readonly number[]): Interval {
  assert(values.length === valueCount, "an interval is of five values");
  const mean = values.reduce((sum, value) => sum + value, 0) / valueCount;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const half = tQuantile * Math.sqrt(squares / (valueCount - 1) / valueCount);
  return { mean, low: mean - half, high: mean + half };
}
