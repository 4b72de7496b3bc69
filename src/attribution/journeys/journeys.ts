import type { Conversion, History, Touch } from "../history.ts";
import type { TouchKind } from "../rules.ts";

/** Whether touches from before the conversion that came before may count again. */
export const journeyKinds = ["full", "reset"] as const;

export type JourneyKind = (typeof journeyKinds)[number];

export interface JourneyOptions {
  /** Names of the events that end a journey; others are as if they had not been. Default: all of them. */
  readonly events?: ReadonlySet<string>;
  /** Kinds of touches that journeys are made of. Default: all. */
  readonly touches?: ReadonlySet<TouchKind>;
  /** A touch is of a journey where it is at most so long before its end, included, ms. */
  readonly lookbackMs: number;
  readonly journey: JourneyKind;
  /** Where journeys end that have not converted: the latest time of any touch or conversion of the data, epoch ms. */
  readonly endOfData: number;
}

/** What led to a conversion; or, without one, to nothing so far. */
export interface Journey {
  /** In order. None where nothing came before the conversion: nobody earned it. */
  readonly touches: readonly Touch[];
  readonly conversion?: Conversion;
}

/**
 * The journeys of an identity: one of each conversion, in their order; then, where touches came after the last conversion, the one that
 * did not convert.
 *
 * ```
 *                  |←──── look-back ────→|
 *   touches   a    b     c      d     e          f    g   |
 *   conversions             1            2                | end of data
 *
 *   full      1: a b c      2: b c d e      null: f g
 *   reset     1: a b c      2: d e          null: f g
 * ```
 *
 * A touch at the millisecond of a conversion is of that one's journey; of two conversions at the same millisecond the second one has
 * nothing left under `reset`. A journey that did not convert has the touches after the last conversion that are within the look-back of
 * the end of the data, and is left out where there are none.
 *
 * O(touches + conversions), and the touches of the journeys.
 */
export function* journeysOf(history: History, options: JourneyOptions): Generator<Journey> {
  const { lookbackMs, journey, endOfData } = options;
  const touches = kept(history.touches, options.touches, ({ kind }) => kind);
  const conversions = kept(history.conversions, options.events, ({ event }) => event);
  let from = 0; // the first that is young enough
  let to = 0; // the first that comes too late
  for (const conversion of conversions) {
    const { time } = conversion;
    if (journey === "reset") from = to;
    while (to < touches.length && touches[to].time <= time) to++;
    while (from < to && time - touches[from].time > lookbackMs) from++;
    yield { touches: touches.slice(from, to), conversion };
  }
  from = to;
  while (from < touches.length && endOfData - touches[from].time > lookbackMs) from++;
  if (from < touches.length) yield { touches: touches.slice(from) };
}

/** Those whose name is among the asked ones; the list itself where nothing was asked. */
function kept<T, Name extends string>(
  list: readonly T[],
  asked: ReadonlySet<Name> | undefined,
  nameOf: (one: T) => Name,
): readonly T[] {
  return asked === undefined ? list : list.filter((one) => asked.has(nameOf(one)));
}
