/**
 * How the rows of a table learn: which optimiser, with which parameters, and what it keeps for each
 * component of a vector.
 *
 * The kernel's arithmetic is float32: parameters are checked as the float32 numbers that they become.
 */
import { FoldbackError } from "../core/index.ts";
import { layout } from "../kernels/index.ts";

/**
 * Optimisers of a row's vector; `g` is dLoss/dw, one step moves every component by itself.
 *
 * `learningRate` is above 0. `weightDecay` λ (default 0) adds λ·w to the gradient before anything
 * else: the L2 penalty λ/2·w², of the rows that are stepped.
 *
 * @example { kind: "adam", learningRate: 0.01, weightDecay: 1e-6 }
 */
export type Optimiser = Sgd | Adagrad | Ftrl | RmsProp | Adam;

/** m = momentum·m + g, w −= learningRate·m. */
export interface Sgd {
  readonly kind: "sgd";
  readonly learningRate: number;
  /** From 0 (default: no state is kept) to below 1. */
  readonly momentum?: number;
  readonly weightDecay?: number;
}

/**
 * n += g², w −= learningRate·g/√n. Source: Duchi, Hazan and Singer, "Adaptive subgradient methods",
 * JMLR 2011, the diagonal form.
 */
export interface Adagrad {
  readonly kind: "adagrad";
  readonly learningRate: number;
  /** What n starts at, above 0; default 1, so that the first steps of a new row are small. */
  readonly initialAccumulator?: number;
  readonly weightDecay?: number;
}

/**
 * FTRL-proximal, α = learningRate. Source: McMahan et al., "Ad Click Prediction: a View from the
 * Trenches", KDD 2013, Algorithm 1, for each component.
 *
 * A weight is a function of the gradients alone: the first step of a row forgets what its vector was
 * initialised with.
 */
export interface Ftrl {
  readonly kind: "ftrl";
  readonly learningRate: number;
  /** Damps the first steps, 0 or more; default 1, with which the paper does well. */
  readonly beta?: number;
  /** A weight whose gradients sum up to no more than this is exactly 0; default 0. */
  readonly l1?: number;
  /** Pulls weights towards 0; default 0. */
  readonly l2?: number;
  /** What n, the sum of g², starts at, 0 or more; default 0, as in the paper. */
  readonly initialAccumulator?: number;
}

/**
 * n = decay·n + (1 − decay)·g², w −= learningRate·g/(√n + epsilon). Source: Tieleman and Hinton,
 * "Lecture 6.5: RMSProp", 2012.
 */
export interface RmsProp {
  readonly kind: "rmsprop";
  readonly learningRate: number;
  /** From 0 to below 1; default 0.9, of the lecture. */
  readonly decay?: number;
  /** Above 0; default 1e-8. */
  readonly epsilon?: number;
  readonly weightDecay?: number;
}

/**
 * m = beta1·m + (1 − beta1)·g, v = beta2·v + (1 − beta2)·g²; at the row's t-th step
 * w −= learningRate·√(1 − beta2^t)/(1 − beta1^t)·m/(√v + epsilon).
 *
 * Source: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, in the form at the
 * end of section 2: epsilon is added to the root before correction. t counts the steps of the row,
 * not of the table: a rare id's first step is corrected in full.
 */
export interface Adam {
  readonly kind: "adam";
  readonly learningRate: number;
  /** From 0 to below 1; default 0.9. */
  readonly beta1?: number;
  /** From 0 to below 1; default 0.999. */
  readonly beta2?: number;
  /** Above 0; default 1e-8. */
  readonly epsilon?: number;
  readonly weightDecay?: number;
}

/** An optimiser with its defaults filled in. */
export type OptimiserSettings = Required<Optimiser>;

/** @throws FoldbackError CONFIG_INVALID, naming the option. */
export function checkedOptimiser(optimiser: Optimiser): OptimiserSettings {
  const learningRate = above0("learningRate", optimiser.learningRate);
  switch (optimiser.kind) {
    case "sgd": {
      const { kind, momentum = 0, weightDecay = 0 } = optimiser;
      return {
        kind,
        learningRate,
        momentum: below1("momentum", momentum),
        weightDecay: notBelow0("weightDecay", weightDecay),
      };
    }
    case "adagrad": {
      const { kind, initialAccumulator = 1, weightDecay = 0 } = optimiser;
      return {
        kind,
        learningRate,
        // At 0, a first step with a gradient of 0 would be 0 / 0.
        initialAccumulator: above0("initialAccumulator", initialAccumulator),
        weightDecay: notBelow0("weightDecay", weightDecay),
      };
    }
    case "ftrl": {
      const { kind, beta = 1, l1 = 0, l2 = 0, initialAccumulator = 0 } = optimiser;
      return {
        kind,
        learningRate,
        beta: notBelow0("beta", beta),
        l1: notBelow0("l1", l1),
        l2: notBelow0("l2", l2),
        initialAccumulator: notBelow0("initialAccumulator", initialAccumulator),
      };
    }
    case "rmsprop": {
      const { kind, decay = 0.9, epsilon = 1e-8, weightDecay = 0 } = optimiser;
      return {
        kind,
        learningRate,
        decay: below1("decay", decay),
        epsilon: above0("epsilon", epsilon),
        weightDecay: notBelow0("weightDecay", weightDecay),
      };
    }
    case "adam": {
      const { kind, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = optimiser;
      return {
        kind,
        learningRate,
        beta1: below1("beta1", beta1),
        beta2: below1("beta2", beta2),
        epsilon: above0("epsilon", epsilon),
        weightDecay: notBelow0("weightDecay", weightDecay),
      };
    }
    default:
      // From JavaScript or a config file: the types rule it out.
      throw invalid(
        "kind",
        (optimiser as { kind: unknown }).kind,
        Object.keys(kindCodes).join(", "),
      );
  }
}

/** How many float32 a row keeps for each component, 0 to 2. */
export function stateCountOf(optimiser: OptimiserSettings): number {
  switch (optimiser.kind) {
    case "sgd":
      return optimiser.momentum === 0 ? 0 : 1;
    case "adagrad":
    case "rmsprop":
      return 1;
    case "ftrl":
    case "adam":
      return 2;
  }
}

/** What states 0 and 1 of every component start at; 0 for those that are not kept. */
export function initialStateOf(optimiser: OptimiserSettings): readonly [number, number] {
  switch (optimiser.kind) {
    case "adagrad":
      return [optimiser.initialAccumulator, 0];
    case "ftrl":
      return [0, optimiser.initialAccumulator];
    default:
      return [0, 0];
  }
}

/**
 * Writes the kernel's record, `layout.optimiserBytes` long, at byte `at` (a multiple of 4) of the
 * memory that both views show from its first byte on. The learning rate is not in it: the kernel
 * takes it with every step.
 */
export function writeOptimiser(
  words: Uint32Array,
  floats: Float32Array,
  at: number,
  optimiser: OptimiserSettings,
): void {
  words.fill(0, at / 4, (at + layout.optimiserBytes) / 4);
  words[(at + layout.optimiserKindAt) / 4] = kindCodes[optimiser.kind];
  const write = (parameterAt: number, value: number): void => {
    floats[(at + parameterAt) / 4] = value;
  };
  if (optimiser.kind !== "ftrl") write(layout.optimiserWeightDecayAt, optimiser.weightDecay);
  switch (optimiser.kind) {
    case "sgd":
      write(layout.optimiserMomentumAt, optimiser.momentum);
      break;
    case "adagrad":
      break;
    case "ftrl":
      write(layout.optimiserBetaAt, optimiser.beta);
      write(layout.optimiserL1At, optimiser.l1);
      write(layout.optimiserL2At, optimiser.l2);
      break;
    case "rmsprop":
      write(layout.optimiserDecayAt, optimiser.decay);
      write(layout.optimiserEpsilonAt, optimiser.epsilon);
      break;
    case "adam":
      write(layout.optimiserBeta1At, optimiser.beta1);
      write(layout.optimiserBeta2At, optimiser.beta2);
      write(layout.optimiserEpsilonAt, optimiser.epsilon);
      break;
  }
}

const kindCodes: Record<Optimiser["kind"], number> = {
  sgd: layout.optimiserSgd,
  adagrad: layout.optimiserAdagrad,
  ftrl: layout.optimiserFtrl,
  rmsprop: layout.optimiserRmsprop,
  adam: layout.optimiserAdam,
};

function above0(name: string, value: number): number {
  const rounded = Math.fround(value);
  if (rounded > 0 && Number.isFinite(rounded)) return value;
  throw invalid(name, value, "above 0, as a float32");
}

function notBelow0(name: string, value: number): number {
  if (value >= 0 && Number.isFinite(Math.fround(value))) return value;
  throw invalid(name, value, "0 or more, as a float32");
}

/** Of what weighs the past: at 1 nothing would ever fade. */
function below1(name: string, value: number): number {
  if (value >= 0 && Math.fround(value) < 1) return value;
  throw invalid(name, value, "from 0 to below 1, as a float32");
}

function invalid(name: string, value: unknown, allowed: string): FoldbackError {
  return new FoldbackError("CONFIG_INVALID", `${name} is ${String(value)}; allowed: ${allowed}`, {
    details: { name, value },
  });
}
