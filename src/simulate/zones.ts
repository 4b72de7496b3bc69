/**
 * Local time, by the rules of summer time that have been in force since 2008.
 *
 * Not from `Intl`: its tables differ between versions of Node, and the same seed must give the same
 * events. The tests compare with `Intl`.
 */
import { dayMs, hourMs } from "../core/index.ts";

export interface Zone {
  /** IANA name. */
  readonly name: string;
  readonly country: string;
  /** Hours east of UTC in winter. */
  readonly standardHours: number;
  readonly summer: keyof typeof summerRules | "none";
}

export const zones = {
  losAngeles: { name: "America/Los_Angeles", country: "US", standardHours: -8, summer: "us" },
  denver: { name: "America/Denver", country: "US", standardHours: -7, summer: "us" },
  phoenix: { name: "America/Phoenix", country: "US", standardHours: -7, summer: "none" },
  chicago: { name: "America/Chicago", country: "US", standardHours: -6, summer: "us" },
  newYork: { name: "America/New_York", country: "US", standardHours: -5, summer: "us" },
  london: { name: "Europe/London", country: "GB", standardHours: 0, summer: "eu" },
  berlin: { name: "Europe/Berlin", country: "DE", standardHours: 1, summer: "eu" },
  sydney: { name: "Australia/Sydney", country: "AU", standardHours: 10, summer: "au" },
} as const satisfies Record<string, Zone>;

/** The moment in a year that summer time begins and ends, epoch milliseconds. */
interface SummerRule {
  begin(year: number, standardMs: number): number;
  end(year: number, standardMs: number): number;
}

const march = 2;
const april = 3;
const october = 9;
const november = 10;

const summerRules = {
  /** From the second Sunday of March to the first of November, at 2:00 on the clocks. */
  us: {
    begin: (year, standardMs) => sunday(year, march, 2) + 2 * hourMs - standardMs,
    end: (year, standardMs) => sunday(year, november, 1) + hourMs - standardMs,
  },
  /** From the last Sunday of March to the last of October, at 1:00 UTC. */
  eu: {
    begin: (year) => lastSunday(year, march) + hourMs,
    end: (year) => lastSunday(year, october) + hourMs,
  },
  /** From the first Sunday of October to the first of April, at 2:00 in winter time. */
  au: {
    begin: (year, standardMs) => sunday(year, october, 1) + 2 * hourMs - standardMs,
    end: (year, standardMs) => sunday(year, april, 1) + 2 * hourMs - standardMs,
  },
} as const satisfies Record<string, SummerRule>;

/** Years whose changes are known: those of the options, and one on each side. */
const firstYear = 2007;
const lastYear = 2111;

/** Local time of one zone, from 2008 to 2110; O(1) where the last question was of the same season. */
export class LocalClock {
  readonly #standardMs: number;
  readonly #changes: readonly { readonly time: number; readonly offsetMs: number }[];
  #fromMs = 1;
  #untilMs = 0; // before the first question: a season without a moment
  #offsetMs = 0;

  constructor({ standardHours, summer }: Zone) {
    this.#standardMs = standardHours * hourMs;
    this.#changes = summer === "none" ? [] : changesOf(summerRules[summer], this.#standardMs);
  }

  /** Milliseconds to add to UTC. */
  offsetMs(time: number): number {
    if (time < this.#fromMs || time >= this.#untilMs) this.#find(time);
    return this.#offsetMs;
  }

  /** Hours since Monday 0:00, a whole number from 0 to 167. */
  hourOfWeek(time: number): number {
    const hours = Math.floor((time + this.offsetMs(time)) / hourMs);
    return (hours + 72) % 168; // 1970 began on a Thursday
  }

  /** By bisection. */
  #find(time: number): void {
    const changes = this.#changes;
    let low = 0; // changes before it are not after `time`
    let high = changes.length; // and this and later ones are
    while (low < high) {
      const middle = (low + high) >> 1;
      if (changes[middle].time <= time) low = middle + 1;
      else high = middle;
    }
    this.#fromMs = low === 0 ? Number.NEGATIVE_INFINITY : changes[low - 1].time;
    this.#offsetMs = low === 0 ? this.#standardMs : changes[low - 1].offsetMs;
    this.#untilMs = low === changes.length ? Number.POSITIVE_INFINITY : changes[low].time;
  }
}

/** By time; each with the offset from then on. */
function changesOf(
  rule: SummerRule,
  standardMs: number,
): { readonly time: number; readonly offsetMs: number }[] {
  const changes: { time: number; offsetMs: number }[] = [];
  for (let year = firstYear; year <= lastYear; year++) {
    changes.push({ time: rule.begin(year, standardMs), offsetMs: standardMs + hourMs });
    changes.push({ time: rule.end(year, standardMs), offsetMs: standardMs });
  }
  return changes.sort((a, b) => a.time - b.time);
}

/** Midnight UTC of the n-th Sunday of a month, `month` from 0. */
function sunday(year: number, month: number, nth: number): number {
  const first = Date.UTC(year, month, 1);
  const daysAhead = (7 - new Date(first).getUTCDay()) % 7;
  return first + (daysAhead + 7 * (nth - 1)) * dayMs;
}

function lastSunday(year: number, month: number): number {
  const last = Date.UTC(year, month + 1, 0);
  return last - new Date(last).getUTCDay() * dayMs;
}
