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

/**
 * rate·√(1 − β2^t)/(1 − β1^t). The powers by squaring, both at once, each to t·2^-53 of itself: at
 * most 32 rounds, and half as many for a β of 0.999. Cheaper than exp(t·log β), exact at t = 1, and
 * no less the same on every machine.
 */
@inline
function correctedRate(optimiser: usize, rate: f64, step: u32): f64 {
  // The two β lie side by side.
  let bases = f64x2.promote_low_f32x4(v128.load64_zero(optimiser + optimiserBeta1At));
  const ones = f64x2.splat(1);
  let powers = ones;
  let left = step;
  while (true) {
    const isOdd = i64x2.splat(-(<i64>left & 1));
    powers = f64x2.mul(powers, v128.bitselect(bases, ones, isOdd));
    left >>>= 1;
    if (left == 0) break;
    // A base so small makes 1 minus its power 1 to the bit; 0 in its place, as denormals are slow.
    const counts = f64x2.ge(bases, f64x2.splat(1e-18));
    if (!v128.any_true(counts)) return rate;
    bases = f64x2.mul(bases, v128.and(bases, counts));
  }
  const rest = f64x2.sub(ones, powers);
  return (rate * sqrt(f64x2.extract_lane(rest, 1))) / f64x2.extract_lane(rest, 0);
}

/**
 * FTRL-proximal, McMahan et al., KDD 2013, Algorithm 1, for each component; α is the rate. States:
 * z, n. Where n is large, σ = (√(n + g²) − √n)/α has few digits left; but w is about z·α/√n, so σ·w
 * is off by no more than z is rounded anyway, and what one σ lacks the next has, as the roots
 * telescope. See `ftrl.ts` for the L1 ball and the sign of z.
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
  const inverseAlpha = f32x4.div(f32x4.splat(1), alpha);
  const beta = splat(optimiser, optimiserBetaAt);
  const l1 = splat(optimiser, optimiserL1At);
  const alphaL2 = f32x4.mul(alpha, splat(optimiser, optimiserL2At));
  const signBit = i32x4.splat(0x80000000);
  const second = state + bytes;
  for (let d: u32 = 0; d < bytes; d += 16) {
    const w = v128.load(vector + d);
    const g = v128.load(gradient + d);
    const n = v128.load(second + d);
    const nNext = f32x4.add(n, f32x4.mul(g, g));
    const root = f32x4.sqrt(nNext);
    const sigma = f32x4.mul(f32x4.sub(root, f32x4.sqrt(n)), inverseAlpha);
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
