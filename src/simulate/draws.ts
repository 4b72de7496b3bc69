import { Random } from "../core/index.ts";
import { twin } from "../kernels/index.ts";

/**
 * Draws from the distributions that the simulation uses, from one seeded stream.
 *
 * Nothing but +, −, ×, ÷, square roots and the project's own `exp` and `log`: IEEE 754 fixes the bits of
 * these, so every machine draws the same numbers. `Math.exp` and its like may differ in the last bit.
 */
export class Draws {
  readonly #random: Random;
  #spareNormal = Number.NaN;

  /**
   * @param seed from 0 to 2^32 - 1.
   * @param stream from 0 to 2^20: draws of one stream say nothing of those of another.
   */
  constructor(seed: number, stream: number) {
    this.#random = new Random(seed + stream * 0x1_0000_0000);
  }

  /** In [0, 1). */
  uniform(): number {
    return this.#random.uniform();
  }

  /** In [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.#random.uniform();
  }

  /** A whole number from 0 to bound - 1. */
  below(bound: number): number {
    return this.#random.below(bound);
  }

  chance(probability: number): boolean {
    return this.#random.uniform() < probability;
  }

  /** Mean 1. */
  exponential(): number {
    // Half a step above the 32-bit number: never 0, whose logarithm is none.
    return -twin.log((this.#random.uint32() + 0.5) / 0x1_0000_0000);
  }

  /** Mean 0, variance 1: the polar method (Marsaglia and Bray, 1964). */
  normal(): number {
    const spare = this.#spareNormal;
    if (!Number.isNaN(spare)) {
      this.#spareNormal = Number.NaN;
      return spare;
    }
    for (;;) {
      const x = 2 * this.#random.uniform() - 1;
      const y = 2 * this.#random.uniform() - 1;
      const square = x * x + y * y;
      if (square === 0 || square >= 1) continue;
      const scale = Math.sqrt((-2 * twin.log(square)) / square);
      this.#spareNormal = y * scale;
      return x * scale;
    }
  }

  /** Mean 1, whose logarithm has standard deviation `sigma`. */
  logNormal(sigma: number): number {
    return twin.exp(sigma * this.normal() - (sigma * sigma) / 2);
  }

  /** 0, 1, 2, …, with this mean: the failures before a success. */
  geometric(mean: number): number {
    const failure = mean / (1 + mean);
    let count = 0;
    while (count < 1000 && this.#random.uniform() < failure) count++; // a bound for every loop; never met
    return count;
  }

  /** An index of `weights`, with probability in proportion to it; weights from 0, not all 0. */
  index(weights: readonly number[]): number {
    let left = 0;
    for (const weight of weights) left += weight;
    left *= this.#random.uniform();
    for (let i = 0; i < weights.length; i++) {
      left -= weights[i];
      if (left < 0) return i;
    }
    return weights.findLastIndex((weight) => weight > 0); // where rounding has left a rest
  }
}
