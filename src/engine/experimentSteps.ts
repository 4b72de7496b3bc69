import { FoldbackError } from "../core/index.ts";
import { RecordedSteps } from "../evaluate/index.ts";
import { ExampleMaker } from "../train/index.ts";
import type { Config } from "./configSchema.ts";
import { recordsOf } from "./fileRecords.ts";
import { type FileOptions, openImport } from "./importFile.ts";
import { createState, joiningOf, responseSlots } from "./learner.ts";

export interface ExperimentStepsOptions extends FileOptions {
  /** Called now and then while the file is read, with the events so far. */
  readonly onProgress?: (events: number) => void;
}

export interface ExperimentSteps {
  readonly steps: RecordedSteps;
  readonly events: number;
  readonly refused: number;
}

const progressEveryEvents = 10_000;

/**
 * The labelled examples of a file's events, in time order, with the features and labels that the config
 * declares: what the experiments go through. Every impression that waits is in memory: 600 bytes each.
 *
 * @throws FoldbackError FILE_UNREADABLE; REQUEST_INVALID where the events have no example in them.
 */
export async function experimentSteps(
  config: Config,
  path: string,
  options: ExperimentStepsOptions = {},
): Promise<ExperimentSteps> {
  const { onProgress = () => {} } = options;
  const file = await openImport(config, path, options);
  const state = createState({ ...config, log: { ...config.log, partitionCount: 1 } });
  const slots = responseSlots(config);
  const maker = new ExampleMaker(state, {
    slots,
    rules: config.feedback,
    labels: config.response.labels,
    shown: config.training.impressions.shown,
    joining: { ...joiningOf(config), inMemoryMax: Number.MAX_SAFE_INTEGER },
  });
  const steps = new RecordedSteps(Object.keys(slots));
  let events = 0;
  let refused = 0;
  const batches = recordsOf(file, (count) => {
    refused += count;
  });
  for await (const records of batches) {
    for (const record of records) {
      for (const step of maker.take(record)) steps.push(step);
      state.apply(record);
      if (++events % progressEveryEvents === 0) onProgress(events);
    }
  }
  if (steps.exampleCount === 0) {
    throw new FoldbackError(
      "REQUEST_INVALID",
      `${path} has no example in it: ${events} events, none of them an impression with a request, or of a type ` +
        "in response.labels; say which events carry a label, such as --label 'rate>=8'",
      { details: { events, refused } },
    );
  }
  return { steps, events, refused };
}
