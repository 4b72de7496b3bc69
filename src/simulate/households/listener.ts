/** One person's taste, and what they play next. */
import { dayMs } from "../../core/index.ts";
import { twin } from "../../kernels/index.ts";
import type { Draws } from "../draws.ts";
import type { Music } from "./music.ts";
import type { HouseholdParameters } from "./parameters.ts";

/** Songs that were played before the first session, so that there are favourites from the start. */
const earlierSongs = 40;
/** Of a genre, the plays that are remembered for choosing again: the newest. */
const rememberedPlays = 200;
/** A taste is moved on when this much time has gone by. */
const driftStepMs = 7 * dayMs;
/** Of artists who are new to a person: heard from somebody of the household, times the correlation of tastes. */
const heardAtHome = 0.5;
/** Of songs of the same genre as the one before: of the same artist. */
const sameArtist = 0.3;

/** What a person is doing meanwhile; each has a taste of its own beside the person's. */
export type Context = "leisure" | "work" | "weekend" | "room" | "car";

export interface Moment {
  readonly context: Context;
  /** What is played on this device whoever it is: the share of it, and shares of genres. */
  readonly device?: { readonly share: number; readonly shares: Float64Array };
}

/** Tastes of the people of one household: shares of genres, each of shape (genres,), summing to 1. */
export interface HouseholdTaste {
  readonly shares: Float64Array;
  /** From 0, independent, to 1. */
  readonly correlation: number;
  /** Songs that anybody of it has played, by genre. */
  readonly plays: number[][];
}

export function drawHouseholdTaste(
  music: Music,
  parameters: HouseholdParameters,
  nearness: number,
  draws: Draws,
): HouseholdTaste {
  const correlation = nearness * parameters.tasteCorrelation * draws.between(0.5, 1.5);
  return {
    shares: drawShares(music, parameters.tasteConcentration, false, draws),
    correlation: Math.min(correlation, 1),
    plays: emptyPlays(music),
  };
}

export class Listener {
  readonly #music: Music;
  readonly #parameters: HouseholdParameters;
  readonly #household: HouseholdTaste;
  readonly #isChild: boolean;
  readonly #draws: Draws;
  readonly #shares: Float64Array;
  readonly #contextShares: Readonly<Record<Context, Float64Array>>;
  /** Songs by genre, the oldest first. */
  readonly #plays: number[][];
  #tasteTime: number;

  constructor(
    music: Music,
    parameters: HouseholdParameters,
    household: HouseholdTaste,
    about: { readonly isChild: boolean; readonly time: number },
    draws: Draws,
  ) {
    this.#music = music;
    this.#parameters = parameters;
    this.#household = household;
    this.#isChild = about.isChild;
    this.#tasteTime = about.time;
    this.#draws = draws;
    this.#plays = emptyPlays(music);
    this.#shares = this.#draw();
    mix(this.#shares, household.shares, household.correlation);
    this.#contextShares = {
      leisure: this.#shares,
      work: this.#draw(),
      weekend: this.#draw(),
      room: this.#draw(),
      car: this.#draw(),
    };
    let song = -1;
    for (let i = 0; i < earlierSongs; i++) {
      song = this.next(song, { context: "leisure" });
      this.heard(song);
    }
  }

  /** A taste moves towards others, of which the household's part stays as it is. */
  moveTo(time: number): void {
    const elapsed = time - this.#tasteTime;
    if (elapsed < driftStepMs || this.#parameters.tasteDrift === 0) return;
    this.#tasteTime = time;
    const other = this.#draw();
    mix(other, this.#household.shares, this.#household.correlation);
    mix(this.#shares, other, Math.min(1, (this.#parameters.tasteDrift * elapsed) / (30 * dayMs)));
  }

  /**
   * The next song.
   *
   * @param before the song before; -1: none.
   */
  next(before: number, moment: Moment): number {
    const music = this.#music;
    const draws = this.#draws;
    const { artistLoyalty, mainstream, sessionFocus, songRepeat } = this.#parameters;
    const goesOn = before >= 0 && draws.chance(sessionFocus);
    if (goesOn && draws.chance(sameArtist)) return music.song(music.artistOf(before), draws);
    const genre = goesOn ? music.genreOf(before) : this.genre(moment);
    const plays = this.#plays[genre];
    if (plays.length > 0) {
      const known = plays[draws.below(plays.length)];
      if (draws.chance(songRepeat)) return known;
      if (draws.chance(artistLoyalty)) return music.song(music.artistOf(known), draws);
    }
    const others = this.#household.plays[genre];
    if (others.length > 0 && draws.chance(heardAtHome * this.#household.correlation)) {
      return music.song(music.artistOf(others[draws.below(others.length)]), draws);
    }
    return music.song(music.artist(genre, draws.chance(mainstream), draws), draws);
  }

  genre({ context, device }: Moment): number {
    const draws = this.#draws;
    if (device !== undefined && draws.chance(device.share)) return drawGenre(device.shares, draws);
    const isOfContext = draws.chance(this.#parameters.contextTaste);
    return drawGenre(isOfContext ? this.#contextShares[context] : this.#shares, draws);
  }

  /** Played, and remembered. */
  heard(song: number): void {
    const genre = this.#music.genreOf(song);
    for (const plays of [this.#plays[genre], this.#household.plays[genre]]) {
      if (plays.length >= 2 * rememberedPlays) plays.splice(0, rememberedPlays);
      plays.push(song);
    }
  }

  #draw(): Float64Array {
    const { tasteConcentration } = this.#parameters;
    return drawShares(this.#music, tasteConcentration, this.#isChild, this.#draws);
  }
}

function emptyPlays(music: Music): number[][] {
  return Array.from({ length: music.genreCount }, () => []);
}

/** `into` becomes (1 - share) of itself and `share` of the other. */
function mix(into: Float64Array, other: Float64Array, share: number): void {
  for (let i = 0; i < into.length; i++) into[i] = (1 - share) * into[i] + share * other[i];
}

/** From a Dirichlet distribution around the genres' weights; a child's has much of the last genre. */
export function drawShares(
  music: Music,
  concentration: number,
  isChild: boolean,
  draws: Draws,
): Float64Array {
  const shares = Float64Array.from(music.genreWeights, (weight) =>
    drawGamma(concentration * weight, draws),
  );
  if (isChild) shares[shares.length - 1] += drawGamma(concentration, draws);
  let sum = 0;
  for (const each of shares) sum += each;
  // All can be 0 where the parameters are tiny: then it is one genre.
  if (sum === 0) shares[draws.index(music.genreWeights)] = sum = 1;
  return shares.map((each) => each / sum);
}

function drawGenre(shares: Float64Array, draws: Draws): number {
  let left = draws.uniform();
  for (let genre = 0; genre < shares.length; genre++) {
    left -= shares[genre];
    if (left < 0) return genre;
  }
  return shares.indexOf(Math.max(...shares)); // where rounding has left a rest
}

/**
 * Mean and variance `shape`, above 0.
 *
 * Source: Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", 2000; shapes below 1 by the
 * power of a uniform number.
 */
export function drawGamma(shape: number, draws: Draws): number {
  if (shape < 1) return drawGamma(shape + 1, draws) * twin.exp(-draws.exponential() / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = draws.normal();
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    if (-draws.exponential() < 0.5 * x * x + d * (1 - v + twin.log(v))) return d * v;
  }
}
