/**
 * The ranking model: one context, many candidates, scored or learned from as one group.
 *
 * ```
 * q = Σ_context v x      (dim,)     learned vectors of the account and what it wanted last
 * p = Σ_candidate v x    (dim,)     learned vectors of the item
 * a = Σ_buckets v x      (signals,) learned worth of each signal in this context
 * s                      (signals,) the candidate's measured signals
 *
 * logit = Σ_candidate w x + q · p + a · s
 * ```
 *
 * It is the factorisation machine of fm.ts over the pairs *across* the two sides; pairs within the
 * context are the same for all candidates and cannot order them. Vectors that are learned against
 * learned ones (q · p) and against measured ones (a · s) go through the same steps.
 *
 * A group is one step: every candidate is scored with the same q and a, and their rows take the summed
 * gradient once. So a positive and its negatives cost one update of the context, not one each.
 *
 * Two-sided form: Kula, "Metadata embeddings for user and item cold-start recommendations", 2015.
 * Weights learn by FTRL-proximal, vectors by Adagrad.
 *
 * ```
 * query    0   q f32[dim], at most 512 bytes
 *        512   a f32[signals], at most 512 bytes
 * targets, 12 bytes a candidate: label │ weight │ offset, f32
 * scratch  0   dLoss/dq, laid out as the query: 1024 bytes
 *       1024   sum and resolved features of one list: 512 + 20 a feature
 * ```
 */
import {
  featureBytes,
  fmDimAt,
  fmSignalRateAt,
  fmSignalsAt,
  fmVectorL2At,
  fmVectorRateAt,
  rankListAt,
  rankSignalsAt,
  rankTargetBytes,
} from "../layout";
import {
  resolve,
  resolvedAccumulator,
  resolvedAt,
  resolvedBytes,
  resolvedState,
  resolvedValue,
  resolvedVector,
  resolvedWeight,
} from "./features";
import { ftrlStep } from "./ftrl";
import { lanes } from "./fm";
import { sigmoid } from "./math";

/** Writes q and a to `query`. */
export function rankQuery(
  fm: usize,
  context: usize,
  contextCount: u32,
  buckets: usize,
  bucketCount: u32,
  scratch: usize,
  query: usize,
): void {
  const list = scratch + rankListAt;
  sum(load<u32>(fm, fmDimAt) << 2, list, resolve(context, contextCount, list), query);
  sum(load<u32>(fm, fmSignalsAt) << 2, list, resolve(buckets, bucketCount, list), query + rankSignalsAt);
}

/** Logits of candidates, f32 (itemCount,), under the last query. */
export function rankScore(
  fm: usize,
  query: usize,
  items: usize,
  itemCount: u32,
  featuresPerItem: u32,
  signals: usize,
  scratch: usize,
  logits: usize,
): void {
  const list = scratch + rankListAt;
  const dimBytes = load<u32>(fm, fmDimAt) << 2;
  const signalBytes = load<u32>(fm, fmSignalsAt) << 2;
  for (let i: u32 = 0; i < itemCount; i++) {
    const end = resolve(items + i * featuresPerItem * featureBytes, featuresPerItem, list);
    sum(dimBytes, list, end, list);
    store<f32>(logits, <f32>logitOf(query, dimBytes, signalBytes, list, end, signals));
    logits += 4;
    signals += signalBytes;
  }
}

/** One step of log loss over the group; writes the logits before it, without the offsets. */
export function rankLearn(
  fm: usize,
  context: usize,
  contextCount: u32,
  buckets: usize,
  bucketCount: u32,
  items: usize,
  itemCount: u32,
  featuresPerItem: u32,
  signals: usize,
  targets: usize,
  scratch: usize,
  query: usize,
  logits: usize,
): void {
  rankQuery(fm, context, contextCount, buckets, bucketCount, scratch, query);
  const list = scratch + rankListAt;
  const dimBytes = load<u32>(fm, fmDimAt) << 2;
  const signalBytes = load<u32>(fm, fmSignalsAt) << 2;
  const rate = load<f64>(fm, fmVectorRateAt);
  const l2 = load<f64>(fm, fmVectorL2At);
  memory.fill(scratch, 0, rankListAt);
  for (let i: u32 = 0; i < itemCount; i++) {
    const end = resolve(items + i * featuresPerItem * featureBytes, featuresPerItem, list);
    sum(dimBytes, list, end, list);
    const logit = logitOf(query, dimBytes, signalBytes, list, end, signals);
    const prediction = sigmoid(logit + <f64>load<f32>(targets, 8));
    const slope = (prediction - <f64>load<f32>(targets)) * <f64>load<f32>(targets, 4);
    addScaled(scratch, list, dimBytes, <f32>slope);
    addScaled(scratch + rankSignalsAt, signals, signalBytes, <f32>slope);
    for (let at = list + resolvedAt; at < end; at += resolvedBytes) {
      ftrlStep(fm, resolvedWeight(at), resolvedState(at), slope * <f64>resolvedValue(at));
      adagradStep(at, query, dimBytes, <f32>slope, <f32>rate, <f32>l2);
    }
    store<f32>(logits, <f32>logit);
    logits += 4;
    targets += rankTargetBytes;
    signals += signalBytes;
  }
  step(context, contextCount, list, scratch, dimBytes, <f32>rate, <f32>l2);
  step(buckets, bucketCount, list, scratch + rankSignalsAt, signalBytes, <f32>load<f64>(fm, fmSignalRateAt), 0);
}

/** out = Σ v x over the resolved list; `out` may be the list's own start. */
function sum(bytes: u32, list: usize, end: usize, out: usize): void {
  for (let d: u32 = 0; d < bytes; d += 16) {
    let total = f32x4.splat(0);
    for (let at = list + resolvedAt; at < end; at += resolvedBytes) {
      total = f32x4.add(total, f32x4.mul(v128.load(resolvedVector(at) + d), f32x4.splat(resolvedValue(at))));
    }
    v128.store(out + d, total);
  }
}

function logitOf(
  query: usize,
  dimBytes: u32,
  signalBytes: u32,
  list: usize,
  end: usize,
  signals: usize,
): f64 {
  let linear: f64 = 0;
  for (let at = list + resolvedAt; at < end; at += resolvedBytes) {
    linear += <f64>load<f32>(resolvedWeight(at)) * <f64>resolvedValue(at);
  }
  return linear + dot(query, list, dimBytes) + dot(query + rankSignalsAt, signals, signalBytes);
}

@inline
function dot(a: usize, b: usize, bytes: u32): f64 {
  let total = f32x4.splat(0);
  for (let d: u32 = 0; d < bytes; d += 16) {
    total = f32x4.add(total, f32x4.mul(v128.load(a + d), v128.load(b + d)));
  }
  return lanes(total);
}

@inline
function addScaled(out: usize, vector: usize, bytes: u32, scale: f32): void {
  const scales = f32x4.splat(scale);
  for (let d: u32 = 0; d < bytes; d += 16) {
    v128.store(out + d, f32x4.add(v128.load(out + d), f32x4.mul(v128.load(vector + d), scales)));
  }
}

/** Every feature of the list takes the gradient of the sum it went into. */
function step(
  features: usize,
  count: u32,
  list: usize,
  gradient: usize,
  bytes: u32,
  rate: f32,
  l2: f32,
): void {
  const end = resolve(features, count, list);
  for (let at = list + resolvedAt; at < end; at += resolvedBytes) {
    adagradStep(at, gradient, bytes, 1, rate, l2);
  }
}

/** Adagrad on one feature's vector: gradient = slope · x · towards + l2 · v. */
@inline
function adagradStep(at: usize, towards: usize, bytes: u32, slope: f32, rate: f32, l2: f32): void {
  const vector = resolvedVector(at);
  const accumulator = resolvedAccumulator(at);
  const slopeX = f32x4.splat(slope * resolvedValue(at));
  for (let d: u32 = 0; d < bytes; d += 16) {
    const v = v128.load(vector + d);
    const g = f32x4.add(
      f32x4.mul(slopeX, v128.load(towards + d)),
      f32x4.mul(f32x4.splat(l2), v),
    );
    const squares = f32x4.add(v128.load(accumulator + d), f32x4.mul(g, g));
    v128.store(accumulator + d, squares);
    v128.store(vector + d, f32x4.sub(v, f32x4.div(f32x4.mul(f32x4.splat(rate), g), f32x4.sqrt(squares))));
  }
}
