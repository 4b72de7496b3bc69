import { dayMs, hourMs, withRoom } from "../core/index.ts";
import { twin } from "../kernels/index.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Draws } from "./draws.ts";
import { genres } from "./words.ts";

/** Bursts a day: of each item, and of all genres together. */
const itemBurstsPerDay = 0.005;
const genreBurstsPerDay = 0.7;
/** New items a day, for each of the start, at drift 1. */
const releasesPerDay = 0.005;
/** What being new is worth at the release, in logits, at drift 1; it fades with this time constant. */
const newnessBoost = 1;
const newnessMs = 3 * dayMs;

/**
 * What the service's taste adds to the logit of a play: items and genres burst and fade within hours to
 * days, and what is new is wanted for a while.
 *
 * A burst of height a at time t0 is worth a·exp(−(t − t0)/τ) at t ≥ t0. An item or genre has one at a
 * time: the later replaces the earlier.
 */
export class Trends {
  readonly #catalogue: Catalogue;
  readonly #drift: number;
  /** Shape (items, 3), row-major: height, begin, time constant. */
  #itemBursts = new Float64Array(0);
  readonly #genreBursts = new Float64Array(genres.length * 3);
  /** Shape (genres,): as of the last `set`. */
  readonly #genreBoosts = new Float64Array(genres.length);
  #time = 0;

  constructor(catalogue: Catalogue, drift: number) {
    this.#catalogue = catalogue;
    this.#drift = drift;
  }

  /** Milliseconds until something of this happens; Infinity in a world that stands still. */
  drawGapMs(startItemCount: number, draws: Draws): number {
    const perDay = this.#ratesPerDay(startItemCount).reduce((sum, rate) => sum + rate, 0);
    return perDay === 0 ? Number.POSITIVE_INFINITY : (draws.exponential() / perDay) * dayMs;
  }

  /** It happens: a burst, or a release, whose number is given; -1 for a burst. */
  happen(time: number, startItemCount: number, draws: Draws): number {
    const what = draws.index(this.#ratesPerDay(startItemCount));
    if (what === 2) return this.#catalogue.release(time, draws);
    if (what === 1) {
      const lengthMs = draws.between(6 * hourMs, 4 * dayMs);
      const genre = draws.below(genres.length);
      write(this.#genreBursts, genre, this.#drift * draws.between(0.4, 1), time, lengthMs);
    } else {
      const item = draws.below(this.#catalogue.count);
      const lengthMs = draws.between(3 * hourMs, 3 * dayMs);
      this.#itemBursts = withRoom(this.#itemBursts, this.#catalogue.count * 3);
      write(this.#itemBursts, item, this.#drift * draws.between(1, 2.5), time, lengthMs);
    }
    return -1;
  }

  /** The moment that `boost` speaks of. */
  set(time: number): void {
    this.#time = time;
    for (let genre = 0; genre < genres.length; genre++) {
      this.#genreBoosts[genre] = burst(this.#genreBursts, genre, time);
    }
  }

  /** In logits; 0 or more. */
  boost(item: number): number {
    if (this.#drift === 0) return 0;
    const { mainGenre, released } = this.#catalogue;
    const newness =
      this.#drift * newnessBoost * twin.exp((released[item] - this.#time) / newnessMs);
    return this.#genreBoosts[mainGenre[item]] + burst(this.#itemBursts, item, this.#time) + newness;
  }

  /** Of item bursts, genre bursts and releases. */
  #ratesPerDay(startItemCount: number): [number, number, number] {
    if (this.#drift === 0) return [0, 0, 0];
    return [
      itemBurstsPerDay * this.#catalogue.count,
      genreBurstsPerDay,
      releasesPerDay * startItemCount * this.#drift,
    ];
  }
}

function write(
  bursts: Float64Array,
  at: number,
  height: number,
  begin: number,
  lengthMs: number,
): void {
  bursts[at * 3] = height;
  bursts[at * 3 + 1] = begin;
  bursts[at * 3 + 2] = lengthMs;
}

function burst(bursts: Float64Array, at: number, time: number): number {
  const height = at * 3 < bursts.length ? bursts[at * 3] : 0;
  if (height === 0) return 0;
  return height * twin.exp((bursts[at * 3 + 1] - time) / bursts[at * 3 + 2]);
}
