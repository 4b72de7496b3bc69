/**
 * Scoring many candidates that share a context (the person, the time, the place): what they share
 * is summed once.
 *
 * With c the logit of the context alone and q = Σ v x over its features, a candidate with features
 * F is
 *
 * ```
 * logit = c + Σ_F w x + q · s + ½ (s·s − Σ_F |v x|²)      where s = Σ_F v x
 * ```
 *
 * which is the machine over all features together, at O(|F|·dim) a candidate.
 */
import { featureBytes, fmBiasAt, fmDimAt } from "../layout";
import {
  resolve,
  resolvedAt,
  resolvedBytes,
  resolvedValue,
  resolvedVector,
  resolvedWeight,
} from "./features";
import { forward, lanes } from "./fm";

/** Returns c, and writes q, f32 (dim,), to `vector`. */
export function fmContext(
  fm: usize,
  features: usize,
  count: u32,
  scratch: usize,
  vector: usize,
): f64 {
  const dim = load<u32>(fm, fmDimAt);
  const end = resolve(features, count, scratch);
  const logit = load<f64>(fm, fmBiasAt) + forward(dim, scratch, end);
  memory.copy(vector, scratch, dim << 2);
  return logit;
}

/** `items`: itemCount × featuresPerItem features; `scores`: f32 (itemCount,). */
export function fmScoreItems(
  fm: usize,
  context: f64,
  vector: usize,
  items: usize,
  itemCount: u32,
  featuresPerItem: u32,
  scratch: usize,
  scores: usize,
): void {
  const bytes = load<u32>(fm, fmDimAt) << 2;
  const stride = featuresPerItem * featureBytes;
  for (let i: u32 = 0; i < itemCount; i++) {
    const end = resolve(items + i * stride, featuresPerItem, scratch);
    store<f32>(scores + (i << 2), <f32>(context + scoreItem(bytes, vector, scratch, end)));
  }
}

@inline
function scoreItem(bytes: u32, query: usize, scratch: usize, end: usize): f64 {
  let linear: f64 = 0;
  for (let at = scratch + resolvedAt; at < end; at += resolvedBytes) {
    linear += <f64>load<f32>(resolvedWeight(at)) * <f64>resolvedValue(at);
  }
  const half = f32x4.splat(0.5);
  let score = f32x4.splat(0);
  for (let d: u32 = 0; d < bytes; d += 16) {
    let s = f32x4.splat(0);
    let q = s;
    for (let at = scratch + resolvedAt; at < end; at += resolvedBytes) {
      const t = f32x4.mul(v128.load(resolvedVector(at) + d), f32x4.splat(resolvedValue(at)));
      s = f32x4.add(s, t);
      q = f32x4.add(q, f32x4.mul(t, t));
    }
    const own = f32x4.mul(half, f32x4.sub(f32x4.mul(s, s), q));
    score = f32x4.add(score, f32x4.add(f32x4.mul(v128.load(query + d), s), own));
  }
  return linear + lanes(score);
}
