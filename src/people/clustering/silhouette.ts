/**
 * How well rows sit in their clusters, and how many clusters that speaks for.
 *
 * s(x) = (b − a) / max(a, b), a the mean distance to the other rows of x's cluster, b that to the rows of the nearest other cluster; 0
 * where x is alone. The mean over all rows, equal ones included, is in [−1, 1]. It is not defined for one cluster, so it can't say that there is
 * only one: choosing by it calls nearly every account shared.
 *
 * Source: Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis", 1987.
 */
import { assert, FoldbackError } from "../../core/index.ts";
import { cutInto, type Dendrogram } from "./dendrogram.ts";
import { PairDistances } from "./distance.ts";
import { type CategoricalRows, collapseRows, type DistinctRows } from "./rows.ts";

/**
 * Mean silhouette of a partition. O(columns · distinct rows²) time, O(rows) memory.
 *
 * @param labels the cluster of each row from 0, equal rows in the same one. Shape (rows,).
 * @throws FoldbackError REQUEST_INVALID where there are not two clusters.
 */
export function silhouette(rows: CategoricalRows, labels: Int32Array): number {
  return silhouettes(collapseRows(rows), [labels])[0];
}

export interface BestCut {
  readonly k: number;
  readonly labels: Int32Array;
  readonly silhouette: number;
}

/**
 * The k from 2 to `kMax` whose cut has the largest mean silhouette, of equal ones the smallest.
 *
 * @param tree made of these rows.
 * @throws FoldbackError REQUEST_INVALID where there are fewer than two distinct rows.
 */
export function cutBySilhouette(rows: CategoricalRows, tree: Dendrogram, kMax: number): BestCut {
  const cuts: Int32Array[] = [];
  for (let k = 2; k <= Math.max(2, Math.min(kMax, tree.leafCount)); k++)
    cuts.push(cutInto(tree, k));
  const values = silhouettes(collapseRows(rows), cuts);
  let best = 0;
  for (const [at, value] of values.entries()) if (value > values[best] + tolerance) best = at;
  return { k: 2 + best, labels: cuts[best], silhouette: values[best] };
}

/** Silhouettes closer than this are equal: sums in another order. */
const tolerance = 1e-12;

function silhouettes(rows: DistinctRows, cuts: readonly Int32Array[]): number[] {
  const partitions = cuts.map((labels) => partitionOf(rows, labels));
  const pairs = new PairDistances(rows);
  const distances = new Float64Array(rows.rowCount);
  const totals = cuts.map(() => 0);
  for (let row = 0; row < rows.rowCount; row++) {
    pairs.fillRow(row, distances);
    for (const [at, partition] of partitions.entries()) {
      totals[at] += rows.multiplicities[row] * silhouetteOf(row, distances, rows, partition);
    }
  }
  const count = rows.multiplicities.reduce((sum, multiplicity) => sum + multiplicity, 0);
  return totals.map((total) => total / count);
}

interface Partition {
  /** Of each distinct row. */
  readonly labels: Int32Array;
  /** Original rows of each cluster, divided by the rows' divisor. */
  readonly sizes: Float64Array;
}

function partitionOf(
  { rowCount, distinctOf, multiplicities }: DistinctRows,
  labels: Int32Array,
): Partition {
  assert(labels.length === distinctOf.length, "each row has a label");
  const own = new Int32Array(rowCount);
  for (const [row, distinct] of distinctOf.entries()) own[distinct] = labels[row];
  const clusterCount = own.reduce((most, label) => Math.max(most, label + 1), 0);
  if (clusterCount < 2) {
    throw new FoldbackError(
      "REQUEST_INVALID",
      "a silhouette is of two clusters or more; all rows are in one",
    );
  }
  const sizes = new Float64Array(clusterCount);
  for (const [row, label] of own.entries()) sizes[label] += multiplicities[row];
  return { labels: own, sizes };
}

function silhouetteOf(
  row: number,
  distances: Float64Array,
  { multiplicities, divisor }: DistinctRows,
  { labels, sizes }: Partition,
): number {
  const sums = new Float64Array(sizes.length);
  for (const [other, distance] of distances.entries()) {
    sums[labels[other]] += multiplicities[other] * distance;
  }
  const own = labels[row];
  // One of the original rows is the row itself.
  const others = sizes[own] - 1 / divisor;
  if (others < 0.5 / divisor) return 0;
  const inside = sums[own] / others;
  let outside = Number.POSITIVE_INFINITY;
  for (const [cluster, size] of sizes.entries()) {
    if (cluster !== own && size > 0) outside = Math.min(outside, sums[cluster] / size);
  }
  const most = Math.max(inside, outside);
  return most === 0 ? 0 : (outside - inside) / most;
}
