/** Examples and models for experiments: as the config describes them, of files. */
import { FoldbackError } from "../core/index.ts";
import { ExampleStream, type ExperimentSource } from "../evaluate/index.ts";
import type { OnlineModel } from "../model/index.ts";
import { ExampleMaker, type ExampleStep } from "../train/index.ts";
import type { Config } from "./configSchema.ts";
import { recordsOf } from "./fileRecords.ts";
import { type FileOptions, openImport } from "./importFile.ts";
import { createResponse, createState, joiningOf, responseSlots } from "./learner.ts";

export interface FileExperimentOptions extends FileOptions {
  /** One for all seeds, or one for each, in their order. */
  readonly files: readonly string[];
  readonly seeds: readonly number[];
  readonly onRead?: (file: string, examples: number) => void;
}

/** Progress of reading is told so often. */
const toldEvery = 5000;

/**
 * What an experiment goes over: the steps that the files' events say to the model of responses, and models
 * of the config's settings, each with its seed.
 *
 * @throws FoldbackError REQUEST_INVALID where files and seeds don't go together; CONFIG_INVALID where the
 *   config has no model of responses. Reading: FILE_UNREADABLE; REQUEST_INVALID for a file without examples.
 */
export function fileExperiment(config: Config, options: FileExperimentOptions): ExperimentSource {
  const { files, seeds } = options;
  if (files.length !== 1 && files.length !== seeds.length) {
    throw new FoldbackError(
      "REQUEST_INVALID",
      `there are ${files.length} files and ${seeds.length} seeds; give one file, or one for each seed`,
    );
  }
  // One stream at a time: of several files each is asked for once.
  let kept: { readonly file: string; readonly stream: ExampleStream } | undefined;
  return {
    async streamOf(seed) {
      const file = files[files.length === 1 ? 0 : seeds.indexOf(seed)];
      if (kept?.file !== file) {
        kept = undefined; // before the next is read: two may be more than memory has room for
        kept = { file, stream: await readStream(config, file, options) };
      }
      return kept.stream;
    },
    makeModel: (seed) => makeModel(config, seed),
  };
}

/** Slots whose ids are of accounts, alone or crossed with something. */
export function accountSlots(config: Config): string[] {
  return Object.entries(responseSlots(config)).flatMap(([slot, { of }]) =>
    of.includes("account") ? [slot] : [],
  );
}

/** The slot whose ids are of one source, and nothing else. */
export function slotOf(config: Config, source: string): string | undefined {
  return Object.entries(responseSlots(config)).find(
    ([, { of }]) => of.length === 1 && of[0] === source,
  )?.[0];
}

function makeModel(config: Config, seed: number): OnlineModel {
  const made = createResponse({ ...config, response: { ...config.response, seed } });
  if (made !== undefined) return made.model;
  throw new FoldbackError(
    "CONFIG_INVALID",
    `response.kind is "off"; allowed in an experiment: logistic, fm, deepfm`,
    { details: { setting: "response.kind" } },
  );
}

async function readStream(
  config: Config,
  file: string,
  options: FileExperimentOptions,
): Promise<ExampleStream> {
  const stream = await ExampleStream.of(stepsOf(config, file, options));
  if (stream.labels.some((label) => !Number.isNaN(label))) return stream;
  throw new FoldbackError(
    "REQUEST_INVALID",
    `${file} has no examples: no impressions with a request, and no events that carry a label; ` +
      "say which do with --label, such as --label 'rate>=8', or in the config under response.labels",
    { details: { file } },
  );
}

async function* stepsOf(
  config: Config,
  file: string,
  { onRead = () => {}, ...options }: FileExperimentOptions,
): AsyncGenerator<ExampleStep> {
  const state = createState(config);
  const maker = new ExampleMaker(state, {
    slots: responseSlots(config),
    rules: config.feedback,
    labels: config.response.labels,
    shown: config.training.impressions.shown,
    // All in memory: there is no store beside an experiment, and none is to be dropped.
    joining: { ...joiningOf(config), inMemoryMax: Number.MAX_SAFE_INTEGER },
  });
  let asked = 0;
  for await (const records of recordsOf(await openImport(config, file, options), () => {})) {
    for (const record of records) {
      for (const step of maker.take(record)) {
        if (step.kind === "asked" && ++asked % toldEvery === 0) onRead(file, asked);
        yield step;
      }
      state.apply(record);
    }
  }
}
