/** The standard normal distribution. */
import { assert } from "./assert.ts";

/**
 * P(X > x), within 1e-14 of itself, also far out where it is tiny.
 *
 * Up to 2.5 the Taylor series of Φ around 0 (Marsaglia, "Evaluating the normal distribution", Journal of Statistical Software 2004),
 * beyond the continued fraction of Laplace (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.14), from its far end.
 */
export function normalTail(x: number): number {
  if (x < 0) return 1 - normalTail(-x);
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x > 2.5) {
    let fraction = x;
    for (let n = 120; n > 0; n--) fraction = x + n / fraction;
    return density / fraction;
  }
  let term = x;
  let sum = x;
  for (let n = 3; term > sum * 1e-17; n += 2) {
    term *= (x * x) / n;
    sum += term;
  }
  return 0.5 - density * sum;
}

/** The x with P(X > x) = p, for p in (0, 1): halving of an interval, to the last bits. */
export function normalQuantileAbove(p: number): number {
  assert(p > 0 && p < 1, "a probability is between 0 and 1");
  let [low, high] = [-39, 39]; // beyond, a tail is no float64
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (normalTail(middle) > p) low = middle;
    else high = middle;
  }
}
