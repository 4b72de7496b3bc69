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
 * Every candidate is scored with the q and a from before the group, and the features of the context
 * take one step along the sum of all their gradients: a positive and its negatives cost one update
 * of the context, not one each. The candidates' own rows step one after the other, so a row that
 * comes twice in a group steps twice, the second time from where the first left it.
 *
 * A feature without a row adds nothing and learns nothing; its candidate still teaches the others
 * (an item that is not admitted yet, what its signals are worth).
 *
 * How the sums run, which the twins repeat to the bit: vectors in float32, each component its own
 * sum in the order of the features (of the candidates, for the gradients); dot products by lane
 * over the blocks of 4 components; all else in float64.
 *
 * Two-sided form: Kula, "Metadata embeddings for user and item cold-start recommendations", 2015.
 * Weights learn by FTRL-proximal, vectors by Adagrad.
 *
 * ```
 * scratch  0   q f32[dim], at most 512 bytes      kept from rankQuery to rankScore
 *        512   a f32[signals], at most 512 bytes
 *       1024   dLoss/dq and dLoss/da, laid out as q and a
 *       2048   one list: its sum (512 bytes), then its resolved features (24 bytes each)
 * targets, 12 bytes a candidate: label │ weight │ offset, f32
 * signals, f32 (itemCount, signals); items: itemCount × featuresPerItem features
 * ```
 */
import {
  featureBytes,
  fmDimAt,
  fmLinearAt,
  fmSignalRateAt,
  fmSignalsAt,
  fmVectorL2At,
  fmVectorRateAt,
  rankGradientAt,
  rankListAt,
  rankSignalsAt,
  rankTargetBytes,
  resolvedAt,
  resolvedBytes,
} from "../layout";
import { adagradStep } from "./adagrad";
import {
  noteAll,
  resolve,
  resolvedAccumulator,
  resolvedState,
  resolvedValue,
  resolvedVector,
  resolvedWeight,
  touchAll,
} from "./features";
import { lanes } from "./fm";
import { ftrlStep } from "./ftrl";
import { sigmoid } from "./math";

/** Writes q and a to the start of scratch. */
export function rankQuery(
  fm: usize,
  context: usize,
  contextCount: u32,
  buckets: usize,
  bucketCount: u32,
  scratch: usize,
): void {
  const list = scratch + rankListAt;
  sum(list, resolve(context, contextCount, list), load<u32>(fm, fmDimAt) << 2, scratch);
  const a = scratch + rankSignalsAt;
  sum(list, resolve(buckets, bucketCount, list), load<u32>(fm, fmSignalsAt) << 2, a);
}

/** Logits of candidates, f32 (itemCount,), under the last query. */
export function rankScore(
  fm: usize,
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
    const end = resolve(items, featuresPerItem, list);
    sum(list, end, dimBytes, list);
    store<f32>(logits, <f32>logitOf(scratch, end, dimBytes, signals, signalBytes));
    items += featuresPerItem * featureBytes;
    signals += signalBytes;
    logits += 4;
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
  logits: usize,
): void {
  rankQuery(fm, context, contextCount, buckets, bucketCount, scratch);
  const list = scratch + rankListAt;
  const gradient = scratch + rankGradientAt;
  const dimBytes = load<u32>(fm, fmDimAt) << 2;
  const signalBytes = load<u32>(fm, fmSignalsAt) << 2;
  const rate = f32x4.splat(<f32>load<f64>(fm, fmVectorRateAt));
  const l2 = f32x4.splat(<f32>load<f64>(fm, fmVectorL2At));
  memory.fill(gradient, 0, rankListAt - rankGradientAt);
  for (let i: u32 = 0; i < itemCount; i++) {
    const end = resolve(items, featuresPerItem, list);
    touchAll(items, featuresPerItem);
    sum(list, end, dimBytes, list);
    const logit = logitOf(scratch, end, dimBytes, signals, signalBytes);
    const prediction = sigmoid(logit + <f64>load<f32>(targets, 8));
    const slope = (prediction - <f64>load<f32>(targets)) * <f64>load<f32>(targets, 4);
    addScaled(gradient, list, dimBytes, <f32>slope);
    addScaled(gradient + rankSignalsAt, signals, signalBytes, <f32>slope);
    for (let at = list + resolvedAt; at < end; at += resolvedBytes) {
      ftrlStep(fm + fmLinearAt, resolvedWeight(at), resolvedState(at), slope * <f64>resolvedValue(at));
      vectorStep(at, scratch, dimBytes, <f32>slope, rate, l2);
    }
    noteAll(items, featuresPerItem);
    store<f32>(logits, <f32>logit);
    items += featuresPerItem * featureBytes;
    signals += signalBytes;
    targets += rankTargetBytes;
    logits += 4;
  }
  touchAll(context, contextCount);
  stepAll(list, resolve(context, contextCount, list), gradient, dimBytes, rate, l2);
  const signalRate = f32x4.splat(<f32>load<f64>(fm, fmSignalRateAt));
  const signalGradient = gradient + rankSignalsAt;
  const none = f32x4.splat(0);
  touchAll(buckets, bucketCount);
  stepAll(list, resolve(buckets, bucketCount, list), signalGradient, signalBytes, signalRate, none);
}

/** out = Σ v x over the resolved list; `out` may be the list's own start. */
function sum(list: usize, end: usize, bytes: u32, out: usize): void {
  for (let d: u32 = 0; d < bytes; d += 16) {
    let total = f32x4.splat(0);
    for (let at = list + resolvedAt; at < end; at += resolvedBytes) {
      const v = v128.load(resolvedVector(at) + d);
      total = f32x4.add(total, f32x4.mul(v, f32x4.splat(resolvedValue(at))));
    }
    v128.store(out + d, total);
  }
}

/** Of the candidate whose list is resolved and summed. */
function logitOf(scratch: usize, end: usize, dimBytes: u32, signals: usize, signalBytes: u32): f64 {
  const list = scratch + rankListAt;
  let linear: f64 = 0;
  for (let at = list + resolvedAt; at < end; at += resolvedBytes) {
    linear += <f64>load<f32>(resolvedWeight(at)) * <f64>resolvedValue(at);
  }
  return linear + dot(scratch, list, dimBytes) + dot(scratch + rankSignalsAt, signals, signalBytes);
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

/** Every feature of the resolved list takes the gradient of the sum that it went into. */
function stepAll(list: usize, end: usize, gradient: usize, bytes: u32, rate: v128, l2: v128): void {
  for (let at = list + resolvedAt; at < end; at += resolvedBytes) {
    vectorStep(at, gradient, bytes, 1, rate, l2);
  }
}

/** One feature's vector steps along slope · x · towards + l2 · v. */
@inline
function vectorStep(at: usize, towards: usize, bytes: u32, slope: f32, rate: v128, l2: v128): void {
  const vector = resolvedVector(at);
  const accumulator = resolvedAccumulator(at);
  const slopeX = f32x4.splat(slope * resolvedValue(at));
  for (let d: u32 = 0; d < bytes; d += 16) {
    const v = v128.load(vector + d);
    const g = f32x4.add(f32x4.mul(slopeX, v128.load(towards + d)), f32x4.mul(l2, v));
    adagradStep(vector + d, accumulator + d, v, g, rate);
  }
}
