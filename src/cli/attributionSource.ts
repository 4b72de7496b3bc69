/** Where the subcommands of attribution have their events from. */
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  defaultConversions,
  EventTables,
  type MoneySettings,
  type Rates,
  touchTypes,
} from "../attribution/index.ts";
import { FoldbackError, systemClock } from "../core/index.ts";
import { readEvents } from "../engine/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { configFlag, wholeNumber } from "./flags.ts";
import { formatCount, type ProgressLine } from "./output.ts";

export interface SourceFlags extends ConfigFlags {
  readonly events?: readonly string[];
  readonly persons?: string;
  readonly key: "account" | "person";
  readonly currency?: string;
  readonly rates?: Rates;
  readonly memory?: number;
}

/** The arguments and flags that say what is read. */
export function addSourceFlags(command: Command): Command {
  return command
    .argument("[file...]", "files of events, as NDJSON, CSV or Parquet")
    .option("--data <dir>", "read the events of this data directory, which no server has open")
    .option(...configFlag)
    .option(
      "--events <names>",
      `events that are conversions, with commas between them (default: ${defaultConversions.join(",")})`,
      names,
    )
    .addOption(
      new Option("--key <key>", "who is credited together")
        .choices(["account", "person"])
        .default("account"),
    )
    .option(
      "--persons <file>",
      "sessions.csv of foldback people count --assignments, for --key person",
    )
    .option("--currency <code>", "currency of the report, such as EUR", currency)
    .option("--rates <list>", "what a unit of each currency is worth, as EUR=1,USD=0.92", rates)
    .option(
      "--memory <megabytes>",
      "for sorting; beyond it, rows go to TMPDIR (default: half of the machine's)",
      wholeNumber("--memory", 64, 10_000_000),
    );
}

/** Opens the tables and reads everything into them. Close them. */
export async function openSource(
  files: readonly string[],
  flags: SourceFlags,
  line: ProgressLine,
): Promise<EventTables> {
  check(files, flags);
  const { events = defaultConversions, persons, memory } = flags;
  const tables = await EventTables.open({
    conversions: events,
    clock: systemClock,
    money: moneyOf(flags),
    ...(persons === undefined ? {} : { persons }),
    ...(memory === undefined ? {} : { memoryBytes: memory * 1_000_000 }),
  });
  const told = (name: string) => (count: number) =>
    line.show(() => `${name}: ${formatCount(count)} events`);
  try {
    for (const path of files) {
      line.show(() => path);
      await tables.addFile(path, told(path));
    }
    if (flags.data !== undefined) {
      let count = 0;
      await readEvents(await loadConfig(flags), async (batch) => {
        await tables.addEvents(batch, count + 1);
        count += batch.length;
        told(flags.data ?? "")(count);
      });
    }
    line.show(() => "sorting");
  } catch (error) {
    await tables.close();
    throw error;
  }
  return tables;
}

function check(files: readonly string[], { data, key, persons, events }: SourceFlags): void {
  if (files.length > 0 === (data !== undefined)) {
    throw invalid(
      data === undefined
        ? "nothing to read; name files of events, or give --data"
        : "give either files of events, or --data",
    );
  }
  if ((key === "person") !== (persons !== undefined)) {
    throw invalid(
      "--key person and --persons FILE belong together; FILE is made by: foldback people count … --assignments FILE",
    );
  }
  const touch = events?.find((name) => touchTypes.has(name));
  if (touch !== undefined) {
    throw invalid(
      `--events has ${touch}, which is a touch; name what touches are to earn, such as purchase`,
    );
  }
}

function moneyOf({ currency: code, rates: worth }: SourceFlags): MoneySettings {
  return {
    ...(code === undefined ? {} : { currency: code }),
    ...(worth === undefined ? {} : { rates: worth }),
  };
}

function invalid(message: string): FoldbackError {
  return new FoldbackError("REQUEST_INVALID", message);
}

/** Texts with commas between them. */
export function names(came: string): string[] {
  const found = came.split(",").map((name) => name.trim());
  if (found.every((name) => name !== "")) return [...new Set(found)];
  throw new InvalidArgumentError(
    "give names with commas between them, such as purchase,subscribe.",
  );
}

function currency(came: string): string {
  if (/^[A-Z]{3}$/.test(came)) return came;
  throw new InvalidArgumentError("--currency takes three capital letters, such as EUR.");
}

function rates(came: string): Rates {
  return new Map(
    came.split(",").map((pair) => {
      const [, code, worth] = /^\s*([A-Z]{3})\s*=\s*(\d+(?:\.\d+)?)\s*$/.exec(pair) ?? [];
      if (Number(worth) > 0) return [code, Number(worth)];
      throw new InvalidArgumentError("--rates takes pairs as EUR=1,USD=0.92, above 0.");
    }),
  );
}
