/**
 * Complete linkage: clusters are as far apart as their farthest rows.
 *
 * The nearest-neighbour chain: from a cluster to its nearest neighbour, from there to its nearest, until two are nearest to each other
 * and are joined. Of neighbours that are equally near, the one the chain came from, else the one with the smallest row in canonical
 * order. O(rows²) time, and a matrix (distanceMatrix.ts).
 *
 * A row of the matrix is scanned by *blocks* of 64 cells, of each of which a lower bound of its cells is kept. Joins only make cells larger,
 * so bounds stay bounds without being written; the block with the least one is looked through, which makes its bound exact, until
 * none is less. That is some 200 cells for a scan of 10,000.
 *
 * Source of the chain: Murtagh, "A survey of recent advances in hierarchical clustering algorithms", 1983.
 */
import type { LeafMerge } from "./dendrogram.ts";
import { type DistanceMatrix, distanceMatrix } from "./distanceMatrix.ts";
import type { DistinctRows } from "./rows.ts";

const blockBits = 6;
const blockSize = 1 << blockBits;

/** @throws FoldbackError MATRIX_TOO_LARGE. */
export function completeLinkage(rows: DistinctRows, matrixBytesMax: number): LeafMerge[] {
  return new CompleteChain(rows.rowCount, distanceMatrix(rows, matrixBytesMax)).run();
}

class CompleteChain {
  readonly #count: number;
  readonly #cells: Uint16Array | Float64Array;
  readonly #none: number;
  readonly #distanceOf: (cell: number) => number;
  readonly #blocks: number;
  /** Shape (count, blocks): at most the cells of a block that belong to clusters. */
  readonly #bounds: Uint16Array | Float64Array;
  readonly #isBounded: Uint8Array;
  /** Clusters, each by its smallest row, ascending; the first `liveCount`. */
  readonly #live: Int32Array;
  #liveCount: number;
  readonly #isGone: Uint8Array;

  constructor(count: number, { cells, none, distanceOf }: DistanceMatrix) {
    this.#count = count;
    this.#cells = cells;
    this.#none = none;
    this.#distanceOf = distanceOf;
    this.#blocks = Math.ceil(count / blockSize);
    const boundCount = count * this.#blocks;
    this.#bounds =
      cells instanceof Uint16Array ? new Uint16Array(boundCount) : new Float64Array(boundCount);
    this.#isBounded = new Uint8Array(count);
    this.#live = Int32Array.from({ length: count }, (_, row) => row);
    this.#liveCount = count;
    this.#isGone = new Uint8Array(count);
  }

  run(): LeafMerge[] {
    const merges: LeafMerge[] = [];
    const chain: number[] = [];
    while (this.#liveCount > 1) {
      if (chain.length === 0) chain.push(this.#live[0]);
      const top = chain[chain.length - 1];
      const before = chain.length > 1 ? chain[chain.length - 2] : -1;
      const nearest = this.#nearest(top, before);
      if (nearest !== before) {
        chain.push(nearest);
        continue;
      }
      chain.length -= 2;
      const [one, other] = top < before ? [top, before] : [before, top];
      const height = this.#distanceOf(this.#cells[one * this.#count + other]);
      merges.push({ one, other, height });
      this.#join(one, other);
    }
    return merges;
  }

  /** The nearest cluster: `preferred` where none is nearer, else the first. */
  #nearest(row: number, preferred: number): number {
    if (this.#isBounded[row] === 0) this.#bound(row);
    const bounds = this.#bounds;
    const from = row * this.#blocks;
    const end = from + this.#blocks;
    for (;;) {
      let best = from;
      for (let at = from + 1; at < end; at++) if (bounds[at] < bounds[best]) best = at;
      const place = this.#firstLeast(row, best - from);
      const cell = place < 0 ? this.#none : this.#cells[row * this.#count + place];
      if (cell > bounds[best]) {
        bounds[best] = cell;
        continue;
      }
      const isNearer = preferred < 0 || cell < this.#cells[row * this.#count + preferred];
      return isNearer ? place : preferred;
    }
  }

  /** The first cluster in a block at the least distance; -1 where there is none. */
  #firstLeast(row: number, block: number): number {
    const cells = this.#cells;
    const isGone = this.#isGone;
    const start = row * this.#count;
    const end = Math.min(this.#count, (block + 1) << blockBits);
    let place = -1;
    let least = this.#none;
    for (let at = block << blockBits; at < end; at++) {
      const cell = cells[start + at];
      if (cell < least && isGone[at] === 0) {
        least = cell;
        place = at;
      }
    }
    return place;
  }

  #bound(row: number): void {
    const cells = this.#cells;
    const bounds = this.#bounds;
    const live = this.#live;
    const start = row * this.#count;
    const from = row * this.#blocks;
    bounds.fill(this.#none, from, from + this.#blocks);
    for (let i = 0; i < this.#liveCount; i++) {
      const cell = cells[start + live[i]];
      const block = from + (live[i] >> blockBits);
      if (cell < bounds[block]) bounds[block] = cell;
    }
    this.#isBounded[row] = 1;
  }

  /** Makes row and column `keep` the larger of both. */
  #join(keep: number, gone: number): void {
    this.#isGone[gone] = 1;
    const live = this.#live;
    live.copyWithin(live.indexOf(gone), live.indexOf(gone) + 1, this.#liveCount);
    this.#liveCount--;
    const cells = this.#cells;
    const kept = keep * this.#count;
    const left = gone * this.#count;
    for (let i = 0; i < this.#liveCount; i++) {
      const at = live[i];
      const far = cells[left + at];
      if (far <= cells[kept + at] || at === keep) continue;
      cells[kept + at] = far;
      cells[at * this.#count + keep] = far;
    }
    this.#bound(keep);
  }
}
