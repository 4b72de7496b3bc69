/** Models that look at one path at a time, and at conversions alone: paths that ended in nothing change nothing. */
import { assert } from "../../core/index.ts";
import type { Credit } from "./credit.ts";
import type { PathTable } from "./pathCounts.ts";
import { Shares, sumOf } from "./shares.ts";

/** Parts of a conversion that the first touch, those between and the last one get; of any size, such as 40, 20, 40. */
export interface PositionWeights {
  readonly first: number;
  readonly middle: number;
  readonly last: number;
}

export const defaultPosition: PositionWeights = { first: 40, middle: 20, last: 40 };

export interface HeuristicOptions {
  /** The channel that last-non-direct passes over. Default: `direct`. */
  readonly direct?: string;
  readonly position?: PositionWeights;
}

export interface Heuristics {
  readonly lastTouch: Credit;
  readonly firstTouch: Credit;
  readonly lastNonDirect: Credit;
  readonly linear: Credit;
  readonly position: Credit;
  readonly simplifiedShapley: Credit;
}

/**
 * All of them in one pass over the distinct paths. Of a path with touches 1 to n, of d different channels:
 *
 * ```
 *   last touch        n: all                     linear              each touch: 1/n
 *   first touch       1: all                     position            1: 0.4, n: 0.4, each other: 0.2/(n − 2)
 *   last non-direct   the last touch of another      two touches         0.5 each; one: all
 *                     channel than direct;       simplified Shapley  each channel: 1/d
 *                     n where there is none
 * ```
 *
 * With other weights of positions two touches share as first : last do. Simplified Shapley is the Shapley value where a set of channels
 * is worth the conversions of the paths that lie inside it (Zhao et al., arXiv 1804.05327, 2018).
 *
 * O(touches).
 */
export function heuristics(
  { channels, count, starts, touches, conversions, values }: PathTable,
  { direct = "direct", position = defaultPosition }: HeuristicOptions = {},
): Heuristics {
  const shares = (): Shares => new Shares(channels.length);
  const parts = {
    last: shares(),
    first: shares(),
    nonDirect: shares(),
    linear: shares(),
    simplified: shares(),
    only: shares(),
    pairFirst: shares(),
    pairLast: shares(),
    longFirst: shares(),
    longLast: shares(),
    middle: shares(),
  };
  const directChannel = channels.indexOf(direct);
  const seenIn = new Int32Array(channels.length).fill(-1);
  for (let row = 0; row < count; row++) {
    const from = starts[row];
    const to = starts[row + 1];
    const n = to - from;
    const c = conversions[row];
    const v = values[row];
    if (n === 0 || (c === 0 && v === 0)) continue;
    const first = touches[from];
    const last = touches[to - 1];
    parts.first.add(first, 1, c, v);
    parts.last.add(last, 1, c, v);
    parts.nonDirect.add(lastOther(touches, from, to, directChannel), 1, c, v);
    let distinct = 0;
    for (let at = from; at < to; at++) {
      parts.linear.add(touches[at], n, c, v);
      if (seenIn[touches[at]] === row) continue;
      seenIn[touches[at]] = row;
      distinct++;
    }
    for (let at = from; at < to; at++) {
      if (seenIn[touches[at]] !== row) continue;
      seenIn[touches[at]] = -1;
      parts.simplified.add(touches[at], distinct, c, v);
    }
    if (n === 1) {
      parts.only.add(first, 1, c, v);
    } else {
      (n === 2 ? parts.pairFirst : parts.longFirst).add(first, 1, c, v);
      (n === 2 ? parts.pairLast : parts.longLast).add(last, 1, c, v);
      for (let at = from + 1; at < to - 1; at++) parts.middle.add(touches[at], n - 2, c, v);
    }
  }
  const ends = position.first + position.last;
  const whole = ends + position.middle;
  assert(whole > 0, "one of the weights of positions is above 0");
  const firstOfTwo = ends === 0 ? 0.5 : position.first / ends;
  return {
    lastTouch: parts.last.credit(),
    firstTouch: parts.first.credit(),
    lastNonDirect: parts.nonDirect.credit(),
    linear: parts.linear.credit(),
    position: sumOf([
      parts.only.credit(),
      parts.pairFirst.credit(firstOfTwo),
      parts.pairLast.credit(ends === 0 ? 0.5 : position.last / ends),
      parts.longFirst.credit(position.first / whole),
      parts.longLast.credit(position.last / whole),
      parts.middle.credit(position.middle / whole),
    ]),
    simplifiedShapley: parts.simplified.credit(),
  };
}

function lastOther(touches: Int32Array, from: number, to: number, direct: number): number {
  for (let at = to - 1; at >= from; at--) {
    if (touches[at] !== direct) return touches[at];
  }
  return touches[to - 1];
}

/** What a channel gets at one place of paths; places count from 1. */
export interface PlaceCredit {
  readonly channel: number;
  readonly place: number;
  readonly conversions: number;
  readonly value: number;
}

/**
 * Simplified Shapley by place: a channel's part of a path, 1/d, is split evenly over the places where the path has it. A>B>A>C gives A
 * 1/6 at 1 and 1/6 at 3, B 1/3 at 2, C 1/3 at 4 (the ordered Shapley value of Zhao et al., 2018).
 *
 * In the order of channels, then places. O(touches).
 */
export function simplifiedShapleyByPlace(table: PathTable): PlaceCredit[] {
  const { channels, count, starts, touches, conversions, values } = table;
  let longest = 0;
  for (let row = 0; row < count; row++) longest = Math.max(longest, starts[row + 1] - starts[row]);
  const shares = new Map<number, Shares>();
  const times = new Int32Array(channels.length);
  for (let row = 0; row < count; row++) {
    const from = starts[row];
    const to = starts[row + 1];
    if (conversions[row] === 0 && values[row] === 0) continue;
    let distinct = 0;
    for (let at = from; at < to; at++) {
      if (times[touches[at]]++ === 0) distinct++;
    }
    for (let at = from; at < to; at++) {
      const place = at - from;
      let ofPlace = shares.get(place);
      if (ofPlace === undefined) {
        ofPlace = new Shares(channels.length);
        shares.set(place, ofPlace);
      }
      const parts = distinct * times[touches[at]];
      ofPlace.add(touches[at], parts, conversions[row], values[row]);
    }
    for (let at = from; at < to; at++) times[touches[at]] = 0;
  }
  const credits = new Map([...shares].map(([place, ofPlace]) => [place, ofPlace.credit()]));
  const rows: PlaceCredit[] = [];
  for (let channel = 0; channel < channels.length; channel++) {
    for (let place = 0; place < longest; place++) {
      const credit = credits.get(place);
      const c = credit?.conversions[channel] ?? 0;
      const v = credit?.values[channel] ?? 0;
      if (c !== 0 || v !== 0) rows.push({ channel, place: place + 1, conversions: c, value: v });
    }
  }
  return rows;
}
