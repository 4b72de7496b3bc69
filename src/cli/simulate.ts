import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { FoldbackError } from "../core/index.ts";
import {
  simulationBounds as bounds,
  type CampaignTruth,
  type ConversionTotals,
  defaultSimulationOptions as defaults,
  type HouseholdOptions,
  type HouseholdTotals,
  householdLevels,
  simulate,
  simulateHouseholds,
  writeHouseholds,
  writeSimulation,
} from "../simulate/index.ts";
import { choice, wholeNumber } from "./flags.ts";
import {
  formatCount,
  formatSeconds,
  formatTable,
  ProgressLine,
  print,
  printJson,
} from "./output.ts";
import { startDay } from "./startDay.ts";

interface SimulateFlags {
  readonly accounts: number;
  readonly days: number;
  readonly items: number;
  readonly seed: number;
  readonly start?: number;
  readonly drift: number;
  readonly adEffect: number;
  readonly out: string;
  readonly households?: HouseholdOptions["level"];
  readonly vary?: boolean;
  readonly set?: Readonly<Record<string, number>>;
  readonly impressions?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function addSimulate(program: Command): void {
  program
    .command("simulate")
    .summary("write the events of a simulated service, and what is true of them")
    .description(
      "Write the events of a simulated streaming service into a directory: households behind accounts, " +
        "tastes and trends that move, ads that work or don't; and beside them what no event says: who it " +
        "was, how likely each play was, what each campaign caused. With --households: the tables of sessions and " +
        "actions of accounts with one to five people behind them, and whose each session is.",
    )
    .requiredOption("--out <dir>", "directory to write into; made if it is not there")
    .option("--accounts <number>", "logins", within("accounts"), defaults.accounts)
    .option("--days <number>", "days", within("days"), defaults.days)
    .option("--items <number>", "items at the start", within("items"), defaults.items)
    .option("--seed <number>", "same flags, same events", within("seed"), defaults.seed)
    .option("--start <date>", "first day, UTC (default: 2025-03-01)", startDay)
    .option(
      "--drift <number>",
      "how much tastes and trends move; 0: not",
      scale("--drift", "drift"),
      defaults.drift,
    )
    .option(
      "--ad-effect <number>",
      "how much ads do; 0: nothing",
      scale("--ad-effect", "adEffect"),
      defaults.adEffect,
    )
    .option(
      "--households <level>",
      "access.csv and actions.csv instead: L1 (separate homes) to L4 (one home, shared devices), or mixed",
      choice("--households", [...householdLevels, "mixed"]),
    )
    .option(
      "--vary",
      "of households: each account is of another service, drawn around the defaults",
    )
    .option("--set <name=number>", "of households: a parameter; may come again", parameter)
    .option("--impressions", "also truth-impressions.csv: the probability of each play")
    .option("--force", "write into a directory that is not empty")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback simulate --accounts 1000 --days 30 --seed 1 --out simulated\n" +
        "  $ foldback ingest simulated/events.ndjson --data my-data\n" +
        "  $ foldback simulate --households mixed --accounts 500 --set tasteCorrelation=0.8 --out households",
    )
    .action((flags: SimulateFlags, command: Command) =>
      flags.households === undefined
        ? runService(flags, command)
        : runHouseholds(flags, flags.households, command),
    );
}

/** Of one of the two worlds alone. */
const serviceFlags = ["days", "items", "drift", "adEffect", "impressions"];
const householdFlags = ["vary", "set"];

async function runService(flags: SimulateFlags, command: Command): Promise<void> {
  refuse(householdFlags, command, "belongs to --households");
  const { accounts, adEffect, days, drift, impressions = false, items, out, seed } = flags;
  const { start = defaults.start } = flags;
  await makeDirectory(out, flags.force === true);
  const isJson = flags.json === true;
  const line = new ProgressLine(!isJson);
  const beganMs = performance.now();
  const simulation = simulate({ accounts, adEffect, days, drift, items, seed, start });
  const lengthMs = days * 86_400_000;
  const events = await writeSimulation(simulation, out, {
    impressions,
    onProgress: (progress) =>
      line.show(() => {
        const share = Math.floor(((progress.time - start) / lengthMs) * 100);
        return `${formatCount(progress.events)} events (${share} %)`;
      }),
  })
    .catch((cause: unknown) => unwritten(out, cause))
    .finally(() => line.clear());
  const seconds = (performance.now() - beganMs) / 1000;
  const campaigns = simulation.campaigns();
  const conversions = simulation.conversions();
  if (isJson) printJson({ events, seconds, conversions, campaigns });
  else printResult(out, events, seconds, conversions, campaigns);
}

async function runHouseholds(
  flags: SimulateFlags,
  level: HouseholdOptions["level"],
  command: Command,
): Promise<void> {
  refuse(serviceFlags, command, "does not go with --households; a parameter is said by --set");
  const { accounts, out, seed, set = {}, start, vary = false } = flags;
  const options: HouseholdOptions = {
    ...{ accounts, level, seed, varies: vary ? 1 : 0, parameters: set },
    ...(start === undefined ? {} : { start }),
  };
  const simulated = simulateHouseholds(options);
  await makeDirectory(out, flags.force === true);
  const isJson = flags.json === true;
  const line = new ProgressLine(!isJson);
  const beganMs = performance.now();
  const totals = await writeHouseholds(simulated, options, out, (done) =>
    line.show(() => `${formatCount(done)} accounts`),
  )
    .catch((cause: unknown) => unwritten(out, cause))
    .finally(() => line.clear());
  const seconds = (performance.now() - beganMs) / 1000;
  if (isJson) printJson({ ...totals, seconds });
  else printHouseholds(out, totals, seconds);
}

/** @throws FoldbackError REQUEST_INVALID naming a flag that was given, and is of the other world. */
function refuse(names: readonly string[], command: Command, reason: string): void {
  const given = names.find((name) => command.getOptionValueSource(name) === "cli");
  if (given === undefined) return;
  const flag = command.options.find((option) => option.attributeName() === given)?.long ?? given;
  throw new FoldbackError("REQUEST_INVALID", `${flag} ${reason}`, { details: { setting: given } });
}

/** What the file system refuses, such as a directory of a file's name, is not ours to mend. */
function unwritten(out: string, cause: unknown): never {
  if (!(cause instanceof Error && "syscall" in cause)) throw cause;
  throw unwritable(out, `${out} can't be written into: ${cause.message}; name another`, cause);
}

/** @throws FoldbackError REQUEST_INVALID where something else is in the way, and may not be written over. */
async function makeDirectory(path: string, isForced: boolean): Promise<void> {
  if (existsSync(path)) {
    let names: string[];
    try {
      names = await readdir(path);
    } catch (cause) {
      throw unwritable(path, `${path} is no directory that can be read; name another`, cause);
    }
    if (names.length > 0 && !isForced) {
      throw unwritable(path, `${path} is not empty; name another, or add --force to write into it`);
    }
    return;
  }
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw unwritable(path, `${path} can't be made: ${String(cause)}; name another`, cause);
  }
}

function unwritable(file: string, message: string, cause?: unknown): FoldbackError {
  return new FoldbackError("REQUEST_INVALID", message, {
    ...(cause === undefined ? {} : { cause }),
    details: { file },
  });
}

function printResult(
  directory: string,
  events: number,
  seconds: number,
  { conversions, withoutAds }: ConversionTotals,
  campaigns: readonly CampaignTruth[],
): void {
  print(
    formatTable([
      ["campaign", "impressions", "clicks", "cost", "effect", "caused"],
      ...campaigns.map(({ campaign, impressions, clicks, cost, effect, caused }) => [
        campaign,
        formatCount(impressions),
        formatCount(clicks),
        cost.toFixed(2),
        effect.toFixed(1),
        formatCount(caused),
      ]),
    ]),
  );
  print(
    `\n${formatCount(conversions)} conversions, ${formatCount(withoutAds)} had there been no ads.\n` +
      `${formatCount(events)} events into ${directory} in ${formatSeconds(seconds)}, ` +
      `${formatCount(events / seconds)} events/s. What the files hold: its README.md.`,
  );
}

function printHouseholds(
  directory: string,
  { accounts, actions, people, sessions }: HouseholdTotals,
  seconds: number,
): void {
  print(
    formatTable([
      ["people", "accounts"],
      ...Object.entries(people).map(([count, found]) => [count, formatCount(found)]),
    ]),
  );
  print(
    `\n${formatCount(accounts)} accounts, ${formatCount(sessions)} sessions, ${formatCount(actions)} actions ` +
      `into ${directory} in ${formatSeconds(seconds)}. What the files hold: its README.md.`,
  );
}

/** Adds one parameter to those that came before. */
function parameter(
  came: string,
  before: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const [, name, value] = /^(\w+)=(\d*\.?\d+)$/.exec(came) ?? [];
  if (name !== undefined) return { ...before, [name]: Number(value) };
  throw new InvalidArgumentError(
    "--set takes a parameter and a number, such as tasteCorrelation=0.5.",
  );
}

function within(name: keyof typeof bounds): (came: string) => number {
  return wholeNumber(`--${name}`, bounds[name].minimum, bounds[name].maximum);
}

/** A number that need not be whole. */
function scale(flag: string, name: "drift" | "adEffect"): (came: string) => number {
  const { minimum, maximum } = bounds[name];
  return (came) => {
    const value = Number(came);
    if (/^\d*\.?\d+$/.test(came) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`${flag} takes a number from ${minimum} to ${maximum}.`);
  };
}
