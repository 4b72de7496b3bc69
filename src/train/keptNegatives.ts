import { Random } from "../core/index.ts";
import { sigmoid } from "../model/index.ts";

/** Where the odds of keeping a negative are corrected for. */
export type NegativesCorrection = "training" | "serving";

export interface KeptNegativesOptions {
  /** The probability r with which an example of label 0 is kept; 0 < r ≤ 1. */
  readonly rate: number;
  readonly correction: NegativesCorrection;
}

/**
 * Learns from a share of the negatives, which outnumber positives by far, and gives true probabilities all
 * the same: keeping a negative with probability r multiplies the odds by 1 / r.
 *
 * - in training: the loss is of `σ(g − ln r)`, for positives and negatives alike, so that `σ(g)` is the
 *   probability;
 * - in serving: the loss is of `s = σ(g)`, and the probability `r·s / (1 − s + r·s)`.
 *
 * Whether an example is kept depends on its number alone: a negative that was left out is not taken back
 * either, and a replay keeps the same ones.
 *
 * Source: Wang, Zhang and Wang, "Nonuniform negative sampling and log odds correction with rare events
 * data", NeurIPS 2021.
 */
export class KeptNegatives {
  /** Added to the logit of every example while learning. */
  readonly offset: number;
  readonly #rate: number;
  readonly #random = new Random(0);

  constructor({ rate, correction }: KeptNegativesOptions) {
    this.#rate = rate;
    this.offset = correction === "training" && rate < 1 ? -Math.log(rate) : 0;
  }

  /** @param index of the example, from 0. */
  keeps(index: number): boolean {
    if (this.#rate === 1) return true;
    this.#random.seed(index);
    return this.#random.uniform() < this.#rate;
  }
}

/** The probability that a logit means which was learned from a share of the negatives. */
export function keptNegativesProbability(
  logit: number,
  { rate, correction }: KeptNegativesOptions,
): number {
  const kept = sigmoid(logit);
  return correction === "training" ? kept : (rate * kept) / (1 - kept + rate * kept);
}
