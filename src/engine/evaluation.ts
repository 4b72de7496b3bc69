import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Contestant,
  type EvaluationReport,
  ProgressiveEvaluation,
} from "../evaluate/index.ts";
import type { EventFile, LogRecord } from "../event/index.ts";
import { openEmbeddedLog } from "../log/index.ts";
import { type Ablation, Recommender } from "../recommend/index.ts";
import type { Config } from "./config.ts";
import { appendFile, type FileOptions, type ImportResult, openImport } from "./importFile.ts";
import { createLearner, type Learner } from "./learner.ts";
import { openSnapshots, saveLearner } from "./training.ts";

export interface EvaluationOptions extends FileOptions {
  /** Parts to leave out, each in an engine of its own beside the full one. */
  readonly ablate?: readonly Ablation[];
  readonly onProgress?: (progress: EvaluationProgress) => void;
}

export interface EvaluationProgress {
  readonly events: number;
  readonly seconds: number;
  /** hit@10 so far. */
  readonly engine: number;
  readonly popularity: number;
  readonly recency: number;
  readonly itemCosine: number;
}

export interface TimedReport extends EvaluationReport {
  /** What was evaluated. */
  readonly file: string;
  /** Records that the file held and that were refused. */
  readonly refused: number;
  /** Wall time of the run, evaluating and learning. */
  readonly seconds: number;
  /** From the start of the run to the first list. */
  readonly firstListSeconds: number;
}

/** Progress is told so often. */
const progressEveryEvents = 1000;

/**
 * Progressive validation over a file's events, in time order: each is asked for, revealed, learned.
 *
 * @throws FoldbackError FILE_UNREADABLE.
 */
export async function evaluateFile(
  config: Config,
  path: string,
  options: EvaluationOptions = {},
): Promise<TimedReport> {
  const file = await openImport(config, path, options);
  let refused = 0;
  const records = recordsOf(file, (count) => {
    refused += count;
  });
  const { report } = await evaluateRecords(config, records, options);
  return { file: path, refused, ...report };
}

/**
 * The same, keeping what comes of it: the events go into the log of the data directory, and the model
 * that the run has learned is left there as a snapshot, so that the engine can be opened and goes on.
 *
 * A run that was broken off goes on with the rest of the file, and evaluates from the beginning. What was
 * evaluated before is not run again: its report is read back, as `isEarlier` tells.
 */
export async function evaluateInto(
  config: Config,
  path: string,
  options: EvaluationOptions & { readonly onImported?: (result: ImportResult) => void } = {},
): Promise<{ readonly report: TimedReport; readonly isEarlier: boolean }> {
  const reportPath = join(config.dataDirectory, "evaluation.json");
  if (existsSync(reportPath)) {
    // Written by this function below, and renamed into place whole.
    const report = JSON.parse(await readFile(reportPath, "utf8")) as TimedReport;
    return { report, isEarlier: true };
  }
  const file = await openImport(config, path, options);
  const log = await openEmbeddedLog({
    ...config.log,
    directory: join(config.dataDirectory, "log"),
  });
  try {
    // Nothing else appends before the report is there, and the file's order is always the same.
    const imported = await appendFile(log, file, { skip: log.stats().recordCount });
    options.onImported?.(imported);
    const begin = new Array<number>(log.partitionCount).fill(0);
    const { report, learner } = await evaluateRecords(config, log.readBatches(begin), options);
    saveLearner(openSnapshots(config), config, learner);
    const timed = { file: path, refused: imported.refusedCount, ...report };
    await writeFile(`${reportPath}.tmp`, `${JSON.stringify(timed, undefined, 2)}\n`);
    await rename(`${reportPath}.tmp`, reportPath);
    return { report: timed, isEarlier: false };
  } finally {
    await log.close();
  }
}

async function evaluateRecords(
  config: Config,
  batches: AsyncIterable<readonly LogRecord[]>,
  options: EvaluationOptions,
): Promise<{
  readonly report: EvaluationReport & Pick<TimedReport, "seconds" | "firstListSeconds">;
  readonly learner: Learner;
}> {
  const { ablate = [], onProgress = () => {} } = options;
  const beganMs = performance.now();
  const secondsSinceStart = (): number => (performance.now() - beganMs) / 1000;
  const learner = createLearner(config);
  const evaluation = new ProgressiveEvaluation({
    engine: contestant(learner, []),
    rules: config.feedback,
    ablations: Object.fromEntries(ablate.map((part) => [part, contestantWithout(config, part)])),
  });
  let firstListSeconds = 0;
  let told = 0;
  for await (const records of batches) {
    for (const record of records) {
      evaluation.step(record);
      if (evaluation.events === 1 && firstListSeconds === 0) firstListSeconds = secondsSinceStart();
      if (evaluation.events < told + progressEveryEvents) continue;
      told = evaluation.events;
      onProgress({ events: told, seconds: secondsSinceStart(), ...evaluation.hitRates() });
    }
  }
  const report = evaluation.report();
  return { report: { ...report, seconds: secondsSinceStart(), firstListSeconds }, learner };
}

function contestantWithout(config: Config, part: Ablation): Contestant {
  const without = part === "trend" || part === "cooccurrence" ? [part] : [];
  return contestant(createLearner(config, without), [part]);
}

function contestant({ state, model, trainer }: Learner, ablate: readonly Ablation[]): Contestant {
  return { trainer, recommender: new Recommender(state, model, { ablate }) };
}

/** The records that an empty log would give these events. */
async function* recordsOf(
  file: EventFile,
  onRefused: (count: number) => void,
): AsyncGenerator<readonly LogRecord[]> {
  let offset = 0;
  let logTime = 0;
  for await (const { events, refused } of file.batches()) {
    onRefused(refused.length);
    yield events.map((event) => {
      logTime = Math.max(logTime, event.time);
      return { partition: 0, offset: offset++, logTime, event };
    });
  }
}
