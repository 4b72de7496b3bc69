/** The contestants of bench/onlineFm.ts: what is tried of each, and how a process of it is run. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FmConfig } from "./fmLearner.ts";
import type { Peers } from "./peers.ts";

export interface Contestant {
  readonly name: string;
  /** Ours must learn so many times its examples a second; where it has no factors, there is no bar. */
  readonly speedMin?: number;
  /** As many for each. */
  readonly settings: readonly Setting[];
  readonly learn: (task: Task, setting: Setting) => Learned;
}

export interface Setting {
  readonly title: string;
  /** Passes to the learner as JSON. */
  readonly config: object;
}

export interface Task {
  /** NDJSON, as `examplesText` writes it. */
  readonly examplesPath: string;
  /** For the predictions. */
  readonly directory: string;
}

export interface Learned {
  /** Probabilities, (examples,), each from before its example was learned. */
  readonly predictions: Float64Array;
  /** Seconds of the processor: until the examples lie in memory as the learner takes them; and after. */
  readonly readSeconds: number;
  readonly learnSeconds: number;
}

const learnerFile = fileURLToPath(new URL("./fmLearner.js", import.meta.url));

/** Ours alone where there are no peers. */
export function makeContestants(peers: Peers | undefined, grid: Grid): Contestant[] {
  const ours = learner((...args) =>
    execFileSync(process.execPath, ["--expose-gc", learnerFile, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  const own = { name: "ours", settings: ourSettings(grid), learn: ours };
  if (peers === undefined) return [own];
  const vw = learner((...args) => peers.run("learn_vw", ...args));
  const river = learner((...args) => peers.run("learn_river", ...args));
  return [
    own,
    { name: "VW --nn", settings: vwSettings(nnFactors, grid.nnRates), learn: vw, speedMin: 1.5 },
    { name: "VW --lrq", settings: vwSettings(lrqFactors, grid.lrqRates), learn: vw, speedMin: 1.5 },
    { name: "VW linear", settings: linearSettings(grid), learn: vw },
    { name: "River", settings: riverSettings(grid), learn: river, speedMin: 50 },
  ];
}

/** @param run a program that takes EXAMPLES PREDICTIONS CONFIG, and prints its seconds as JSON. */
function learner(run: (...args: readonly string[]) => string): Contestant["learn"] {
  return ({ examplesPath, directory }, { config }) => {
    const predictionsPath = join(directory, "predictions");
    // All learners print these.
    const seconds = JSON.parse(run(examplesPath, predictionsPath, JSON.stringify(config))) as Omit<
      Learned,
      "predictions"
    >;
    const bytes = new Uint8Array(readFileSync(predictionsPath));
    return { ...seconds, predictions: new Float64Array(bytes.buffer) };
  };
}

/** What is tried of each contestant, twelve settings each: around what was best in trials before. */
export interface Grid {
  readonly alphas: readonly number[];
  readonly betas: readonly number[];
  readonly vectors: readonly NonNullable<FmConfig["vectors"]>[];
  readonly nnRates: readonly number[];
  readonly lrqRates: readonly number[];
  readonly linearRates: readonly number[];
  readonly sgdRates: readonly number[];
  readonly adagradRates: readonly number[];
}

/** Ids that come a handful of times want large steps. */
export const ratingsGrid: Grid = {
  alphas: [0.4, 0.5, 0.6],
  betas: [0.2, 0.3],
  vectors: [
    { learningRate: 0.05, l2: 0, initialAccumulator: 0.01 },
    { learningRate: 0.1, l2: 0, initialAccumulator: 0.1 },
  ],
  nnRates: [0.15, 0.25, 0.35, 0.5],
  lrqRates: [0.1, 0.25, 0.5, 1],
  linearRates: [0.5, 0.75, 1, 1.25, 1.5, 2],
  sgdRates: [0.05, 0.1, 0.2],
  adagradRates: [0.2, 0.3, 0.5],
};

/** A hundred examples an account, most of them chance. */
export const simulatedGrid: Grid = {
  alphas: [0.05, 0.1, 0.2],
  betas: [0.3, 1],
  vectors: [
    { learningRate: 0.02, l2: 0, initialAccumulator: 0.01 },
    { learningRate: 0.05, l2: 0, initialAccumulator: 0.01 },
  ],
  nnRates: [0.03, 0.06, 0.1, 0.15],
  lrqRates: [0.05, 0.1, 0.25, 0.5],
  linearRates: [0.05, 0.1, 0.2, 0.3, 0.5, 0.75],
  sgdRates: [0.01, 0.02, 0.05],
  adagradRates: [0.05, 0.1, 0.2],
};

function ourSettings({ alphas, betas, vectors: tried }: Grid): Setting[] {
  return alphas.flatMap((alpha) =>
    betas.flatMap((beta) =>
      tried.map((vectors) => {
        const config: FmConfig = { dim: 8, linear: { alpha, beta, l1: 0, l2: 0 }, vectors };
        const { learningRate, initialAccumulator } = vectors;
        const ofVectors = `vectors ${learningRate} from ${initialAccumulator}`;
        return { title: `alpha ${alpha}, beta ${beta}, ${ofVectors}`, config };
      }),
    ),
  );
}

/** Each way to factors at each rate. */
function vwSettings(factors: readonly string[], rates: readonly number[]): Setting[] {
  return factors.flatMap((factor) => rates.map((rate) => vwSetting(`${factor} -l ${rate}`)));
}

const nnFactors = ["--nn 2", "--nn 4", "--nn 8"];
/** By first letter: user with item, user with genre, and both. */
const lrqFactors = ["--lrq ui4", "--lrq ug4", "--lrq ui2 --lrq ug2"];

function linearSettings({ linearRates }: Grid): Setting[] {
  return linearRates.flatMap((rate) => [0, 1e-6].map((l2) => vwSetting(`-l ${rate} --l2 ${l2}`)));
}

function vwSetting(args: string): Setting {
  return { title: args, config: { args } };
}

function riverSettings({ sgdRates, adagradRates }: Grid): Setting[] {
  const setting = (optimiser: "sgd" | "adagrad", weights: number, latents: number): Setting => ({
    title: `${optimiser}, weights ${weights}, latents ${latents}`,
    config: {
      optimiser,
      weightRate: weights,
      latentRate: latents,
      factors: 8,
      initialScale: 0.05,
    },
  });
  return [
    ...sgdRates.map((weights) => setting("sgd", weights, 0.03)),
    ...adagradRates.flatMap((weights) =>
      [0.01, 0.03, 0.1].map((latents) => setting("adagrad", weights, latents)),
    ),
  ];
}
