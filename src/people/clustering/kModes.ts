/**
 * k-modes: clusters of categorical rows around modes, the most frequent code of each column; fast, and told how many there are.
 *
 * Rows go to the nearest mode by weighted Hamming distance (distance.ts), of equal ones to the first; modes are taken anew, of equally
 * frequent codes the smallest; until nothing moves. Missing is never a mode, unless nothing else is there.
 *
 * Starts from Cao's modes: the densest row first, then each time the row with the largest density times distance to the nearest mode so
 * far; the density of a row is the weighted share of rows with its codes. Nothing is random, so the result is the same each time, in any order.
 *
 * Sources: Huang, "Extensions to the k-means algorithm for clustering large data sets with categorical values", 1998; Cao, Liang and Bai,
 * "A new initialization method for categorical data clustering", 2009.
 */

import { requireClusterCount } from "./clusterCount.ts";
import { PairDistances } from "./distance.ts";
import { type CategoricalRows, collapseRows, type DistinctRows } from "./rows.ts";

export interface KModes {
  /** The cluster of each row, from 0. Shape (rows,). */
  readonly labels: Int32Array;
  /** Shape (k, columns). */
  readonly modes: Int32Array;
  /** Of rows to their modes, summed over all rows. */
  readonly cost: number;
  readonly rounds: number;
}

/** Costs fall each round, so this is never reached in practice. */
const roundsMax = 100;

/**
 * O(rounds · k · columns · distinct rows). A cluster may end up without rows, where modes come to be equal.
 *
 * @throws FoldbackError REQUEST_INVALID where k is below 1 or above the number of distinct rows.
 */
export function kModes(rows: CategoricalRows, k: number): KModes {
  const distinct = collapseRows(rows);
  requireClusterCount(k, distinct.rowCount);
  const width = distinct.weights.length;
  let modes = caoModes(distinct, k);
  let assigned = assign(distinct, modes, k);
  let rounds = 0;
  while (rounds < roundsMax) {
    rounds++;
    const next = modesOf(distinct, assigned.labels, modes, width);
    const again = assign(distinct, next, k);
    const isStill = again.labels.every((label, row) => label === assigned.labels[row]);
    if (isStill || again.cost > assigned.cost) break;
    modes = next;
    assigned = again;
  }
  return {
    labels: distinct.distinctOf.map((row) => assigned.labels[row]),
    modes,
    cost: assigned.cost * distinct.divisor,
    rounds,
  };
}

function caoModes(rows: DistinctRows, k: number): Int32Array {
  const { rowCount, codes, weights, multiplicities } = rows;
  const width = weights.length;
  const densities = new Float64Array(rowCount);
  for (let column = 0; column < width; column++) {
    const counts = new Map<number, number>();
    for (let row = 0; row < rowCount; row++) {
      const code = codes[row * width + column];
      counts.set(code, (counts.get(code) ?? 0) + multiplicities[row]);
    }
    for (let row = 0; row < rowCount; row++) {
      const code = codes[row * width + column];
      densities[row] += code === 0 ? 0 : weights[column] * (counts.get(code) ?? 0);
    }
  }
  const pairs = new PairDistances(rows);
  const reach = new Float64Array(rowCount).fill(1);
  const distances = new Float64Array(rowCount);
  const modes = new Int32Array(k * width);
  const isMode = new Uint8Array(rowCount);
  for (let cluster = 0; cluster < k; cluster++) {
    let best = -1;
    for (let row = 0; row < rowCount; row++) {
      if (isMode[row] === 1) continue;
      if (best < 0 || densities[row] * reach[row] > densities[best] * reach[best]) best = row;
    }
    isMode[best] = 1;
    modes.set(codes.subarray(best * width, (best + 1) * width), cluster * width);
    pairs.fillRow(best, distances);
    for (let row = 0; row < rowCount; row++) reach[row] = Math.min(reach[row], distances[row]);
  }
  return modes;
}

interface Assigned {
  readonly labels: Int32Array;
  readonly cost: number;
}

function assign(
  { rowCount, codes, weights, multiplicities }: DistinctRows,
  modes: Int32Array,
  k: number,
): Assigned {
  const width = weights.length;
  const labels = new Int32Array(rowCount);
  let cost = 0;
  for (let row = 0; row < rowCount; row++) {
    let least = Number.POSITIVE_INFINITY;
    for (let cluster = 0; cluster < k; cluster++) {
      let distance = 0;
      for (let column = 0; column < width; column++) {
        const code = codes[row * width + column];
        const mode = modes[cluster * width + column];
        if (code === 0 || mode === 0) distance += weights[column] / 2;
        else if (code !== mode) distance += weights[column];
      }
      if (distance < least) {
        least = distance;
        labels[row] = cluster;
      }
    }
    cost += multiplicities[row] * least;
  }
  return { labels, cost };
}

/** @param before what a cluster without rows keeps. */
function modesOf(
  { codes, multiplicities }: DistinctRows,
  labels: Int32Array,
  before: Int32Array,
  width: number,
): Int32Array {
  const tables = Array.from(before, () => new Map<number, number>());
  for (const [row, label] of labels.entries()) {
    for (let column = 0; column < width; column++) {
      const code = codes[row * width + column];
      const table = tables[label * width + column];
      if (code !== 0) table.set(code, (table.get(code) ?? 0) + multiplicities[row]);
    }
  }
  const hasRows = new Set(labels);
  return before.map((old, at) => {
    if (!hasRows.has(Math.floor(at / width))) return old;
    let mode = 0;
    let most = 0;
    for (const [code, count] of tables[at]) {
      if (count > most || (count === most && code < mode)) {
        mode = code;
        most = count;
      }
    }
    return mode;
  });
}
