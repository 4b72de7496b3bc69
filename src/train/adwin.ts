import type { ByteReader, ByteWriter } from "../core/index.ts";

export interface AdwinOptions {
  /** Chance of a false cut at one look, as the bound has it (it is far less); above 0, below 1. */
  readonly delta: number;
  /** Values from one look to the next, which costs about a microsecond; default 32. */
  readonly lookEvery?: number;
  /** Buckets of one size: with more, cuts are found at more places; default 5. */
  readonly bucketsPerSize?: number;
}

/** The mean changed: what came before the change is forgotten. */
export interface AdwinCut {
  /** Mean of the values that are forgotten now, and of those that are kept. */
  readonly before: number;
  readonly after: number;
  /** How many are kept. */
  readonly keptCount: number;
}

/** A bucket of the last size holds 2^31 values: the window is without end for all purposes. */
const sizesMax = 32;

/**
 * A window over a stream of values that grows while their mean stays the same, and drops its older part
 * when it has changed.
 *
 * For every place where the window can be split into an older part of n0 values and a newer one of n1, it
 * asks whether their means are further apart than chance explains:
 *
 * ```
 * |μ0 − μ1| ≥ √(2/m · σ² · ln(2/δ')) + 2/(3m) · ln(2/δ')      1/m = 1/n0 + 1/n1,  δ' = δ / ln n
 * ```
 *
 * σ² is the variance of the whole window of n values. If so, the oldest bucket goes, until no split says so.
 *
 * The window is kept as sums over buckets of 1, 2, 4, … values, at most `bucketsPerSize` of each: two of
 * one size become one of the next. Splits are looked at between buckets only.
 *
 * ```
 * oldest │ 8 │ 4 4 4 │ 2 2 2 2 │ 1 1 1 │ newest        3 + 8 + 12 + 8 values
 * ```
 *
 * Memory O(log n); a value costs O(1), a look O(log n).
 *
 * Source: Bifet and Gavaldà, "Learning from time-changing data with adaptive windowing", SDM 2007: ADWIN2,
 * with the bound that they propose for practice (by the variance, and δ / ln n in place of δ / n).
 */
export class Adwin {
  readonly #delta: number;
  readonly #lookEvery: number;
  readonly #perSize: number;
  /** Of size s, oldest first, from s · (perSize + 1): one place more, for the moment before two merge. */
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  readonly #bucketCounts = new Uint32Array(sizesMax);
  #untilLook: number;

  constructor({ delta, lookEvery = 32, bucketsPerSize = 5 }: AdwinOptions) {
    this.#delta = delta;
    this.#lookEvery = lookEvery;
    this.#perSize = bucketsPerSize;
    this.#sums = new Float64Array(sizesMax * (bucketsPerSize + 1));
    this.#squares = new Float64Array(sizesMax * (bucketsPerSize + 1));
    this.#untilLook = lookEvery;
  }

  /** How many values the window holds. */
  get count(): number {
    let count = 0;
    for (let size = 0; size < sizesMax; size++) count += this.#bucketCounts[size] * 2 ** size;
    return count;
  }

  /** Of the window; NaN while it is empty. */
  get mean(): number {
    let sum = 0;
    for (let at = 0; at < this.#sums.length; at++) sum += this.#sums[at]; // 0 where there is no bucket
    return sum / this.count;
  }

  /** @param value 0 to 1. @returns the cut, if this value led to one. */
  add(value: number): AdwinCut | undefined {
    this.#push(0, value, value * value);
    if (--this.#untilLook > 0) return undefined;
    this.#untilLook = this.#lookEvery;
    return this.#look();
  }

  /** Forgets all values. */
  clear(): void {
    for (const values of [this.#bucketCounts, this.#sums, this.#squares]) values.fill(0);
    this.#untilLook = this.#lookEvery;
  }

  save(writer: ByteWriter): void {
    writer.u32(this.#untilLook);
    writer.array(this.#bucketCounts);
    writer.array(this.#sums);
    writer.array(this.#squares);
  }

  /** What was saved under the same options. */
  restore(reader: ByteReader): void {
    this.#untilLook = reader.u32();
    this.#bucketCounts.set(reader.array(Uint32Array));
    this.#sums.set(reader.array(Float64Array));
    this.#squares.set(reader.array(Float64Array));
  }

  #push(size: number, sum: number, square: number): void {
    const at = size * (this.#perSize + 1);
    const place = at + this.#bucketCounts[size]++;
    this.#sums[place] = sum;
    this.#squares[place] = square;
    if (this.#bucketCounts[size] <= this.#perSize) return;
    const merged = this.#sums[at] + this.#sums[at + 1];
    const mergedSquare = this.#squares[at] + this.#squares[at + 1];
    this.#drop(size, 2);
    if (size + 1 < sizesMax) this.#push(size + 1, merged, mergedSquare);
  }

  /** The oldest `bucketCount` of that size. What is behind the others is zeroed, so that it is saved alike. */
  #drop(size: number, bucketCount: number): void {
    const at = size * (this.#perSize + 1);
    const left = this.#bucketCounts[size] - bucketCount;
    // A loop: for so few numbers `copyWithin` costs more than all else of `add`.
    for (let i = at; i < at + left; i++) {
      this.#sums[i] = this.#sums[i + bucketCount];
      this.#squares[i] = this.#squares[i + bucketCount];
    }
    for (let i = at + left; i < at + left + bucketCount; i++) {
      this.#sums[i] = 0;
      this.#squares[i] = 0;
    }
    this.#bucketCounts[size] = left;
  }

  #look(): AdwinCut | undefined {
    let droppedCount = 0;
    let droppedSum = 0;
    while (this.#isChanged()) {
      const oldest = this.#bucketCounts.findLastIndex((buckets) => buckets > 0);
      droppedCount += 2 ** oldest;
      droppedSum += this.#sums[oldest * (this.#perSize + 1)];
      this.#drop(oldest, 1);
    }
    if (droppedCount === 0) return undefined;
    return { before: droppedSum / droppedCount, after: this.mean, keptCount: this.count };
  }

  #isChanged(): boolean {
    const places = this.#perSize + 1;
    let n = 0;
    let sum = 0;
    let square = 0;
    for (let size = 0; size < sizesMax; size++) {
      const buckets = this.#bucketCounts[size];
      n += buckets * 2 ** size;
      for (let at = size * places; at < size * places + buckets; at++) {
        sum += this.#sums[at];
        square += this.#squares[at];
      }
    }
    const variance = Math.max(0, square / n - (sum / n) ** 2);
    const surprise = Math.log((2 * Math.max(1, Math.log(n))) / this.#delta);
    let n0 = 0;
    let sum0 = 0;
    for (let size = sizesMax - 1; size >= 0; size--) {
      const buckets = this.#bucketCounts[size];
      for (let at = size * places; at < size * places + buckets; at++) {
        n0 += 2 ** size;
        sum0 += this.#sums[at];
        if (n0 === n) return false;
        const perM = 1 / n0 + 1 / (n - n0);
        const bound = Math.sqrt(2 * perM * variance * surprise) + (2 / 3) * perM * surprise;
        if (Math.abs(sum0 / n0 - (sum - sum0) / (n - n0)) >= bound) return true;
      }
    }
    return false;
  }
}
