/** Agglomerative clustering of categorical rows: from each distinct row alone to all together. */
import { averageLinkage } from "./averageLinkage.ts";
import { completeLinkage } from "./completeLinkage.ts";
import { type Dendrogram, dendrogramOf, type LeafMerge } from "./dendrogram.ts";
import { type CategoricalRows, collapseRows, type DistinctRows } from "./rows.ts";
import { singleLinkage } from "./singleLinkage.ts";

/** How far clusters are apart: as their rows on average, as the farthest two, or as the closest two. */
export type Linkage = "average" | "complete" | "single";

export interface AgglomerateOptions {
  readonly linkage: Linkage;
  /** What the matrix of complete linkage may take; the others need none. Default: 400 MB, 14,142 distinct rows of six columns. */
  readonly matrixBytesMax?: number;
}

/**
 * Clusters under weighted Hamming distance (distance.ts). The tree depends on which rows there are and in which proportions, not on
 * their order. O(columns · distinct rows²); memory O(columns · rows), and for complete linkage 2 bytes for each pair and direction.
 *
 * @throws FoldbackError MATRIX_TOO_LARGE, before any of it is allocated.
 * @example
 * const codes = Int32Array.of(1, 1, 1, 2, 2, 3);
 * const tree = agglomerate({ codes, weights: Float64Array.of(2, 1) }, { linkage: "average" });
 * cutAt(tree, 0.5); // [0, 0, 1]
 */
export function agglomerate(
  rows: CategoricalRows,
  { linkage, matrixBytesMax = 400_000_000 }: AgglomerateOptions,
): Dendrogram {
  const distinct = collapseRows(rows);
  return dendrogramOf(distinct, mergesOf(distinct, linkage, matrixBytesMax));
}

function mergesOf(rows: DistinctRows, linkage: Linkage, matrixBytesMax: number): LeafMerge[] {
  switch (linkage) {
    case "average":
      return averageLinkage(rows);
    case "complete":
      return completeLinkage(rows, matrixBytesMax);
    case "single":
      return singleLinkage(rows);
  }
}
