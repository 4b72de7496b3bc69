/** `foldback evaluate --sync-interval`, `--failure` and `--static`: experiments over seeds, as tables and pictures. */
import { writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { dayMs, FoldbackError, hourMs } from "../core/index.ts";
import { accountSlots, type Config, fileExperiment } from "../engine/index.ts";
import {
  type Cut,
  failureExperiment,
  failurePlot,
  intervalValues,
  staticExperiment,
  staticPlot,
  syncExperiment,
  syncPlot,
} from "../evaluate/index.ts";
import type { FileFormat } from "../event/index.ts";
import { duration, durations } from "./durations.ts";
import { addStaticFlags, printStatic, type StaticFlags, staticOptions } from "./evaluateStatic.ts";
import { printFailure, printSync } from "./experimentTables.ts";
import { choice, wholeNumber } from "./flags.ts";
import { formatCount, ProgressLine, print, printJson } from "./output.ts";

export interface ExperimentFlags extends StaticFlags {
  readonly syncInterval?: readonly number[];
  readonly denseInterval?: number;
  readonly failure?: boolean;
  readonly lost?: readonly number[];
  readonly failures: number;
  readonly failShards: number;
  readonly seeds: number;
  readonly split: number;
  readonly splitBy: Cut["by"];
  readonly shards: number;
  readonly label?: LabelFlag;
  readonly picture?: string;
  readonly format?: FileFormat;
  readonly json?: boolean;
}

interface LabelFlag {
  readonly type: string;
  readonly valueMin: number;
}

/** As the paper: five of seven days. */
const splitDefault = 5 / 7;
const lostDefault = [dayMs, hourMs, 60_000];
/** Of the paper's Table 2. */
const tableShardCounts = [10, 50, 100];
const windowEndsMs = [hourMs, 6 * hourMs, dayMs, 3 * dayMs, 7 * dayMs];

export function addExperimentFlags(command: Command): Command {
  command.optionsGroup(
    "Experiments (over several seeds; FILE: one for all, or one for each seed):",
  );
  return addStaticFlags(command)
    .option(
      "--sync-interval <list>",
      "serve with a copy that lags by each of these: 1d,1h,5m,1m,0",
      durations("--sync-interval", { isZeroAllowed: true }),
    )
    .option(
      "--dense-interval <duration>",
      "the same for bias and network (default: together with the rows)",
      duration("--dense-interval", { isZeroAllowed: false }),
    )
    .option("--failure", "what losing a day, an hour, a minute of updates costs")
    .option(
      "--lost <list>",
      "how much is lost (default: 1d,1h,1m)",
      durations("--lost", { isZeroAllowed: false }),
    )
    .option(
      "--failures <number>",
      "of each seed, one by one, at moments of its own",
      wholeNumber("--failures", 1, 100),
      4,
    )
    .option(
      "--fail-shards <number>",
      "of so many shards one fails",
      wholeNumber("--fail-shards", 1, 10_000),
      10,
    )
    .option(
      "--seeds <number>",
      "runs, each with another seed of the model",
      wholeNumber("--seeds", intervalValues.minimum, intervalValues.maximum),
      5,
    )
    .option(
      "--split <share>",
      "of the stream that is learned first (default: 5/7)",
      share,
      splitDefault,
    )
    .option(
      "--split-by <what>",
      "share of the examples, or of the time",
      choice("--split-by", ["examples", "time"]),
      "examples",
    )
    .option(
      "--shards <number>",
      "parts of which the mean AUC is taken",
      wholeNumber("--shards", 1, 10_000),
      50,
    )
    .option("--label <type>=<number>", "events that carry a label: 'rate>=8'", label)
    .option("--picture <file>", "write it as SVG");
}

/** Is it an experiment that the flags ask for? */
export function isExperiment({
  syncInterval,
  failure,
  static: isStatic,
}: ExperimentFlags): boolean {
  return syncInterval !== undefined || failure === true || isStatic === true;
}

/** Runs the one that the flags ask for. @throws FoldbackError as `fileExperiment`. */
export async function runExperiment(
  config: Config,
  files: readonly string[],
  flags: ExperimentFlags,
  command: Command,
): Promise<void> {
  const asked = [flags.syncInterval !== undefined, flags.failure === true, flags.static === true];
  if (asked.filter(Boolean).length > 1) {
    command.error("error: --sync-interval, --failure and --static are experiments: ask for one");
  }
  const seeds = Array.from({ length: flags.seeds }, (_, i) => i + 1);
  const line = new ProgressLine(flags.json !== true);
  const labelled = withLabel(config, flags.label);
  const source = fileExperiment(labelled, {
    files,
    seeds,
    ...(flags.format === undefined ? {} : { format: flags.format }),
    onRead: (file, examples) => line.show(() => `${file}: ${formatCount(examples)} examples`),
  });
  const options = {
    source,
    seeds,
    cut: { share: flags.split, by: flags.splitBy },
    onProgress: ({ what, done, total }: { what: string; done: number; total: number }) =>
      line.show(() => `${what} (${Math.floor((done / total) * 100)} %)`),
  };
  const about = { name: streamName(files), seedCount: seeds.length };
  let picture: string;
  if (flags.syncInterval !== undefined) {
    const report = await syncExperiment({
      ...options,
      intervalsMs: flags.syncInterval,
      ...(flags.denseInterval === undefined ? {} : { denseIntervalMs: flags.denseInterval }),
      shardCount: flags.shards,
      tableShardCounts,
    }).finally(() => line.clear());
    picture = syncPlot(report, about);
    if (flags.json === true) printJson({ experiment: "sync", files, seeds, ...report });
    else printSync(report, flags.shards, seeds.length);
  } else if (flags.static === true) {
    const report = await staticExperiment({
      ...options,
      ...staticOptions(labelled, flags),
    }).finally(() => line.clear());
    picture = staticPlot(report, about);
    if (flags.json === true) printJson({ experiment: "static", files, seeds, ...report });
    else printStatic(report, seeds.length);
  } else {
    const report = await failureExperiment({
      ...options,
      lostMs: flags.lost ?? lostDefault,
      momentCount: flags.failures,
      shardCount: flags.failShards,
      userSlots: accountSlots(labelled),
      windowEndsMs,
    }).finally(() => line.clear());
    picture = failurePlot(report, about);
    if (flags.json === true) printJson({ experiment: "failure", files, seeds, ...report });
    else
      printFailure(report, {
        shardCount: flags.failShards,
        seedCount: seeds.length,
        failureCount: flags.failures,
      });
  }
  if (flags.picture === undefined) return;
  await writePicture(flags.picture, picture);
  if (flags.json !== true) print(`\nThe picture: ${flags.picture}`);
}

/** The last two parts of the path: `events.ndjson` says little alone. */
function streamName([first, ...others]: readonly string[]): string {
  const name = join(basename(dirname(resolve(first))), basename(first));
  return others.length === 0 ? name : `${name} and ${others.length} more`;
}

async function writePicture(path: string, picture: string): Promise<void> {
  try {
    await writeFile(path, picture);
  } catch (cause) {
    throw new FoldbackError(
      "REQUEST_INVALID",
      `${path} can't be written: ${cause instanceof Error ? cause.message : String(cause)}; name another`,
      { cause, details: { file: path } },
    );
  }
}

function withLabel(config: Config, flag: LabelFlag | undefined): Config {
  if (flag === undefined) return config;
  const { type, valueMin } = flag;
  const labels = { ...config.response.labels, [type]: { valueMin } };
  return { ...config, response: { ...config.response, labels } };
}

/** Type and least value of `rate>=8`. */
function label(came: string): LabelFlag {
  const [, type, value] = /^([a-z][a-z0-9_]{0,63})\s*>=\s*(-?\d+(?:\.\d+)?)$/.exec(came) ?? [];
  if (type !== undefined) return { type, valueMin: Number(value) };
  throw new InvalidArgumentError("--label takes a type and its least value, such as 'rate>=8'.");
}

/** 5/7, or 0.7. */
function share(came: string): number {
  const [, top, bottom = "1"] = /^(\d*\.?\d+)(?:\/(\d+))?$/.exec(came) ?? [];
  const value = Number(top) / Number(bottom);
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError("--split takes a share between 0 and 1, such as 5/7 or 0.7.");
}
