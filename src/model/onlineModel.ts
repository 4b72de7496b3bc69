/** The contract of models that learn from one example at a time, and the examples they take. */
import { FoldbackError } from "../core/index.ts";
import type { EmbeddingTable, SectionSink, SectionSource } from "../embedding/index.ts";

/** One feature of an example: an id in a slot. */
export interface Feature {
  /** One that the model was made with: `user`, `item`, … */
  readonly slot: string;
  /** 64 bits; `hash64` makes one of a string. The same number in two slots is two ids. */
  readonly id: bigint;
  /** How much of it, kept as float32; from -1e6 to 1e6, default 1. With 0 the feature takes no part. */
  readonly value?: number;
}

export interface Example {
  /** In any order; an id that comes twice counts twice. */
  readonly features: readonly Feature[];
  /** What came: 1 or 0, or a share between. */
  readonly label: number;
  /** Multiplies the gradient; -1e6 to 1e6, default 1. Below 0 it takes back what an example taught. */
  readonly weight?: number;
  /** Added to the logit while learning, default 0: −ln r where negatives were kept at the rate r. */
  readonly offset?: number;
}

/**
 * A model that predicts the probability of a label from ids, and learns from one example at a time, or a
 * few.
 *
 * It minimises the weighted log loss `weight · (−label · ln p − (1 − label) · ln(1 − p))`, where
 * `p = σ(logit + offset)`. Each slot has an embedding table of its own: ids are taken in by learning alone,
 * take no part before they are admitted, and are given up by `expire`. Every implementation passes
 * `onlineModelConformance`.
 *
 * Threads: one learns (all but `predict…`), any number predict, each on an object of its own, attached.
 *
 * @example
 * const model = FactorisationMachine.create(arena, { slots: { user: {}, item: {} }, dim: 16, seed: 1n });
 * const features = [{ slot: "user", id: 12n }, { slot: "item", id: 7n }];
 * model.learnOne({ features, label: 1 }, 1_700_000_000);
 * const probability = 1 / (1 + Math.exp(-model.predictOne(features)));
 */
export interface OnlineModel {
  /** The table of each slot, to look at: what is known of an id (`entry`), how full it is (`stats`). */
  readonly tables: Readonly<Record<string, EmbeddingTable>>;

  /**
   * Examples of one step: logits and gradients of these many are of the same weights. 1: a batch is the
   * same as its examples one by one.
   */
  readonly batchMax: number;

  /**
   * One step on one example. An example that is refused changes nothing.
   *
   * @param nowSeconds event time, epoch seconds: when its ids were last seen.
   * @returns the logit before the step, without the offset.
   * @throws FoldbackError REQUEST_INVALID for an unknown slot, too many features, or a number out of range;
   * TABLE_FULL when there is no room for a new id.
   */
  learnOne(example: Example, nowSeconds: number): number;

  /**
   * One step on each minibatch, in order: the first `batchMax` examples, the next, and what is left. It is
   * the same to the bit as a call for each minibatch; and where `batchMax` is 1, as `learnOne` on each.
   *
   * The first that is refused ends it: those before it are learned, as if they had come alone. At
   * TABLE_FULL the minibatches before are learned, and of the last one ids may have been taken in.
   *
   * @returns the logits, each before the step of its own minibatch, (examples,).
   */
  learnBatch(examples: readonly Example[], nowSeconds: number): Float64Array;

  /**
   * The logit. Ids that are unknown or not yet admitted take no part: without any, it is the bias.
   *
   * @throws FoldbackError REQUEST_INVALID as `learnOne`; OVERLOADED if rows changed hands all the time.
   */
  predictOne(features: readonly Feature[]): number;

  /** The logits, (lists,): the same as `predictOne` on each. */
  predictBatch(lists: readonly (readonly Feature[])[]): Float64Array;

  /** Gives up the rows of ids past their time to live. @returns how many. O(ids). */
  expire(nowSeconds: number): number;

  /** Writes all that was learned, in sections that start with `model.`. */
  save(sink: SectionSink): void;

  /**
   * Becomes what was saved: what follows is the same to the bit as if it had never stopped. Parameters
   * follow the options, which may have changed; slots, dim and seed may not.
   *
   * @throws FoldbackError CONFIG_INVALID, DATA_CORRUPT, TABLE_FULL: then make a new model, as this one may
   * have been restored in part.
   */
  restore(source: SectionSource): void;

  /** Writes of it what is not in the tables: bias, network. Sections start with `model.`. */
  saveDense(sink: SectionSink): void;

  /**
   * Takes the bias and the network that `saveDense` wrote; the tables stay as they are.
   *
   * @throws FoldbackError CONFIG_INVALID, DATA_CORRUPT.
   */
  restoreDense(source: SectionSource): void;

  /** Gives back this object's own memory; it can't be used after that. The model itself stays. */
  release(): void;
}

/** Of values and weights: beyond, float32 sums of squares would be near their end. */
export const magnitudeMax = 1e6;

/** Label, weight and offset, with their defaults. @throws FoldbackError REQUEST_INVALID. */
export function targetOf({ label, weight = 1, offset = 0 }: Example): {
  label: number;
  weight: number;
  offset: number;
} {
  if (!(label >= 0 && label <= 1)) throw refused("label", label, "0 to 1");
  if (!(Math.abs(weight) <= magnitudeMax)) throw refused("weight", weight, "-1e6 to 1e6");
  if (!Number.isFinite(offset)) throw refused("offset", offset, "finite numbers");
  return { label, weight, offset };
}

export function refused(field: string, value: unknown, allowed: string): FoldbackError {
  return new FoldbackError("REQUEST_INVALID", `${field} is ${String(value)}; allowed: ${allowed}`, {
    details: { field },
  });
}
