import { assert, dayMs, hash64, withRoom } from "../core/index.ts";
import { yearsOf } from "./itemIndex.ts";
import { type StreamState, trendHalfLivesMs } from "./streamState.ts";

/**
 * What is measured of an item for an account at a time: `signalCount` numbers, float32, the same code
 * for training and serving. What each is worth, the model learns (per context bucket).
 *
 * ```
 *  0 … 5    trend at each half-life: log2 share of the stream, over a floor, scaled
 *  6        together: how much the account's last items and this are wanted by the same accounts
 *  7        next: how often this comes within the hour after its very last item
 *  8        age: log of the days since the item was first seen; of one that was not yet, of none
 *  9        distance of its year of release from the mean of the account's last items
 * 10        share of the account's last items in the item's categories
 * 11        1 if released within a year and a half
 * 12        1
 * 13 … 15   0: rows are multiples of 4 long
 * ```
 *
 * Scales bring all to about the same size, which is what one learning rate for all wants.
 */
export const signalCount = 16;

/** By number, for people. */
export const signalNames: readonly string[] = [
  "trend 2.4 hours",
  "trend 12 hours",
  "trend 2 days",
  "trend 7 days",
  "trend 30 days",
  "trend ever",
  "together",
  "next",
  "age",
  "yearsApart",
  "taste",
  "newRelease",
  "context",
  "",
  "",
  "",
];

/** The signals that a part of the engine contributes. */
const signalsOf = {
  trend: [0, 1, 2, 3, 4, 5],
  cooccurrence: [6, 7],
} as const;
export type SignalPart = keyof typeof signalsOf;

/**
 * What a person would rank by who has the signals and no model: the trend of the last days, and both
 * co-occurrences, each as it is. What is learned is measured against it.
 */
export function unlearnedScore(signals: Float32Array, at: number): number {
  return signals[at + 2] + signals[at + 6] + signals[at + 7];
}

/** For so few items it is faster to look each up than to `relate` all that is related to the account. */
export const lookUpMax = 6;
/** How many of the account's last wanted items say what it likes now. */
const recentMax = 20;
/** Each earlier one counts for less by this. */
const recentDecay = 0.9;
const trendCount = trendHalfLivesMs.length;
/** A share below 2^-14 of the stream (1 event in 16,384) is as good as none. */
const trendFloor = 14;
const trendScale = 0.3;
/** log(1 + 20 c) is steep where cosines are small, and flat near 1. */
const cosineGain = 20;
const cosineScale = 0.7;
const ageScale = 0.3;

/** The account and time that signals are computed for. */
export interface SignalContext {
  /** 64-bit ids of the context buckets: what the account is like, how long it has been away. */
  readonly buckets: readonly bigint[];
  /** Items that the account wanted, oldest first. Changes with its next event. */
  readonly wanted: readonly number[];
}

/** Computes signals from one `StreamState`. Holds scratch space; one at a time. */
export class Signals {
  readonly #state: StreamState;
  #together = new Float32Array(0);
  #next = new Float32Array(0);
  readonly #related: number[] = [];
  readonly #nextRelated: number[] = [];
  /** Whether the sums of all related items are in `#together` and `#next`. */
  #hasSums = false;
  /** Of the account, the last ones, oldest first. */
  #wanted: readonly number[] = [];
  #tastes = new Float32Array(0);
  readonly #tasted: number[] = [];
  #meanReleased = Number.NaN;
  #now = 0;
  /** The same, in years since 0. */
  #year = 0;
  readonly #silenced: readonly number[];

  /** @param without parts whose signals are 0, to see what they add. */
  constructor(state: StreamState, without: readonly SignalPart[] = []) {
    this.#state = state;
    this.#silenced = without.flatMap((part) => signalsOf[part]);
  }

  /**
   * Looks at the account at `now`, epoch milliseconds; the next `write`s are for it, until the state
   * changes.
   */
  begin(account: string, now: number): SignalContext {
    this.#makeRoom();
    this.#now = now;
    this.#year = yearsOf(now);
    const { wanted, lastTime } = this.#state.histories.of(account);
    this.#wanted = wanted;
    this.#describeTastes();
    return {
      wanted,
      buckets: [
        bucketAll,
        sizeBuckets[sizeBucketOf(wanted.length)],
        gapBuckets[gapBucketOf(now - lastTime)],
      ],
    };
  }

  /**
   * Items that co-occur with the account's last ones, in order of first meeting. Do not keep.
   *
   * It sums up what all of them are worth, once, so that `write` and `relationTo` are O(1) after it: for
   * more than a handful of items. Without it they look each item up: the same numbers, to the bit.
   */
  relate(): readonly number[] {
    if (this.#hasSums) return this.#related;
    this.#hasSums = true;
    const { together, next } = this.#state;
    const wanted = this.#wanted;
    let strength = 1;
    for (let i = wanted.length - 1; i >= this.#recentFrom; i--) {
      together.addCosines(wanted[i], strength, this.#together, this.#related);
      strength *= recentDecay;
    }
    if (wanted.length > 0) {
      next.addCosines(wanted[wanted.length - 1], 1, this.#next, this.#nextRelated);
      for (const item of this.#nextRelated)
        if (this.#together[item] === 0) this.#related.push(item);
    }
    return this.#related;
  }

  /** Writes the item's signals at `at`. O(half-lives + categories). */
  write(item: number, out: Float32Array, at: number): void {
    const { items, trends } = this.#state;
    trends.writeShares(item, -trendFloor, out, at);
    for (let i = 0; i < trendCount; i++) out[at + i] = (out[at + i] + trendFloor / 2) * trendScale;
    out[at + 6] = cosineSignal(this.#togetherWith(item));
    out[at + 7] = cosineSignal(this.#nextTo(item));
    const first = items.firstTimeOf(item);
    const days = Number.isNaN(first) ? 0 : Math.max(0, (this.#now - first) / dayMs);
    out[at + 8] = Math.log(days + 0.1) * ageScale;
    const released = items.releasedOf(item);
    out[at + 9] = yearsApart(released, this.#meanReleased);
    out[at + 10] = this.#tasteFor(item) / 2;
    out[at + 11] = this.#year - released < 1.5 ? 1 : 0;
    out[at + 12] = 1;
    for (let i = 13; i < signalCount; i++) out[at + i] = 0;
    for (const silenced of this.#silenced) out[at + silenced] = 0;
  }

  /** How strongly the item co-occurs with what the account wanted last; 0 is not at all. */
  relationTo(item: number): number {
    return this.#togetherWith(item) + this.#nextTo(item);
  }

  get #recentFrom(): number {
    return Math.max(0, this.#wanted.length - recentMax);
  }

  /** Float32 after each term, in the order of `relate`: the same sum. */
  #togetherWith(item: number): number {
    if (this.#hasSums) return this.#together[item];
    const { together } = this.#state;
    const wanted = this.#wanted;
    let sum = 0;
    let strength = 1;
    for (let i = wanted.length - 1; i >= this.#recentFrom; i--) {
      sum = Math.fround(sum + together.cosineOf(wanted[i], strength, item));
      strength *= recentDecay;
    }
    return sum;
  }

  #nextTo(item: number): number {
    if (this.#hasSums) return this.#next[item];
    const wanted = this.#wanted;
    if (wanted.length === 0) return 0;
    return Math.fround(this.#state.next.cosineOf(wanted[wanted.length - 1], 1, item));
  }

  #describeTastes(): void {
    const { items } = this.#state;
    for (const category of this.#tasted) this.#tastes[category] = 0;
    this.#tasted.length = 0;
    const wanted = this.#wanted;
    const from = this.#recentFrom;
    const count = wanted.length - from;
    let releasedSum = 0;
    let releasedCount = 0;
    for (let i = from; i < wanted.length; i++) {
      for (const category of items.categoriesOf(wanted[i])) {
        if (this.#tastes[category] === 0) this.#tasted.push(category);
        this.#tastes[category] += 1 / count;
      }
      const released = items.releasedOf(wanted[i]);
      if (Number.isNaN(released)) continue;
      releasedSum += released;
      releasedCount++;
    }
    this.#meanReleased = releasedCount === 0 ? Number.NaN : releasedSum / releasedCount;
  }

  #tasteFor(item: number): number {
    let taste = 0;
    for (const category of this.#state.items.categoriesOf(item)) taste += this.#tastes[category];
    return taste;
  }

  /** Also clears what the account before left behind. */
  #makeRoom(): void {
    for (const item of this.#related) this.#together[item] = 0;
    for (const item of this.#nextRelated) this.#next[item] = 0;
    this.#related.length = 0;
    this.#nextRelated.length = 0;
    this.#hasSums = false;
    const { count, categoryCount } = this.#state.items;
    this.#together = withRoom(this.#together, count);
    this.#next = withRoom(this.#next, count);
    this.#tastes = withRoom(this.#tastes, categoryCount);
  }
}

/** Most candidates co-occur with nothing of the account's: the logarithm is for the others. */
function cosineSignal(cosine: number): number {
  return cosine === 0 ? 0 : Math.log1p(cosineGain * cosine) * cosineScale;
}

/** In units of 20 years; 0 where either is unknown; at most 3. */
function yearsApart(released: number, other: number): number {
  const years = Math.abs(released - other);
  return Number.isNaN(years) ? 0 : Math.min(3, years / 20);
}

/** Lower ends of the buckets of the number of items wanted: a step for each doubling or so. */
const sizeSteps = [0, 1, 2, 4, 8, 16, 41];
/** Upper ends of the buckets of time away: within a sitting, the hour, the day, the week. */
const gapStepsMs = [300_000, 3_600_000, dayMs, 7 * dayMs];

const bucketSeed = 0x6275636bn; // "buck"
const bucketAll = hash64("all", bucketSeed);
const sizeBuckets = sizeSteps.map((_, i) => hash64(`size ${i}`, bucketSeed));
/** The first is for an account that did nothing yet. */
const gapBuckets = Array.from({ length: gapStepsMs.length + 2 }, (_, i) =>
  hash64(`gap ${i}`, bucketSeed),
);

function sizeBucketOf(size: number): number {
  let bucket = sizeSteps.length - 1;
  while (size < sizeSteps[bucket]) bucket--;
  return bucket;
}

function gapBucketOf(gapMs: number): number {
  if (Number.isNaN(gapMs)) return 0;
  const step = gapStepsMs.findIndex((end) => gapMs < end);
  assert(step < gapStepsMs.length, "a step is found or none");
  return step < 0 ? gapStepsMs.length + 1 : step + 1;
}
