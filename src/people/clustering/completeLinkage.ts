/**
 * Complete linkage: clusters are as far apart as their farthest rows.
 *
 * The nearest-neighbour chain: from a cluster to its nearest neighbour, from there to its nearest, until two are nearest to each other
 * and are joined. Of neighbours that are equally near, the one the chain came from, else the one with the smallest row in canonical
 * order. O(rows²) time, and a matrix (distanceMatrix.ts), which is made smaller as clusters get fewer.
 *
 * Source: Murtagh, "A survey of recent advances in hierarchical clustering algorithms", 1983.
 */
import type { LeafMerge } from "./dendrogram.ts";
import { type DistanceMatrix, distanceMatrix } from "./distanceMatrix.ts";
import type { DistinctRows } from "./rows.ts";

/** The matrix is packed when so few of its rows are still clusters: copying costs a fraction of what scans then save. */
const packedShare = 0.75;

/** @throws FoldbackError MATRIX_TOO_LARGE. */
export function completeLinkage(rows: DistinctRows, matrixBytesMax: number): LeafMerge[] {
  return new CompleteChain(rows.rowCount, distanceMatrix(rows, matrixBytesMax)).run();
}

class CompleteChain {
  readonly #cells: Uint16Array | Float64Array;
  readonly #none: number;
  readonly #distanceOf: (cell: number) => number;
  readonly #merges: LeafMerge[] = [];
  readonly #chain: Int32Array;
  #chainLength = 0;
  /** Rows of the matrix, each a cluster or gone; a cluster keeps the place of its first row, so places are in canonical order. */
  #places: number;
  #clusters: number;
  /** The smallest leaf at each place; -1 where it is gone. */
  readonly #leaves: Int32Array;

  constructor(count: number, { cells, none, distanceOf }: DistanceMatrix) {
    this.#cells = cells;
    this.#none = none;
    this.#distanceOf = distanceOf;
    this.#chain = new Int32Array(count);
    this.#places = count;
    this.#clusters = count;
    this.#leaves = Int32Array.from({ length: count }, (_, leaf) => leaf);
  }

  run(): LeafMerge[] {
    const chain = this.#chain;
    while (this.#clusters > 1) {
      if (this.#chainLength === 0) chain[this.#chainLength++] = this.#firstCluster();
      for (;;) {
        const top = chain[this.#chainLength - 1];
        const before = this.#chainLength > 1 ? chain[this.#chainLength - 2] : -1;
        const nearest = nearestCell(this.#cells, top * this.#places, this.#places, before);
        if (nearest === before) {
          this.#chainLength -= 2;
          this.#join(Math.min(top, before), Math.max(top, before));
          break;
        }
        chain[this.#chainLength++] = nearest;
      }
      if (this.#clusters < packedShare * this.#places) this.#pack();
    }
    return this.#merges;
  }

  #firstCluster(): number {
    let place = 0;
    while (this.#leaves[place] < 0) place++;
    return place;
  }

  #join(keep: number, gone: number): void {
    const cells = this.#cells;
    const places = this.#places;
    const height = this.#distanceOf(cells[keep * places + gone]);
    this.#merges.push({ one: this.#leaves[keep], other: this.#leaves[gone], height });
    this.#leaves[gone] = -1;
    this.#clusters--;
    joinRows(cells, places, keep, gone, this.#none);
  }

  /** Takes the places that are gone out of the matrix, in place: each cell moves towards the front. */
  #pack(): void {
    const places = this.#places;
    const live: number[] = [];
    for (let place = 0; place < places; place++) if (this.#leaves[place] >= 0) live.push(place);
    const movedTo = new Int32Array(places);
    for (const [to, place] of live.entries()) movedTo[place] = to;
    packCells(this.#cells, places, Int32Array.from(live));
    for (const [to, place] of live.entries()) this.#leaves[to] = this.#leaves[place];
    for (let at = 0; at < this.#chainLength; at++) this.#chain[at] = movedTo[this.#chain[at]];
    this.#places = live.length;
  }
}

/** The index in a row of its smallest cell: `preferred` where that is as small as any, else the first. */
function nearestCell(
  cells: Uint16Array | Float64Array,
  start: number,
  count: number,
  preferred: number,
): number {
  let nearest = preferred;
  let least = preferred < 0 ? Number.POSITIVE_INFINITY : cells[start + preferred];
  for (let at = 0; at < count; at++) {
    const cell = cells[start + at];
    if (cell < least) {
      least = cell;
      nearest = at;
    }
  }
  return nearest;
}

/** Makes row and column `keep` the larger of both, and `gone` none. */
function joinRows(
  cells: Uint16Array | Float64Array,
  count: number,
  keep: number,
  gone: number,
  none: number,
): void {
  const kept = keep * count;
  const left = gone * count;
  cells[kept + gone] = none;
  cells[left + keep] = none;
  for (let at = 0; at < count; at++) {
    const far = cells[left + at];
    if (far > cells[kept + at]) {
      cells[kept + at] = far;
      cells[at * count + keep] = far;
    }
    cells[at * count + gone] = none;
  }
  cells[kept + keep] = none;
}

function packCells(cells: Uint16Array | Float64Array, count: number, live: Int32Array): void {
  let to = 0;
  for (const row of live) {
    const start = row * count;
    for (const column of live) cells[to++] = cells[start + column];
  }
}
