/** The options of a DeepFM's dense part, and of its minibatches: checked, with their defaults. */
import { FoldbackError } from "../core/index.ts";
import {
  type Adagrad,
  type Adam,
  checkedOptimiser,
  type OptimiserSettings,
} from "../embedding/index.ts";
import { layout } from "../kernels/index.ts";
import { checkAbove0, checkDim, checkNotBelow0, checkWhole, checkWithin } from "./params.ts";

/** The network over the vectors: how it learns. */
export interface DenseOptions {
  /**
   * Takes one step a minibatch, along the mean gradient; default Adagrad with learning rate 0.02 and
   * `initialAccumulator` 0.01. Under Adam weights also move where the gradient is 0.
   */
  readonly optimiser?: Omit<Adagrad, "weightDecay"> | Omit<Adam, "weightDecay">;
  /** How the learning rate falls; default constant. */
  readonly schedule?: LearningRateSchedule;
  /** Adds l1 · sign(w) to the gradient of a weight (biases have none); default 0. */
  readonly l1?: number;
  /** Adds l2 · w to the gradient of a weight; default 0. */
  readonly l2?: number;
  /** The probability of a hidden unit to be left out of an example's step; 0 (default) to 0.9. */
  readonly dropout?: number;
}

export type LearningRateSchedule =
  | { readonly kind: "constant" }
  /** learningRate / √(1 + n / examples) after n examples; `examples` is above 0. */
  | { readonly kind: "inverseSqrt"; readonly examples: number };

/** What a DeepFM has beside the options of a factorisation machine, whose `dim` may not be 0 here. */
export interface DeepOptions {
  /** Units of each hidden layer: 1 to 4 layers of a multiple of 4 to 1,024; default 128 and 64. */
  readonly hiddenWidths?: readonly number[];
  readonly dense?: DenseOptions;
  /** Examples of a minibatch; 1 to 1,024, default 64. */
  readonly batchMax?: number;
}

/** Checked, without defaults left to fill in; passes through `postMessage`. */
export interface DeepSettings {
  readonly dim: number;
  /** Slots. */
  readonly fieldCount: number;
  readonly hiddenWidths: readonly number[];
  readonly optimiser: OptimiserSettings;
  readonly schedule: LearningRateSchedule;
  readonly l1: number;
  readonly l2: number;
  readonly dropout: number;
  readonly batchMax: number;
  readonly featureCountMax: number;
}

/** At 39 slots of dim 16 a sixth of the work of three layers of 400 units, which the paper has. */
const hiddenWidthsDefault = [128, 64];
/** Examples learned a second, in thousands, at 8, 32, 64, 128, 256: 30, 40, 45, 44, 41. */
const batchMaxDefault = 64;
/** An example's place in a minibatch and its field are one number of 32 bits. */
const batchLimit = 1024;
const optimiserDefault = {
  kind: "adagrad",
  learningRate: 0.02,
  // Mean gradients of a minibatch are small. On the ratings in data/ the log loss is 0.564 with this start
  // and rates of 0.02 and 0.05, and 0.567 with a start of 0.1.
  initialAccumulator: 0.01,
} as const;

/** @throws FoldbackError CONFIG_INVALID, naming the option. */
export function checkedDeep(
  { hiddenWidths = hiddenWidthsDefault, dense = {}, batchMax = batchMaxDefault }: DeepOptions,
  { dim, ...counts }: Pick<DeepSettings, "dim" | "fieldCount" | "featureCountMax">,
): DeepSettings {
  const {
    optimiser = optimiserDefault,
    schedule = { kind: "constant" },
    l1 = 0,
    l2 = 0,
    dropout = 0,
  } = dense;
  checkDim("dim", dim);
  if (dim === 0) throw invalid("dim", dim, `multiples of 4 from 4 to ${layout.dimMax}`);
  checkWhole("the number of hiddenWidths", hiddenWidths.length, 1, layout.deepLayersMax);
  for (const width of hiddenWidths) {
    const isAllowed = width % 4 === 0 && width >= 4 && width <= layout.deepWidthMax;
    if (!isAllowed)
      throw invalid("hiddenWidths", width, `multiples of 4 from 4 to ${layout.deepWidthMax}`);
  }
  checkWhole("batchMax", batchMax, 1, batchLimit);
  checkSchedule(schedule);
  const { kind } = optimiser;
  if (kind !== "adagrad" && kind !== "adam")
    throw invalid("dense.optimiser.kind", kind, "adagrad, adam");
  return {
    ...counts,
    dim,
    hiddenWidths: [...hiddenWidths],
    // l2 is in its place, and spares the biases.
    optimiser: checkedOptimiser({ ...optimiser, weightDecay: 0 }),
    schedule,
    l1: checkNotBelow0("dense.l1", l1),
    l2: checkNotBelow0("dense.l2", l2),
    dropout: checkWithin("dense.dropout", dropout, 0, 0.9),
    batchMax,
  };
}

/** The learning rate of the dense part after so many examples. */
export function denseRate({ optimiser, schedule }: DeepSettings, exampleCount: number): number {
  if (schedule.kind === "constant") return optimiser.learningRate;
  return optimiser.learningRate / Math.sqrt(1 + exampleCount / schedule.examples);
}

/** Units of each layer from the input on. */
export function layerWidths({ fieldCount, dim, hiddenWidths }: DeepSettings): number[] {
  return [fieldCount * dim, ...hiddenWidths];
}

/** Numbers of the dense part: weights and biases of every layer, and the output's weights. */
export function denseLength(settings: DeepSettings): number {
  const widths = layerWidths(settings);
  const last = widths[widths.length - 1];
  return widths.slice(1).reduce((sum, width, i) => sum + (widths[i] + 1) * width, last);
}

function checkSchedule(schedule: LearningRateSchedule): void {
  if (schedule.kind === "inverseSqrt") checkAbove0("dense.schedule.examples", schedule.examples);
  else if (schedule.kind !== "constant") {
    // From JavaScript or a config file: the types rule it out.
    const { kind } = schedule as { kind: unknown };
    throw invalid("dense.schedule.kind", kind, "constant, inverseSqrt");
  }
}

function invalid(name: string, value: unknown, allowed: string): FoldbackError {
  return new FoldbackError("CONFIG_INVALID", `${name} is ${String(value)}; allowed: ${allowed}`, {
    details: { name, value },
  });
}
