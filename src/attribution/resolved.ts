import type { FixedSums } from "./fixedSums.ts";
import type { TouchDimension } from "./history.ts";
import type { Tier } from "./rules.ts";

/**
 * Conversions with the touches that could earn them: all that the window grid needs, whichever windows are asked.
 *
 * For each tier the latest touch at or before the conversion (at the same millisecond the larger id) decides every window: where it is
 * too old, all others are. So a cell of the grid is a comparison of three ages, and all cells are one pass.
 *
 * Both sources make it, equal to the bit: files by SQL (`tables/`), and streams from the state of accounts (`live/`).
 */
export interface ResolvedConversions {
  /** Rows are in order (`inOrder`). Under `once` the first of a touch is the lowest row. */
  readonly count: number;
  /** Only where each conversion is asked for: to read them takes as long as all else. */
  readonly ids?: readonly string[];
  /** Epoch milliseconds. */
  readonly times: Float64Array;
  /** Numbers of `eventNames`. */
  readonly events: Uint16Array;
  /** Minor units; fractions of them are allowed. */
  readonly values: Float64Array;
  /** Of each tier, the row of its touch in `touches`; −1: there is none. */
  readonly touchOf: Readonly<Record<Tier, Int32Array>>;
  /**
   * 1 where the last click at or before the conversion is of the conversion's own session: what analytics of a last click in the same
   * session would count.
   */
  readonly sameSession: Uint8Array;
  /** Numbers of `accountNames`: whose history it is of (`History.key`). Only where it is grouped by account. */
  readonly accounts?: Int32Array;
  readonly accountNames?: readonly string[];
  readonly eventNames: readonly string[];
  readonly touches: ResolvedTouches;
}

/** What touches cost, by group: all of them, whether or not they earned anything. */
export interface TouchCosts {
  /** Of each group its names, in the order of the keys that are grouped by; `(not set)` where the events did not say. */
  readonly groups: readonly (readonly string[])[];
  /** By group, in minor units. */
  readonly sums: FixedSums;
}

/** The touches that conversions name. */
export interface ResolvedTouches {
  readonly count: number;
  /** As those of conversions. */
  readonly ids?: readonly string[];
  readonly times: Float64Array;
  /** By dimension the numbers of `names`; −1: the event did not say. Only those asked for. */
  readonly codes: Readonly<Partial<Record<TouchDimension, Int32Array>>>;
  readonly names: Readonly<Partial<Record<TouchDimension, readonly string[]>>>;
}
