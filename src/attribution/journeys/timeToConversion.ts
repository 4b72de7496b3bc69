import { compareUtf8, dayMs, withRoom } from "../../core/index.ts";
import type { Journey } from "./journeys.ts";

/** How numbers are spread, such as the times of conversions. */
export interface Spread {
  readonly mean: number;
  /** Of an even number of them: the middle between the two in the middle. */
  readonly median: number;
  /** 80 % of them are at most this. */
  readonly percentile80: number;
}

/** Conversions whose number is at least `from`, and less than that of the next bucket. */
export interface Bucket {
  readonly from: number;
  readonly conversions: number;
}

export interface TimeToConversionRow {
  /** `*`: all of them together. */
  readonly event: string;
  /** Those with a touch: the others have nothing to count from. */
  readonly conversions: number;
  readonly unattributed: number;
  /** Milliseconds, by whole days from 0. Null where there are no conversions. */
  readonly fromFirstTouch: (Spread & { readonly histogram: readonly Bucket[] }) | null;
  readonly fromLastTouch: (Spread & { readonly histogram: readonly Bucket[] }) | null;
  /** By number of touches. */
  readonly touches: (Spread & { readonly histogram: readonly Bucket[] }) | null;
}

/**
 * How long journeys take, and how many touches.
 *
 * What is kept are the whole milliseconds and counts themselves, 24 bytes a conversion: so the report is exact, the same for any order of
 * the journeys, and those of several parts add up.
 */
export class TimeToConversion {
  readonly #byEvent = new Map<string, Ages>();

  /** One that did not convert counts for nothing. */
  add({ touches, conversion }: Journey): void {
    if (conversion === undefined) return;
    const ages = this.#of(conversion.event);
    const first = touches.at(0);
    const last = touches.at(-1);
    if (first === undefined || last === undefined) ages.unattributed++;
    else ages.add(conversion.time - first.time, conversion.time - last.time, touches.length);
  }

  addAll(other: TimeToConversion): void {
    for (const [event, ages] of other.#byEvent) this.#of(event).addAll(ages);
  }

  /** `*`, then the events by their UTF-8 bytes; `*` alone where there is no conversion. O(n log n). */
  report(): TimeToConversionRow[] {
    const all = new Ages();
    for (const ages of this.#byEvent.values()) all.addAll(ages);
    const events = [...this.#byEvent].sort(([a], [b]) => compareUtf8(a, b));
    return [rowOf("*", all), ...events.map(([event, ages]) => rowOf(event, ages))];
  }

  #of(event: string): Ages {
    let ages = this.#byEvent.get(event);
    if (ages === undefined) {
      ages = new Ages();
      this.#byEvent.set(event, ages);
    }
    return ages;
  }
}

class Ages {
  count = 0;
  unattributed = 0;
  first = new Float64Array(0);
  last = new Float64Array(0);
  touches = new Float64Array(0);

  add(first: number, last: number, touches: number): void {
    this.#reserve(this.count + 1);
    this.first[this.count] = first;
    this.last[this.count] = last;
    this.touches[this.count++] = touches;
  }

  addAll({ count, unattributed, first, last, touches }: Ages): void {
    this.#reserve(this.count + count);
    this.first.set(first.subarray(0, count), this.count);
    this.last.set(last.subarray(0, count), this.count);
    this.touches.set(touches.subarray(0, count), this.count);
    this.count += count;
    this.unattributed += unattributed;
  }

  #reserve(count: number): void {
    this.first = withRoom(this.first, count);
    this.last = withRoom(this.last, count);
    this.touches = withRoom(this.touches, count);
  }
}

function rowOf(
  event: string,
  { count, unattributed, first, last, touches }: Ages,
): TimeToConversionRow {
  return {
    event,
    conversions: count,
    unattributed,
    fromFirstTouch: spreadOf(first.slice(0, count), dayMs),
    fromLastTouch: spreadOf(last.slice(0, count), dayMs),
    touches: spreadOf(touches.slice(0, count), 1),
  };
}

/** @param numbers whole and not negative; they are put in order. */
function spreadOf(
  numbers: Float64Array,
  step: number,
): (Spread & { readonly histogram: readonly Bucket[] }) | null {
  if (numbers.length === 0) return null;
  numbers.sort();
  // Exact up to 2^53, a million conversions after 90 days each; beyond, rounded, in an order that is always the same.
  const sum = numbers.reduce((a, b) => a + b, 0);
  return {
    mean: sum / numbers.length,
    median: quantile(numbers, 0.5),
    percentile80: quantile(numbers, 0.8),
    histogram: histogramOf(numbers, step),
  };
}

/**
 * Between the two numbers next to the place p (n − 1), in proportion: definition 7 of Hyndman and Fan, "Sample Quantiles in Statistical
 * Packages", The American Statistician 1996, which R, NumPy and spreadsheets have as their first.
 */
function quantile(ordered: Float64Array, p: number): number {
  const place = p * (ordered.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, ordered.length - 1);
  return ordered[below] + (place - below) * (ordered[above] - ordered[below]);
}

/** Buckets without any are left out. */
function histogramOf(ordered: Float64Array, step: number): Bucket[] {
  const buckets: { from: number; conversions: number }[] = [];
  for (const number of ordered) {
    const from = Math.floor(number / step) * step;
    const last = buckets.at(-1);
    if (last?.from === from) last.conversions++;
    else buckets.push({ from, conversions: 1 });
  }
  return buckets;
}
