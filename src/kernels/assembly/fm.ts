/**
 * The factorisation machine: predict, and learn from one example.
 *
 * ```
 * logit = w0 + Σ_i w_i x_i + ½ Σ_d [ (Σ_i v_id x_i)² − Σ_i (v_id x_i)² ]
 * dLogit/dv_id = x_i · ( Σ_j v_jd x_j − v_id x_i )
 * ```
 *
 * n features of dim components: O(n·dim), not O(n²·dim). dim 0 is logistic regression.
 *
 * How the sums run, which the twins repeat to the bit: vectors in float32, each component its own
 * sum in the order of the features; squares minus squares by lane over the blocks of 4 components;
 * all else in float64. What waits for memory is the rows, one or more cache lines of four planes a
 * feature; so all addresses come first, and the learner reads a line of the state of each before it
 * predicts.
 *
 * Source: Rendle, "Factorization Machines", ICDM 2010, equations 1, 4 and Lemma 3.1. Weights learn
 * by FTRL-proximal (ftrl.ts), vectors by Adagrad (adagrad.ts).
 */
import {
  fmBiasAlphaAt,
  fmBiasAt,
  fmBiasBetaAt,
  fmBiasNAt,
  fmBiasZAt,
  fmDimAt,
  fmLinearAt,
  fmVectorL2At,
  fmVectorRateAt,
  resolvedAt,
  resolvedBytes,
} from "../layout";
import { adagradStep } from "./adagrad";
import {
  prepare,
  resolve,
  resolvedAccumulator,
  resolvedState,
  resolvedValue,
  resolvedVector,
  resolvedWeight,
} from "./features";
import { ftrlStep, ftrlWeight } from "./ftrl";
import { sigmoid } from "./math";

/** The logit. `scratch`: 512 bytes plus 24 a feature; afterwards it starts with Σ v x (dim,). */
export function fmPredict(fm: usize, features: usize, count: u32, scratch: usize): f64 {
  const end = resolve(features, count, scratch);
  return load<f64>(fm, fmBiasAt) + forward(load<u32>(fm, fmDimAt), scratch, end);
}

/**
 * One step of log loss, σ(logit + offset) against the label (0 or 1), times weight. Returns the
 * logit before the step, without the offset.
 */
export function fmLearn(
  fm: usize,
  features: usize,
  count: u32,
  scratch: usize,
  label: f64,
  weight: f64,
  offset: f64,
): f64 {
  const end = resolve(features, count, scratch);
  prepare(features, count, scratch, end);
  const logit = load<f64>(fm, fmBiasAt) + forward(load<u32>(fm, fmDimAt), scratch, end);
  backward(fm, scratch, end, (sigmoid(logit + offset) - label) * weight);
  return logit;
}

/** Everything but the bias; leaves Σ v x at the start of scratch. */
function forward(dim: u32, scratch: usize, end: usize): f64 {
  let linear: f64 = 0;
  for (let at = scratch + resolvedAt; at < end; at += resolvedBytes) {
    linear += <f64>load<f32>(resolvedWeight(at)) * <f64>resolvedValue(at);
  }
  const bytes = dim << 2;
  let pairs = f32x4.splat(0);
  let d: u32 = 0;
  for (; d + 64 <= bytes; d += 64) pairs = sixteen(scratch, end, d, pairs);
  for (; d < bytes; d += 16) pairs = four(scratch, end, d, pairs);
  return linear + 0.5 * lanes(pairs);
}

/** Sixteen components at once: eight sums, which stay in registers. */
@inline
function sixteen(scratch: usize, end: usize, d: u32, pairs: v128): v128 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let q0 = s0;
  let q1 = s0;
  let q2 = s0;
  let q3 = s0;
  for (let at = scratch + resolvedAt; at < end; at += resolvedBytes) {
    const vector = resolvedVector(at) + d;
    const x = f32x4.splat(resolvedValue(at));
    const t0 = f32x4.mul(v128.load(vector), x);
    const t1 = f32x4.mul(v128.load(vector, 16), x);
    const t2 = f32x4.mul(v128.load(vector, 32), x);
    const t3 = f32x4.mul(v128.load(vector, 48), x);
    s0 = f32x4.add(s0, t0);
    s1 = f32x4.add(s1, t1);
    s2 = f32x4.add(s2, t2);
    s3 = f32x4.add(s3, t3);
    q0 = f32x4.add(q0, f32x4.mul(t0, t0));
    q1 = f32x4.add(q1, f32x4.mul(t1, t1));
    q2 = f32x4.add(q2, f32x4.mul(t2, t2));
    q3 = f32x4.add(q3, f32x4.mul(t3, t3));
  }
  v128.store(scratch + d, s0);
  v128.store(scratch + d, s1, 16);
  v128.store(scratch + d, s2, 32);
  v128.store(scratch + d, s3, 48);
  pairs = f32x4.add(pairs, f32x4.sub(f32x4.mul(s0, s0), q0));
  pairs = f32x4.add(pairs, f32x4.sub(f32x4.mul(s1, s1), q1));
  pairs = f32x4.add(pairs, f32x4.sub(f32x4.mul(s2, s2), q2));
  return f32x4.add(pairs, f32x4.sub(f32x4.mul(s3, s3), q3));
}

@inline
function four(scratch: usize, end: usize, d: u32, pairs: v128): v128 {
  let s = f32x4.splat(0);
  let q = s;
  for (let at = scratch + resolvedAt; at < end; at += resolvedBytes) {
    const t = f32x4.mul(v128.load(resolvedVector(at) + d), f32x4.splat(resolvedValue(at)));
    s = f32x4.add(s, t);
    q = f32x4.add(q, f32x4.mul(t, t));
  }
  v128.store(scratch + d, s);
  return f32x4.add(pairs, f32x4.sub(f32x4.mul(s, s), q));
}

@inline
export function lanes(v: v128): f64 {
  return (
    <f64>f32x4.extract_lane(v, 0) +
    <f64>f32x4.extract_lane(v, 1) +
    (<f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3))
  );
}

function backward(fm: usize, scratch: usize, end: usize, slope: f64): void {
  biasStep(fm, slope);
  const bytes = load<u32>(fm, fmDimAt) << 2;
  const rate = f32x4.splat(<f32>load<f64>(fm, fmVectorRateAt));
  const l2 = f32x4.splat(<f32>load<f64>(fm, fmVectorL2At));
  for (let at = scratch + resolvedAt; at < end; at += resolvedBytes) {
    const value = resolvedValue(at);
    ftrlStep(fm + fmLinearAt, resolvedWeight(at), resolvedState(at), slope * <f64>value);
    const vector = resolvedVector(at);
    const accumulator = resolvedAccumulator(at);
    const x = f32x4.splat(value);
    const slopeX = f32x4.splat(<f32>slope * value);
    for (let d: u32 = 0; d < bytes; d += 16) {
      // slope · x · (Σ v x − v x) + l2 · v
      const v = v128.load(vector + d);
      const others = f32x4.sub(v128.load(scratch + d), f32x4.mul(v, x));
      const g = f32x4.add(f32x4.mul(slopeX, others), f32x4.mul(l2, v));
      adagradStep(vector + d, accumulator + d, v, g, rate);
    }
  }
}

/** FTRL without regularisation, in float64 throughout: every example moves the bias. */
export function biasStep(fm: usize, g: f64): void {
  const alpha = load<f64>(fm, fmBiasAlphaAt);
  const n = load<f64>(fm, fmBiasNAt);
  const nNext = n + g * g;
  const root = sqrt(nNext);
  const z = load<f64>(fm, fmBiasZAt) + (g - ((root - sqrt(n)) / alpha) * load<f64>(fm, fmBiasAt));
  store<f64>(fm, z, fmBiasZAt);
  store<f64>(fm, nNext, fmBiasNAt);
  store<f64>(fm, ftrlWeight(z, root, alpha, load<f64>(fm, fmBiasBetaAt), 0, 0), fmBiasAt);
}
