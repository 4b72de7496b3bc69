/**
 * One step of a row's optimiser: the kind is looked at once a row, and each kind is a loop over four
 * components at a time, in float32, alike on every lane.
 *
 * Weight decay λ is part of the gradient, g' = g + λ·w, before anything else sees it. With λ = 0 and
 * a finite w the sum is g, so no loop asks whether there is decay. (A g of −0 may become 0, but only
 * where w is not −0: so w − rate·g' is the same to the bit.)
 *
 * Parameters are float32 as they lie in the record, and 1 − β is taken from those bits: then the
 * moving averages of RMSProp and Adam weigh the past with exactly the β that Adam's bias correction
 * divides out again.
 */
import {
  optimiserAdagrad,
  optimiserAdam,
  optimiserBeta1At,
  optimiserBeta2At,
  optimiserBetaAt,
  optimiserDecayAt,
  optimiserEpsilonAt,
  optimiserFtrl,
  optimiserKindAt,
  optimiserL1At,
  optimiserL2At,
  optimiserMomentumAt,
  optimiserRmsprop,
  optimiserSgd,
  optimiserWeightDecayAt,
} from "../layout";
import { adagradStep } from "./adagrad";

/**
 * Moves `vector` against `gradient`, both f32[dim], and rewrites `state`, f32[dim × states]: state 0
 * of all components, then state 1. `bytes` is dim × 4, dim a multiple of 4; `rate` is this step's
 * learning rate, above 0; `step` is 1 at the row's first step, and only Adam reads it.
 */
export function optimiserStep(
  optimiser: usize,
  vector: usize,
  state: usize,
  gradient: usize,
  bytes: u32,
  rate: f32,
  step: u32,
): void {
  const kind = load<u32>(optimiser, optimiserKindAt);
  if (kind == optimiserAdagrad) adagrad(optimiser, vector, state, gradient, bytes, rate);
  else if (kind == optimiserFtrl) ftrl(optimiser, vector, state, gradient, bytes, rate);
  else if (kind == optimiserAdam) adam(optimiser, vector, state, gradient, bytes, rate, step);
  else if (kind == optimiserRmsprop) rmsprop(optimiser, vector, state, gradient, bytes, rate);
  else if (kind != optimiserSgd) unreachable();
  else if (load<f32>(optimiser, optimiserMomentumAt) == 0) {
    plain(optimiser, vector, gradient, bytes, rate);
  } else {
    momentum(optimiser, vector, state, gradient, bytes, rate);
  }
}

/** w −= rate·g; no state. */
@inline
function plain(optimiser: usize, vector: usize, gradient: usize, bytes: u32, rate: f32): void {
  const lambda = splat(optimiser, optimiserWeightDecayAt);
  const rates = f32x4.splat(rate);
  for (let d: u32 = 0; d < bytes; d += 16) {
    const w = v128.load(vector + d);
    const g = decayed(gradient + d, w, lambda);
    v128.store(vector + d, f32x4.sub(w, f32x4.mul(rates, g)));
  }
}

/** m = μ·m + g, w −= rate·m (Polyak 1964, as in Sutskever et al., ICML 2013). State: m. */
@inline
function momentum(
  optimiser: usize,
  vector: usize,
  state: usize,
  gradient: usize,
  bytes: u32,
  rate: f32,
): void {
  const lambda = splat(optimiser, optimiserWeightDecayAt);
  const mu = splat(optimiser, optimiserMomentumAt);
  const rates = f32x4.splat(rate);
  for (let d: u32 = 0; d < bytes; d += 16) {
    const w = v128.load(vector + d);
    const g = decayed(gradient + d, w, lambda);
    const m = f32x4.add(f32x4.mul(mu, v128.load(state + d)), g);
    v128.store(state + d, m);
    v128.store(vector + d, f32x4.sub(w, f32x4.mul(rates, m)));
  }
}

/** n += g², w −= rate·g/√n; see `adagrad.ts`. State: n, which starts above 0. */
@inline
function adagrad(
  optimiser: usize,
  vector: usize,
  state: usize,
  gradient: usize,
  bytes: u32,
  rate: f32,
): void {
  const lambda = splat(optimiser, optimiserWeightDecayAt);
  const rates = f32x4.splat(rate);
  for (let d: u32 = 0; d < bytes; d += 16) {
    const w = v128.load(vector + d);
    adagradStep(vector + d, state + d, w, decayed(gradient + d, w, lambda), rates);
  }
}

/** n = d·n + (1 − d)·g², w −= rate·g/(√n + ε) (Tieleman and Hinton 2012). State: n. */
@inline
function rmsprop(
  optimiser: usize,
  vector: usize,
  state: usize,
  gradient: usize,
  bytes: u32,
  rate: f32,
): void {
  const lambda = splat(optimiser, optimiserWeightDecayAt);
  const keep = splat(optimiser, optimiserDecayAt);
  const take = f32x4.sub(f32x4.splat(1), keep);
  const epsilon = splat(optimiser, optimiserEpsilonAt);
  const rates = f32x4.splat(rate);
  for (let d: u32 = 0; d < bytes; d += 16) {
    const w = v128.load(vector + d);
    const g = decayed(gradient + d, w, lambda);
    const n = average(v128.load(state + d), f32x4.mul(g, g), keep, take);
    v128.store(state + d, n);
    const root = f32x4.add(f32x4.sqrt(n), epsilon);
    v128.store(vector + d, f32x4.sub(w, f32x4.div(f32x4.mul(rates, g), root)));
  }
}

/**
 * Adam with ε added to the root as it is, before correction: Kingma and Ba, ICLR 2015, end of
 * section 2 (their ε̂). States: m, v.
 */
@inline
function adam(
  optimiser: usize,
  vector: usize,
  state: usize,
  gradient: usize,
  bytes: u32,
  rate: f32,
  step: u32,
): void {
  const lambda = splat(optimiser, optimiserWeightDecayAt);
  const keepM = splat(optimiser, optimiserBeta1At);
  const keepV = splat(optimiser, optimiserBeta2At);
  const takeM = f32x4.sub(f32x4.splat(1), keepM);
  const takeV = f32x4.sub(f32x4.splat(1), keepV);
  const epsilon = splat(optimiser, optimiserEpsilonAt);
  const rates = f32x4.splat(<f32>correctedRate(optimiser, <f64>rate, step));
  const second = state + bytes;
  for (let d: u32 = 0; d < bytes; d += 16) {
    const w = v128.load(vector + d);
    const g = decayed(gradient + d, w, lambda);
    const m = average(v128.load(state + d), g, keepM, takeM);
    const v = average(v128.load(second + d), f32x4.mul(g, g), keepV, takeV);
    v128.store(state + d, m);
    v128.store(second + d, v);
    const root = f32x4.add(f32x4.sqrt(v), epsilon);
    v128.store(vector + d, f32x4.sub(w, f32x4.div(f32x4.mul(rates, m), root)));
  }
}

/** rate·√(1 − β2^t)/(1 − β1^t). */
@inline
function correctedRate(optimiser: usize, rate: f64, step: u32): f64 {
  const first = power(<f64>load<f32>(optimiser, optimiserBeta1At), step);
  const second = power(<f64>load<f32>(optimiser, optimiserBeta2At), step);
  return (rate * sqrt(1 - second)) / (1 - first);
}

/**
 * base^exponent for 0 ≤ base < 1 and an exponent of 1 or more, to t·2^-53 of itself, by squaring:
 * at most 32 steps, and half as many for a β of 0.999. Cheaper than exp(t·log β), exact at t = 1,
 * and no less the same on every machine.
 */
function power(base: f64, exponent: u32): f64 {
  let result: f64 = 1;
  while (true) {
    if ((exponent & 1) != 0) result *= base;
    exponent >>>= 1;
    if (exponent == 0) return result;
    // What is left to multiply with is smaller still: 1 minus the result is 1 to the bit.
    if (base < 1e-18) return 0;
    base *= base;
  }
}

/**
 * FTRL-proximal, McMahan et al., KDD 2013, Algorithm 1, for each component; α is the rate. States:
 * z, n. In place of (√(n + g²) − √n)/α stands g²/((√(n + g²) + √n)·α), the same without the loss of
 * all digits where n is large. See `ftrl.ts` for the L1 ball and the sign of z.
 */
@inline
function ftrl(
  optimiser: usize,
  vector: usize,
  state: usize,
  gradient: usize,
  bytes: u32,
  rate: f32,
): void {
  const alpha = f32x4.splat(rate);
  const beta = splat(optimiser, optimiserBetaAt);
  const l1 = splat(optimiser, optimiserL1At);
  const alphaL2 = f32x4.mul(alpha, splat(optimiser, optimiserL2At));
  const signBit = i32x4.splat(0x80000000);
  const second = state + bytes;
  for (let d: u32 = 0; d < bytes; d += 16) {
    const w = v128.load(vector + d);
    const g = v128.load(gradient + d);
    const n = v128.load(second + d);
    const squares = f32x4.mul(g, g);
    const nNext = f32x4.add(n, squares);
    const root = f32x4.sqrt(nNext);
    // Both roots are 0 where n and g² are, and then sigma is 0 / tiny; elsewhere the larger of the
    // two is the sum: the root of even the smallest float32 is above it.
    const roots = f32x4.max(f32x4.add(root, f32x4.sqrt(n)), f32x4.splat(f32.MIN_NORMAL_VALUE));
    const sigma = f32x4.div(squares, f32x4.mul(alpha, roots));
    const z = f32x4.add(v128.load(state + d), f32x4.sub(g, f32x4.mul(sigma, w)));
    v128.store(state + d, z);
    v128.store(second + d, nNext);
    const divisor = f32x4.add(f32x4.add(beta, root), alphaL2);
    const outside = f32x4.sub(z, v128.or(v128.and(z, signBit), l1));
    const next = f32x4.neg(f32x4.div(f32x4.mul(alpha, outside), divisor));
    // The divisor is 0 if nothing but gradients whose square is 0 was ever seen, without β and L2.
    const isZero = v128.or(
      f32x4.le(f32x4.abs(z), l1),
      f32x4.eq(divisor, f32x4.splat(0)),
    );
    v128.store(vector + d, v128.andnot(next, isZero));
  }
}

@inline
function splat(optimiser: usize, at: usize): v128 {
  return v128.load_splat<f32>(optimiser + at);
}

/** g + λ·w. */
@inline
function decayed(gradient: usize, w: v128, lambda: v128): v128 {
  return f32x4.add(v128.load(gradient), f32x4.mul(lambda, w));
}

/** keep·old + take·new. */
@inline
function average(old: v128, fresh: v128, keep: v128, take: v128): v128 {
  return f32x4.add(f32x4.mul(keep, old), f32x4.mul(take, fresh));
}
