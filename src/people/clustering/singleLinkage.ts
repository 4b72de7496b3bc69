/**
 * Single linkage: clusters are as far apart as their closest rows.
 *
 * Its merges are the edges of a minimum spanning tree, in order of length. Prim's algorithm, with distances computed as they are needed:
 * O(columns · rows²) time, O(rows) memory.
 *
 * Source: Gower and Ross, "Minimum spanning trees and single linkage cluster analysis", 1969.
 */
import type { LeafMerge } from "./dendrogram.ts";
import { PairDistances } from "./distance.ts";
import type { DistinctRows } from "./rows.ts";

export function singleLinkage(rows: DistinctRows): LeafMerge[] {
  const count = rows.rowCount;
  const pairs = new PairDistances(rows);
  const distances = new Float64Array(count);
  /** To the closest row of the tree so far; -Infinity once in it. */
  const reach = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const closest = new Int32Array(count);
  const merges: LeafMerge[] = [];
  let row = 0;
  for (let step = 1; step < count; step++) {
    reach[row] = Number.NEGATIVE_INFINITY;
    pairs.fillRow(row, distances);
    let next = -1;
    let nearest = Number.POSITIVE_INFINITY;
    for (let other = 0; other < count; other++) {
      if (distances[other] < reach[other]) {
        reach[other] = distances[other];
        closest[other] = row;
      }
      const distance = reach[other];
      if (distance < nearest && distance >= 0) {
        nearest = distance;
        next = other;
      }
    }
    merges.push({ one: closest[next], other: next, height: nearest });
    row = next;
  }
  return merges;
}
