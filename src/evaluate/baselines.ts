/**
 * What the engine is compared with, in the same pass: each sees what the engine sees, event by event.
 *
 * Independent of the engine's own code on purpose: these are its oracles, too.
 */

import { withRoom } from "../core/index.ts";

/** An account's past as the baselines see it. */
export interface Past {
  /** Items it had, oldest first. */
  readonly had: readonly number[];
}

export interface Baseline {
  /**
   * Scores of all items for the account, by item, higher is better: items below `itemCount` have one.
   * Comparable within the call; plus `shiftAt(time)`, also between calls. Valid until the next call.
   */
  score(past: Past, itemCount: number): Float64Array;
  shiftAt(time: number): number;
  /** The account had the item at this time; `past` is before it. */
  learn(past: Past, item: number, time: number): void;
}

/** How often the item was taken, ever. */
export class Popularity implements Baseline {
  #counts = new Float64Array(0);

  score(_past: Past, itemCount: number): Float64Array {
    this.#counts = withRoom(this.#counts, itemCount);
    return this.#counts;
  }

  shiftAt(): number {
    return 0;
  }

  learn(_past: Past, item: number): void {
    this.#counts = withRoom(this.#counts, item + 1);
    this.#counts[item]++;
  }
}

/**
 * How often the item was taken, where an event counts half after each half-life.
 *
 * Its score is log2 of that count: the logarithm falls by the same amount for all items as time goes by,
 * so what is stored changes only with an event, and `shiftAt` is the fall.
 */
export class RecentPopularity implements Baseline {
  readonly halfLifeMs: number;
  #levels = new Float64Array(0);
  #origin = Number.NaN;

  constructor(halfLifeMs: number) {
    this.halfLifeMs = halfLifeMs;
  }

  score(_past: Past, itemCount: number): Float64Array {
    this.#makeRoom(itemCount);
    return this.#levels;
  }

  shiftAt(time: number): number {
    return Number.isNaN(this.#origin) ? 0 : -this.#halfLivesUntil(time); // NaN: nothing was learned yet
  }

  learn(_past: Past, item: number, time: number): void {
    if (Number.isNaN(this.#origin)) this.#origin = time;
    this.#makeRoom(item + 1);
    const level = this.#levels[item];
    const added = this.#halfLivesUntil(time);
    // The larger is taken out: what is 1,024 half-lives apart would leave the range of numbers.
    const high = Math.max(level, added);
    this.#levels[item] = high + Math.log2(2 ** (level - high) + 2 ** (added - high));
  }

  #halfLivesUntil(time: number): number {
    return (time - this.#origin) / this.halfLifeMs;
  }

  #makeRoom(itemCount: number): void {
    const before = this.#levels.length;
    this.#levels = withRoom(this.#levels, itemCount);
    this.#levels.fill(Number.NEGATIVE_INFINITY, before);
  }
}

/**
 * Online item-to-item cosine: Σ over what the account had of c(i, j) / √(n(i) n(j)), where c counts the
 * accounts that had both. Looks at the account's last `reach` items. Where sums are equal, as for an
 * account without a past, the more popular item is first.
 */
export class ItemCosine implements Baseline {
  readonly #reach: number;
  readonly #neighbours: PairCounts[] = [];
  /** By item: its events, times a number so small that it only decides between equal sums. */
  #popularity = new Float64Array(0);
  #inverseRoots = new Float64Array(0);
  #scores = new Float64Array(0);

  constructor(reach: number) {
    this.#reach = reach;
  }

  score({ had }: Past, itemCount: number): Float64Array {
    this.#popularity = withRoom(this.#popularity, itemCount);
    this.#scores = withRoom(this.#scores, itemCount);
    const scores = this.#scores;
    const inverseRoots = this.#inverseRoots;
    scores.set(this.#popularity);
    for (const item of had.slice(-this.#reach)) {
      const pairs = this.#neighbours[item];
      if (pairs === undefined) continue;
      const scale = inverseRoots[item];
      const { items, counts } = pairs;
      for (let i = 0; i < items.length; i++)
        scores[items[i]] += scale * counts[i] * inverseRoots[items[i]];
    }
    return scores;
  }

  shiftAt(): number {
    return 0;
  }

  learn({ had }: Past, item: number): void {
    this.#popularity = withRoom(this.#popularity, item + 1);
    this.#inverseRoots = withRoom(this.#inverseRoots, item + 1);
    this.#popularity[item] += tieBreak;
    this.#inverseRoots[item] = 1 / Math.sqrt(this.#popularity[item] / tieBreak);
    for (const other of had.slice(-this.#reach)) {
      this.#pairsOf(item).add(other);
      this.#pairsOf(other).add(item);
    }
  }

  #pairsOf(item: number): PairCounts {
    return (this.#neighbours[item] ??= new PairCounts());
  }
}

/** Below any difference of cosines that counts: a million events add up to 1e-6. A power of 2, so that sums are exact. */
const tieBreak = 2 ** -40;

/** Counts by item: a list to walk, and where each item is in it. */
class PairCounts {
  readonly items: number[] = [];
  readonly counts: number[] = [];
  readonly #places = new Map<number, number>();

  add(item: number): void {
    const place = this.#places.get(item);
    if (place !== undefined) this.counts[place]++;
    else {
      this.#places.set(item, this.items.length);
      this.items.push(item);
      this.counts.push(1);
    }
  }
}
