/**
 * Twins of assembly/deep.ts, deepRows.ts and dense.ts on the same memory, one number at a time: plain
 * loops in the place of tiles, and a row's step found by comparing all features.
 *
 * Sums run in the kernels' order, rounded to float32 where they are, so results are equal to the bit.
 * What the kernels keep in the workspace is kept in arrays here, but for the dense part's gradient.
 */
import * as layout from "../layout.ts";
import { adagradStep } from "./adagrad.ts";
import { biasStep } from "./fm.ts";
import { ftrlOf, ftrlStep } from "./ftrl.ts";
import { mix64, wrap } from "./hash.ts";
import { splitMix } from "./initialise.ts";
import { sigmoid } from "./math.ts";
import { type Memory, placesOf, type RowPlaces } from "./memory.ts";
import { twinOptimiserStep } from "./optimisers.ts";

const { fround } = Math;

/** Addresses of the record and of one thread's workspace, with how much of it is filled. */
export interface TwinBatch {
  readonly deep: number;
  readonly workspace: number;
  readonly featureCount: number;
  readonly examples: number;
}

/** The logits (examples,). */
export function twinDeepPredict(memory: Memory, batch: TwinBatch): Float64Array {
  const network = networkOf(memory, batch.deep);
  const { wide, input } = embed(memory, network, batch, resolve(memory, batch));
  return outputOf(memory, network, wide, unitsAbove(memory, network, input, undefined));
}

/** Gives the logits before the step, without masks and offsets (examples,). */
export function twinDeepLearn(memory: Memory, batch: TwinBatch, rate: number): Float64Array {
  const network = networkOf(memory, batch.deep);
  const features = resolve(memory, batch);
  const { wide, input, sums } = embed(memory, network, batch, features);
  const plain = unitsAbove(memory, network, input, undefined);
  const logits = outputOf(memory, network, wide, plain);
  const first = memory.u32[(batch.deep + layout.deepExamplesAt) / 4];
  const units = unitsAbove(memory, network, input, first);
  const slopes = slopesOf(memory, batch, outputOf(memory, network, wide, units));
  const delta = backward(memory, network, batch, units, slopes);
  stepDense(memory, network, batch, rate);
  stepRows(memory, network, features, { sums, slopes, delta });
  let slope = 0;
  for (const one of slopes) slope += one;
  biasStep(memory.f64, batch.deep / 8, slope);
  memory.u32[(batch.deep + layout.deepExamplesAt) / 4] = first + batch.examples;
  return logits;
}

/** The units that make up a minibatch's layer: (examples, width). */
type Matrix = readonly Float32Array[];

interface Layer {
  readonly depth: number;
  readonly width: number;
  /** Places from the dense part's first number on. */
  readonly weights: number;
  readonly biases: number;
}

interface Network {
  readonly deep: number;
  readonly dim: number;
  readonly fieldCount: number;
  readonly layers: readonly Layer[];
  /** Of the output's weights. */
  readonly output: number;
  readonly length: number;
  /** Place in `f32` of the dense part. */
  readonly dense: number;
  readonly keep: number;
  readonly scale: number;
}

function networkOf({ u32, f32 }: Memory, deep: number): Network {
  const dim = u32[(deep + layout.fmDimAt) / 4];
  const fieldCount = u32[(deep + layout.deepFieldsAt) / 4];
  const layers: Layer[] = [];
  let depth = fieldCount * dim;
  let at = 0;
  for (let i = 0; i < u32[(deep + layout.deepLayersAt) / 4]; i++) {
    const width = u32[(deep + layout.deepWidthsAt) / 4 + i];
    layers.push({ depth, width, weights: at, biases: at + depth * width });
    at += (depth + 1) * width;
    depth = width;
  }
  return {
    deep,
    dim,
    fieldCount,
    layers,
    output: at,
    length: at + depth,
    dense: u32[(deep + layout.deepDenseAt) / 4] / 4,
    keep: u32[(deep + layout.deepKeepAt) / 4],
    scale: f32[(deep + layout.deepScaleAt) / 4],
  };
}

/** Place of weight (k, n): in panels of 4 columns. */
function weightPlace({ depth, weights }: Layer, k: number, n: number): number {
  return weights + (n >>> 2) * depth * 4 + k * 4 + (n & 3);
}

interface Feature extends RowPlaces {
  readonly value: number;
  readonly example: number;
  readonly field: number;
}

function resolve(memory: Memory, { workspace, featureCount }: TwinBatch): Feature[] {
  const { u32, f32 } = memory;
  const features: Feature[] = [];
  const list = u32[(workspace + layout.workspaceFeaturesAt) / 4];
  for (let i = 0; i < featureCount; i++) {
    const at = (list + i * layout.deepFeatureBytes) / 4;
    const row = u32[at + layout.deepFeatureRowAt / 4];
    const value = f32[at + layout.deepFeatureValueAt / 4];
    if (row === layout.noRow || value === 0) continue;
    const place = u32[at + layout.deepFeaturePlaceAt / 4];
    const places = placesOf(memory, u32[at + layout.deepFeatureTableAt / 4], row);
    features.push({ ...places, value, example: place >>> 8, field: place & 255 });
  }
  return features;
}

/** The logits without the dense part, the first layer's input, and Σ v x (examples, dim). */
function embed(
  { f32, f64 }: Memory,
  { deep, dim, fieldCount }: Network,
  { examples }: TwinBatch,
  features: readonly Feature[],
): { wide: Float64Array; input: Matrix; sums: Matrix } {
  const wide = new Float64Array(examples);
  const input = zeros(examples, fieldCount * dim);
  const squares = zeros(examples, dim);
  for (const { vector, weight, value, example, field } of features) {
    for (let d = 0; d < dim; d++) {
      const t = fround(f32[vector + d] * value);
      input[example][field * dim + d] += t;
      squares[example][d] += fround(t * t);
    }
    wide[example] += f32[weight] * value;
  }
  const sums = zeros(examples, dim);
  for (let example = 0; example < examples; example++) {
    const lane = new Float32Array(4);
    for (let d = 0; d < dim; d++) {
      const sum = sums[example];
      for (let field = 0; field < fieldCount; field++) sum[d] += input[example][field * dim + d];
      lane[d % 4] += fround(fround(sum[d] * sum[d]) - squares[example][d]);
    }
    const pairs = lane[0] + lane[1] + (lane[2] + lane[3]);
    wide[example] = f64[(deep + layout.fmBiasAt) / 8] + (wide[example] + 0.5 * pairs);
  }
  return { wide, input, sums };
}

/** Input and hidden layers; masked from the number of the first example on, if there is one. */
function unitsAbove(
  { f32, u32 }: Memory,
  network: Network,
  input: Matrix,
  first: number | undefined,
): Matrix[] {
  const { deep, dense, keep, scale } = network;
  const units: Matrix[] = [input];
  const seed =
    BigInt(u32[(deep + layout.deepSeedAt) / 4]) |
    (BigInt(u32[(deep + layout.deepSeedAt) / 4 + 1]) << 32n);
  for (const [index, layer] of network.layers.entries()) {
    const out = zeros(input.length, layer.width);
    for (const [b, row] of units[index].entries()) {
      for (let n = 0; n < layer.width; n++) {
        let sum = f32[dense + layer.biases + n];
        for (let k = 0; k < layer.depth; k++)
          sum = fround(sum + fround(row[k] * f32[dense + weightPlace(layer, k, n)]));
        out[b][n] = sum < 0 ? 0 : sum;
      }
      if (first === undefined || keep === layout.deepKeepAll) continue;
      const stays = unitMask(seed, first + b, index, { width: layer.width, keep });
      for (let n = 0; n < layer.width; n++) out[b][n] = stays[n] ? fround(out[b][n] * scale) : 0;
    }
    units.push(out);
  }
  return units;
}

/** Which units of a hidden layer, from 0 on, stay in the example with this number. */
export function unitMask(
  seed: bigint,
  example: number,
  layer: number,
  { width, keep }: { readonly width: number; readonly keep: number },
): boolean[] {
  let state = mix64((BigInt(example) << 2n) | BigInt(layer), seed);
  const stays: boolean[] = [];
  while (stays.length < width) {
    state = wrap(state + 0x9e3779b97f4a7c15n);
    const bits = splitMix(state);
    for (let j = 0n; j < 4n; j++) stays.push(Number((bits >> (16n * j)) & 0xffffn) < keep);
  }
  return stays;
}

function outputOf(
  { f32 }: Memory,
  { dense, output }: Network,
  wide: Float64Array,
  units: readonly Matrix[],
): Float64Array {
  return wide.map((logit, example) => {
    const lane = new Float32Array(4);
    for (const [n, unit] of units[units.length - 1][example].entries())
      lane[n % 4] += fround(unit * f32[dense + output + n]);
    return logit + (lane[0] + lane[1] + (lane[2] + lane[3]));
  });
}

function slopesOf(memory: Memory, { workspace }: TwinBatch, logits: Float64Array): Float64Array {
  const targets = memory.u32[(workspace + layout.workspaceTargetsAt) / 4] / 8;
  return logits.map((logit, example) => {
    const at = targets + (example * layout.deepTargetBytes) / 8;
    const [label, weight, offset] = memory.f64.subarray(at, at + 3);
    return (sigmoid(logit + offset) - label) * weight;
  });
}

/** Writes the dense part's gradient to the workspace; gives dLoss/d of the input. */
function backward(
  { f32, u32 }: Memory,
  network: Network,
  { workspace }: TwinBatch,
  units: readonly Matrix[],
  slopes: Float64Array,
): Matrix {
  const { layers, dense, output, scale } = network;
  const gradient = u32[(workspace + layout.workspaceGradientAt) / 4] / 4;
  const sumOf = (place: number, termOf: (b: number) => number): void => {
    let sum = 0;
    for (let b = 0; b < slopes.length; b++) sum = fround(sum + termOf(b));
    f32[gradient + place] = sum;
  };
  const { width } = layers[layers.length - 1];
  for (let n = 0; n < width; n++)
    sumOf(output + n, (b) => fround(fround(slopes[b]) * units[layers.length][b][n]));
  let above: Matrix = Array.from(slopes, (slope) => {
    return Float32Array.from({ length: width }, (_, n) => fround(slope) * f32[dense + output + n]);
  });
  for (let index = layers.length - 1; index >= 0; index--) {
    const layer = layers[index];
    const delta = above.map((row, b) => {
      return row.map((g, n) => (units[index + 1][b][n] > 0 ? fround(g * scale) : 0));
    });
    for (let n = 0; n < layer.width; n++) {
      sumOf(layer.biases + n, (b) => delta[b][n]);
      for (let k = 0; k < layer.depth; k++)
        sumOf(weightPlace(layer, k, n), (b) => fround(units[index][b][k] * delta[b][n]));
    }
    above = delta.map((row) => {
      return Float32Array.from({ length: layer.depth }, (_, k) => {
        let sum = 0;
        for (let n = 0; n < layer.width; n++)
          sum = fround(sum + fround(row[n] * f32[dense + weightPlace(layer, k, n)]));
        return sum;
      });
    });
  }
  return above;
}

function stepDense(
  memory: Memory,
  { deep, layers, dense, length }: Network,
  { workspace, examples }: TwinBatch,
  rate: number,
): void {
  const { f32, u32 } = memory;
  const gradient = u32[(workspace + layout.workspaceGradientAt) / 4];
  const share = fround(1 / examples);
  const l1 = f32[(deep + layout.deepL1At) / 4];
  const l2 = f32[(deep + layout.deepL2At) / 4];
  for (let place = 0; place < length; place++) {
    const isBias = layers.some((l) => place >= l.biases && place < l.biases + l.width);
    const w = f32[dense + place];
    const sign = w === 0 ? 0 : Math.sign(w) * l1;
    const penalty = isBias ? 0 : fround(fround(l2 * w) + sign);
    const at = gradient / 4 + place;
    f32[at] = fround(fround(f32[at] * share) + penalty);
  }
  const step = u32[(deep + layout.deepStepsAt) / 4] + 1;
  u32[(deep + layout.deepStepsAt) / 4] = step;
  const places = {
    optimiser: deep + layout.deepOptimiserAt,
    vector: dense * 4,
    state: (dense + length) * 4,
    gradient,
  };
  twinOptimiserStep(memory, places, length, { rate, step });
}

/** One step for each row, along the sum over all features that are of it. */
function stepRows(
  { f32, f64 }: Memory,
  { deep, dim }: Network,
  features: readonly Feature[],
  from: { readonly sums: Matrix; readonly slopes: Float64Array; readonly delta: Matrix },
): void {
  const rate = fround(f64[(deep + layout.fmVectorRateAt) / 8]);
  const l2 = fround(f64[(deep + layout.fmVectorL2At) / 8]);
  const ftrl = ftrlOf(f64, deep / 8);
  for (const [i, { vector, weight, accumulator, state }] of features.entries()) {
    if (features.slice(0, i).some((one) => one.weight === weight)) continue;
    const same = features.filter((one) => one.weight === weight);
    let g = 0;
    for (const { value, example } of same) g += from.slopes[example] * value;
    ftrlStep(f32, { w: weight, z: state, n: state + 1 }, g, ftrl);
    for (let d = 0; d < dim; d++) {
      const v = f32[vector + d];
      let sum = 0;
      for (const { value, example, field } of same) {
        const slopeX = fround(fround(from.slopes[example]) * value);
        const others = fround(from.sums[example][d] - fround(v * value));
        const ofField = fround(from.delta[example][field * dim + d] * value);
        sum = fround(sum + fround(fround(slopeX * others) + ofField));
      }
      const whole = fround(sum + fround(l2 * v));
      adagradStep(f32, { vector: vector + d, accumulator: accumulator + d }, whole, rate);
    }
  }
}

function zeros(rows: number, width: number): Matrix {
  return Array.from({ length: rows }, () => new Float32Array(width));
}
