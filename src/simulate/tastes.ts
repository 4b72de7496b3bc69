/** Tastes and items as vectors of unit length over the latent genres, and how tastes move. */
import { dayMs } from "../core/index.ts";
import type { Draws } from "./draws.ts";
import { genres } from "./words.ts";

/** Components of a taste and of an item. */
export const dim = genres.length;

/** Of a taste's walk, each component, by the square root of a day, at drift 1: after 30 days the expected cosine is 0.7. */
const walkPerRootDay = 0.0465;
/** Jumps a day at drift 1: a change of heart every three months or so. */
const jumpsPerDay = 0.01;
/** Cosine of a taste after a jump with itself before. */
export const cosineAtJump = 0.3;
/** A longer step of the walk would curve too little: its error is below 0.01 in the cosine after a month of drift 1. */
const stepMaxMs = 2 * dayMs;

/**
 * How tastes move. The expected cosine of a taste with itself d days later is
 * `exp(−(dim − 1)·variancePerDay·d / 2 − (1 − cosineAtJump)·jumpsPerDay·d)`.
 */
export interface TasteMotion {
  /** Of each component. */
  readonly variancePerDay: number;
  readonly jumpsPerDay: number;
}

export function tasteMotion(drift: number): TasteMotion {
  const walk = walkPerRootDay * drift;
  return { variancePerDay: walk * walk, jumpsPerDay: jumpsPerDay * drift };
}

/** Writes a direction into `out`, shape (dim,): any is equally likely. */
export function drawDirection(draws: Draws, out: Float64Array): void {
  for (let i = 0; i < dim; i++) out[i] = draws.normal();
  normalise(out);
}

/**
 * Writes a taste with a few favourite genres into `out`: `shared` of it is the household's.
 *
 * Most tastes have one to three large components, as people who like everything equally are rare.
 */
export function drawTaste(
  draws: Draws,
  household: Float64Array,
  shared: number,
  out: Float64Array,
): void {
  for (let i = 0; i < dim; i++) out[i] = 0.3 * draws.normal();
  const favourites = 1 + draws.below(3);
  for (let i = 0; i < favourites; i++) out[draws.below(dim)] += draws.between(0.6, 1.2);
  normalise(out);
  for (let i = 0; i < dim; i++) out[i] = (1 - shared) * out[i] + shared * household[i];
  normalise(out);
}

/** Moves a taste on by `elapsedMs`: a Brownian walk on the sphere, with jumps. Mutates `taste`. */
export function moveTaste(
  taste: Float64Array,
  elapsedMs: number,
  motion: TasteMotion,
  draws: Draws,
): void {
  if (motion.variancePerDay === 0 && motion.jumpsPerDay === 0) return;
  for (let left = elapsedMs; left > 0; left -= stepMaxMs) {
    const days = Math.min(left, stepMaxMs) / dayMs;
    const scale = Math.sqrt(motion.variancePerDay * days);
    // The component along the taste itself is taken out by normalising.
    for (let i = 0; i < dim; i++) taste[i] += scale * draws.normal();
    normalise(taste);
    if (draws.chance(motion.jumpsPerDay * days)) jump(taste, draws);
  }
}

const across = new Float64Array(dim);

/** To a random taste at the angle that `cosineAtJump` says. */
function jump(taste: Float64Array, draws: Draws): void {
  drawDirection(draws, across);
  const along = dot(across, taste);
  for (let i = 0; i < dim; i++) across[i] -= along * taste[i];
  normalise(across);
  const sine = Math.sqrt(1 - cosineAtJump * cosineAtJump);
  for (let i = 0; i < dim; i++) taste[i] = cosineAtJump * taste[i] + sine * across[i];
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < dim; i++) sum += a[i] * b[i];
  return sum;
}

export function normalise(vector: Float64Array): void {
  const length = Math.sqrt(dot(vector, vector));
  for (let i = 0; i < dim; i++) vector[i] /= length;
}
