/**
 * Ids as dense numbers, as is usual for models that know no ids: how often an id's examples were positive, and
 * how many there were.
 *
 * A slot of ids has two columns, over the n examples of the training part that have the id, of which `positive`
 * is the sum of labels:
 *
 * ```
 * slot.rate   ln(r / (1 − r)),  r = (positive + m · overall) / (n + m)      m = 20
 * slot.count  ln(1 + n)
 * ```
 *
 * so an id that never came has the overall rate, and 0. In the rate n and positive are weighted as the examples are, in the
 * count not: who weighs more may do so for its label. Several ids of one slot count by the means over them,
 * weighted by |value|. A slot that measures (all of its ids in every example that has it) has its numbers as they are, one
 * column an id, 0 where it is missing.
 *
 * What the model is fitted to must not hold the answer: the example's own label. So the rate of each example of the
 * training part is of the other four of five folds (*out of fold*), its count of all examples but itself; every other
 * example is encoded from all.
 *
 * Source: Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes", SIGKDD
 * Explorations 2001 (smoothed rates); out-of-fold as scikit-learn's TargetEncoder.
 */
import { assert, Random } from "../../core/index.ts";
import type { SlotCodes } from "./codes.ts";
import type { Columns } from "./columns.ts";

/** Examples at the overall rate that each id is thought to have had before: its own weigh more from 20 on. */
export const smoothing = 20;
/** A fifth is little to go without, and five tables of sums are little to hold. */
const foldCount = 5;

export interface EncodingTask {
  readonly slots: readonly SlotCodes[];
  /** Of the training part, (rows,): which examples. */
  readonly rows: Uint32Array;
  /** By example, (examples,): 0 to 1. */
  readonly labels: Float64Array;
  /** By example, (examples,): above 0. */
  readonly weights: Float64Array;
  /** Of the folds. */
  readonly seed: number;
}

export class Encoding {
  readonly #slots: readonly SlotSums[];
  /** By example; foldCount: of none, as it is not of the training part. */
  readonly #folds: Uint8Array;
  /** Overall rate without each fold, and of all, (foldCount + 1,). */
  readonly #rates: Float64Array;

  /** O(features of the training part). */
  constructor({ slots, rows, labels, weights, seed }: EncodingTask) {
    assert(rows.length > 0, "an encoding is of some examples");
    const random = new Random(seed);
    this.#folds = new Uint8Array(labels.length).fill(foldCount);
    const positive = new Float64Array(foldCount);
    const total = new Float64Array(foldCount);
    for (const row of rows) {
      const fold = random.below(foldCount);
      this.#folds[row] = fold;
      positive[fold] += weights[row] * labels[row];
      total[fold] += weights[row];
    }
    const sum = (of: Float64Array): number => of.reduce((a, b) => a + b, 0);
    const [allPositive, allTotal] = [sum(positive), sum(total)];
    this.#rates = Float64Array.of(
      ...Array.from(total, (own, fold) => (allPositive - positive[fold]) / (allTotal - own)),
      allPositive / allTotal,
    );
    this.#slots = slots
      .filter(({ idCount, isMeasured }) => idCount > 1 || isMeasured)
      .map((slot) => new SlotSums(slot, rows, this.#folds, labels, weights));
  }

  /** @param rows which examples, those of the training part out of their fold. */
  encode(rows: Uint32Array): Columns {
    const names: string[] = [];
    const values: Float64Array[] = [];
    for (const slot of this.#slots) {
      const columns = slot.encode(rows, this.#folds, this.#rates);
      for (const [name, column] of Object.entries(columns)) {
        names.push(`${slot.codes.slot}.${name}`);
        values.push(column);
      }
    }
    return { names, rowCount: rows.length, values };
  }
}

/** What was counted of the ids of one slot. */
class SlotSums {
  readonly codes: SlotCodes;
  /** Sums by id and fold, those of all folds last, (ids, foldCount + 1), row after row. */
  readonly #positive: Float64Array;
  readonly #total: Float64Array;
  /** Examples by id, however much they weigh, (ids,). */
  readonly #counts: Uint32Array;

  constructor(
    codes: SlotCodes,
    rows: Uint32Array,
    folds: Uint8Array,
    labels: Float64Array,
    weights: Float64Array,
  ) {
    this.codes = codes;
    const width = foldCount + 1;
    this.#positive = new Float64Array(codes.idCount * width);
    this.#total = new Float64Array(codes.idCount * width);
    this.#counts = new Uint32Array(codes.idCount);
    if (codes.isMeasured) return;
    for (const row of rows) {
      for (let at = codes.starts[row]; at < codes.starts[row + 1]; at++) {
        const first = codes.codes[at] * width;
        this.#counts[codes.codes[at]]++;
        for (const place of [first + folds[row], first + foldCount]) {
          this.#positive[place] += weights[row] * labels[row];
          this.#total[place] += weights[row];
        }
      }
    }
  }

  encode(
    rows: Uint32Array,
    folds: Uint8Array,
    rates: Float64Array,
  ): Readonly<Record<string, Float64Array>> {
    return this.codes.isMeasured ? this.#numbers(rows) : this.#rateAndCount(rows, folds, rates);
  }

  #rateAndCount(
    rows: Uint32Array,
    folds: Uint8Array,
    rates: Float64Array,
  ): Readonly<Record<"rate" | "count", Float64Array>> {
    const { starts, codes, values } = this.codes;
    const rate = new Float64Array(rows.length);
    const count = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      const fold = folds[row];
      const before = rates[fold];
      const own = fold === foldCount ? 0 : 1;
      let [rateSum, countSum, total] = [0, 0, 0];
      for (let at = starts[row]; at < starts[row + 1]; at++) {
        const n = this.#without(this.#total, codes[at], fold);
        const positive = this.#without(this.#positive, codes[at], fold);
        const much = Math.abs(values[at]);
        rateSum += much * logOdds((positive + smoothing * before) / (n + smoothing));
        countSum += much * Math.log1p(this.#counts[codes[at]] - own);
        total += much;
      }
      rate[i] = total === 0 ? logOdds(before) : rateSum / total;
      count[i] = total === 0 ? 0 : countSum / total;
    }
    return { rate, count };
  }

  #numbers(rows: Uint32Array): Readonly<Record<string, Float64Array>> {
    const { starts, codes, values, idCount } = this.codes;
    const columns = Array.from({ length: idCount }, () => new Float64Array(rows.length));
    for (let i = 0; i < rows.length; i++) {
      for (let at = starts[rows[i]]; at < starts[rows[i] + 1]; at++) {
        columns[codes[at]][i] += values[at];
      }
    }
    return Object.fromEntries(columns.map((column, code) => [`value${code}`, column]));
  }

  /** The sum over the other folds, never below 0 by rounding; over all for those of no fold. */
  #without(sums: Float64Array, code: number, fold: number): number {
    const first = code * (foldCount + 1);
    const all = sums[first + foldCount];
    return fold === foldCount ? all : Math.max(0, all - sums[first + fold]);
  }
}

/** Finite, also where all examples are of one kind. */
function logOdds(rate: number): number {
  const kept = Math.min(1 - 1e-6, Math.max(1e-6, rate));
  return Math.log(kept / (1 - kept));
}
