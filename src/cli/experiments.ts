import type { Command } from "commander";
import {
  type Config,
  type ExperimentReport,
  evaluateLoggedPolicy,
  type LoggedPolicyReport,
  readExperiments,
  targetPolicies,
} from "../engine/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { duration } from "./durations.ts";
import { configFlag, dataFlag, wholeNumber } from "./flags.ts";
import { formatCount, formatTable, ProgressLine, print, printJson } from "./output.ts";

interface ExperimentsFlags extends ConfigFlags {
  readonly offPolicy?: boolean;
  readonly places?: number;
  readonly window?: number;
  readonly json?: boolean;
}

/** More prove next to nothing: the odds of a whole list are a product. */
const placesMax = 20;

export function addExperiments(program: Command): void {
  const command = program
    .command("experiments")
    .summary("show which variant of an A/B test is better")
    .description(
      "Show what may be said of the experiments of the config by now, from a data directory that no server has open (a " +
        "server says it at GET /v1/experiments). It may be looked at at any time, as often as one likes.\n\n" +
        "With --off-policy: what the lists in the log would have earned without serving.exploration, by the odds that " +
        "they were logged with.",
    )
    .option("--off-policy", "estimates from the log of what was served")
    .option(
      "--places <count>",
      "of --off-policy: of each list, from the first (default: 3)",
      wholeNumber("--places", 1, placesMax),
    )
    .option(
      "--window <duration>",
      "of --off-policy: what is done about a list counts for so long (default: training.impressions.windowSeconds)",
      duration("--window", { isZeroAllowed: false }),
    )
    .option(...dataFlag)
    .option(...configFlag)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback experiments --data my-data\n" +
        "  $ foldback experiments --off-policy --places 5 --data my-data",
    )
    .action(async (flags: ExperimentsFlags) => {
      const { offPolicy = false, places, window } = flags;
      if (!offPolicy && (places !== undefined || window !== undefined))
        command.error("error: --places and --window need --off-policy");
      const config = await loadConfig(flags);
      await (offPolicy ? showOffPolicy(config, flags) : showExperiments(config, flags));
    });
}

async function showExperiments(config: Config, flags: ExperimentsFlags): Promise<void> {
  const experiments = await withProgress(flags, (onProgress) =>
    readExperiments(config, { onProgress }),
  );
  if (flags.json === true) printJson({ experiments });
  else if (experiments.length === 0)
    print("There is no experiment: neither the config nor the log has one.");
  else print(experiments.map(textOf).join("\n\n"));
}

function withProgress<T>(
  { json }: ExperimentsFlags,
  work: (onProgress: (records: number) => void) => Promise<T>,
): Promise<T> {
  const line = new ProgressLine(json !== true);
  const onProgress = (records: number): void =>
    line.show(() => `${formatCount(records)} records read`);
  return work(onProgress).finally(() => line.clear());
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

async function showOffPolicy(config: Config, flags: ExperimentsFlags): Promise<void> {
  const windowMs = flags.window ?? config.training.impressions.windowSeconds * 1000;
  const report = await withProgress(flags, (onProgress) =>
    evaluateLoggedPolicy(config, { windowMs, placesMax: flags.places ?? 3, onProgress }),
  );
  if (flags.json === true) printJson(report);
  else print(offPolicyText(report));
}

function offPolicyText(report: LoggedPolicyReport): string {
  const { lists, accounts, variedLists, openLists, beyondLists, rounds, logged } = report;
  if (rounds === 0) {
    return `Nothing to estimate from: the log has no served list whose window is over (${formatCount(openLists)} are open).`;
  }
  const rows = targetPolicies.flatMap((policy) => {
    const { effectiveRounds, weight, ...estimates } = report.policies[policy];
    return Object.entries(estimates).map(([name, { value, low, high, gain }], at) => [
      at === 0 ? policy : "",
      name,
      shown(value),
      intervalOf(low, high),
      intervalOf(gain.low, gain.high),
      at === 0 ? formatCount(effectiveRounds) : "",
      at === 0 ? intervalOf(weight.low, weight.high) : "",
    ]);
  });
  const head = ["policy", "", "a place", "95 %", "more than logged", "rounds", "weights"];
  const notes = [
    `${formatCount(lists)} lists of ${formatCount(accounts)} accounts, ${formatCount(variedLists)} of them varied; left out: ` +
      `${formatCount(openLists)} whose window is open, ${formatCount(beyondLists)} beyond the limit.`,
    `Acted on, by place of a list: ${shown(logged.value)} (${intervalOf(logged.low, logged.high)}).`,
    ...(variedLists === 0
      ? [
          "No list was varied: nothing can be said of any other policy than the one that was logged.",
        ]
      : []),
  ];
  return `${notes.join("\n")}\n\n${formatTable([head, ...rows])}`;
}

function shown(value: number | null | undefined): string {
  if (value === undefined) return "";
  return value === null || Number.isNaN(value) ? "–" : value.toFixed(4);
}

function intervalOf(low: number | null, high: number | null): string {
  const isKnown = Number.isFinite(low ?? Number.NaN) && Number.isFinite(high ?? Number.NaN);
  return isKnown ? `${shown(low)} to ${shown(high)}` : "–";
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
