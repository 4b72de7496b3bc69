/**
 * FTRL-proximal for one weight. Arithmetic in float64; z, n and w are kept in float32.
 *
 * Source: McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD 2013, Algorithm 1.
 */
import { ftrlAlphaAt, ftrlBetaAt, ftrlL1At, ftrlL2At } from "../layout";

/**
 * One step of gradient `g`: `weight` points at w, `state` at z and n, `params` at alpha, beta, l1
 * and l2.
 */
@inline
export function ftrlStep(params: usize, weight: usize, state: usize, g: f64): void {
  const alpha = load<f64>(params, ftrlAlphaAt);
  const n = <f64>load<f32>(state, 4);
  const w = <f64>load<f32>(weight);
  const nNext = n + g * g;
  const root = sqrt(nNext);
  const z = <f64>load<f32>(state) + (g - ((root - sqrt(n)) / alpha) * w);
  store<f32>(state, <f32>z);
  store<f32>(state, <f32>nNext, 4);
  const beta = load<f64>(params, ftrlBetaAt);
  const l1 = load<f64>(params, ftrlL1At);
  const l2 = load<f64>(params, ftrlL2At);
  store<f32>(weight, <f32>ftrlWeight(z, root, alpha, beta, l1, l2));
}

/** The weight that z and sqrt(n) stand for. */
@inline
export function ftrlWeight(z: f64, root: f64, alpha: f64, beta: f64, l1: f64, l2: f64): f64 {
  // Inside the L1 ball the weight is exactly 0, also when it was not 0 before: without this the
  // model never becomes sparse again. The sign of z is ±1: with 0 or 1, L1 would grow negative
  // weights.
  if (abs(z) <= l1) return 0;
  return -(z - copysign(l1, z)) / ((beta + root) / alpha + l2);
}

/** The z that stands for this weight, under the n that `state` has: so that steps go on from it. */
export function ftrlAssign(params: usize, weight: f32, state: usize): void {
  const w = <f64>weight;
  const root = sqrt(<f64>load<f32>(state, 4));
  const alpha = load<f64>(params, ftrlAlphaAt);
  const scale = (load<f64>(params, ftrlBetaAt) + root) / alpha + load<f64>(params, ftrlL2At);
  const l1 = w == 0 ? 0 : copysign(load<f64>(params, ftrlL1At), w);
  store<f32>(state, <f32>-(w * scale + l1));
}
