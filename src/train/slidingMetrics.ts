import type { ByteReader, ByteWriter } from "../core/index.ts";
import { logLossOfLogit, sigmoid } from "../model/index.ts";

/** How well the latest examples were foretold. All but the counts are weighted by the examples' weights. */
export interface WindowMetrics {
  /** Examples that the window can hold, and those in it. */
  readonly size: number;
  readonly examples: number;
  /** Mean log loss, in nats; the fields from here on are not there while the window is empty. */
  readonly logLoss?: number;
  /** The log loss of always saying the window's mean label: what a model without any features has. */
  readonly baseLogLoss?: number;
  /** `logLoss / baseLogLoss`: below 1 is better than the mean; not there where all labels are alike. */
  readonly normalisedEntropy?: number;
  /** Not there without a positive and a negative. The exact one is at most `aucErrorMax` away. */
  readonly auc?: number;
  readonly aucErrorMax?: number;
  /** Mean prediction and mean label. */
  readonly predicted?: number;
  readonly observed?: number;
  /** Expected calibration error over 15 bins of the prediction. */
  readonly calibrationError?: number;
}

/** Bins of the logit, by which the AUC is counted: 1/64 wide from −16 to 16; what is beyond is in the last. */
const binCount = 2048;
const binsPerLogit = 64;
const logitEnd = 16;
const calibrationBins = 15;

/** The calibration bin of each logit bin: of equal width in the prediction, to the nearest 1/64 of a logit. */
const calibrationBinOf = Uint8Array.from({ length: binCount }, (_, bin) =>
  Math.floor(sigmoid((bin + 0.5) / binsPerLogit - logitEnd) * calibrationBins),
);

/** A larger weight counts as this: what feedback may weigh at most. */
const weightMax = 100;
/** A prediction that is further off costs no more than this many nats. */
const lossMax = 40;

/**
 * What is kept of an example, in whole numbers of 32 bits: they can be added to a sum and subtracted again
 * 100,000 examples later, and nothing is left over.
 *
 * ```
 * u32  bin of the logit │ weight · 2^16 │ label · weight · 2^16 │ loss · weight · 2^20 │ prediction · weight · 2^24
 * ```
 *
 * With weights up to 100 and losses up to 40 nats each is below 2^32, and the sums of 100,000 below 2^53.
 */
const words = 5;
const weightUnit = 2 ** 16;
const lossUnit = 2 ** 20;
const predictionUnit = 2 ** 24;

/**
 * Log loss, AUC and calibration of what was foretold, over sliding windows of the latest examples.
 *
 * An example is added to the sums of every window, and what falls out at the other end is subtracted: O(1)
 * an example and a window. A label that is a share counts as so much of a positive, and the rest of a negative.
 *
 * The AUC is that of the logits rounded to bins. Within a bin positives and negatives tie, so the exact one
 * is at most Σ_bins P_b N_b / (2 P N) away: `aucErrorMax`.
 *
 * Memory: 20 bytes for each example of the largest window, 32 KiB for each window.
 *
 * Source of the normalised entropy: He et al., "Practical lessons from predicting clicks on ads at Facebook",
 * ADKDD 2014, section 3.
 */
export class SlidingMetrics {
  readonly #sizes: readonly number[];
  readonly #capacity: number;
  /** The latest `capacity` examples, (capacity, words). */
  readonly #ring: Uint32Array;
  #count = 0;
  /**
   * Loss by window; weights by window and whether of negatives or positives; the same by bin, too;
   * predictions by window and calibration bin.
   */
  readonly #losses: Float64Array;
  readonly #totals: Float64Array;
  readonly #weights: Float64Array;
  readonly #predictions: Float64Array;

  /** @param sizes of the windows, in examples, each larger than the one before. */
  constructor(sizes: readonly number[]) {
    this.#sizes = sizes;
    this.#capacity = Math.max(...sizes);
    this.#ring = new Uint32Array(this.#capacity * words);
    this.#losses = new Float64Array(sizes.length);
    this.#totals = new Float64Array(sizes.length * 2);
    this.#weights = new Float64Array(sizes.length * binCount * 2);
    this.#predictions = new Float64Array(sizes.length * calibrationBins);
  }

  /** Examples that were ever added. */
  get count(): number {
    return this.#count;
  }

  /**
   * @param logit of the prediction, finite. @param label 0 to 1. @param weight above 0.
   * @returns the example's log loss, without its weight, at most 40.
   */
  add(logit: number, label: number, weight: number): number {
    const loss = Math.min(lossMax, logLossOfLogit(logit, label));
    const counted = Math.min(weight, weightMax);
    const at = (this.#count % this.#capacity) * words;
    for (let window = 0; window < this.#sizes.length; window++) {
      const size = this.#sizes[window];
      if (this.#count >= size) this.#move(window, (this.#count - size) % this.#capacity, -1);
    }
    const bin = Math.floor((logit + logitEnd) * binsPerLogit);
    this.#ring[at] = Math.min(binCount - 1, Math.max(0, bin));
    this.#ring[at + 1] = Math.round(counted * weightUnit);
    this.#ring[at + 2] = Math.round(label * counted * weightUnit);
    this.#ring[at + 3] = Math.round(loss * counted * lossUnit);
    this.#ring[at + 4] = Math.round(sigmoid(logit) * counted * predictionUnit);
    for (let window = 0; window < this.#sizes.length; window++) {
      this.#move(window, this.#count % this.#capacity, 1);
    }
    this.#count++;
    return loss;
  }

  /** Mean label of the window, as if it held one example more, half a positive: never 0 or 1. O(1). */
  meanLabel(window: number): number {
    const negative = this.#totals[window * 2];
    const positive = this.#totals[window * 2 + 1];
    return (positive + weightUnit / 2) / (positive + negative + weightUnit);
  }

  /** O(bins): a few microseconds. @param window its place among the sizes. */
  measure(window: number): WindowMetrics {
    const size = this.#sizes[window];
    const examples = Math.min(size, this.#count);
    const { positive, negative, rankSum, tiedSum } = this.#ranks(window);
    const weight = positive + negative;
    if (weight === 0) return { size, examples };
    const { predicted, calibrationError } = this.#calibration(window, weight);
    const logLoss = this.#losses[window] / lossUnit / weight;
    const observed = positive / weight;
    const pairs = positive * negative;
    const base = { size, examples, logLoss, predicted, observed, calibrationError };
    if (pairs === 0) return { ...base, baseLogLoss: 0 };
    const baseLogLoss = -observed * Math.log(observed) - (1 - observed) * Math.log(1 - observed);
    return {
      ...base,
      baseLogLoss,
      normalisedEntropy: logLoss / baseLogLoss,
      auc: (rankSum + tiedSum / 2) / pairs,
      aucErrorMax: tiedSum / 2 / pairs,
    };
  }

  /** Everything that `restore` needs: the examples of the largest window, oldest first. */
  save(writer: ByteWriter): void {
    const kept = Math.min(this.#count, this.#capacity);
    const oldest = kept < this.#capacity ? 0 : (this.#count % this.#capacity) * words;
    writer.f64(this.#count);
    writer.array(this.#ring.subarray(oldest, kept * words));
    writer.array(this.#ring.subarray(0, oldest));
  }

  /** What was saved with the same sizes; the sums follow from it, to the bit. */
  restore(reader: ByteReader): void {
    this.#count = reader.f64();
    const oldest = (this.#count % this.#capacity) * words;
    const [older, newer] = [reader.array(Uint32Array), reader.array(Uint32Array)];
    this.#ring.set(older, this.#count < this.#capacity ? 0 : oldest);
    this.#ring.set(newer);
    for (const sums of [this.#losses, this.#totals, this.#weights, this.#predictions]) sums.fill(0);
    for (let window = 0; window < this.#sizes.length; window++) {
      const from = Math.max(0, this.#count - this.#sizes[window]);
      for (let i = from; i < this.#count; i++) this.#move(window, i % this.#capacity, 1);
    }
  }

  /** Adds the example at that place of the ring to the window's sums, or subtracts it. */
  #move(window: number, place: number, sign: 1 | -1): void {
    const at = place * words;
    const bin = this.#ring[at];
    const weight = this.#ring[at + 1];
    const positive = this.#ring[at + 2];
    const weightAt = (window * binCount + bin) * 2;
    this.#weights[weightAt] += sign * (weight - positive);
    this.#weights[weightAt + 1] += sign * positive;
    this.#totals[window * 2] += sign * (weight - positive);
    this.#totals[window * 2 + 1] += sign * positive;
    this.#losses[window] += sign * this.#ring[at + 3];
    const calibrationAt = window * calibrationBins + calibrationBinOf[bin];
    this.#predictions[calibrationAt] += sign * this.#ring[at + 4];
  }

  /** Weights of positives and negatives; of pairs in the right order, and of those in one bin. */
  #ranks(window: number): {
    positive: number;
    negative: number;
    rankSum: number;
    tiedSum: number;
  } {
    let positive = 0;
    let negative = 0;
    let rankSum = 0;
    let tiedSum = 0;
    const end = (window + 1) * binCount * 2;
    for (let at = window * binCount * 2; at < end; at += 2) {
      const negatives = this.#weights[at] / weightUnit;
      const positives = this.#weights[at + 1] / weightUnit;
      rankSum += positives * negative;
      tiedSum += positives * negatives;
      positive += positives;
      negative += negatives;
    }
    return { positive, negative, rankSum, tiedSum };
  }

  #calibration(window: number, weight: number): { predicted: number; calibrationError: number } {
    const apart = new Float64Array(calibrationBins);
    let predicted = 0;
    for (let bin = 0; bin < calibrationBins; bin++) {
      apart[bin] = this.#predictions[window * calibrationBins + bin] / predictionUnit;
      predicted += apart[bin];
    }
    for (let bin = 0; bin < binCount; bin++) {
      const positives = this.#weights[(window * binCount + bin) * 2 + 1];
      apart[calibrationBinOf[bin]] -= positives / weightUnit;
    }
    const error = apart.reduce((sum, one) => sum + Math.abs(one), 0);
    return { predicted: predicted / weight, calibrationError: error / weight };
  }
}
