/**
 * Twins of assembly/fm.ts on the same memory, one component at a time.
 *
 * Sums run in the kernels' order, rounded to float32 where they are, so results are equal to the bit.
 */
import * as layout from "../layout.ts";
import { adagradStep } from "./adagrad.ts";
import { linearSum, type Resolved, resolve } from "./features.ts";
import { ftrlOf, ftrlStep } from "./ftrl.ts";
import { sigmoid } from "./math.ts";
import type { Memory } from "./memory.ts";

const { fround } = Math;

export function twinPredict(memory: Memory, fm: number, features: number, count: number): number {
  const resolved = resolve(memory, features, count);
  return memory.f64[(fm + layout.fmBiasAt) / 8] + forward(memory, fm, resolved).logit;
}

export function twinLearn(
  memory: Memory,
  fm: number,
  features: number,
  count: number,
  example: { readonly label: number; readonly weight: number; readonly offset: number },
): number {
  const resolved = resolve(memory, features, count);
  const { logit, sums } = forward(memory, fm, resolved);
  const whole = memory.f64[(fm + layout.fmBiasAt) / 8] + logit;
  const slope = (sigmoid(whole + example.offset) - example.label) * example.weight;
  backward(memory, fm, resolved, sums, slope);
  return whole;
}

function forward(
  memory: Memory,
  fm: number,
  resolved: readonly Resolved[],
): { logit: number; sums: Float32Array } {
  const dim = memory.u32[(fm + layout.fmDimAt) / 4];
  const sums = new Float32Array(dim);
  const lane = new Float32Array(4);
  for (let d = 0; d < dim; d++) {
    const { sum, squares } = component(memory, resolved, d);
    sums[d] = sum;
    lane[d % 4] += fround(fround(sum * sum) - squares);
  }
  const pairs = lane[0] + lane[1] + (lane[2] + lane[3]);
  return { logit: linearSum(memory, resolved) + 0.5 * pairs, sums };
}

/** Σ v x and Σ (v x)² of component d. */
function component(
  memory: Memory,
  resolved: readonly Resolved[],
  d: number,
): { sum: number; squares: number } {
  let sum = 0;
  let squares = 0;
  for (const feature of resolved) {
    const t = fround(memory.f32[feature.vector + d] * feature.value);
    sum = fround(sum + t);
    squares = fround(squares + fround(t * t));
  }
  return { sum, squares };
}

function backward(
  memory: Memory,
  fm: number,
  resolved: readonly Resolved[],
  sums: Float32Array,
  slope: number,
): void {
  const { f32, f64 } = memory;
  const record = fm / 8;
  biasStep(f64, record, slope);
  const rate = fround(f64[record + layout.fmVectorRateAt / 8]);
  const l2 = fround(f64[record + layout.fmVectorL2At / 8]);
  const ftrl = ftrlOf(f64, record);
  for (const { vector, weight, accumulator, state, value } of resolved) {
    ftrlStep(f32, { w: weight, z: state, n: state + 1 }, slope * value, ftrl);
    const slopeX = fround(fround(slope) * value);
    for (let d = 0; d < sums.length; d++) {
      const v = f32[vector + d];
      const others = fround(sums[d] - fround(v * value));
      const g = fround(fround(slopeX * others) + fround(l2 * v));
      adagradStep(f32, { vector: vector + d, accumulator: accumulator + d }, g, rate);
    }
  }
}

export function biasStep(f64: Float64Array, record: number, g: number): void {
  const alpha = f64[record + layout.fmBiasAlphaAt / 8];
  const beta = f64[record + layout.fmBiasBetaAt / 8];
  const w = record + layout.fmBiasAt / 8;
  const z = record + layout.fmBiasZAt / 8;
  const n = record + layout.fmBiasNAt / 8;
  const next = f64[n] + g * g;
  f64[z] += g - ((Math.sqrt(next) - Math.sqrt(f64[n])) / alpha) * f64[w];
  f64[n] = next;
  f64[w] = f64[z] === 0 ? 0 : -f64[z] / ((beta + Math.sqrt(next)) / alpha);
}
