import type { ByteReader, ByteWriter } from "../core/index.ts";
import { logLossOfLogit } from "../model/index.ts";

/** Asks the model, as it is now, again: the logits of what the bytes stand for, without offsets. */
export type AskAgain = (features: Uint8Array) => ArrayLike<number>;

export interface OverfittingStats {
  /** Steps of which both losses are known, at most 1,024. */
  readonly pairs: number;
  /** Mean log loss of steps before they were learned; not there before the first pair. */
  readonly validationLoss?: number;
  /** Mean log loss, at the same moments, of steps that had been learned 1,024 steps before. */
  readonly trainingLoss?: number;
  /** Standard error of the difference. */
  readonly gapError?: number;
}

/** One step in so many is kept and asked again: what that costs is a few percent of a step. */
export const keepEvery = 32;
/** Steps that are kept at a time: with the above, each is asked again 1,024 steps after it was learned. */
const keptMax = 32;
/** The losses that are compared: a standard error of some percent, and the latest 32,768 steps. */
const pairsMax = 1024;

interface Kept {
  readonly features: Uint8Array;
  /** (examples, 3): label, weight, offset. */
  readonly targets: Float32Array;
}

/**
 * Whether the model has learned what is true of the stream, or only what it was told.
 *
 * The loss of an example *before* it is learned is a validation loss. One in `keepEvery` steps is kept, and
 * asked again when another comes to take its place: the same model then has a validation loss (of the one
 * that comes) and a training loss (of the one that goes). Where it foretells much better what it has
 * learned than what it has not, it has learned examples by heart.
 *
 * Both losses are of one moment. The losses of *one* example, before and after, would differ also
 * because the model has become better at everything meanwhile.
 *
 * Source of the validation loss: Blum, Kalai and Langford, "Beating the hold-out", COLT 1999.
 */
export class Overfitting {
  readonly #kept: Kept[] = [];
  #nextKept = 0;
  /** (pairs, 2): validation loss, training loss. */
  readonly #pairs = new Float64Array(pairsMax * 2);
  #pairCount = 0;

  /** Pairs that there ever were. */
  get pairCount(): number {
    return this.#pairCount;
  }

  /**
   * Takes in a step that was learned just now, and asks the one that has been kept for longest.
   *
   * @param loss of the step before it was learned. @param features kept as they are.
   * @param targets (examples, 3): label, weight and offset; copied.
   */
  keep(loss: number, features: Uint8Array, targets: Float32Array, askAgain: AskAgain): void {
    const oldest = this.#kept[this.#nextKept] as Kept | undefined; // there are fewer at first
    this.#kept[this.#nextKept] = { features, targets: targets.slice() };
    this.#nextKept = (this.#nextKept + 1) % keptMax;
    if (oldest === undefined) return;
    const again = stepLoss(askAgain(oldest.features), oldest.targets, oldest.targets.length / 3);
    if (!Number.isFinite(again)) return; // told of when it is learned
    const at = (this.#pairCount++ % pairsMax) * 2;
    this.#pairs[at] = loss;
    this.#pairs[at + 1] = again;
  }

  /** O(pairs). */
  stats(): OverfittingStats {
    const pairs = Math.min(pairsMax, this.#pairCount);
    if (pairs === 0) return { pairs };
    let [validation, training, squares] = [0, 0, 0];
    for (let i = 0; i < pairs; i++) {
      const [before, after] = this.#pairs.subarray(i * 2, i * 2 + 2);
      validation += before;
      training += after;
      squares += (before - after) ** 2;
    }
    const gap = (validation - training) / pairs;
    const variance = Math.max(0, squares / pairs - gap ** 2);
    return {
      pairs,
      validationLoss: validation / pairs,
      trainingLoss: training / pairs,
      gapError: Math.sqrt(variance / pairs),
    };
  }

  save(writer: ByteWriter): void {
    writer.u32(this.#kept.length);
    writer.u32(this.#nextKept);
    for (const { features, targets } of this.#kept) {
      writer.block(features);
      writer.array(targets);
    }
    writer.f64(this.#pairCount);
    writer.array(this.#pairs, Math.min(pairsMax, this.#pairCount) * 2);
  }

  restore(reader: ByteReader): void {
    this.#kept.length = 0;
    const keptCount = reader.u32();
    this.#nextKept = reader.u32();
    for (let i = 0; i < keptCount; i++) {
      this.#kept.push({ features: reader.block(), targets: reader.array(Float32Array) });
    }
    this.#pairCount = reader.f64();
    this.#pairs.set(reader.array(Float64Array));
  }
}

/**
 * Weighted mean log loss of the examples that are learned in one step; NaN where one is not finite, or
 * where nothing has a weight. What is taken back (a weight below 0) does not count.
 *
 * @param logits (count,), without offsets. @param targets (count, 3): label, weight, offset.
 */
function stepLoss(logits: ArrayLike<number>, targets: ArrayLike<number>, count: number): number {
  let loss = 0;
  let weights = 0;
  for (let i = 0; i < count; i++) {
    const weight = Math.max(0, targets[i * 3 + 1]);
    if (weight === 0) continue;
    loss += weight * logLossOfLogit(logits[i] + targets[i * 3 + 2], targets[i * 3]);
    weights += weight;
  }
  return loss / weights;
}
