/** What the ranking model is made of and asked. */
import type { SharedTable } from "../embedding/index.ts";
import type { FtrlParams } from "./params.ts";

export interface RankingModelOptions {
  /** Components of the learned vectors: a multiple of 4 to 128; 0 is logistic regression. */
  readonly dim: number;
  /** Measured signals of a candidate: a multiple of 4 from 0 to 128. */
  readonly signalCount: number;
  /** Adagrad's, for the learned vectors; 0 or more. */
  readonly learningRate: number;
  /** Pulls learned vectors towards 0; 0 or more. */
  readonly l2: number;
  /** Adagrad's, for what signals are worth in each context; 0 or more. */
  readonly signalLearningRate: number;
  /** For the weight of each item: its popularity that no signal explains. */
  readonly linear: FtrlParams;
  /** An account or item has rows from this sighting on. */
  readonly admitAfter: number;
  /** Rows of ids that were not seen for so long are given up; 0 = never. */
  readonly ttlSeconds: number;
  /** Decides the initial vectors. */
  readonly seed: bigint;
}

/** The model's tables. `recent` is an item as part of the past; `bucket` has a component a signal. */
export const rankingSlots = ["account", "recent", "item", "bucket"] as const;
export type RankingSlot = (typeof rankingSlots)[number];

/** What another thread needs to attach; passes through `postMessage` and `workerData`. */
export interface SharedRankingModel {
  readonly options: RankingModelOptions;
  readonly pointer: number;
  readonly tables: Readonly<Record<RankingSlot, SharedTable>>;
}

/** What the candidates of a group share: an account at a time. */
export interface RankingContext {
  readonly account: bigint;
  /** What it wanted last, any order; at most `recentMax`. */
  readonly recent: ArrayLike<bigint>;
  /** Context buckets, which decide what signals are worth; at most `bucketsMax`. */
  readonly buckets: ArrayLike<bigint>;
}

/** Items of the account's past whose vectors speak for it: the taste of the moment, not of the year. */
export const recentMax = 10;
export const bucketsMax = 8;
/** Candidates of one group. Serving merges a few hundred; a group in training has some dozens. */
export const candidatesMax = 2048;

/** The logit of a candidate is the sum of all of these. */
export interface LogitParts {
  /** The item's own. */
  readonly weight: number;
  /** Of the account's vector with the item's. */
  readonly account: number;
  /** Of the vectors of what it wanted last with the item's, in the order of the context. */
  readonly recent: readonly number[];
  /** Of each measured signal. */
  readonly signals: readonly number[];
}
