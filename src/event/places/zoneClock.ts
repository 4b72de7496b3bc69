/** Local time of a time zone, by the tables that Node has (`Intl`). */
import { dayMs } from "../../core/index.ts";

/** Days that are kept of a zone: beyond, all are asked for again. Thirty years. */
const daysMax = 11_000;

/** A day of UTC in a zone: the offset at its beginning, and when in it that changes, if it does. */
interface ZoneDay {
  readonly offsetMs: number;
  /** Infinity where it does not. */
  readonly changeAt: number;
  readonly laterOffsetMs: number;
}

/**
 * What clocks of one zone show. Asking `Intl` costs microseconds, so it is asked at the two ends of each day of UTC that comes up, and
 * within the day, by bisection, where they differ. No zone has changed twice within a day since 1970.
 */
export class ZoneClock {
  readonly #format: Intl.DateTimeFormat;
  readonly #days = new Map<number, ZoneDay>();

  private constructor(format: Intl.DateTimeFormat) {
    this.#format = format;
  }

  /** @param zone an IANA name. Undefined where it is none that Node knows. */
  static of(zone: string): ZoneClock | undefined {
    try {
      return new ZoneClock(
        new Intl.DateTimeFormat("en-US", {
          timeZone: zone,
          hourCycle: "h23",
          year: "numeric",
          month: "numeric",
          day: "numeric",
          hour: "numeric",
          minute: "numeric",
          second: "numeric",
        }),
      );
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  /** Milliseconds to add to UTC at a moment, epoch milliseconds from 1970 on. */
  offsetMs(time: number): number {
    const day = Math.floor(time / dayMs);
    let found = this.#days.get(day);
    if (found === undefined) {
      if (this.#days.size >= daysMax) this.#days.clear();
      found = this.#find(day * dayMs);
      this.#days.set(day, found);
    }
    return time < found.changeAt ? found.offsetMs : found.laterOffsetMs;
  }

  #find(begin: number): ZoneDay {
    const offsetMs = this.#ask(begin);
    let after = begin + dayMs;
    const laterOffsetMs = this.#ask(after);
    if (offsetMs === laterOffsetMs) {
      return { offsetMs, changeAt: Number.POSITIVE_INFINITY, laterOffsetMs };
    }
    let before = begin;
    // Whole seconds: all that `Intl` tells apart.
    while (after - before > 1000) {
      const middle = before + Math.floor((after - before) / 2000) * 1000;
      if (this.#ask(middle) === offsetMs) before = middle;
      else after = middle;
    }
    return { offsetMs, changeAt: after, laterOffsetMs };
  }

  #ask(time: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(time)) parts[type] = Number(value);
    const { year, month, day, hour, minute, second } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000;
  }
}
