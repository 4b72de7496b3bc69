/** What is seen of training from outside of its thread, and when. */
import type { SharedModel } from "#foldback/engine";

export interface WatcherData {
  readonly shared: SharedModel;
  /** Whose rows are watched. */
  readonly accounts: readonly string[];
  /** An Int32: 1 is stop. */
  readonly stop: SharedArrayBuffer;
}

/** A snapshot, and when it was told of. */
export interface Saved {
  readonly atMs: number;
  readonly offset: number;
  readonly stallMs: number;
  readonly longestTurnMs: number;
}

export interface Seen {
  /** When training was seen to have come to each offset: both ascending. */
  readonly timesMs: readonly number[];
  readonly offsets: readonly number[];
  /** Times at which the vector of the account was another than before, for each account. */
  readonly changesMs: readonly (readonly number[])[];
  /** How often it looked. */
  readonly lookCount: number;
  readonly saved: readonly Saved[];
}

/** One clock for all processes of the machine, milliseconds. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
