/**
 * Optimisers as their papers write them, for one component in float64, beside what the kernel needs
 * to run the same: its kind, parameters, and where its states start.
 */
import { layout } from "../kernels/index.ts";

/** Parameters by name; what a kind does not have is left out. */
interface Parameters {
  readonly weightDecay?: number;
  readonly momentum?: number;
  readonly decay?: number;
  readonly epsilon?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly beta?: number;
  readonly l1?: number;
  readonly l2?: number;
}

/** One component in float64: where it is after a step of gradient `g`; `t` counts from 1. */
interface Reference {
  w: number;
  step(g: number, t: number): number;
}

export interface OptimiserCase {
  readonly kind: number;
  readonly rate: number;
  readonly parameters: Parameters;
  /** What states 0 and 1 start at. */
  readonly start: readonly [number, number];
  readonly reference: (w: number) => Reference;
}

/** From a step that sees the decayed gradient. */
function reference(
  w: number,
  lambda: number,
  step: (self: Reference, g: number, t: number) => void,
) {
  const self: Reference = {
    w,
    step(g, t) {
      step(self, g + lambda * self.w, t);
      return self.w;
    },
  };
  return self;
}

export function sgd(rate: number, momentum: number, weightDecay = 0): OptimiserCase {
  const parameters = { momentum, weightDecay };
  return {
    kind: layout.optimiserSgd,
    rate,
    parameters,
    start: [0, 0],
    reference: (w) => {
      let velocity = 0;
      return reference(w, weightDecay, (self, g) => {
        velocity = momentum * velocity + g;
        self.w -= rate * velocity;
      });
    },
  };
}

export function adagrad(rate: number, accumulator: number, weightDecay = 0): OptimiserCase {
  return {
    ...{
      kind: layout.optimiserAdagrad,
      rate,
      parameters: { weightDecay },
      start: [accumulator, 0],
    },
    reference: (w) => {
      let n = accumulator;
      return reference(w, weightDecay, (self, g) => {
        n += g ** 2;
        self.w -= (rate / Math.sqrt(n)) * g;
      });
    },
  };
}

export function rmsprop(
  rate: number,
  decay: number,
  epsilon: number,
  weightDecay = 0,
): OptimiserCase {
  const parameters = { decay, epsilon, weightDecay };
  return {
    kind: layout.optimiserRmsprop,
    rate,
    parameters,
    start: [0, 0],
    reference: (w) => {
      let meanSquare = 0;
      return reference(w, weightDecay, (self, g) => {
        meanSquare += (1 - decay) * (g ** 2 - meanSquare);
        self.w -= (rate / (Math.sqrt(meanSquare) + epsilon)) * g;
      });
    },
  };
}

type Betas = readonly [number, number];

export function adam(
  rate: number,
  [beta1, beta2]: Betas,
  epsilon: number,
  weightDecay = 0,
): OptimiserCase {
  const parameters = { beta1, beta2, epsilon, weightDecay };
  return {
    kind: layout.optimiserAdam,
    rate,
    parameters,
    start: [0, 0],
    reference: (w) => {
      let m = 0;
      let v = 0;
      return reference(w, weightDecay, (self, g, t) => {
        m += (1 - beta1) * (g - m);
        v += (1 - beta2) * (g ** 2 - v);
        // Algorithm 1 of the paper, with its hats; epsilon moves under the uncorrected root.
        const mHat = m / -Math.expm1(t * Math.log(beta1));
        const correction = Math.sqrt(-Math.expm1(t * Math.log(beta2)));
        const vHatRoot = Math.sqrt(v) / correction;
        self.w -= (rate * mHat) / (vHatRoot + epsilon / correction);
      });
    },
  };
}

interface FtrlParameters {
  readonly beta: number;
  readonly l1: number;
  readonly l2: number;
  readonly accumulator: number;
}

export function ftrl(alpha: number, { beta, l1, l2, accumulator }: FtrlParameters): OptimiserCase {
  return {
    ...{ kind: layout.optimiserFtrl, rate: alpha, parameters: { beta, l1, l2 } },
    start: [0, accumulator],
    reference: (w) => {
      let z = 0;
      let n = accumulator;
      return reference(w, 0, (self, g) => {
        const sigma = (Math.sqrt(n + g ** 2) - Math.sqrt(n)) / alpha;
        z += g - sigma * self.w;
        n += g ** 2;
        const rest = Math.max(0, Math.abs(z) - l1);
        self.w = rest === 0 ? 0 : (-Math.sign(z) * rest) / ((beta + Math.sqrt(n)) / alpha + l2);
      });
    },
  };
}

const placeOf: Record<keyof Parameters, number> = {
  weightDecay: layout.optimiserWeightDecayAt,
  momentum: layout.optimiserMomentumAt,
  decay: layout.optimiserDecayAt,
  epsilon: layout.optimiserEpsilonAt,
  beta1: layout.optimiserBeta1At,
  beta2: layout.optimiserBeta2At,
  beta: layout.optimiserBetaAt,
  l1: layout.optimiserL1At,
  l2: layout.optimiserL2At,
};

/** Writes the kernel's record at this byte of the memory that both views see. */
export function writeCase(
  words: Uint32Array,
  floats: Float32Array,
  at: number,
  { kind, parameters }: OptimiserCase,
): void {
  words[(at + layout.optimiserKindAt) / 4] = kind;
  for (const [name, place] of Object.entries(placeOf))
    floats[(at + place) / 4] = parameters[name as keyof Parameters] ?? 0;
}
