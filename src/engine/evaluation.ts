import { createReadStream, existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { canonicalJson, FoldbackError, systemClock } from "../core/index.ts";
import {
  type Contestant,
  type EvaluationReport,
  ProgressiveEvaluation,
} from "../evaluate/index.ts";
import type { EventFile, LogRecord } from "../event/index.ts";
import { type Ablation, Recommender } from "../recommend/index.ts";
import type { Config } from "./configSchema.ts";
import { recordsOf } from "./fileRecords.ts";
import { appendFile, type FileOptions, type ImportResult, openImport } from "./importFile.ts";
import { createLearner, type Learner } from "./learner.ts";
import { openLog } from "./openLog.ts";
import { openPseudonyms } from "./privacy.ts";
import { openSnapshots, saveLearner, trainedSettings } from "./training.ts";

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
  /** hit@10 as it went, in at most 128 points. */
  readonly curve: readonly EvaluationPoint[];
}

/** hit@10 so far, of the engine and of what it is compared with. */
export type EvaluationPoint = Omit<EvaluationProgress, "seconds">;

/** Progress is told so often. */
const progressEveryEvents = 1000;
/** More points than that are not seen on a line. */
const curveMax = 128;

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
 * A run that was broken off goes on with the rest of the file, and evaluates from the beginning: its
 * report is that of a run that was not. What was evaluated before is not run again: its report is read
 * back, as `isEarlier` tells.
 *
 * @throws FoldbackError FILE_UNREADABLE; CONFIG_INVALID where the data directory is of another file, of
 *   this one before it changed, or of an evaluation with other settings or parts left out.
 */
export async function evaluateInto(
  config: Config,
  path: string,
  options: EvaluationOptions & { readonly onImported?: (result: ImportResult) => void } = {},
): Promise<{ readonly report: TimedReport; readonly isEarlier: boolean }> {
  const file = await openImport(config, path, options);
  const question = await questionOf(config, file, options);
  const reportPath = reportPathOf(config);
  const earlier = await readEarlier(reportPath);
  if (earlier !== undefined) {
    checkSame(question, earlier.question, config.dataDirectory);
    return { report: earlier.report, isEarlier: true };
  }
  const log = await openLog(config, { clock: systemClock });
  try {
    const imported = await appendFile(log, file, {
      pseudonyms: openPseudonyms(config, log),
      resume: true,
    });
    options.onImported?.(imported);
    const begin = new Array<number>(log.partitionCount).fill(0);
    const { report, learner } = await evaluateRecords(config, log.readBatches(begin), options);
    saveLearner(openSnapshots(config), config, learner);
    const timed = { file: path, refused: imported.refusedCount, ...report };
    const answer: Answer = { question, report: timed };
    const text = `${JSON.stringify(answer, undefined, 2)}\n`;
    await writeFile(`${reportPath}.tmp`, text, { flush: true });
    await rename(`${reportPath}.tmp`, reportPath);
    return { report: timed, isEarlier: false };
  } finally {
    await log.close();
  }
}

/** What decides the report: the same question has the same answer, but for the time it takes. */
interface Question {
  readonly file: string;
  readonly ablate: string;
  readonly settings: string;
}

/** What `evaluation.json` holds. */
interface Answer {
  readonly question: Question;
  readonly report: TimedReport;
}

/** What was said of a data directory; undefined where nothing was. @throws FoldbackError DATA_CORRUPT. */
export async function keptEvaluation(config: Config): Promise<TimedReport | undefined> {
  return (await readEarlier(reportPathOf(config)))?.report;
}

function reportPathOf({ dataDirectory }: Config): string {
  return join(dataDirectory, "evaluation.json");
}

async function questionOf(
  config: Config,
  file: EventFile,
  { ablate = [], order = "time", defaultType = "" }: EvaluationOptions,
): Promise<Question> {
  if (file.sizeBytes === undefined) {
    throw new FoldbackError(
      "FILE_UNREADABLE",
      `${file.name} can be read only once; allowed beside a data directory: a file, as a run that was broken off reads it again`,
      { details: { file: file.name } },
    );
  }
  // Against files that changed, not against forgers: 1 GB/s.
  let checksum = 0;
  for await (const chunk of createReadStream(file.name))
    checksum = crc32(chunk as Buffer, checksum);
  const { format, sizeBytes } = file;
  return {
    file: canonicalJson({ format, order, defaultType, sizeBytes, checksum }),
    ablate: [...ablate].sort().join(","),
    settings: canonicalJson({ ...trainedSettings(config), eventTypes: config.eventTypes }),
  };
}

async function readEarlier(path: string): Promise<Answer | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    const answer = JSON.parse(await readFile(path, "utf8")) as Partial<Answer> | null; // checked here
    const { question, report } = answer ?? {};
    if (question !== undefined && report !== undefined) return { question, report };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new FoldbackError(
    "DATA_CORRUPT",
    `${path} is no report of an evaluation; remove it to evaluate again`,
    { details: { path } },
  );
}

function checkSame(asked: Question, answered: Question, dataDirectory: string): void {
  const whatDiffers = {
    file: "another file, or of this one before it changed",
    ablate: `other parts left out (${answered.ablate || "none"})`,
    settings: "other settings",
  };
  for (const part of ["file", "ablate", "settings"] as const) {
    if (asked[part] === answered[part]) continue;
    throw new FoldbackError(
      "CONFIG_INVALID",
      `${dataDirectory} holds the evaluation of ${part === "file" ? "" : "the file with "}${whatDiffers[part]}. ` +
        "Name another data directory, or remove this one",
      { details: { setting: "dataDirectory", part } },
    );
  }
}

async function evaluateRecords(
  config: Config,
  batches: AsyncIterable<readonly LogRecord[]>,
  options: EvaluationOptions,
): Promise<{
  readonly report: EvaluationReport & Pick<TimedReport, "seconds" | "firstListSeconds" | "curve">;
  readonly learner: Learner;
}> {
  const { ablate = [], onProgress = () => {} } = options;
  const beganMs = performance.now();
  const secondsSinceStart = (): number => (performance.now() - beganMs) / 1000;
  const learner = createLearner(config);
  const evaluation = new ProgressiveEvaluation({
    engine: contestant(config, learner, []),
    rules: config.feedback,
    ablations: Object.fromEntries(ablate.map((part) => [part, contestantWithout(config, part)])),
  });
  let firstListSeconds = 0;
  let curve: EvaluationPoint[] = [];
  let curveEvery = progressEveryEvents;
  let told = 0;
  for await (const records of batches) {
    for (const record of records) {
      evaluation.step(record);
      learner.outcomes.apply(record);
      if (evaluation.events === 1 && firstListSeconds === 0) firstListSeconds = secondsSinceStart();
      if (evaluation.events < told + progressEveryEvents) continue;
      told = evaluation.events;
      const rates = evaluation.hitRates();
      onProgress({ events: told, seconds: secondsSinceStart(), ...rates });
      if (told % curveEvery === 0) curve.push({ events: told, ...rates });
      if (curve.length <= curveMax) continue;
      curveEvery *= 2;
      curve = curve.filter(({ events }) => events % curveEvery === 0);
    }
  }
  const report = evaluation.report();
  const seconds = secondsSinceStart();
  return { report: { ...report, seconds, firstListSeconds, curve }, learner };
}

function contestantWithout(config: Config, part: Ablation): Contestant {
  const without = part === "trend" || part === "cooccurrence" ? [part] : [];
  return contestant(config, createLearner(config, { without }), [part]);
}

function contestant(
  config: Config,
  { state, model, trainer }: Learner,
  ablate: readonly Ablation[],
): Contestant {
  const budgets = config.serving.candidates;
  return { trainer, recommender: new Recommender(state, model, { ablate, budgets }) };
}
