import { Random } from "../../core/index.ts";
import { FixedSums } from "../fixedSums.ts";
import type { Credit } from "./credit.ts";
import type { PathTable } from "./pathCounts.ts";
import { Sequences } from "./sequences.ts";
import { exactPlayersMax, shapleyOf } from "./shapleyValues.ts";

/** Orders that are drawn for more channels than can be exact; each with its reverse. */
const ordersMin = 200;
const ordersMax = 20_000;
/** Steps through sets that all orders together may take: some seconds. */
const stepsMax = 4e8;

export interface ShapleyCredit extends Credit {
  /** (channels): of the mean over the drawn orders, in conversions and in value. Undefined where the credit is exact. */
  readonly standardErrors?: Credit;
}

/**
 * Data-driven Shapley: a set of channels is worth v(S) = conversions ÷ (conversions + nulls) of the paths that lie inside it. The values are
 * scaled so that they add up to all conversions; of the value likewise, with v(S) = value ÷ (conversions + nulls).
 *
 * A channel whose paths convert less than those without it gets less than 0: the formula says so.
 *
 * Exact up to 20 channels, by sums over subsets: O(channels · 2^channels), whatever the number of paths. Above, orders of the channels
 * are drawn with a fixed seed, each with its reverse, and the standard error is told.
 */
export function shapleyCredit(table: PathTable): ShapleyCredit {
  const sets = distinctSets(table);
  return table.channels.length <= exactPlayersMax ? exactly(sets) : drawn(sets);
}

/** The sets of channels that paths have, with what came of them. */
interface ChannelSets {
  readonly channelCount: number;
  readonly count: number;
  /** (count + 1); set s has `channels` from starts[s] to starts[s + 1], growing. */
  readonly starts: Uint32Array;
  readonly channels: Int32Array;
  /** (count) each. */
  readonly conversions: Float64Array;
  readonly values: Float64Array;
  readonly nulls: Float64Array;
}

function distinctSets({ channels, count, starts, touches, ...table }: PathTable): ChannelSets {
  const sets = new Sequences();
  const sums = { conversions: new FixedSums(), values: new FixedSums(), nulls: new FixedSums() };
  const members = new Int32Array(channels.length);
  const seenIn = new Int32Array(channels.length).fill(-1);
  for (let row = 0; row < count; row++) {
    let size = 0;
    for (let at = starts[row]; at < starts[row + 1]; at++) {
      if (seenIn[touches[at]] === row) continue;
      seenIn[touches[at]] = row;
      members[size++] = touches[at];
    }
    if (size === 0) continue;
    members.subarray(0, size).sort();
    const set = sets.numberOf(members, 0, size);
    sums.conversions.add(set, table.conversions[row]);
    sums.values.add(set, table.values[row]);
    sums.nulls.add(set, table.nulls[row]);
  }
  const order = Int32Array.from({ length: sets.count }, (_, set) => set);
  order.sort((one, other) => compareSets(sets, one, other));
  const sorted = {
    channelCount: channels.length,
    count: sets.count,
    starts: new Uint32Array(sets.count + 1),
    channels: new Int32Array(sets.starts[sets.count]),
    conversions: Float64Array.from(order, (set) => sums.conversions.at(set)),
    values: Float64Array.from(order, (set) => sums.values.at(set)),
    nulls: Float64Array.from(order, (set) => sums.nulls.at(set)),
  };
  for (let at = 0; at < sets.count; at++) {
    const set = order[at];
    sorted.channels.set(
      sets.values.subarray(sets.starts[set], sets.starts[set + 1]),
      sorted.starts[at],
    );
    sorted.starts[at + 1] = sorted.starts[at] + sets.starts[set + 1] - sets.starts[set];
  }
  return sorted;
}

function compareSets({ values, starts }: Sequences, one: number, other: number): number {
  let a = starts[one];
  let b = starts[other];
  for (; a < starts[one + 1] && b < starts[other + 1]; a++, b++) {
    if (values[a] !== values[b]) return values[a] - values[b];
  }
  return starts[one + 1] - a - (starts[other + 1] - b);
}

function exactly(sets: ChannelSets): ShapleyCredit {
  const n = sets.channelCount;
  const inside = {
    conversions: new Float64Array(2 ** n),
    values: new Float64Array(2 ** n),
    journeys: new Float64Array(2 ** n),
  };
  for (let set = 0; set < sets.count; set++) {
    let mask = 0;
    for (let at = sets.starts[set]; at < sets.starts[set + 1]; at++) mask |= 1 << sets.channels[at];
    inside.conversions[mask] = sets.conversions[set];
    inside.values[mask] = sets.values[set];
    inside.journeys[mask] = sets.conversions[set] + sets.nulls[set];
  }
  for (const sums of Object.values(inside)) sumOverSubsets(sums, n);
  const rate = (gains: Float64Array): Float64Array =>
    gains.map((gain, mask) => (inside.journeys[mask] > 0 ? gain / inside.journeys[mask] : 0));
  const journeys = inside.journeys[2 ** n - 1];
  const scale = (values: Float64Array): Float64Array => values.map((value) => value * journeys);
  return {
    conversions: scale(shapleyOf(n, rate(inside.conversions))),
    values: scale(shapleyOf(n, rate(inside.values))),
  };
}

/** Each set's sum becomes that over all of its subsets. Mutates (2^n). O(n 2^n). */
function sumOverSubsets(sums: Float64Array, n: number): void {
  for (let bit = 1; bit < 2 ** n; bit *= 2) {
    for (let base = 0; base < sums.length; base += 2 * bit) {
      for (let set = base; set < base + bit; set++) sums[set + bit] += sums[set];
    }
  }
}

/**
 * Castro, Gómez and Tejada, "Polynomial calculation of the Shapley value based on sampling", Computers & Operations Research 36, 2009; with
 * reversed orders, as both ends of one order mislead in opposite ways.
 */
function drawn(sets: ChannelSets): ShapleyCredit {
  const n = sets.channelCount;
  const wanted = Math.floor(stepsMax / (2 * (sets.channels.length + n)));
  const pairs = Math.min(ordersMax, Math.max(ordersMin, wanted));
  const random = new Random(1);
  const order = Int32Array.from({ length: n }, (_, channel) => channel);
  const sums = [new Moments(n), new Moments(n)];
  const gains = [new Float64Array(n), new Float64Array(n)];
  const walk = walkOf(sets);
  for (let pair = 0; pair < pairs; pair++) {
    for (let at = n - 1; at > 0; at--) {
      const other = random.below(at + 1);
      [order[at], order[other]] = [order[other], order[at]];
    }
    for (const gain of gains) gain.fill(0);
    walk(order, gains);
    walk(order.toReversed(), gains);
    for (const [at, gain] of gains.entries()) sums[at].add(gain);
  }
  let journeys = 0;
  for (let set = 0; set < sets.count; set++) journeys += sets.conversions[set] + sets.nulls[set];
  const [conversions, values] = sums.map((moments) => moments.mean(journeys / 2));
  const [conversionErrors, valueErrors] = sums.map((moments) => moments.error(journeys / 2));
  return {
    conversions,
    values,
    standardErrors: { conversions: conversionErrors, values: valueErrors },
  };
}

type Walk = (order: Int32Array, gains: readonly Float64Array[]) => void;

/** Adds what each channel brings when it comes in this order. O(channels in sets). */
function walkOf({ channelCount, count, starts, channels, ...sets }: ChannelSets): Walk {
  const placeOf = new Int32Array(channelCount);
  const complete = [0, 1, 2].map(() => new Float64Array(channelCount));
  return (order, gains) => {
    for (let place = 0; place < channelCount; place++) placeOf[order[place]] = place;
    for (const sums of complete) sums.fill(0);
    // A set lies inside from its last channel on.
    for (let set = 0; set < count; set++) {
      let last = 0;
      for (let at = starts[set]; at < starts[set + 1]; at++) {
        const place = placeOf[channels[at]];
        if (place > last) last = place;
      }
      complete[0][last] += sets.conversions[set];
      complete[1][last] += sets.values[set];
      complete[2][last] += sets.conversions[set] + sets.nulls[set];
    }
    const inside = [0, 0, 0];
    const before = [0, 0];
    for (let place = 0; place < channelCount; place++) {
      for (let at = 0; at < 3; at++) inside[at] += complete[at][place];
      for (let at = 0; at < 2; at++) {
        const rate = inside[2] > 0 ? inside[at] / inside[2] : 0;
        gains[at][order[place]] += rate - before[at];
        before[at] = rate;
      }
    }
  };
}

/** Mean and spread of vectors that come one by one (Welford, 1962). */
class Moments {
  #count = 0;
  readonly #mean: Float64Array;
  readonly #squares: Float64Array;

  constructor(length: number) {
    this.#mean = new Float64Array(length);
    this.#squares = new Float64Array(length);
  }

  add(values: Float64Array): void {
    this.#count++;
    for (let at = 0; at < values.length; at++) {
      const difference = values[at] - this.#mean[at];
      this.#mean[at] += difference / this.#count;
      this.#squares[at] += difference * (values[at] - this.#mean[at]);
    }
  }

  mean(scale: number): Float64Array {
    return this.#mean.map((value) => value * scale);
  }

  /** Of the mean. */
  error(scale: number): Float64Array {
    const weight = this.#count * (this.#count - 1);
    return this.#squares.map((value) => Math.sqrt(value / weight) * scale);
  }
}
