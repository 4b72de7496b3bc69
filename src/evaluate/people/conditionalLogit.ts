/**
 * Fits weights w so that, of several candidates with features x_i, the true one is chosen with the highest likelihood:
 *
 *     minimise  mean over cases of −ln( exp(w · x_true) / Σ_i exp(w · x_i) )  +  ridge / 2 · |w|²
 *
 * by Adam over all cases at once; convex, so where it starts does not matter. O(rounds · cases · candidates · features).
 *
 * Source: McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior", 1974; Kingma and Ba, "Adam", 2015.
 */
import { assert } from "../../core/index.ts";

export interface ChoiceCase {
  /** Features by candidate, all of one length. */
  readonly features: readonly Float64Array[];
  /** Index of the candidate that is true. */
  readonly chosen: number;
}

export interface LogitFit {
  readonly weights: Float64Array;
  /** Mean log loss over the cases, without the ridge. */
  readonly loss: number;
}

/** @param cases at least one. */
export function fitConditionalLogit(
  cases: readonly ChoiceCase[],
  { ridge = 1e-5, rounds = 800 }: { readonly ridge?: number; readonly rounds?: number } = {},
): LogitFit {
  assert(cases.length > 0, "there is a case to fit");
  const width = cases[0].features[0].length;
  const weights = new Float64Array(width);
  const first = new Float64Array(width);
  const second = new Float64Array(width);
  const gradient = new Float64Array(width);
  let loss = 0;
  for (let round = 1; round <= rounds; round++) {
    gradient.fill(0);
    loss = 0;
    for (const one of cases) loss += addGradient(one, weights, gradient);
    loss /= cases.length;
    for (let at = 0; at < width; at++) {
      const g = gradient[at] / cases.length + ridge * weights[at];
      first[at] = 0.9 * first[at] + 0.1 * g;
      second[at] = 0.99 * second[at] + 0.01 * g * g;
      const mean = first[at] / (1 - 0.9 ** round);
      const spread = Math.sqrt(second[at] / (1 - 0.99 ** round));
      const rate = 0.05 * Math.min(1, (2 * (rounds - round)) / rounds); // the second half comes to rest
      weights[at] -= (rate * mean) / (spread + 1e-8);
    }
  }
  return { weights, loss };
}

/** Adds the gradient of one case's loss to `gradient`, and returns the loss. */
function addGradient(
  { features, chosen }: ChoiceCase,
  weights: Float64Array,
  gradient: Float64Array,
): number {
  const logits = features.map((x) => dot(weights, x));
  const max = Math.max(...logits);
  const odds = logits.map((logit) => Math.exp(logit - max));
  const sum = odds.reduce((total, one) => total + one, 0);
  for (const [candidate, x] of features.entries()) {
    const residual = odds[candidate] / sum - (candidate === chosen ? 1 : 0);
    for (let at = 0; at < gradient.length; at++) gradient[at] += residual * x[at];
  }
  return Math.log(sum) + max - logits[chosen];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}
