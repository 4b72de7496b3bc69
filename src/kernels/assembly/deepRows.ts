/**
 * The rows of a minibatch: their sums going in, and their steps coming back.
 *
 * ```
 * features   slot by slot, in each the examples in order: 16 bytes each, table │ row │ value │ place,
 *            place = example × 256 + field
 * resolved   those that take part, 48 bytes each:
 *             0  vector │ accumulator │ weight │ clock, behind it z and n │
 *            16  value │ table │ row │ example │
 *            32  its field of the example's input │ the next of this row, or 0 │
 *            40  the last of this row, at the first of it; at the others 0 │ –
 * ```
 *
 * A row takes one step along the sum of its gradients in the minibatch, all at the weights from its
 * beginning. One step for each instead, with gradients that are stale from the second on, makes an
 * id that is in every example overshoot: under Adagrad by the root of how often it came. Along the
 * sum, not the mean: so an id that comes in one example of the minibatch learns what it would alone.
 *
 * Sums run in the order of the list, which the twins repeat to the bit.
 */
import {
  deepFeatureBytes,
  deepFeaturePlaceAt,
  deepFeatureRowAt,
  deepFeatureTableAt,
  deepFeatureValueAt,
  deepFieldsAt,
  deepResolvedBytes,
  fmBiasAt,
  fmDimAt,
  fmLinearAt,
  fmVectorL2At,
  fmVectorRateAt,
  noRow,
  rowLinearAt,
  rowStateAt,
  tableDimAt,
  tablePlaneWAt,
  workspaceBucketsAt,
  workspaceDeltasAt,
  workspaceFeaturesAt,
  workspaceResolvedAt,
  workspaceSlopesAt,
  workspaceSquaresAt,
  workspaceStridesAt,
  workspaceSumsAt,
  workspaceUnitsAt,
} from "../layout";
import { adagradStep } from "./adagrad";
import { touchMeta } from "./changes";
import { lanes } from "./fm";
import { ftrlStep } from "./ftrl";
import { chunkOf, metaOf, placeOf } from "./planes";

/** Resolved features whose rows are on their way from memory at once. */
const groupBytes: usize = 32 * deepResolvedBytes;

/** From features to addresses, without those that have no row or the value 0; the end of the list. */
export function resolveBatch(workspace: usize, count: u32): usize {
  const stride = load<u32>(workspace, workspaceStridesAt);
  const list: usize = load<u32>(workspace, workspaceFeaturesAt);
  let at: usize = load<u32>(workspace, workspaceResolvedAt);
  for (let feature = list; feature < list + count * deepFeatureBytes; feature += deepFeatureBytes) {
    const row = load<u32>(feature, deepFeatureRowAt);
    const value = load<f32>(feature, deepFeatureValueAt);
    if (row == noRow || value == 0) continue;
    const table: usize = load<u32>(feature, deepFeatureTableAt);
    const chunk = chunkOf(table, row);
    const place = placeOf(row);
    const bytes = load<u32>(table, tableDimAt) << 2;
    const vector = chunk + place * bytes;
    const meta = metaOf(table, chunk, place);
    const where = load<u32>(feature, deepFeaturePlaceAt);
    const example = where >>> 8;
    store<u32>(at, <u32>vector);
    store<u32>(at, <u32>meta + rowStateAt, 4);
    store<u32>(at, <u32>chunk + load<u32>(table, tablePlaneWAt) + (place << 2), 8);
    store<u32>(at, <u32>meta, 12);
    store<f32>(at, value, 16);
    store<u32>(at, <u32>table, 20);
    store<u32>(at, row, 24);
    store<u32>(at, example, 28);
    store<u32>(at, example * stride + (where & 255) * bytes, 32);
    at += deepResolvedBytes;
  }
  return at;
}

/**
 * Writes the input of the first layer, (examples, fields × dim): Σ v x over the ids of each field,
 * zeros where there are none; Σ v x over all fields; and the logit without the dense part.
 */
export function embed(deep: usize, workspace: usize, end: usize, examples: u32): void {
  const bytes: usize = load<u32>(deep, fmDimAt) << 2;
  const input: usize = load<u32>(workspace, workspaceUnitsAt);
  const stride: usize = load<u32>(workspace, workspaceStridesAt);
  const squares: usize = load<u32>(workspace, workspaceSquaresAt);
  const logits: usize = load<u32>(workspace, workspaceSlopesAt);
  memory.fill(input, 0, <usize>examples * stride);
  memory.fill(squares, 0, <usize>examples * bytes);
  memory.fill(logits, 0, examples << 3);
  for (let from: usize = load<u32>(workspace, workspaceResolvedAt); from < end; ) {
    const until = min(from + groupBytes, end);
    fetch(from, until);
    for (; from < until; from += deepResolvedBytes) {
      const value = load<f32>(from, 16);
      const x = f32x4.splat(value);
      const vector: usize = load<u32>(from);
      const example = load<u32>(from, 28);
      const field = input + load<u32>(from, 32);
      const square = squares + <usize>example * bytes;
      for (let d: usize = 0; d < bytes; d += 16) {
        const t = f32x4.mul(v128.load(vector + d), x);
        v128.store(field + d, f32x4.add(v128.load(field + d), t));
        v128.store(square + d, f32x4.add(v128.load(square + d), f32x4.mul(t, t)));
      }
      const logit = logits + (example << 3);
      store<f64>(logit, load<f64>(logit) + <f64>load<f32>(load<u32>(from, 8)) * <f64>value);
    }
  }
  const bias = load<f64>(deep, fmBiasAt);
  for (let example: u32 = 0; example < examples; example++) {
    const logit = logits + (example << 3);
    const pairs = pairsOf(deep, workspace, example);
    store<f64>(logit, bias + (load<f64>(logit) + 0.5 * pairs));
  }
}

/** Σ_d (Σ v x)² − Σ (v x)² of an example; writes its Σ v x. */
@inline
function pairsOf(deep: usize, workspace: usize, example: u32): f64 {
  const bytes: usize = load<u32>(deep, fmDimAt) << 2;
  const stride: usize = load<u32>(workspace, workspaceStridesAt);
  const input: usize = <usize>load<u32>(workspace, workspaceUnitsAt) + <usize>example * stride;
  const end = input + <usize>load<u32>(deep, deepFieldsAt) * bytes;
  const sums = <usize>load<u32>(workspace, workspaceSumsAt) + <usize>example * bytes;
  const squares = <usize>load<u32>(workspace, workspaceSquaresAt) + <usize>example * bytes;
  let pairs = f32x4.splat(0);
  for (let d: usize = 0; d < bytes; d += 16) {
    let sum = f32x4.splat(0);
    for (let at = input + d; at < end; at += bytes) sum = f32x4.add(sum, v128.load(at));
    v128.store(sums + d, sum);
    pairs = f32x4.add(pairs, f32x4.sub(f32x4.mul(sum, sum), v128.load(squares + d)));
  }
  return lanes(pairs);
}

/** Starts fetching what the sums read of each row; what it stores only keeps the loads alive. */
function fetch(from: usize, until: usize): void {
  let any: u32 = 0;
  for (let at = from; at < until; at += deepResolvedBytes) {
    any |= load<u32>(load<u32>(at)) | load<u32>(load<u32>(at, 8));
  }
  store<u32>(from, any, 44);
}

/** One step for each row along the sum of its gradients, under slopes and the input's gradient. */
export function stepRows(deep: usize, workspace: usize, end: usize): void {
  const begin: usize = load<u32>(workspace, workspaceResolvedAt);
  link(workspace, begin, end);
  const bytes: usize = load<u32>(deep, fmDimAt) << 2;
  const slopes: usize = load<u32>(workspace, workspaceSlopesAt);
  const sums: usize = load<u32>(workspace, workspaceSumsAt);
  const delta: usize = load<u32>(workspace, workspaceDeltasAt);
  const rate = f32x4.splat(<f32>load<f64>(deep, fmVectorRateAt));
  const l2 = f32x4.splat(<f32>load<f64>(deep, fmVectorL2At));
  for (let from = begin; from < end; ) {
    const until = min(from + groupBytes, end);
    fetchState(from, until);
    for (; from < until; from += deepResolvedBytes) {
      if (load<u32>(from, 40) == 0) continue; // its row has stepped
      const meta: usize = load<u32>(from, 12);
      touchMeta(load<u32>(from, 20), meta, load<u32>(from, 24));
      ftrlStep(deep + fmLinearAt, load<u32>(from, 8), meta + rowLinearAt, weightGradient(from, slopes));
      const vector: usize = load<u32>(from);
      const accumulator: usize = load<u32>(from, 4);
      for (let d: usize = 0; d < bytes; d += 16) {
        const v = v128.load(vector + d);
        let g = f32x4.splat(0);
        for (let at = from; at != 0; at = load<u32>(at, 36)) {
          // slope · x · (Σ v x − v x), of the pairs, and x · dLoss/d(its field), of the dense part
          const example = load<u32>(at, 28);
          const value = load<f32>(at, 16);
          const x = f32x4.splat(value);
          const slopeX = f32x4.splat(<f32>load<f64>(slopes + (example << 3)) * value);
          const others = f32x4.sub(v128.load(sums + <usize>example * bytes + d), f32x4.mul(v, x));
          const field = v128.load(delta + load<u32>(at, 32) + d);
          g = f32x4.add(g, f32x4.add(f32x4.mul(slopeX, others), f32x4.mul(field, x)));
        }
        adagradStep(vector + d, accumulator + d, v, f32x4.add(g, f32x4.mul(l2, v)), rate);
      }
    }
  }
}

/** Σ slope · x over the features of a row, the first of which is at `at`. */
@inline
function weightGradient(at: usize, slopes: usize): f64 {
  let g: f64 = 0;
  for (; at != 0; at = load<u32>(at, 36)) {
    g += load<f64>(slopes + (load<u32>(at, 28) << 3)) * <f64>load<f32>(at, 16);
  }
  return g;
}

/** Starts fetching all of the rows that step. */
function fetchState(from: usize, until: usize): void {
  let any: u32 = 0;
  for (let at = from; at < until; at += deepResolvedBytes) {
    any |= load<u32>(load<u32>(at)) | load<u32>(load<u32>(at, 4));
    any |= load<u32>(load<u32>(at, 8)) | load<u32>(load<u32>(at, 12));
  }
  store<u32>(from, any, 44);
}

/**
 * Chains the features of each row in the order of the list, by hashing where their weights lie:
 * linear probing, at most half full.
 */
function link(workspace: usize, begin: usize, end: usize): void {
  const buckets: usize = load<u32>(workspace, workspaceBucketsAt);
  const count = <u32>((end - begin) / deepResolvedBytes);
  // A power of 2 from twice the count on.
  const bits = 33 - <u32>clz<u32>(max<u32>(count, 4) - 1);
  const mask: u32 = (1 << bits) - 1;
  memory.fill(buckets, 0, 4 << bits);
  for (let at = begin; at < end; at += deepResolvedBytes) {
    const weight = load<u32>(at, 8);
    store<u32>(at, 0, 36);
    // Fibonacci hashing: the high bits of a product with 2^32 divided by the golden ratio.
    let bucket = (weight * 0x9e3779b1) >>> (32 - bits);
    let first: usize = load<u32>(buckets + (bucket << 2));
    while (first != 0 && load<u32>(first, 8) != weight) {
      bucket = (bucket + 1) & mask;
      first = load<u32>(buckets + (bucket << 2));
    }
    if (first == 0) {
      store<u32>(buckets + (bucket << 2), <u32>at);
      store<u32>(at, <u32>at, 40);
    } else {
      store<u32>(load<u32>(first, 40), <u32>at, 36);
      store<u32>(first, <u32>at, 40);
      store<u32>(at, 0, 40);
    }
  }
}
