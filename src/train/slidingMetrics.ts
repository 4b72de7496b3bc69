import type { ByteReader, ByteWriter } from "../core/index.ts";
import { sigmoid } from "../model/index.ts";

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

/** So many examples are added to the sums at a time: in a tight loop that costs half. */
const waitingMax = 1024;

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
  readonly #sizeMax: number;
  readonly #capacity: number;
  /** The latest `capacity` examples, (capacity, words). */
  readonly #ring: Uint32Array;
  #count = 0;
  /** Examples that the sums know of; the others wait in the ring. */
  #summedCount = 0;
  /** Loss by window; weights by window, bin, and whether of negatives or positives; predictions by window and bin. */
  readonly #losses: Float64Array;
  readonly #weights: Float64Array;
  readonly #predictions: Float64Array;

  /** @param sizes of the windows, in examples. */
  constructor(sizes: readonly number[]) {
    this.#sizes = sizes;
    this.#sizeMax = Math.max(...sizes);
    this.#capacity = this.#sizeMax + waitingMax;
    this.#ring = new Uint32Array(this.#capacity * words);
    this.#losses = new Float64Array(sizes.length);
    this.#weights = new Float64Array(sizes.length * binCount * 2);
    this.#predictions = new Float64Array(sizes.length * calibrationBins);
  }

  /** Examples that were ever added. */
  get count(): number {
    return this.#count;
  }

  /** Bytes that `save` writes. */
  get sizeBytes(): number {
    return 16 + Math.min(this.#count, this.#sizeMax) * words * 4;
  }

  /**
   * @param logit of the prediction, finite. @param label 0 to 1. @param weight above 0.
   * @returns the example's log loss, without its weight, at most 40.
   */
  add(logit: number, label: number, weight: number): number {
    // As `sigmoid` and `logLossOfLogit` have it, with one exponential for both.
    const small = Math.exp(-Math.abs(logit));
    const exact = Math.log1p(small) + (logit > 0 ? 1 - label : -label) * logit;
    const loss = Math.min(lossMax, exact);
    const prediction = (logit >= 0 ? 1 : small) / (1 + small);
    const counted = Math.min(weight, weightMax);
    const bin = Math.floor((logit + logitEnd) * binsPerLogit);
    const ring = this.#ring;
    const at = (this.#count % this.#capacity) * words;
    ring[at] = Math.min(binCount - 1, Math.max(0, bin));
    // Stored as whole numbers: with a half more, the nearest.
    ring[at + 1] = counted * weightUnit + 0.5;
    ring[at + 2] = label * counted * weightUnit + 0.5;
    ring[at + 3] = loss * counted * lossUnit + 0.5;
    ring[at + 4] = prediction * counted * predictionUnit + 0.5;
    this.#count++;
    if (this.#count - this.#summedCount === waitingMax) this.#sumUp();
    return loss;
  }

  /** O(bins): some 10 µs. @param window its place among the sizes. */
  measure(window: number): WindowMetrics {
    this.#sumUp();
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
    const from = Math.max(0, this.#count - this.#sizeMax) % this.#capacity;
    const to = this.#count % this.#capacity;
    writer.f64(this.#count);
    const isWhole = from <= to;
    writer.array(this.#ring.subarray(from * words, (isWhole ? to : this.#capacity) * words));
    writer.array(this.#ring.subarray(0, isWhole ? 0 : to * words));
  }

  /** What was saved with the same sizes; the sums follow from it, to the bit. */
  restore(reader: ByteReader): void {
    this.#count = reader.f64();
    const oldest = Math.max(0, this.#count - this.#sizeMax);
    this.#ring.set(reader.array(Uint32Array), (oldest % this.#capacity) * words);
    this.#ring.set(reader.array(Uint32Array));
    for (const sums of [this.#losses, this.#weights, this.#predictions]) sums.fill(0);
    for (let window = 0; window < this.#sizes.length; window++) {
      this.#move(window, Math.max(0, this.#count - this.#sizes[window]), this.#count, 1);
    }
    this.#summedCount = this.#count;
  }

  /** The sums then are those of the windows that end with the newest example. */
  #sumUp(): void {
    const [from, to] = [this.#summedCount, this.#count];
    for (let window = 0; window < this.#sizes.length; window++) {
      const size = this.#sizes[window];
      // In this order, as a window may be shorter than what waits.
      this.#move(window, from, to, 1);
      this.#move(window, Math.max(0, from - size), Math.max(0, to - size), -1);
    }
    this.#summedCount = to;
  }

  /** Adds examples `from` to `to - 1` of all there ever were to the window's sums, or subtracts them. */
  #move(window: number, from: number, to: number, sign: 1 | -1): void {
    const ring = this.#ring;
    const weights = this.#weights;
    const predictions = this.#predictions;
    let loss = 0;
    let place = from % this.#capacity;
    for (let i = from; i < to; i++) {
      const at = place * words;
      const bin = ring[at];
      const positive = ring[at + 2];
      const weightAt = (window * binCount + bin) * 2;
      weights[weightAt] += sign * (ring[at + 1] - positive);
      weights[weightAt + 1] += sign * positive;
      loss += ring[at + 3];
      predictions[window * calibrationBins + calibrationBinOf[bin]] += sign * ring[at + 4];
      place = place + 1 === this.#capacity ? 0 : place + 1;
    }
    this.#losses[window] += sign * loss;
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
