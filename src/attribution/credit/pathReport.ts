/** What paths look like, and what stands in them together: facts, before any model. */
import { compareUtf8 } from "../../core/index.ts";
import { FixedSums } from "../fixedSums.ts";
import { chainOf } from "./markov/chain.ts";
import { markovCredit } from "./markov/markov.ts";
import type { PathTable } from "./pathCounts.ts";

export interface PathReportOptions {
  /** Paths that are listed. Default: 20. */
  readonly top?: number;
  /** Minor units of money to one unit of the report. Default: 1. */
  readonly minorUnits?: number;
}

export interface PathReport {
  readonly totals: {
    readonly paths: number;
    readonly conversions: number;
    readonly value: number;
    readonly nulls: number;
  };
  /** The most conversions first, then the most value, then by the names of channels. */
  readonly topPaths: readonly {
    readonly path: readonly string[];
    readonly conversions: number;
    readonly value: number;
    readonly nulls: number;
  }[];
  readonly touchesToConversion: TouchesToConversion;
  readonly channels: readonly ChannelFacts[];
  /** Pairs of channels that stand in one path. */
  readonly overlap: readonly Overlap[];
  readonly transitions: readonly Transition[];
}

/** Of conversions with a touch. Null where there are none. */
export interface TouchesToConversion {
  readonly mean: number | null;
  readonly median: number | null;
  readonly percentile80: number | null;
  /** By number of touches, those that occur. */
  readonly histogram: readonly {
    readonly touches: number;
    readonly conversions: number;
    readonly value: number;
  }[];
}

export interface ChannelFacts {
  readonly channel: string;
  /** Conversions of paths that end in the channel. */
  readonly direct: number;
  readonly directValue: number;
  /** Conversions of paths that have the channel, and end in another. */
  readonly assisted: number;
  readonly assistedValue: number;
  /** In the Markov chain of order 1: the share of conversions, and of value, that would be lost without it. */
  readonly removalEffect: number;
  readonly valueRemovalEffect: number;
}

export interface Overlap {
  readonly channels: readonly [string, string];
  /** Converting or not. */
  readonly journeys: number;
  readonly conversions: number;
  readonly value: number;
}

/** A row of the matrix of the Markov chain of order 1, without staying where one is, as the model has it. */
export interface Transition {
  /** A channel, or `(start)`. */
  readonly from: string;
  /** A channel, `(conversion)` or `(null)`. */
  readonly to: string;
  readonly count: number;
  readonly probability: number;
}

/** O(touches + Σ distinct channels²), and a sort of the paths. */
export function pathReport(
  table: PathTable,
  { top = 20, minorUnits = 1 }: PathReportOptions = {},
): PathReport {
  const { count, conversions, values, nulls } = table;
  const total = (amounts: Float64Array): number => {
    const sum = new FixedSums(1);
    for (let row = 0; row < count; row++) sum.add(0, amounts[row]);
    return sum.at(0);
  };
  return {
    totals: {
      paths: count,
      conversions: total(conversions),
      value: total(values) / minorUnits,
      nulls: total(nulls),
    },
    topPaths: topRows(table, top).map((row) => ({
      path: namesOf(table, row),
      conversions: conversions[row],
      value: values[row] / minorUnits,
      nulls: nulls[row],
    })),
    touchesToConversion: touchesOf(table, minorUnits),
    channels: factsOf(table, minorUnits),
    overlap: overlapOf(table, minorUnits),
    transitions: transitionsOf(table),
  };
}

function topRows(table: PathTable, top: number): number[] {
  const { count, conversions, values } = table;
  const rows = Array.from({ length: count }, (_, row) => row).filter((row) => conversions[row] > 0);
  rows.sort(
    (one, other) =>
      conversions[other] - conversions[one] ||
      values[other] - values[one] ||
      comparePaths(table, one, other),
  );
  return rows.slice(0, top);
}

function comparePaths({ starts, touches }: PathTable, one: number, other: number): number {
  let a = starts[one];
  let b = starts[other];
  for (; a < starts[one + 1] && b < starts[other + 1]; a++, b++) {
    if (touches[a] !== touches[b]) return touches[a] - touches[b];
  }
  return starts[one + 1] - a - (starts[other + 1] - b);
}

function namesOf({ channels, starts, touches }: PathTable, row: number): string[] {
  return Array.from(touches.subarray(starts[row], starts[row + 1]), (channel) => channels[channel]);
}

function touchesOf(
  { count, starts, conversions, values }: PathTable,
  minorUnits: number,
): TouchesToConversion {
  const places = new Map<number, number>();
  const converted = new FixedSums();
  const valued = new FixedSums();
  for (let row = 0; row < count; row++) {
    const touches = starts[row + 1] - starts[row];
    if (touches === 0 || conversions[row] === 0) continue;
    const place = places.get(touches) ?? places.size;
    places.set(touches, place);
    converted.add(place, conversions[row]);
    valued.add(place, values[row]);
  }
  const histogram = [...places]
    .sort(([one], [other]) => one - other)
    .map(([touches, place]) => ({
      touches,
      conversions: converted.at(place),
      value: valued.at(place) / minorUnits,
    }));
  const all = histogram.reduce((sum, bucket) => sum + bucket.conversions, 0);
  const reached = (share: number): number | null => {
    let sum = 0;
    for (const bucket of histogram) {
      sum += bucket.conversions;
      if (sum >= share * all) return bucket.touches;
    }
    return null;
  };
  const weighed = histogram.reduce((sum, bucket) => sum + bucket.touches * bucket.conversions, 0);
  return {
    mean: all === 0 ? null : weighed / all,
    median: reached(0.5),
    percentile80: reached(0.8),
    histogram,
  };
}

function factsOf(table: PathTable, minorUnits: number): ChannelFacts[] {
  const { channels, count, starts, touches, conversions, values } = table;
  const sums = [0, 1, 2, 3].map(() => new FixedSums(channels.length));
  const [direct, directValue, assisted, assistedValue] = sums;
  const seenIn = new Int32Array(channels.length).fill(-1);
  for (let row = 0; row < count; row++) {
    if (starts[row] === starts[row + 1]) continue;
    const last = touches[starts[row + 1] - 1];
    direct.add(last, conversions[row]);
    directValue.add(last, values[row]);
    seenIn[last] = row;
    for (let at = starts[row]; at < starts[row + 1]; at++) {
      if (seenIn[touches[at]] === row) continue;
      seenIn[touches[at]] = row;
      assisted.add(touches[at], conversions[row]);
      assistedValue.add(touches[at], values[row]);
    }
  }
  const { removalEffects, valueRemovalEffects } = markovCredit(table, 1);
  return channels.map((channel, at) => ({
    channel,
    direct: direct.at(at),
    directValue: directValue.at(at) / minorUnits,
    assisted: assisted.at(at),
    assistedValue: assistedValue.at(at) / minorUnits,
    removalEffect: removalEffects[at],
    valueRemovalEffect: valueRemovalEffects[at],
  }));
}

function overlapOf(table: PathTable, minorUnits: number): Overlap[] {
  const { channels, count, starts, touches, conversions, values, nulls } = table;
  const places = new Map<number, number>();
  const sums = [new FixedSums(), new FixedSums(), new FixedSums()];
  for (let row = 0; row < count; row++) {
    const distinct = [...new Set(touches.subarray(starts[row], starts[row + 1]))];
    distinct.sort((one, other) => one - other);
    for (const [at, one] of distinct.entries()) {
      for (const other of distinct.slice(at + 1)) {
        const key = one * channels.length + other;
        const place = places.get(key) ?? places.size;
        places.set(key, place);
        sums[0].add(place, conversions[row]);
        sums[1].add(place, values[row]);
        sums[2].add(place, nulls[row]);
      }
    }
  }
  return [...places]
    .sort(([one], [other]) => one - other)
    .map(([key, place]) => ({
      channels: [channels[Math.floor(key / channels.length)], channels[key % channels.length]],
      journeys: sums[0].at(place) + sums[2].at(place),
      conversions: sums[0].at(place),
      value: sums[1].at(place) / minorUnits,
    }));
}

function transitionsOf(table: PathTable): Transition[] {
  const { channels } = table;
  const chain = chainOf(table, 1);
  const moves: Omit<Transition, "probability">[] = [];
  const move = (from: string, to: string, count: number): void => {
    if (count > 0) moves.push({ from, to, count });
  };
  const nameOf = (state: number): string => channels[chain.channels[state]];
  for (let state = 0; state < chain.stateCount; state++) {
    move("(start)", nameOf(state), chain.begins[state]);
    move(nameOf(state), "(conversion)", chain.conversions[state]);
    move(nameOf(state), "(null)", chain.nulls[state]);
    for (let at = chain.starts[state]; at < chain.starts[state + 1]; at++) {
      move(nameOf(chain.from[at]), nameOf(state), chain.counts[at]);
    }
  }
  const leaving = new Map<string, number>();
  for (const { from, count } of moves) leaving.set(from, (leaving.get(from) ?? 0) + count);
  return moves
    .map((one) => ({ ...one, probability: one.count / (leaving.get(one.from) ?? one.count) }))
    .sort((one, other) => compareUtf8(one.from, other.from) || compareUtf8(one.to, other.to));
}
