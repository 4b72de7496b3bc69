import { assert } from "../core/index.ts";

/**
 * Means and covariances of several quantities that are observed together, over a stream and in parts.
 *
 * Sums are compensated (Neumaier, ZAMM 1974), so that a mean is right to the last bit or two whatever the
 * order and the number of observations. Second moments are kept about the mean, not as sums of squares, which
 * cancel:
 *
 * ```
 * C_ij += (x_i − m_i)(x_j − m_j) · n / (n + 1)                m: the means of the n observations before
 * C_ij  = A_ij + B_ij + d_i d_j · n_A n_B / (n_A + n_B)       of two parts; d: the difference of their means
 * ```
 *
 * Parts merge in any order, to the same values but for rounding. Memory O(dim²); an observation costs O(dim²).
 *
 * Source: Chan, Golub and LeVeque, "Algorithms for computing the sample variance", The American
 * Statistician 37 (1983), (1.5), in the form for pairs of quantities.
 */
export class Moments {
  readonly dim: number;
  #count = 0;
  /** (dim,): sums, and what rounding has taken from them. */
  readonly #sums: Float64Array;
  readonly #lost: Float64Array;
  /** Of i and j ≤ i at i (i + 1) / 2 + j. */
  readonly #products: Float64Array;
  readonly #distance: Float64Array;

  constructor(dim: number) {
    this.dim = dim;
    this.#sums = new Float64Array(dim);
    this.#lost = new Float64Array(dim);
    this.#products = new Float64Array((dim * (dim + 1)) / 2);
    this.#distance = new Float64Array(dim);
  }

  /** Of one quantity: so many observations with this mean, and Σ (x − mean)² = `squaredDeviations`. */
  static of(count: number, mean: number, squaredDeviations: number): Moments {
    const moments = new Moments(1);
    moments.#count = count;
    moments.#sums[0] = count === 0 ? 0 : mean * count;
    moments.#products[0] = squaredDeviations;
    return moments;
  }

  get count(): number {
    return this.#count;
  }

  /** One observation, (dim,); finite numbers. Allocates nothing. */
  add(values: ArrayLike<number>): void {
    const before = this.#count++;
    for (let i = 0; i < this.dim; i++) {
      this.#distance[i] = before === 0 ? 0 : values[i] - (this.#sums[i] + this.#lost[i]) / before;
      this.#addToSum(i, values[i]);
    }
    this.#addProducts(before / (before + 1));
  }

  /** As if all that `other` observed had been observed here. */
  merge(other: Moments): void {
    assert(other.dim === this.dim, "parts are of the same quantities");
    const [ours, theirs] = [this.#count, other.#count];
    if (theirs === 0) return;
    for (let i = 0; i < this.dim; i++) {
      this.#distance[i] = ours === 0 ? 0 : other.mean(i) - this.mean(i);
      this.#addToSum(i, other.#sums[i]);
      this.#lost[i] += other.#lost[i];
    }
    this.#count = ours + theirs;
    for (let at = 0; at < this.#products.length; at++) this.#products[at] += other.#products[at];
    this.#addProducts((ours * theirs) / (ours + theirs));
  }

  /** NaN while nothing was observed. */
  mean(i: number): number {
    return (this.#sums[i] + this.#lost[i]) / this.#count;
  }

  /** Over n − 1; NaN for fewer than two observations. */
  covariance(i: number, j: number): number {
    const [high, low] = i > j ? [i, j] : [j, i];
    return this.#count < 2
      ? Number.NaN
      : this.#products[(high * (high + 1)) / 2 + low] / (this.#count - 1);
  }

  /**
   * The variance of a smooth function of the means, by the delta method: gᵀ C g / n.
   *
   * @param gradient of the function at the means, by quantity; 0 where it is not named.
   */
  varianceOf(gradient: ReadonlyMap<number, number>): number {
    let variance = 0;
    for (const [i, slope] of gradient) {
      for (const [j, other] of gradient) variance += slope * other * this.covariance(i, j);
    }
    // What cancels to nothing may come out below it by rounding; NaN stays.
    return variance < 0 ? 0 : variance / this.#count;
  }

  /** Knuth's sum of two numbers and its rounding error. */
  #addToSum(i: number, value: number): void {
    const before = this.#sums[i];
    const sum = before + value;
    const added = sum - before;
    this.#lost[i] += before - (sum - added) + (value - added);
    this.#sums[i] = sum;
  }

  #addProducts(factor: number): void {
    const [products, distance, dim] = [this.#products, this.#distance, this.dim];
    for (let i = 0, at = 0; i < dim; i++) {
      const scaled = distance[i] * factor;
      for (let j = 0; j <= i; j++) products[at++] += scaled * distance[j];
    }
  }
}
