/**
 * Which cluster a new row belongs to: the one whose rows are nearest on average, from tables of counts.
 *
 * d(x, c) = Σ_j w_j m_j with m_j = 1 − n_c,j(x_j) / n_c, rows of c that lack column j counting one half, and ½ where x lacks it: the mean
 * of the distances of distance.ts to the cluster's rows, for O(columns). The rows themselves need not be kept.
 */
import { assert } from "../../core/index.ts";
import type { CategoricalRows } from "./rows.ts";

export interface ClusterTables {
  /** Rows of each cluster. Shape (clusters,). */
  readonly sizes: Float64Array;
  /** By column, then cluster: how many of its rows have each code. */
  readonly counts: readonly (readonly ReadonlyMap<number, number>[])[];
  /** The columns' shares, which sum to 1. Shape (columns,). */
  readonly weights: Float64Array;
}

export interface NearestCluster {
  readonly cluster: number;
  /** In [0, 1]. */
  readonly distance: number;
}

/** @param labels the cluster of each row from 0; -1: none. Shape (rows,). */
export function clusterTables(
  { codes, weights }: CategoricalRows,
  labels: Int32Array,
): ClusterTables {
  const width = weights.length;
  assert(labels.length * width === codes.length, "each row has a label");
  const clusterCount = labels.reduce((most, label) => Math.max(most, label + 1), 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const sizes = new Float64Array(clusterCount);
  const counts = Array.from({ length: width }, () =>
    Array.from({ length: clusterCount }, () => new Map<number, number>()),
  );
  for (const [row, label] of labels.entries()) {
    if (label < 0) continue;
    sizes[label]++;
    for (let column = 0; column < width; column++) {
      const code = codes[row * width + column];
      const table = counts[column][label];
      table.set(code, (table.get(code) ?? 0) + 1);
    }
  }
  return { sizes, counts, weights: weights.map((weight) => weight / total) };
}

/** The mean distance of a row, of shape (columns,), to the rows of each cluster. Shape (clusters,). */
export function clusterDistances(
  { sizes, counts, weights }: ClusterTables,
  row: Int32Array,
): Float64Array {
  return sizes.map((size, cluster) => {
    let distance = 0;
    for (const [column, code] of row.entries()) {
      const table = counts[column][cluster];
      const missing = table.get(0) ?? 0;
      const mismatches = code === 0 ? size / 2 : size - missing / 2 - (table.get(code) ?? 0);
      distance += weights[column] * (mismatches / size);
    }
    return distance;
  });
}

/**
 * The cluster at the smallest mean distance; of equal ones the larger, then the one with the lower number. Beyond the cut: none.
 *
 * @param cut the largest distance that counts as near. Default: any.
 */
export function nearestCluster(
  tables: ClusterTables,
  row: Int32Array,
  cut = Number.POSITIVE_INFINITY,
): NearestCluster | undefined {
  const { sizes } = tables;
  const distances = clusterDistances(tables, row);
  let best = -1;
  for (const [cluster, distance] of distances.entries()) {
    if (distance > cut + tolerance) continue;
    const difference = best < 0 ? Number.NEGATIVE_INFINITY : distance - distances[best];
    const isTied = Math.abs(difference) <= tolerance;
    if (isTied ? sizes[cluster] > sizes[best] : difference < 0) best = cluster;
  }
  return best < 0 ? undefined : { cluster: best, distance: distances[best] };
}

/** Distances closer than this are equal: sums in another order. */
const tolerance = 1e-12;
