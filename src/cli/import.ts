import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import {
  type ImportResult,
  importAccounts,
  importGorse,
  importItems,
  importMovieLens,
  type MovieLensImportResult,
} from "../engine/index.ts";
import { type TableFormat, tableFormats } from "../event/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { choice, configFlag, dataFlag, instant } from "./flags.ts";
import { printImport, tookNothing, withImportLine } from "./importReport.ts";
import { print, printJson } from "./output.ts";

interface ImportFlags extends ConfigFlags {
  readonly json?: boolean;
}

const again =
  "Importing again changes nothing; what has changed since is taken. While a server has the data\n" +
  "directory open it can't be imported into. Exit code 1 where nothing at all could be taken.";

export function addImport(program: Command): void {
  const command = program
    .command("import")
    .summary("take over what other systems have, catalogues and accounts")
    .description(
      "Append to the log, as history, what another system has exported, or describe items or accounts in bulk.",
    )
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback import gorse users.jsonl items.jsonl feedback.jsonl",
    );
  addGorse(command);
  addMovieLens(command);
  for (const kind of ["items", "accounts"] as const) addDescriptions(command, kind);
}

interface GorseFlags extends ImportFlags {
  readonly types?: Readonly<Record<string, string>>;
  readonly time?: number;
}

function addGorse(command: Command): void {
  command
    .command("gorse")
    .summary("users, items and feedback of Gorse")
    .argument(
      "<file...>",
      "JSON lines, backups (gorse-cli dump), CSV of earlier versions; or a directory of exports",
    )
    .description(
      "Take over the users, items and feedback of Gorse. Give all its files at once: users and items are described " +
        "at the time of the first feedback.",
    )
    .option(...dataFlag)
    .option(...configFlag)
    .option(
      "--types <names>",
      "event types for feedback types, as star=save,read=skip (default: docs/MIGRATION.md)",
      feedbackTypes,
    )
    .option("--time <time>", "time of feedback that has none (default: refused)", instant("--time"))
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback import gorse backup.bin --data my-data\n" +
        "  $ foldback import gorse items.jsonl feedback.jsonl --types star=save,read=skip\n\n" +
        again,
    )
    .action(async (files: string[], { types, time, ...flags }: GorseFlags) => {
      const config = await loadConfig(flags);
      const result = await withImportLine("gorse", flags.json !== true, (on) =>
        importGorse(config, files, {
          ...on,
          ...(types === undefined ? {} : { types }),
          ...(time === undefined ? {} : { time }),
        }),
      );
      report(files.join(", "), result, flags);
    });
}

function addMovieLens(command: Command): void {
  command
    .command("movielens")
    .summary("films, users, ratings and tags of a MovieLens set")
    .argument("<dir>", "directory of an unpacked set: 100K, 1M, 10M, 20M, 25M, 32M or latest")
    .description("Take over the films, users, ratings and tags of a MovieLens set.")
    .option(...dataFlag)
    .option(...configFlag)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `\nExample:\n  $ foldback import movielens ml-latest-small --data my-data\n\n${again}`,
    )
    .action(async (directory: string, flags: ImportFlags) => {
      const config = await loadConfig(flags);
      const result = await withImportLine(directory, flags.json !== true, (on) =>
        importMovieLens(config, directory, on),
      );
      report(directory, result, flags);
      if (flags.json !== true) printMissing(result);
    });
}

function printMissing({ layout, missing }: MovieLensImportResult): void {
  print(`Laid out as MovieLens ${layout}.`);
  for (const { file, lacks } of missing) print(`  ${file} is missing: no ${lacks}`);
}

interface DescriptionFlags extends ImportFlags {
  readonly format?: TableFormat;
  readonly time?: number;
}

const described = {
  items: { column: "item", example: "catalogue.csv", run: importItems },
  accounts: { column: "account", example: "users.parquet", run: importAccounts },
} as const;

function addDescriptions(command: Command, kind: keyof typeof described): void {
  const { column, example, run } = described[kind];
  command
    .command(kind)
    .summary(`descriptions of ${kind}`)
    .argument("<file>", "NDJSON, CSV or Parquet; - is standard input (NDJSON)")
    .description(
      `Describe ${kind} in bulk: a column or field ${column}, and every other one is a property. Those that ` +
        "the file does not have stay as they are.",
    )
    .option(...dataFlag)
    .option(...configFlag)
    .option(
      "--format <name>",
      `instead of guessing: ${tableFormats.join(", ")}`,
      choice("--format", tableFormats),
    )
    .option("--time <time>", "when they are said to be so (default: now)", instant("--time"))
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `\nExample:\n  $ foldback import ${kind} ${example} --data my-data\n\n${again}`,
    )
    .action(async (file: string, { format, time, ...flags }: DescriptionFlags) => {
      const config = await loadConfig(flags);
      const source = file === "-" ? process.stdin : file;
      const result = await withImportLine(file, flags.json !== true, (on) =>
        run(config, source, {
          ...on,
          ...(format === undefined ? {} : { format }),
          ...(time === undefined ? {} : { time }),
        }),
      );
      report(file, result, flags);
    });
}

function report(name: string, result: ImportResult, flags: ImportFlags): void {
  if (flags.json === true) printJson(result);
  else printImport(name, result);
  if (tookNothing(result)) process.exitCode = 1;
}

function feedbackTypes(came: string): Record<string, string> {
  const pairs = came.split(",").map((pair): [string, string] => {
    const parts = pair.split("=");
    if (parts.length === 2 && parts.every((part) => part !== "")) return [parts[0], parts[1]];
    throw new InvalidArgumentError("--types takes pairs as star=save, with commas between them.");
  });
  return Object.fromEntries(pairs);
}
