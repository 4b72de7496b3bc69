/**
 * k-means on one-hot columns: categorical rows as points, clusters around means; told how many there are.
 *
 * A known code of column j is √(w_j / 2) in a dimension of its own, a missing one is 0 in all of the column's. So the squared Euclidean
 * distance of two rows is their weighted Hamming distance (distance.ts), but that of two missing values is 0.
 *
 * Starts by k-means++ from a seed, then Lloyd's rounds until nothing moves; a cluster that is left without rows keeps its mean.
 *
 * Source: Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", 2007.
 */
import { Random } from "../../core/index.ts";
import { requireClusterCount } from "./clusterCount.ts";
import { type CategoricalRows, collapseRows, type DistinctRows } from "./rows.ts";

export interface KMeans {
  /** The cluster of each row, from 0. Shape (rows,). */
  readonly labels: Int32Array;
  /** Squared distances of rows to their means, summed over all rows. */
  readonly cost: number;
  readonly rounds: number;
}

/** Costs fall each round, so this is never reached in practice. */
const roundsMax = 300;
/** What a cost must fall by, relative to it, for another round. */
const tolerance = 1e-12;

/**
 * The same rows in any order, k and seed give the same result. O(rounds · k · columns · distinct rows).
 *
 * @throws FoldbackError REQUEST_INVALID where k is below 1 or above the number of distinct rows.
 */
export function kMeans(rows: CategoricalRows, k: number, seed: number): KMeans {
  const distinct = collapseRows(rows);
  requireClusterCount(k, distinct.rowCount);
  const points = new OneHot(distinct);
  let means = points.firstMeans(k, new Random(seed));
  let assigned = points.assign(means);
  let rounds = 0;
  while (rounds < roundsMax) {
    rounds++;
    means = points.meansOf(assigned.labels, means);
    const again = points.assign(means);
    const isStill = again.cost >= assigned.cost * (1 - tolerance);
    assigned = again;
    if (isStill) break;
  }
  return {
    labels: distinct.distinctOf.map((row) => assigned.labels[row]),
    cost: assigned.cost * distinct.divisor,
    rounds,
  };
}

/** A point by its dimensions, and the sum of its squares. */
interface Mean {
  readonly at: Float64Array;
  readonly square: number;
}

interface Assigned {
  readonly labels: Int32Array;
  readonly cost: number;
}

class OneHot {
  readonly #rows: DistinctRows;
  readonly #width: number;
  /** The dimension of each code; -1 where it is missing. Shape (rowCount, columns). */
  readonly #dimensions: Int32Array;
  readonly #dimensionCount: number;
  /** √(w_j / 2). */
  readonly #lengths: Float64Array;
  /** Sums of squares. Shape (rowCount,). */
  readonly #squares: Float64Array;

  constructor(rows: DistinctRows) {
    const width = rows.weights.length;
    this.#rows = rows;
    this.#width = width;
    this.#lengths = rows.weights.map((weight) => Math.sqrt(weight / 2));
    this.#dimensions = new Int32Array(rows.codes.length).fill(-1);
    this.#squares = new Float64Array(rows.rowCount);
    let count = 0;
    for (let column = 0; column < width; column++) {
      const dimensionOf = new Map<number, number>();
      for (let row = 0; row < rows.rowCount; row++) {
        const code = rows.codes[row * width + column];
        if (code === 0) continue;
        const dimension = dimensionOf.get(code) ?? count++;
        dimensionOf.set(code, dimension);
        this.#dimensions[row * width + column] = dimension;
        this.#squares[row] += rows.weights[column] / 2;
      }
    }
    this.#dimensionCount = count;
  }

  /** The first by multiplicity, each further one by multiplicity times squared distance to the nearest so far. */
  firstMeans(k: number, random: Random): Mean[] {
    const { rowCount, multiplicities } = this.#rows;
    const reach = new Float64Array(rowCount).fill(1);
    const isChosen = new Uint8Array(rowCount);
    const means: Mean[] = [];
    while (means.length < k) {
      const row = this.#draw(reach, isChosen, random);
      isChosen[row] = 1;
      const mean = this.#meanOf((one) => (one === row ? multiplicities[row] : 0));
      for (let other = 0; other < rowCount; other++) {
        const distance = this.#distance(other, mean);
        reach[other] = means.length === 0 ? distance : Math.min(reach[other], distance);
      }
      means.push(mean);
    }
    return means;
  }

  assign(means: readonly Mean[]): Assigned {
    const { rowCount, multiplicities } = this.#rows;
    const labels = new Int32Array(rowCount);
    let cost = 0;
    for (let row = 0; row < rowCount; row++) {
      let least = Number.POSITIVE_INFINITY;
      for (const [cluster, mean] of means.entries()) {
        const distance = this.#distance(row, mean);
        if (distance < least) {
          least = distance;
          labels[row] = cluster;
        }
      }
      cost += multiplicities[row] * least;
    }
    return { labels, cost };
  }

  meansOf(labels: Int32Array, before: readonly Mean[]): Mean[] {
    const { multiplicities } = this.#rows;
    const hasRows = new Set(labels);
    return before.map((mean, cluster) =>
      hasRows.has(cluster)
        ? this.#meanOf((row) => (labels[row] === cluster ? multiplicities[row] : 0))
        : mean,
    );
  }

  #draw(reach: Float64Array, isChosen: Uint8Array, random: Random): number {
    const { multiplicities } = this.#rows;
    const odds = reach.map((distance, row) => {
      return isChosen[row] === 1 ? 0 : multiplicities[row] * Math.max(distance, 0);
    });
    const total = odds.reduce((sum, one) => sum + one, 0);
    // Where all that is left lies on means already, any will do.
    if (total === 0) return isChosen.indexOf(0);
    let rest = random.uniform() * total;
    let last = -1;
    for (const [row, one] of odds.entries()) {
      if (one === 0) continue;
      last = row;
      rest -= one;
      if (rest < 0) break;
    }
    return last;
  }

  #meanOf(shareOf: (row: number) => number): Mean {
    const at = new Float64Array(this.#dimensionCount);
    let total = 0;
    for (let row = 0; row < this.#rows.rowCount; row++) {
      const share = shareOf(row);
      if (share === 0) continue;
      total += share;
      for (let column = 0; column < this.#width; column++) {
        const dimension = this.#dimensions[row * this.#width + column];
        if (dimension >= 0) at[dimension] += share * this.#lengths[column];
      }
    }
    let square = 0;
    for (const [dimension, sum] of at.entries()) {
      at[dimension] = sum / total;
      square += at[dimension] ** 2;
    }
    return { at, square };
  }

  /** Squared; rounding may leave it a last bit below 0. */
  #distance(row: number, { at, square }: Mean): number {
    let product = 0;
    for (let column = 0; column < this.#width; column++) {
      const dimension = this.#dimensions[row * this.#width + column];
      if (dimension >= 0) product += this.#lengths[column] * at[dimension];
    }
    return this.#squares[row] + square - 2 * product;
  }
}
