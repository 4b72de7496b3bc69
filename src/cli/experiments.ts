import type { Command } from "commander";
import { type ExperimentReport, readExperiments } from "../engine/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { configFlag, dataFlag } from "./flags.ts";
import { formatCount, formatTable, ProgressLine, print, printJson } from "./output.ts";

interface ExperimentsFlags extends ConfigFlags {
  readonly json?: boolean;
}

export function addExperiments(program: Command): void {
  program
    .command("experiments")
    .summary("show which variant of an A/B test is better")
    .description(
      "Show what may be said of the experiments of the config by now, from a data directory that no server has open (a " +
        "server says it at GET /v1/experiments). It may be looked at at any time, as often as one likes.",
    )
    .option(...dataFlag)
    .option(...configFlag)
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  $ foldback experiments --data my-data")
    .action(async (flags: ExperimentsFlags) => {
      const config = await loadConfig(flags);
      const line = new ProgressLine(flags.json !== true);
      const experiments = await readExperiments(config, {
        onProgress: (records) => line.show(() => `${formatCount(records)} records read`),
      }).finally(() => line.clear());
      if (flags.json === true) printJson({ experiments });
      else if (experiments.length === 0) print("There is no experiment: the log has none.");
      else print(experiments.map(textOf).join("\n\n"));
    });
}

function textOf(experiment: ExperimentReport): string {
  const { name, state, metric, variants, summary, beyondExposures } = experiment;
  const rows = variants.map(({ name: variant, share, accounts, measured, metrics }) => {
    const { mean, low, high, againstControl } = metrics[metric];
    return [
      variant,
      `${(share * 100).toFixed(1)} %`,
      formatCount(accounts),
      formatCount(measured),
      shown(mean),
      intervalOf(low, high),
      shown(againstControl?.difference),
      againstControl === undefined ? "" : intervalOf(againstControl.low, againstControl.high),
      againstControl === undefined ? "" : againstControl.pValue.toPrecision(2),
    ];
  });
  const head = ["", "share", "accounts", "measured", metric, "interval", "more", "interval", "p"];
  const beyond =
    beyondExposures === 0
      ? ""
      : `\n${formatCount(beyondExposures)} lists went to accounts beyond accountsMax, and are not measured.`;
  return `${name} (${state})\n${formatTable([head, ...rows])}\n${sentence(summary)}${beyond}`;
}

function shown(value: number | null | undefined): string {
  if (value === undefined) return "";
  return value === null ? "–" : value.toFixed(4);
}

function intervalOf(low: number | null, high: number | null): string {
  return low === null || high === null ? "–" : `${shown(low)} to ${shown(high)}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
