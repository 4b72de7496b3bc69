/**
 * Whether a dendrogram is what it says: replays its merges with all distances at hand.
 *
 * Where distances tie, many trees are right, so a tree can't be checked against another; but each merge of a right one joins a closest
 * pair, at the pair's distance. O(rows³) time and 8 · rows² bytes: for tests, and for looking into an account.
 */
import { assert } from "../../core/index.ts";
import type { Linkage } from "./agglomerate.ts";
import type { Dendrogram } from "./dendrogram.ts";
import { PairDistances } from "./distance.ts";
import { type CategoricalRows, collapseRows, type DistinctRows } from "./rows.ts";

export interface MergeCertificate {
  /** By how much a merged pair was farther apart than the closest one, at most; at least 0. */
  readonly gapMax: number;
  /** By how much a height differs from the distance of the pair, at most. */
  readonly heightErrorMax: number;
  /** By how much a height is below the one before, at most; 0: they never fall. */
  readonly fallMax: number;
}

/** @param tree made of these rows, by this linkage. */
export function mergeCertificate(
  rows: CategoricalRows,
  tree: Dendrogram,
  linkage: Linkage,
): MergeCertificate {
  const distinct = collapseRows(rows);
  const count = distinct.rowCount;
  assert(tree.leafCount === count, "the tree is of these rows");
  const table = allDistances(distinct);
  const sizes = tree.sizes.slice(0, count);
  const places = Array.from({ length: count }, (_, leaf) => leaf);
  const live = new Set(places);
  const certificate = { gapMax: 0, heightErrorMax: 0, fallMax: 0 };
  let last = 0;
  for (const [merge, height] of tree.heights.entries()) {
    const one = places[tree.firsts[merge]];
    const other = places[tree.seconds[merge]];
    assert(one !== other && live.has(one) && live.has(other), "a merge joins two live nodes");
    const distance = table[one * count + other];
    certificate.gapMax = Math.max(certificate.gapMax, distance - closest(table, count, live));
    certificate.heightErrorMax = Math.max(certificate.heightErrorMax, Math.abs(distance - height));
    certificate.fallMax = Math.max(certificate.fallMax, last - height);
    last = height;
    for (const place of live) {
      if (place === one || place === other) continue;
      const joined = joinedDistance(
        linkage,
        { distance: table[one * count + place], size: sizes[one] },
        { distance: table[other * count + place], size: sizes[other] },
      );
      table[one * count + place] = joined;
      table[place * count + one] = joined;
    }
    sizes[one] += sizes[other];
    assert(tree.sizes[count + merge] === sizes[one], "a node is as large as what it joins");
    live.delete(other);
    places.push(one);
  }
  return certificate;
}

function allDistances(rows: DistinctRows): Float64Array {
  const count = rows.rowCount;
  const pairs = new PairDistances(rows);
  const table = new Float64Array(count * count);
  for (let row = 0; row < count; row++) {
    pairs.fillRow(row, table.subarray(row * count, (row + 1) * count));
  }
  return table;
}

function closest(table: Float64Array, count: number, live: ReadonlySet<number>): number {
  let least = Number.POSITIVE_INFINITY;
  for (const one of live) {
    for (const other of live) {
      if (one !== other) least = Math.min(least, table[one * count + other]);
    }
  }
  return least;
}

interface Side {
  readonly distance: number;
  readonly size: number;
}

/** Of a third cluster from two that are joined. Lance and Williams, 1967. */
function joinedDistance(linkage: Linkage, one: Side, other: Side): number {
  switch (linkage) {
    case "average":
      return (one.size * one.distance + other.size * other.distance) / (one.size + other.size);
    case "complete":
      return Math.max(one.distance, other.distance);
    case "single":
      return Math.min(one.distance, other.distance);
  }
}
