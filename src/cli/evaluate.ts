import type { Command } from "commander";
import {
  type Ablation,
  ablations,
  type Config,
  type EvaluationOptions,
  type EvaluationProgress,
  evaluateFile,
  evaluateInto,
  type TimedReport,
} from "../engine/index.ts";
import { type FileFormat, fileFormats } from "../event/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import {
  addExperimentFlags,
  type ExperimentFlags,
  isExperiment,
  runExperiment,
} from "./evaluateExperiment.ts";
import { choice, choices, configFlag, wholeNumber } from "./flags.ts";
import { formatCount, formatRate, formatSeconds, formatTable, print, printJson } from "./output.ts";
import { serve } from "./serve.ts";

interface EvaluateFlags extends ConfigFlags, ExperimentFlags {
  readonly format?: FileFormat;
  readonly ablate?: readonly Ablation[];
  readonly serve?: boolean;
  readonly port?: number;
  readonly json?: boolean;
}

/** A line of the table as the run goes on: often enough to watch, rare enough to read back. */
const lineEveryEvents = 10_000;

export function addEvaluate(program: Command): void {
  const command = program
    .command("evaluate")
    .summary("tell how good the recommendations for a stream are")
    .description(
      "Progressive validation: before each event of the file, in time order, the account's top 10 is " +
        "asked for; then the event is revealed and learned from. Beside three baselines of the same run.",
    )
    .argument(
      "<files...>",
      "one, but for experiments: ratings (MovieTweetings, MovieLens), CSV account,item,time[,value][,type], NDJSON, Parquet",
    )
    .option(
      "--ablate <parts>",
      `also run without: ${ablations.join(", ")} (with commas)`,
      choices("--ablate", ablations),
    )
    .option(
      "--data <dir>",
      "keep the log, the learned model and the report there; the next time, read it back",
    )
    .option("--serve", "serve from --data afterwards")
    .option("--port <number>", "port to serve at", wholeNumber("--port", 0, 65_535))
    .option(
      "--format <name>",
      `instead of guessing: ${fileFormats.join(", ")}`,
      choice("--format", fileFormats),
    )
    .option(...configFlag)
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback evaluate ratings.dat --ablate model,trend --json\n" +
        "  $ foldback evaluate ratings.dat --label 'rate>=8' --sync-interval 1d,1h,5m,1m,0 --picture sync.svg\n" +
        "  $ foldback evaluate ratings.dat --label 'rate>=8' --failure\n" +
        "  $ foldback evaluate ratings.dat --label 'rate>=8' --static --picture static.svg",
    );
  addExperimentFlags(command).action(
    async (files: readonly string[], flags: EvaluateFlags, command: Command) => {
      if (flags.serve === true && flags.data === undefined) {
        command.error("error: --serve needs --data: there is nothing to serve from without it");
      }
      if (isExperiment(flags)) {
        if (flags.data !== undefined || flags.ablate !== undefined) {
          command.error("error: an experiment takes no --data, --serve or --ablate");
        }
        await runExperiment(await loadConfig(flags), files, flags, command);
        return;
      }
      if (files.length > 1) command.error("error: several files are for experiments alone");
      const http = flags.port === undefined ? {} : { port: flags.port };
      const config = await loadConfig(flags, { http });
      const isJson = flags.json === true;
      const report = await evaluate(config, files[0], flags);
      if (isJson) printJson(reportAsJson(report));
      else printReport(report);
      if (report.events === 0 && report.refused > 0) process.exitCode = 1; // nothing could be read
      if (flags.serve === true) await serve(config, isJson);
    },
  );
}

async function evaluate(config: Config, file: string, flags: EvaluateFlags): Promise<TimedReport> {
  const isQuiet = flags.json === true;
  const table = new ProgressTable(isQuiet);
  const options: EvaluationOptions = {
    ...(flags.format === undefined ? {} : { format: flags.format }),
    ...(flags.ablate === undefined ? {} : { ablate: flags.ablate }),
    onProgress: (progress) => table.show(progress),
  };
  if (flags.data === undefined) return evaluateFile(config, file, options);
  const { report, isEarlier } = await evaluateInto(config, file, {
    ...options,
    onImported: ({ accepted, seconds }) => {
      if (isQuiet) return;
      print(
        `${formatCount(accepted)} records of ${file} into the log in ${formatSeconds(seconds)}.`,
      );
    },
  });
  if (isEarlier && !isQuiet) {
    print(
      `Evaluated before; the report of that run. Remove ${config.dataDirectory} to run it again.`,
    );
  }
  return report;
}

/** What programs rely on: these names, and no others beside them. */
function reportAsJson(report: TimedReport): Record<string, unknown> {
  const { events, evaluated, repeats, seconds, metrics, baselines, ablation } = report;
  const named = { events, evaluated, repeats, seconds, metrics, baselines };
  return ablation === undefined ? named : { ...named, ablation };
}

/** hit@10 so far, a line each 10,000 events. */
class ProgressTable {
  readonly #isQuiet: boolean;
  #lines = 0;

  constructor(isQuiet: boolean) {
    this.#isQuiet = isQuiet;
  }

  show({ events, seconds, engine, popularity, recency, itemCosine }: EvaluationProgress): void {
    if (this.#isQuiet || events < (this.#lines + 1) * lineEveryEvents) return;
    if (this.#lines++ === 0) {
      print("Before each event: is what the account takes next in its top 10? (hit@10 so far)");
      print(" events    foldback   recency  popularity  item-cosine   events/s");
    }
    const rates = [engine, recency, popularity, itemCosine].map((rate) => rate.toFixed(4));
    print(
      `${formatCount(events).padStart(7)} ${rates[0].padStart(11)} ${rates[1].padStart(9)} ` +
        `${rates[2].padStart(11)} ${rates[3].padStart(12)} ${formatCount(events / seconds).padStart(10)}`,
    );
  }
}

function printReport(report: TimedReport): void {
  const { metrics, baselines, ablation = {} } = report;
  const row = (name: string, values: typeof metrics): string[] => [
    name,
    formatRate(values["hit@10"]),
    formatRate(values["ndcg@10"]),
    formatRate(values.mrr),
    formatRate(values.auc),
    formatRate(values.logloss),
  ];
  const { halfLifeHours } = baselines.recency;
  print("");
  print(
    formatTable([
      ["", "hit@10", "ndcg@10", "mrr", "auc", "logloss"],
      row("foldback", metrics),
      ...Object.entries(ablation).map(([part, values]) => row(`  without ${part}`, values)),
      row(`recency (half-life ${halfLifeHours} h)`, baselines.recency),
      row("popularity", baselines.popularity),
      row("item-to-item cosine", baselines.itemCosine),
    ]),
  );
  const best = Math.max(...Object.values(baselines).map((values) => values["hit@10"] ?? 0));
  const ratio =
    best === 0
      ? ""
      : `; hit@10 is ${((metrics["hit@10"] ?? 0) / best).toFixed(3)} × the best baseline`;
  print(
    `\n${formatCount(report.events)} events, ${formatCount(report.evaluated)} evaluated, ` +
      `${formatCount(report.unseen)} of items nobody had before, ${formatCount(report.repeats)} repeats, ` +
      `${formatCount(report.refused)} refused, in ${formatSeconds(report.seconds)} (first list after ${formatSeconds(report.firstListSeconds)})${ratio}.`,
  );
}
