/**
 * Twin of assembly/optimisers.ts, one component at a time: the same operations in the same order,
 * each rounded to float32, so the same bits.
 */
import * as layout from "../layout.ts";
import { adagradStep } from "./adagrad.ts";
import type { Memory } from "./memory.ts";

const { fround, sqrt } = Math;

/** Addresses of the record and of the row's parts, multiples of 4. */
interface OptimiserPlaces {
  readonly optimiser: number;
  readonly vector: number;
  readonly state: number;
  readonly gradient: number;
}

/** One step for the `dim` components of a row; `step` is 1 for its first. */
export function twinOptimiserStep(
  memory: Memory,
  places: OptimiserPlaces,
  dim: number,
  options: { readonly rate: number; readonly step: number },
): void {
  const { f32 } = memory;
  const at = {
    vector: places.vector / 4,
    state: places.state / 4,
    second: places.state / 4 + dim,
    gradient: places.gradient / 4,
  };
  const stepOne = kindOf(memory, places.optimiser, options);
  for (let d = 0; d < dim; d++) {
    stepOne(f32, {
      vector: at.vector + d,
      state: at.state + d,
      second: at.second + d,
      gradient: at.gradient + d,
    });
  }
}

/** Places in `f32` of one component. */
interface Component {
  readonly vector: number;
  readonly state: number;
  readonly second: number;
  readonly gradient: number;
}

type ComponentStep = (f32: Float32Array, at: Component) => void;

function kindOf(
  { u32, f32 }: Memory,
  record: number,
  options: { readonly rate: number; readonly step: number },
): ComponentStep {
  const parameter = (at: number): number => f32[(record + at) / 4];
  const rate = fround(options.rate);
  const lambda = parameter(layout.optimiserWeightDecayAt);
  const epsilon = parameter(layout.optimiserEpsilonAt);
  switch (u32[(record + layout.optimiserKindAt) / 4]) {
    case layout.optimiserSgd:
      return sgd(rate, lambda, parameter(layout.optimiserMomentumAt));
    case layout.optimiserAdagrad:
      return (f32, at) => {
        const g = decayed(f32, at, lambda);
        adagradStep(f32, { vector: at.vector, accumulator: at.state }, g, rate);
      };
    case layout.optimiserRmsprop:
      return rmsprop(rate, lambda, { decay: parameter(layout.optimiserDecayAt), epsilon });
    case layout.optimiserAdam: {
      const beta1 = parameter(layout.optimiserBeta1At);
      const beta2 = parameter(layout.optimiserBeta2At);
      const second = 1 - power(beta2, options.step);
      const corrected = fround((rate * sqrt(second)) / (1 - power(beta1, options.step)));
      return adam(corrected, lambda, { beta1, beta2, epsilon });
    }
    case layout.optimiserFtrl:
      return ftrl(rate, {
        beta: parameter(layout.optimiserBetaAt),
        l1: parameter(layout.optimiserL1At),
        l2: parameter(layout.optimiserL2At),
      });
    default:
      throw new Error("the record is of no optimiser");
  }
}

function sgd(rate: number, lambda: number, momentum: number): ComponentStep {
  return (f32, at) => {
    let m = decayed(f32, at, lambda);
    if (momentum !== 0) {
      m = fround(fround(momentum * f32[at.state]) + m);
      f32[at.state] = m;
    }
    f32[at.vector] -= fround(rate * m);
  };
}

function rmsprop(
  rate: number,
  lambda: number,
  { decay, epsilon }: { readonly decay: number; readonly epsilon: number },
): ComponentStep {
  return (f32, at) => {
    const g = decayed(f32, at, lambda);
    const n = average(f32[at.state], fround(g * g), decay);
    f32[at.state] = n;
    f32[at.vector] -= fround(fround(rate * g) / fround(fround(sqrt(n)) + epsilon));
  };
}

function adam(
  rate: number,
  lambda: number,
  p: { readonly beta1: number; readonly beta2: number; readonly epsilon: number },
): ComponentStep {
  return (f32, at) => {
    const g = decayed(f32, at, lambda);
    const m = average(f32[at.state], g, p.beta1);
    const v = average(f32[at.second], fround(g * g), p.beta2);
    f32[at.state] = m;
    f32[at.second] = v;
    f32[at.vector] -= fround(fround(rate * m) / fround(fround(sqrt(v)) + p.epsilon));
  };
}

function ftrl(
  alpha: number,
  p: { readonly beta: number; readonly l1: number; readonly l2: number },
): ComponentStep {
  const inverseAlpha = fround(1 / alpha);
  const alphaL2 = fround(alpha * p.l2);
  return (f32, at) => {
    const g = f32[at.gradient];
    const n = fround(f32[at.second] + fround(g * g));
    const root = fround(sqrt(n));
    const sigma = fround(fround(root - fround(sqrt(f32[at.second]))) * inverseAlpha);
    const z = fround(f32[at.state] + fround(g - fround(sigma * f32[at.vector])));
    f32[at.state] = z;
    f32[at.second] = n;
    const divisor = fround(fround(p.beta + root) + alphaL2);
    const outside = fround(z - Math.sign(z) * p.l1);
    f32[at.vector] =
      Math.abs(z) <= p.l1 || divisor === 0 ? 0 : -fround(fround(alpha * outside) / divisor);
  };
}

/** g + λ·w. */
function decayed(f32: Float32Array, at: Component, lambda: number): number {
  return fround(f32[at.gradient] + fround(lambda * f32[at.vector]));
}

function average(old: number, fresh: number, keep: number): number {
  return fround(fround(keep * old) + fround(fround(1 - keep) * fresh));
}

/** base^exponent by squaring; `base` below 1. */
function power(base: number, exponent: number): number {
  let result = 1;
  for (let left = exponent; ; ) {
    if (left % 2 === 1) result *= base;
    left = Math.floor(left / 2);
    if (left === 0) return result;
    if (base < 1e-18) return 0;
    base *= base;
  }
}
