/**
 * What is measured of each session, as sparse vectors over the values of seven *signs*: what a person repeats.
 *
 * Values that only one session has can't tell people apart; they count in `weights` alone. What was played counts less than once a
 * play, since plays of a session are not independent of each other: n plays weigh √n together.
 */
import type { AccountSessions } from "../accountSessions.ts";
import { accessCode, accessName } from "./columns.ts";
import { type Facts, factsOf } from "./facts.ts";

/** `slot`: which 3 hours of a day, at a weekend or not; `week`: of the account's life. */
export const signs = ["device", "place", "slot", "week", "genre", "artist", "song"] as const;
export type Sign = (typeof signs)[number];

/** How strongly a person keeps to the account's own distribution: a Dirichlet prior's sum, by sign. Found by search; flat around these. */
export const priorSums: readonly number[] = [1, 1, 8, 30, 3, 30, 60];

const weekMs = 7 * 24 * 3_600_000;
const slotsADay = 8;

/** Sessions as sparse vectors, and the prior over their values. */
export interface Signs {
  readonly count: number;
  readonly facts: Facts;
  /** Codes of the device, 0 where missing. Shape (sessions,). */
  readonly devices: Int32Array;
  /** Where the session was, as a number from 1; 0 where unknown or displaced. Shape (sessions,). */
  readonly places: Int32Array;
  /** Values of session s are at `starts[s]` to `starts[s + 1] - 1`. Shape (sessions + 1,). */
  readonly starts: Int32Array;
  readonly values: Int32Array;
  readonly valueWeights: Float64Array;
  /** What each session weighs in each sign, with values of it alone. Shape (sessions, signs). */
  readonly weights: Float64Array;
  readonly valueCount: number;
  /** Which sign a value is of; ascending. Shape (valueCount,). */
  readonly signOfValue: Uint8Array;
  /** Prior of each value: the sign's sum times its share. Shape (valueCount,). */
  readonly priors: Float64Array;
  /** Whether any session says anything of a sign. */
  readonly has: readonly boolean[];
}

export function signsOf(sessions: AccountSessions): Signs {
  const count = sessions.tokens.length;
  const placeKeys = placeKeysOf(sessions);
  const facts = factsOf(sessions, placeKeys);
  const devices = new Int32Array(count);
  const places = new Int32Array(count);
  const firstStart = earliest(sessions.starts);
  const collector = new Collector(count, sessions);
  for (let session = 0; session < count; session++) {
    devices[session] = accessCode(sessions, session, "device");
    places[session] = facts.isDisplaced[session] === 1 ? 0 : placeKeys[session];
    collector.add(0, devices[session], 1);
    collector.add(1, places[session], 1);
    collector.add(2, slotOf(sessions, session), 1);
    collector.add(3, weekOf(sessions.starts[session], firstStart), 1);
    const from = sessions.actionStarts[session];
    const to = sessions.actionStarts[session + 1];
    const weight = 1 / Math.sqrt(to - from);
    for (let sign = 4; sign < signs.length; sign++) {
      const codes = sessions.actions[actionColumnOf[sign - 4]];
      for (let action = from; action < to; action++) collector.add(sign, codes[action], weight);
    }
    collector.endSession();
  }
  return { count, facts, devices, places, ...collector.finish() };
}

/** Of `actionColumns`: genre, artist, song. */
const actionColumnOf = [4, 2, 1] as const;

/** The most specific place that is known: the postal code, else that of most sessions of the city, else the city. */
function placeKeysOf(sessions: AccountSessions): Int32Array {
  const count = sessions.tokens.length;
  const zipCount = sessions.names[3].length;
  const zipsOfCity = new Map<number, Map<number, number>>();
  for (let session = 0; session < count; session++) {
    const city = accessCode(sessions, session, "city");
    const zip = accessCode(sessions, session, "zip");
    if (city === 0 || zip === 0) continue;
    let zips = zipsOfCity.get(city);
    if (zips === undefined) {
      zips = new Map();
      zipsOfCity.set(city, zips);
    }
    zips.set(zip, (zips.get(zip) ?? 0) + 1);
  }
  const keys = new Int32Array(count);
  for (let session = 0; session < count; session++) {
    const city = accessCode(sessions, session, "city");
    const zip = accessCode(sessions, session, "zip") || mostCommon(zipsOfCity.get(city));
    // A state alone tells nobody apart.
    if (zip !== 0) keys[session] = zip;
    else if (city !== 0) keys[session] = zipCount + city;
  }
  return keys;
}

/** The smaller code where several are as common; 0 of nothing. */
function mostCommon(counts: ReadonlyMap<number, number> | undefined): number {
  let best = 0;
  let bestCount = 0;
  for (const [code, count] of counts ?? []) {
    if (count > bestCount || (count === bestCount && code < best)) {
      best = code;
      bestCount = count;
    }
  }
  return best;
}

/** From 1; 0 where neither the hour nor the part of the day is known. */
function slotOf(sessions: AccountSessions, session: number): number {
  const hour = sessions.hours[session];
  if (hour >= 0) {
    const isWeekend = hour >= 5 * 24;
    return 1 + (isWeekend ? slotsADay : 0) + Math.floor((hour % 24) / (24 / slotsADay));
  }
  const part = accessCode(sessions, session, "part");
  if (part === 0) return 0;
  const day = accessName(sessions, "day", accessCode(sessions, session, "day"));
  const isWeekend = /^(sat|sun|[67]$)/iu.test(day);
  return 2 * slotsADay + 2 * part + (isWeekend ? 1 : 0);
}

/** From 1; 0 where unknown. */
function weekOf(start: number, firstStart: number): number {
  return !(start >= firstStart) ? 0 : 1 + Math.floor((start - firstStart) / weekMs);
}

function earliest(starts: Float64Array): number {
  let first = Number.POSITIVE_INFINITY;
  for (const start of starts) if (start < first) first = start;
  return first;
}

function latest(starts: Float64Array): number {
  let last = Number.NEGATIVE_INFINITY;
  for (const start of starts) if (start > last) last = start;
  return last;
}

function largest(codes: Int32Array): number {
  let max = 0;
  for (const code of codes) if (code > max) max = code;
  return max;
}

/** Sessions' values as they come, and what is made of them when all are known. */
class Collector {
  readonly #codes: number[] = [];
  readonly #signs: number[] = [];
  readonly #weights: number[] = [];
  readonly #ends: Int32Array;
  readonly #sums: Float64Array;
  /** Where the code came last, by sign and code: an index into `#codes`. */
  readonly #last: Int32Array[];
  #session = 0;
  #from = 0;

  constructor(count: number, sessions: AccountSessions) {
    this.#ends = new Int32Array(count + 1);
    this.#sums = new Float64Array(count * signs.length);
    const [devices, cities, , zips, , parts] = sessions.names;
    const weeks = weekOf(latest(sessions.starts), earliest(sessions.starts));
    const sizes = [
      devices.length,
      zips.length + cities.length,
      2 * (slotsADay + parts.length) + 1,
      weeks,
    ];
    for (const column of actionColumnOf) sizes.push(largest(sessions.actions[column]));
    this.#last = sizes.map((size) => new Int32Array(size + 1).fill(-1));
  }

  add(sign: number, code: number, weight: number): void {
    if (code === 0) return;
    this.#sums[this.#session * signs.length + sign] += weight;
    const last = this.#last[sign][code];
    if (last >= this.#from) {
      this.#weights[last] += weight;
      return;
    }
    this.#last[sign][code] = this.#codes.length;
    this.#codes.push(code);
    this.#signs.push(sign);
    this.#weights.push(weight);
  }

  endSession(): void {
    this.#session++;
    this.#from = this.#codes.length;
    this.#ends[this.#session] = this.#codes.length;
  }

  finish(): Omit<Signs, "count" | "facts" | "devices" | "places"> {
    const { sessionsOf, weightOf } = this.#totals();
    const signCount = signs.length;
    const signWeights = new Float64Array(signCount);
    const distinct = new Float64Array(signCount);
    for (let sign = 0; sign < signCount; sign++) {
      for (const weight of weightOf[sign]) {
        signWeights[sign] += weight;
        if (weight > 0) distinct[sign]++;
      }
    }
    // Numbers of the values that more than one session has, by sign and then by code.
    const numberOf = weightOf.map((weights) => new Int32Array(weights.length).fill(-1));
    const signOfValue: number[] = [];
    const priors: number[] = [];
    for (let sign = 0; sign < signCount; sign++) {
      for (let code = 1; code < weightOf[sign].length; code++) {
        if (sessionsOf[sign][code] < 2) continue;
        numberOf[sign][code] = priors.length;
        signOfValue.push(sign);
        // A fifth is spread evenly, so that a value is never impossible for somebody who did not have it yet.
        const share = weightOf[sign][code] / signWeights[sign];
        priors.push(priorSums[sign] * (0.8 * share + 0.2 / distinct[sign]));
      }
    }
    const starts = new Int32Array(this.#ends.length);
    const values: number[] = [];
    const valueWeights: number[] = [];
    for (let session = 0; session + 1 < this.#ends.length; session++) {
      for (let at = this.#ends[session]; at < this.#ends[session + 1]; at++) {
        const value = numberOf[this.#signs[at]][this.#codes[at]];
        if (value < 0) continue;
        values.push(value);
        valueWeights.push(this.#weights[at]);
      }
      starts[session + 1] = values.length;
    }
    return {
      starts,
      values: Int32Array.from(values),
      valueWeights: Float64Array.from(valueWeights),
      weights: this.#sums,
      valueCount: priors.length,
      signOfValue: Uint8Array.from(signOfValue),
      priors: Float64Array.from(priors),
      has: Array.from(signWeights, (weight) => weight > 0),
    };
  }

  /** By sign and code: how many sessions have it, and what it weighs. */
  #totals(): { sessionsOf: Int32Array[]; weightOf: Float64Array[] } {
    const sessionsOf = this.#last.map(({ length }) => new Int32Array(length));
    const weightOf = this.#last.map(({ length }) => new Float64Array(length));
    for (let at = 0; at < this.#codes.length; at++) {
      sessionsOf[this.#signs[at]][this.#codes[at]]++;
      weightOf[this.#signs[at]][this.#codes[at]] += this.#weights[at];
    }
    return { sessionsOf, weightOf };
  }
}
