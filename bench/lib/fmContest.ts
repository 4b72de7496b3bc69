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
export function makeContestants(peers: Peers | undefined): Contestant[] {
  const ours = learner((...args) =>
    execFileSync(process.execPath, ["--expose-gc", learnerFile, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  const own = { name: "ours", settings: ourSettings, learn: ours };
  if (peers === undefined) return [own];
  const vw = learner((...args) => peers.run("learn_vw", ...args));
  const river = learner((...args) => peers.run("learn_river", ...args));
  return [
    own,
    { name: "VW --nn", settings: nnSettings, learn: vw, speedMin: 1.5 },
    { name: "VW --lrq", settings: lrqSettings, learn: vw, speedMin: 1.5 },
    { name: "VW linear", settings: linearSettings, learn: vw },
    { name: "River", settings: riverSettings, learn: river, speedMin: 50 },
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

const ourVectors = [
  { learningRate: 0.05, l2: 0, initialAccumulator: 0.01 },
  { learningRate: 0.1, l2: 0, initialAccumulator: 0.1 },
];

const ourSettings: readonly Setting[] = [0.4, 0.5, 0.6].flatMap((alpha) =>
  [0.2, 0.3].flatMap((beta) =>
    ourVectors.map((vectors) => {
      const config: FmConfig = { dim: 8, linear: { alpha, beta, l1: 0, l2: 0 }, vectors };
      const { learningRate, initialAccumulator } = vectors;
      const ofVectors = `vectors ${learningRate} from ${initialAccumulator}`;
      return { title: `alpha ${alpha}, beta ${beta}, ${ofVectors}`, config };
    }),
  ),
);

const nnSettings = [2, 4, 8].flatMap((units) =>
  [0.15, 0.25, 0.35, 0.5].map((rate) => vwSetting(`--nn ${units} -l ${rate}`)),
);

/** By first letter: user with item, user with genre, and both. */
const lrqSettings = ["--lrq ui4", "--lrq ug4", "--lrq ui2 --lrq ug2"].flatMap((pairs) =>
  [0.1, 0.25, 0.5, 1].map((rate) => vwSetting(`${pairs} -l ${rate}`)),
);

const linearSettings = [0.5, 0.75, 1, 1.25, 1.5, 2].flatMap((rate) =>
  [0, 1e-6].map((l2) => vwSetting(`-l ${rate} --l2 ${l2}`)),
);

function vwSetting(args: string): Setting {
  return { title: args, config: { args } };
}

const riverRates: readonly (readonly ["sgd" | "adagrad", number, number])[] = [
  ...[0.05, 0.1, 0.2].map((weights) => ["sgd", weights, 0.03] as const),
  ...[0.2, 0.3, 0.5].flatMap((weights) =>
    [0.01, 0.03, 0.1].map((latents) => ["adagrad", weights, latents] as const),
  ),
];

const riverSettings: readonly Setting[] = riverRates.map(([optimiser, weightRate, latentRate]) => ({
  title: `${optimiser}, weights ${weightRate}, latents ${latentRate}`,
  config: { optimiser, weightRate, latentRate, factors: 8, initialScale: 0.05 },
}));
