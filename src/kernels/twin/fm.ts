/**
 * Twins of assembly/fm.ts and assembly/fmItems.ts on the same memory, one component at a time.
 *
 * Sums run in the kernels' order, rounded to float32 where they are, so results are equal to the bit.
 */
import * as layout from "../layout.ts";
import { ftrlStep } from "./ftrl.ts";
import { sigmoid } from "./math.ts";
import { type Memory, placesOf, type RowPlaces } from "./memory.ts";

const { fround } = Math;

interface Resolved extends RowPlaces {
  readonly value: number;
}

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

export function twinGradient(
  memory: Memory,
  fm: number,
  features: number,
  count: number,
  slope: number,
): void {
  const resolved = resolve(memory, features, count);
  backward(memory, fm, resolved, forward(memory, fm, resolved).sums, slope);
}

export function twinContext(
  memory: Memory,
  fm: number,
  features: number,
  count: number,
): { logit: number; vector: Float32Array } {
  const { logit, sums } = forward(memory, fm, resolve(memory, features, count));
  return { logit: memory.f64[(fm + layout.fmBiasAt) / 8] + logit, vector: sums };
}

export function twinScoreItems(
  memory: Memory,
  context: { readonly logit: number; readonly vector: Float32Array },
  items: { readonly pointer: number; readonly itemCount: number; readonly featuresPerItem: number },
): Float32Array {
  const dim = context.vector.length;
  const stride = items.featuresPerItem * layout.featureBytes;
  return Float32Array.from({ length: items.itemCount }, (_, i) => {
    const resolved = resolve(memory, items.pointer + i * stride, items.featuresPerItem);
    let linear = 0;
    for (const feature of resolved) linear += memory.f32[feature.weight] * feature.value;
    const lane = new Float32Array(4);
    for (let d = 0; d < dim; d++) {
      const { sum, squares } = component(memory, resolved, d);
      const own = fround(0.5 * fround(fround(sum * sum) - squares));
      lane[d % 4] += fround(fround(context.vector[d] * sum) + own);
    }
    return context.logit + (linear + (lane[0] + lane[1] + (lane[2] + lane[3])));
  });
}

function resolve(memory: Memory, features: number, count: number): Resolved[] {
  const resolved: Resolved[] = [];
  for (let i = 0; i < count; i++) {
    const at = (features + i * layout.featureBytes) / 4;
    const row = memory.u32[at + layout.featureRowAt / 4];
    const value = memory.f32[at + layout.featureValueAt / 4];
    if (row === layout.noRow || value === 0) continue;
    resolved.push({ ...placesOf(memory, memory.u32[at + layout.featureTableAt / 4], row), value });
  }
  return resolved;
}

function forward(
  memory: Memory,
  fm: number,
  resolved: readonly Resolved[],
): { logit: number; sums: Float32Array } {
  const dim = memory.u32[(fm + layout.fmDimAt) / 4];
  let linear = 0;
  for (const feature of resolved) linear += memory.f32[feature.weight] * feature.value;
  const sums = new Float32Array(dim);
  const lane = new Float32Array(4);
  for (let d = 0; d < dim; d++) {
    const { sum, squares } = component(memory, resolved, d);
    sums[d] = sum;
    lane[d % 4] += fround(fround(sum * sum) - squares);
  }
  return { logit: linear + 0.5 * (lane[0] + lane[1] + (lane[2] + lane[3])), sums };
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
  const { f32, f64, u32 } = memory;
  const record = fm / 8;
  biasStep(f64, record, slope);
  const rate = fround(f64[record + layout.fmVectorRateAt / 8]);
  const l2 = fround(f64[record + layout.fmVectorL2At / 8]);
  const adagrad = u32[(fm + layout.fmVectorOptimiserAt) / 4] === layout.vectorAdagrad;
  const ftrl = {
    alpha: f64[record + layout.fmAlphaAt / 8],
    beta: f64[record + layout.fmBetaAt / 8],
    l1: f64[record + layout.fmL1At / 8],
    l2: f64[record + layout.fmL2At / 8],
  };
  for (const { vector, weight, accumulator, state, value } of resolved) {
    ftrlStep(f32, { w: weight, z: state, n: state + 1 }, slope * value, ftrl);
    const slopeX = fround(fround(slope) * value);
    for (let d = 0; d < sums.length; d++) {
      const v = f32[vector + d];
      const g = fround(fround(slopeX * fround(sums[d] - fround(v * value))) + fround(l2 * v));
      const step = fround(rate * g);
      if (adagrad) {
        f32[accumulator + d] += fround(g * g);
        f32[vector + d] = v - fround(step / fround(Math.sqrt(f32[accumulator + d])));
      } else {
        f32[vector + d] = v - step;
      }
    }
  }
}

function biasStep(f64: Float64Array, record: number, g: number): void {
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
