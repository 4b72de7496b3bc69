/**
 * A tree of merges over distinct rows, and the partitions that cutting it gives.
 *
 * Leaves are the distinct rows in canonical order, 0 to leafCount − 1; merge m makes node leafCount + m. Heights do not fall from one
 * merge to the next. Equal rows are together from the start, at height 0.
 */
import { assert } from "../../core/index.ts";
import { requireClusterCount } from "./clusterCount.ts";
import type { DistinctRows } from "./rows.ts";

export interface Dendrogram {
  readonly leafCount: number;
  /** The node that each merge joins, the one with the smaller leaf first. Shape (leafCount − 1,). */
  readonly firsts: Int32Array;
  readonly seconds: Int32Array;
  /** In [0, 1], ascending. Shape (leafCount − 1,). */
  readonly heights: Float64Array;
  /** Original rows of each node: of the leaves, then of what each merge makes. Shape (2 leafCount − 1,). */
  readonly sizes: Float64Array;
  /** The leaf of each original row. Shape (rows,). */
  readonly leafOf: Int32Array;
}

/** One merge: a leaf of either side, and the height. */
export interface LeafMerge {
  readonly one: number;
  readonly other: number;
  readonly height: number;
}

/**
 * Puts merges in order of height; of equal heights, in the order given, in which a merge comes after those it builds on.
 *
 * @param merges leafCount − 1 of them, which join all leaves. A height that rounding left below what it builds on must have been raised.
 */
export function dendrogramOf(
  { rowCount, multiplicities, divisor, distinctOf }: DistinctRows,
  merges: readonly LeafMerge[],
): Dendrogram {
  assert(merges.length === Math.max(0, rowCount - 1), "the merges join all leaves");
  const order = merges.map((_, at) => at);
  order.sort((a, b) => merges[a].height - merges[b].height || a - b);
  const firsts = new Int32Array(merges.length);
  const seconds = new Int32Array(merges.length);
  const heights = new Float64Array(merges.length);
  const sizes = new Float64Array(rowCount + merges.length);
  const sets = new Leaves(rowCount);
  const nodeOf = Int32Array.from({ length: rowCount }, (_, leaf) => leaf);
  const sizeOf = multiplicities.map((multiplicity) => multiplicity * divisor);
  sizes.set(sizeOf);
  for (const [at, merge] of order.entries()) {
    const { one, other, height } = merges[merge];
    const a = sets.find(one);
    const b = sets.find(other);
    assert(a !== b, "a merge joins two nodes");
    const root = Math.min(a, b);
    const gone = Math.max(a, b);
    firsts[at] = nodeOf[root];
    seconds[at] = nodeOf[gone];
    heights[at] = height;
    sizeOf[root] += sizeOf[gone];
    sizes[rowCount + at] = sizeOf[root];
    nodeOf[root] = rowCount + at;
    sets.join(root, gone);
  }
  return { leafCount: rowCount, firsts, seconds, heights, sizes, leafOf: distinctOf };
}

/**
 * The partition by all merges of at most this height.
 *
 * @returns the cluster of each row, from 0 in the canonical order of the clusters' first rows. Shape (rows,).
 */
export function cutAt(tree: Dendrogram, height: number): Int32Array {
  return labelsAfter(tree, mergesUpTo(tree, height));
}

/** How many merges have at most this height. */
function mergesUpTo({ heights }: Dendrogram, height: number): number {
  let low = 0;
  let high = heights.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (heights[middle] <= height) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The partition into exactly k clusters: the last k − 1 merges undone, also where heights tie.
 *
 * @returns as `cutAt`.
 * @throws FoldbackError REQUEST_INVALID where k is below 1 or above the number of distinct rows, since equal rows are never parted.
 */
export function cutInto(tree: Dendrogram, k: number): Int32Array {
  requireClusterCount(k, tree.leafCount);
  return labelsAfter(tree, tree.leafCount - k);
}

/** The partition of the rows by the first merges, as `cutAt`. */
export function labelsAfter(tree: Dendrogram, mergeCount: number): Int32Array {
  const labels = leafLabelsAfter(tree, mergeCount);
  return tree.leafOf.map((leaf) => labels[leaf]);
}

/** The partition of the leaves by the first merges, numbered from 0 by first leaf. Shape (leafCount,). */
function leafLabelsAfter(tree: Dendrogram, mergeCount: number): Int32Array {
  const { leafCount, firsts, seconds } = tree;
  const top = new Int32Array(leafCount + mergeCount).fill(-1);
  for (let merge = mergeCount - 1; merge >= 0; merge--) {
    const node = leafCount + merge;
    if (top[node] < 0) top[node] = node;
    top[firsts[merge]] = top[node];
    top[seconds[merge]] = top[node];
  }
  const numberOf = new Map<number, number>();
  return Int32Array.from({ length: leafCount }, (_, leaf) => {
    const node = top[leaf] < 0 ? leaf : top[leaf];
    const number = numberOf.get(node) ?? numberOf.size;
    numberOf.set(node, number);
    return number;
  });
}

/** Disjoint sets of leaves, each named by its smallest; halving paths. */
class Leaves {
  readonly #parents: Int32Array;

  constructor(count: number) {
    this.#parents = Int32Array.from({ length: count }, (_, leaf) => leaf);
  }

  find(leaf: number): number {
    const parents = this.#parents;
    let at = leaf;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]];
      at = parents[at];
    }
    return at;
  }

  join(root: number, gone: number): void {
    this.#parents[gone] = root;
  }
}
