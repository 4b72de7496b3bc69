/**
 * DeepFM: a factorisation machine and a network of units over the same vectors.
 *
 * ```
 * logit = w0 + Σ_i w_i x_i + Σ_{i<j} (v_i · v_j) x_i x_j  +  u · h_L
 * h_0   = (Σ_{i in field 1} v_i x_i, …, Σ_{i in field F} v_i x_i)        (F · dim,)
 * h_l   = max(0, h_{l−1} W_l + b_l)                                      (widths[l],)
 *
 * dense part   one region, f32: ┌ W_1 │ b_1 ┊ W_2 │ b_2 ┊ … ┊ u │ the optimiser's state of all of it ┐
 *              W_l (depth, width) in panels of 4 columns: see dense.ts
 *
 * W_1, depth 8, width 8:  ┌ 4 × row 0 │ 4 × row 1 │ … │ 4 × row 7 ┐┌ 4 × row 0 │ … ┐  ┌ b_1 × 8 ┐
 *                         └ columns 0 to 3, 128 bytes             ┘└ columns 4 to 7┘  └ 32 bytes┘
 * ```
 *
 * Learning goes in minibatches: every logit, and every gradient, is of the weights from its
 * beginning. The dense part takes one step along the mean gradient of the examples, rows and bias
 * one along the sum of theirs (deepRows.ts says why). Penalties l1 and l2 are of W_l and u alone.
 *
 * Dropout: while learning, a hidden unit is 0 with the given probability, and scaled up by what that
 * takes from its mean. Masks are a function of seed, layer and the number of the example, so that a
 * replay draws the same. The logit that is returned is the prediction, without masks: up to the first
 * hidden layer both are one calculation.
 *
 * How the sums run, which the twins repeat to the bit: every unit, gradient and component its own
 * float32 sum in the order of its terms; u · h by lane over blocks of 4; logits and slopes in float64.
 *
 * Source: Guo et al., "DeepFM: a factorization-machine based neural network for CTR prediction",
 * IJCAI 2017; dropout: Srivastava et al., JMLR 2014, section 10 (scaled while learning).
 */
import {
  deepDenseAt,
  deepExamplesAt,
  deepFieldsAt,
  deepKeepAll,
  deepKeepAt,
  deepL1At,
  deepL2At,
  deepLayersAt,
  deepLengthAt,
  deepOptimiserAt,
  deepScaleAt,
  deepSeedAt,
  deepStepsAt,
  deepTargetBytes,
  deepWidthsAt,
  fmDimAt,
  workspaceDeltasAt,
  workspaceGradientAt,
  workspaceLogitsAt,
  workspaceSlopesAt,
  workspaceStridesAt,
  workspaceTargetsAt,
  workspaceTransposedAt,
  workspaceUnitsAt,
} from "../layout";
import { embed, resolveBatch, stepRows } from "./deepRows";
import { columnSums, gate, outerProduct, product, transposePanels } from "./dense";
import { biasStep, lanes } from "./fm";
import { mix64 } from "./hash";
import { golden, splitMix } from "./initialise";
import { sigmoid } from "./math";
import { optimiserStep } from "./optimisers";

/** Writes the logits of the examples. Any thread. */
export function deepPredict(
  deep: usize,
  workspace: usize,
  featureCount: u32,
  examples: u32,
): void {
  embed(deep, workspace, resolveBatch(workspace, featureCount), examples);
  layer(deep, workspace, 0, examples);
  upperLayers(deep, workspace, examples);
  output(deep, workspace, examples, load<u32>(workspace, workspaceLogitsAt));
}

/**
 * One step on a minibatch under the targets in the workspace; writes the logits from before it,
 * without masks and offsets. `rate` is of the dense part, above 0. Learner only.
 */
export function deepLearn(
  deep: usize,
  workspace: usize,
  featureCount: u32,
  examples: u32,
  rate: f32,
): void {
  const end = resolveBatch(workspace, featureCount);
  embed(deep, workspace, end, examples);
  layer(deep, workspace, 0, examples);
  const slopes: usize = load<u32>(workspace, workspaceSlopesAt);
  if (load<u32>(deep, deepKeepAt) < <u32>deepKeepAll) {
    // The prediction first: masking overwrites the first layer's units, and all above.
    upperLayers(deep, workspace, examples);
    output(deep, workspace, examples, load<u32>(workspace, workspaceLogitsAt));
    maskedLayers(deep, workspace, examples);
    output(deep, workspace, examples, slopes);
  } else {
    upperLayers(deep, workspace, examples);
    output(deep, workspace, examples, slopes);
    memory.copy(load<u32>(workspace, workspaceLogitsAt), slopes, examples << 3);
  }
  const slope = slopesOf(workspace, examples);
  backward(deep, workspace, examples);
  stepDense(deep, workspace, examples, rate);
  stepRows(deep, workspace, end);
  biasStep(deep, slope);
  store<u64>(deep, load<u64>(deep, deepExamplesAt) + examples, deepExamplesAt);
}

/** Units of layer `index` (0: the input). */
@inline
function unitsOf(workspace: usize, index: u32): usize {
  return load<u32>(workspace + (index << 2), workspaceUnitsAt);
}

@inline
function strideOf(workspace: usize, index: u32): usize {
  return load<u32>(workspace + (index << 2), workspaceStridesAt);
}

/** How many units layer `index` has, 0 being the input. */
@inline
function widthOf(deep: usize, index: u32): u32 {
  if (index == 0) return load<u32>(deep, deepFieldsAt) * load<u32>(deep, fmDimAt);
  return load<u32>(deep + ((index - 1) << 2), deepWidthsAt);
}

/** Bytes from the beginning of the dense part to what makes layer `index` + 1 of layer `index`. */
function weightsAt(deep: usize, index: u32): usize {
  let bytes: usize = 0;
  for (let i: u32 = 0; i < index; i++) {
    bytes += ((widthOf(deep, i) + 1) * widthOf(deep, i + 1)) << 2;
  }
  return bytes;
}

/** Units of layer `index` + 1. */
function layer(deep: usize, workspace: usize, index: u32, examples: u32): void {
  const depth = widthOf(deep, index);
  const width = widthOf(deep, index + 1);
  const weights = <usize>load<u32>(deep, deepDenseAt) + weightsAt(deep, index);
  product(
    unitsOf(workspace, index),
    strideOf(workspace, index),
    weights,
    weights + ((depth * width) << 2),
    unitsOf(workspace, index + 1),
    strideOf(workspace, index + 1),
    examples,
    depth,
    width,
    0,
  );
}

function upperLayers(deep: usize, workspace: usize, examples: u32): void {
  const layers = load<u32>(deep, deepLayersAt);
  for (let index: u32 = 1; index < layers; index++) layer(deep, workspace, index, examples);
}

/** Masks the first hidden layer, and calculates those above from it, masked. */
function maskedLayers(deep: usize, workspace: usize, examples: u32): void {
  const layers = load<u32>(deep, deepLayersAt);
  mask(deep, workspace, 1, examples);
  for (let index: u32 = 1; index < layers; index++) {
    layer(deep, workspace, index, examples);
    mask(deep, workspace, index + 1, examples);
  }
}

/** Drops units of layer `index`, 1 to 4, and scales the others. */
function mask(deep: usize, workspace: usize, index: u32, examples: u32): void {
  const width = widthOf(deep, index);
  const stride = strideOf(workspace, index);
  const keep = load<u32>(deep, deepKeepAt);
  const scale = load<f32>(deep, deepScaleAt);
  const seed = load<u64>(deep, deepSeedAt);
  const first = load<u64>(deep, deepExamplesAt);
  let units = unitsOf(workspace, index);
  for (let example: u32 = 0; example < examples; example++) {
    let state = mix64(((first + example) << 2) | (index - 1), seed);
    for (let unit = units; unit < units + (width << 2); unit += 16) {
      state += golden;
      let bits = splitMix(state);
      // 16 random bits a unit, from the low ones on.
      for (let j: usize = 0; j < 16; j += 4) {
        const stays = (<u32>bits & 0xffff) < keep;
        store<f32>(unit + j, stays ? load<f32>(unit + j) * scale : 0);
        bits >>>= 16;
      }
    }
    units += stride;
  }
}

/** to[e] = the logit without the dense part + u · h of the last layer, f64. */
function output(deep: usize, workspace: usize, examples: u32, to: usize): void {
  const layers = load<u32>(deep, deepLayersAt);
  const bytes: usize = widthOf(deep, layers) << 2;
  const stride = strideOf(workspace, layers);
  const weights = <usize>load<u32>(deep, deepDenseAt) + weightsAt(deep, layers);
  const wide: usize = load<u32>(workspace, workspaceSlopesAt);
  let units = unitsOf(workspace, layers);
  for (let example: usize = 0; example < <usize>(examples << 3); example += 8) {
    let sum = f32x4.splat(0);
    for (let n: usize = 0; n < bytes; n += 16) {
      sum = f32x4.add(sum, f32x4.mul(v128.load(units + n), v128.load(weights + n)));
    }
    store<f64>(to + example, load<f64>(wide + example) + lanes(sum));
    units += stride;
  }
}

/** From logits to dLoss/dLogit, in place; returns their sum. */
function slopesOf(workspace: usize, examples: u32): f64 {
  const slopes: usize = load<u32>(workspace, workspaceSlopesAt);
  let target: usize = load<u32>(workspace, workspaceTargetsAt);
  let sum: f64 = 0;
  for (let at = slopes; at < slopes + (examples << 3); at += 8) {
    const prediction = sigmoid(load<f64>(at) + load<f64>(target, 16));
    const slope = (prediction - load<f64>(target)) * load<f64>(target, 8);
    store<f64>(at, slope);
    sum += slope;
    target += deepTargetBytes;
  }
  return sum;
}

/** dLoss/d of all of the dense part, summed over the examples, and dLoss/d of the input. */
function backward(deep: usize, workspace: usize, examples: u32): void {
  const layers = load<u32>(deep, deepLayersAt);
  const scale = load<f32>(deep, deepScaleAt);
  const dense: usize = load<u32>(deep, deepDenseAt);
  const gradient: usize = load<u32>(workspace, workspaceGradientAt);
  const transposed: usize = load<u32>(workspace, workspaceTransposedAt);
  outputBackward(deep, workspace, examples);
  for (let index = layers; index > 0; index--) {
    const depth = widthOf(deep, index - 1);
    const width = widthOf(deep, index);
    const units = unitsOf(workspace, index - 1);
    const stride = strideOf(workspace, index - 1);
    const delta: usize = load<u32>(workspace + (index << 2), workspaceDeltasAt);
    const deltaStride = strideOf(workspace, index);
    const below: usize = load<u32>(workspace + ((index - 1) << 2), workspaceDeltasAt);
    const at = weightsAt(deep, index - 1);
    gate(delta, unitsOf(workspace, index), deltaStride, examples, width, scale);
    outerProduct(units, stride, delta, deltaStride, gradient + at, examples, depth, width);
    columnSums(delta, deltaStride, gradient + at + ((depth * width) << 2), examples, width);
    transposePanels(dense + at, transposed, depth, width);
    product(delta, deltaStride, transposed, 0, below, stride, examples, width, depth, -Infinity);
  }
}

/** dLoss/du and dLoss/d of the last layer's units. */
function outputBackward(deep: usize, workspace: usize, examples: u32): void {
  const layers = load<u32>(deep, deepLayersAt);
  const bytes: usize = widthOf(deep, layers) << 2;
  const stride = strideOf(workspace, layers);
  const at = weightsAt(deep, layers);
  const weights = <usize>load<u32>(deep, deepDenseAt) + at;
  const gradient = <usize>load<u32>(workspace, workspaceGradientAt) + at;
  const slopes: usize = load<u32>(workspace, workspaceSlopesAt);
  let units = unitsOf(workspace, layers);
  let delta: usize = load<u32>(workspace + (layers << 2), workspaceDeltasAt);
  memory.fill(gradient, 0, bytes);
  for (let example: u32 = 0; example < examples; example++) {
    const slope = f32x4.splat(<f32>load<f64>(slopes + (example << 3)));
    for (let n: usize = 0; n < bytes; n += 16) {
      const sum = v128.load(gradient + n);
      v128.store(gradient + n, f32x4.add(sum, f32x4.mul(slope, v128.load(units + n))));
      v128.store(delta + n, f32x4.mul(slope, v128.load(weights + n)));
    }
    units += stride;
    delta += stride;
  }
}

/** One step of the optimiser along the mean gradient, with the penalties' part. */
function stepDense(deep: usize, workspace: usize, examples: u32, rate: f32): void {
  const layers = load<u32>(deep, deepLayersAt);
  const dense: usize = load<u32>(deep, deepDenseAt);
  const gradient: usize = load<u32>(workspace, workspaceGradientAt);
  const bytes: usize = load<u32>(deep, deepLengthAt) << 2;
  const share = f32x4.splat(1 / <f32>examples);
  const l1 = load<f32>(deep, deepL1At);
  const l2 = load<f32>(deep, deepL2At);
  for (let index: u32 = 0; index < layers; index++) {
    const at = weightsAt(deep, index);
    const biasesAt = at + ((widthOf(deep, index) * widthOf(deep, index + 1)) << 2);
    finish(gradient, dense, at, biasesAt, share, l1, l2);
    finish(gradient, dense, biasesAt, weightsAt(deep, index + 1), share, 0, 0);
  }
  finish(gradient, dense, weightsAt(deep, layers), bytes, share, l1, l2);
  const step = load<u64>(deep, deepStepsAt) + 1;
  store<u64>(deep, step, deepStepsAt);
  optimiserStep(
    deep + deepOptimiserAt,
    dense,
    dense + bytes,
    gradient,
    <u32>bytes,
    rate,
    <u32>min<u64>(step, 0xffffffff),
  );
}

/** Gradients from byte `at` to `end`: share · g + (l2 · w + l1 · sign w); the sign of 0 is 0. */
function finish(
  gradient: usize,
  dense: usize,
  at: usize,
  end: usize,
  share: v128,
  l1: f32,
  l2: f32,
): void {
  const ones = f32x4.splat(l1);
  const twos = f32x4.splat(l2);
  const signBit = i32x4.splat(0x80000000);
  const zero = f32x4.splat(0);
  for (; at < end; at += 16) {
    const w = v128.load(dense + at);
    const sign = v128.and(v128.or(v128.and(w, signBit), ones), f32x4.ne(w, zero));
    const penalty = f32x4.add(f32x4.mul(twos, w), sign);
    v128.store(gradient + at, f32x4.add(f32x4.mul(v128.load(gradient + at), share), penalty));
  }
}
