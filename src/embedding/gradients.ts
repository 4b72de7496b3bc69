/** What `update` of a table is given: checked, and picked for a part of the rows. */
import { assert } from "../core/index.ts";

export interface UpdateOptions {
  /** dLoss/dWeight, float32 (m,), for FTRL; default: weights stay. */
  readonly weightGradients?: Float32Array;
  /** Of the vectors in this call; default the optimiser's. */
  readonly learningRate?: number;
  /**
   * Which of the m gradients is each row's, (n,); several rows may share one. Default: there are n, each at
   * its row's place.
   */
  readonly gradientIndices?: Uint32Array;
}

/** Asserts that there is a gradient of `dim` components for each of `rowCount` rows. */
export function checkGradients(
  dim: number,
  rowCount: number,
  gradients: Float32Array,
  { weightGradients, gradientIndices }: UpdateOptions,
): void {
  let count = rowCount;
  if (gradientIndices !== undefined) {
    count = dim > 0 ? gradients.length / dim : (weightGradients?.length ?? rowCount);
  }
  assert(gradients.length === count * dim, "gradients are of shape (rows, dim)");
  assert(
    weightGradients === undefined || weightGradients.length === count,
    "there is a weight's gradient for every vector's",
  );
  if (gradientIndices === undefined) return;
  assert(gradientIndices.length === rowCount, "there is an index of a gradient for every row");
  assert(areBelow(gradientIndices, count), "an index is one of a gradient");
}

/** Are all of them? One comparison each: an iterator and an assertion each take four times as long. */
export function areBelow(numbers: Uint32Array, limit: number): boolean {
  let max = 0;
  for (let i = 0; i < numbers.length; i++) max = Math.max(max, numbers[i]);
  return max < limit || numbers.length === 0;
}

/**
 * Copies the rows of a matrix (n, dim) that `indices` names to the beginning of another; dim is a multiple
 * of 4.
 */
export function pickVectors(
  matrix: Float32Array,
  indices: Uint32Array,
  dim: number,
  picked: Float32Array,
): void {
  let to = 0;
  for (let i = 0; i < indices.length; i++) {
    const end = indices[i] * dim + dim;
    // Four at a time: half the time.
    for (let from = end - dim; from < end; from += 4) {
      picked[to] = matrix[from];
      picked[to + 1] = matrix[from + 1];
      picked[to + 2] = matrix[from + 2];
      picked[to + 3] = matrix[from + 3];
      to += 4;
    }
  }
}

export function pickWeights(
  weights: Float32Array,
  indices: Uint32Array,
  picked: Float32Array,
): void {
  for (let i = 0; i < indices.length; i++) picked[i] = weights[indices[i]];
}
