/** The contestants of bench/onlineFm.ts: what is tried of each, and how a process of it is run. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FmConfig } from "./fmLearner.ts";
import type { Peers } from "./peers.ts";

export interface Contestant {
  readonly name: "ours" | "VW --lrq" | "VW --nn" | "River";
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
    execFileSync(process.execPath, [learnerFile, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  if (peers === undefined) return [{ name: "ours", settings: ourSettings, learn: ours }];
  const vw = learner((...args) => peers.run("learn_vw", ...args));
  const river = learner((...args) => peers.run("learn_river", ...args));
  return [
    { name: "ours", settings: ourSettings, learn: ours },
    { name: "VW --lrq", settings: lrqSettings, learn: vw },
    { name: "VW --nn", settings: nnSettings, learn: vw },
    { name: "River", settings: riverSettings, learn: river },
  ];
}

/** @param run a program that takes EXAMPLES PREDICTIONS CONFIG, and prints its seconds as JSON. */
function learner(run: (...args: readonly string[]) => string): Contestant["learn"] {
  return ({ examplesPath, directory }, { config }) => {
    const predictionsPath = join(directory, "predictions");
    // All learners print these.
    const seconds = JSON.parse(
      run(examplesPath, predictionsPath, JSON.stringify(config)),
    ) as Omit<Learned, "predictions">;
    const bytes = new Uint8Array(readFileSync(predictionsPath));
    return { ...seconds, predictions: new Float64Array(bytes.buffer) };
  };
}

const ourSettings: readonly Setting[] = [0.1, 0.3, 1].flatMap((alpha) =>
  [0.1, 0.3].flatMap((learningRate) =>
    [0.05, 0.1].map((initialScale) => {
      const config: FmConfig = {
        linear: { alpha, beta: 1, l1: 0, l2: 0 },
        vectors: { learningRate, l2: 0 },
        initialScale,
      };
      const title = `alpha ${alpha}, vectors ${learningRate}, scale ${initialScale}`;
      return { title, config };
    }),
  ),
);

const lrqSettings = ["--lrq ui4", "--lrq ui8", "--lrq ui4 --lrq li4 --lrq ug4"].flatMap((pairs) =>
  [0.1, 0.25, 0.5, 1].map((rate) => vwSetting(`${pairs} -l ${rate}`)),
);

const nnSettings = [4, 8, 16].flatMap((units) =>
  [0.1, 0.25, 0.5, 1].map((rate) => vwSetting(`--nn ${units} --inpass -l ${rate}`)),
);

function vwSetting(args: string): Setting {
  return { title: args, config: { args } };
}

const riverSettings: readonly Setting[] = ["sgd", "adagrad"].flatMap((optimiser) =>
  [0.03, 0.1, 0.3].flatMap((weightRate) =>
    [0.01, 0.1].map((latentRate) => ({
      title: `${optimiser}, weights ${weightRate}, latents ${latentRate}`,
      config: { optimiser, weightRate, latentRate, factors: 8, initialScale: 0.05 },
    })),
  ),
);
