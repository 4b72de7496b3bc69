/**
 * Twins of assembly/rank.ts on the same memory, one component at a time.
 *
 * Sums run in the kernels' order, rounded to float32 where they are, so results are equal to the bit.
 * What the kernels keep in scratch is kept in arrays here.
 */
import * as layout from "../layout.ts";
import { adagradStep } from "./adagrad.ts";
import { linearSum, type Resolved, resolve } from "./features.ts";
import { ftrlOf, ftrlStep } from "./ftrl.ts";
import { sigmoid } from "./math.ts";
import type { Memory } from "./memory.ts";

const { fround } = Math;

/** Lists of features: the address of the first, and how many. */
export interface TwinContext {
  readonly features: number;
  readonly featureCount: number;
  readonly buckets: number;
  readonly bucketCount: number;
}

/** Addresses of the candidates' features, signals and targets. */
export interface TwinGroup {
  readonly items: number;
  readonly itemCount: number;
  readonly featuresPerItem: number;
  readonly signals: number;
  readonly targets: number;
}

interface Query {
  /** (dim,) */
  readonly q: Float32Array;
  /** (signals,) */
  readonly a: Float32Array;
}

export function twinRankQuery(memory: Memory, fm: number, context: TwinContext): Query {
  const { features, featureCount, buckets, bucketCount } = context;
  const dim = memory.u32[(fm + layout.fmDimAt) / 4];
  const signalCount = memory.u32[(fm + layout.fmSignalsAt) / 4];
  return {
    q: vectorSum(memory, resolve(memory, features, featureCount), dim),
    a: vectorSum(memory, resolve(memory, buckets, bucketCount), signalCount),
  };
}

/** Logits (itemCount,). */
export function twinRankScore(memory: Memory, query: Query, group: TwinGroup): Float32Array {
  return Float32Array.from({ length: group.itemCount }, (_, i) => {
    return logitOf(memory, query, candidateOf(memory, query, group, i));
  });
}

/** Returns the logits before the step (itemCount,). */
export function twinRankLearn(
  memory: Memory,
  fm: number,
  context: TwinContext,
  group: TwinGroup,
): Float32Array {
  const { f32, f64 } = memory;
  const record = fm / 8;
  const query = twinRankQuery(memory, fm, context);
  const ftrl = ftrlOf(f64, record);
  const rate = fround(f64[record + layout.fmVectorRateAt / 8]);
  const l2 = fround(f64[record + layout.fmVectorL2At / 8]);
  const gradientQ = new Float32Array(query.q.length);
  const gradientA = new Float32Array(query.a.length);
  const logits = new Float32Array(group.itemCount);
  for (let i = 0; i < group.itemCount; i++) {
    const candidate = candidateOf(memory, query, group, i);
    const logit = logitOf(memory, query, candidate);
    const [label, weight, offset] = f32.subarray(group.targets / 4 + i * 3);
    const slope = (sigmoid(logit + offset) - label) * weight;
    addScaled(gradientQ, candidate.p, slope);
    addScaled(gradientA, candidate.signals, slope);
    for (const feature of candidate.resolved) {
      const { weight: w, state, value } = feature;
      ftrlStep(f32, { w, z: state, n: state + 1 }, slope * value, ftrl);
      vectorStep(f32, feature, query.q, { slope: fround(slope), rate, l2 });
    }
    logits[i] = logit;
  }
  for (const feature of resolve(memory, context.features, context.featureCount))
    vectorStep(f32, feature, gradientQ, { slope: 1, rate, l2 });
  const signalRate = fround(f64[record + layout.fmSignalRateAt / 8]);
  for (const feature of resolve(memory, context.buckets, context.bucketCount))
    vectorStep(f32, feature, gradientA, { slope: 1, rate: signalRate, l2: 0 });
  return logits;
}

interface Candidate {
  readonly resolved: readonly Resolved[];
  readonly p: Float32Array;
  readonly signals: Float32Array;
}

function candidateOf(memory: Memory, { q, a }: Query, group: TwinGroup, i: number): Candidate {
  const { featuresPerItem } = group;
  const features = group.items + i * featuresPerItem * layout.featureBytes;
  const resolved = resolve(memory, features, featuresPerItem);
  const signalsAt = group.signals / 4 + i * a.length;
  return {
    resolved,
    p: vectorSum(memory, resolved, q.length),
    signals: memory.f32.subarray(signalsAt, signalsAt + a.length),
  };
}

function logitOf(memory: Memory, { q, a }: Query, { resolved, p, signals }: Candidate): number {
  return linearSum(memory, resolved) + dot(q, p) + dot(a, signals);
}

function vectorSum(memory: Memory, resolved: readonly Resolved[], length: number): Float32Array {
  return Float32Array.from({ length }, (_, d) => {
    let sum = 0;
    for (const { vector, value } of resolved)
      sum = fround(sum + fround(memory.f32[vector + d] * value));
    return sum;
  });
}

function dot(a: Float32Array, b: Float32Array): number {
  const lane = new Float32Array(4);
  for (let d = 0; d < a.length; d++) lane[d % 4] += fround(a[d] * b[d]);
  return lane[0] + lane[1] + (lane[2] + lane[3]);
}

function addScaled(out: Float32Array, vector: Float32Array, scale: number): void {
  for (let d = 0; d < out.length; d++) out[d] += fround(vector[d] * fround(scale));
}

function vectorStep(
  f32: Float32Array,
  { vector, accumulator, value }: Resolved,
  towards: Float32Array,
  p: { readonly slope: number; readonly rate: number; readonly l2: number },
): void {
  const slopeX = fround(p.slope * value);
  for (let d = 0; d < towards.length; d++) {
    const g = fround(fround(slopeX * towards[d]) + fround(p.l2 * f32[vector + d]));
    adagradStep(f32, { vector: vector + d, accumulator: accumulator + d }, g, p.rate);
  }
}
