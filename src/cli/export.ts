import type { Command } from "commander";
import { FoldbackError } from "../core/index.ts";
import { type ExportResult, exportAccounts, exportEvents, exportItems } from "../engine/index.ts";
import { type TableFormat, tableFormatOf, tableFormats } from "../event/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { choice, configFlag, dataFlag } from "./flags.ts";
import { printLeftOut } from "./importReport.ts";
import { formatCount, formatSeconds, ProgressLine, print, printJson } from "./output.ts";

interface ExportFlags extends ConfigFlags {
  readonly format?: TableFormat;
  readonly json?: boolean;
}

const kinds = {
  items: {
    summary: "the catalogue, as it is now",
    description:
      "Write the catalogue: each item with its properties as they are now. foldback import items reads it.",
    example: "foldback export items catalogue.csv --data my-data",
    run: exportItems,
  },
  accounts: {
    summary: "accounts of which something is said",
    description:
      "Write the accounts that have a description, each with its properties as they are now. foldback import accounts " +
      "reads it.",
    example: "foldback export accounts users.parquet --data my-data",
    run: exportAccounts,
  },
  events: {
    summary: "the events of the log",
    description:
      "Write the events, in the order of the log. foldback ingest --order file reads them. What only the " +
      "engine itself says, such as what was served, is left out, and counted.",
    example: "foldback export events events.parquet --data my-data",
    run: exportEvents,
  },
} as const;

export function addExport(program: Command): void {
  const command = program
    .command("export")
    .summary("write the catalogue, the accounts or the events to a file")
    .description("Write what is in a data directory that no server has open to a file.")
    .addHelpText("after", `\nExample:\n  $ ${kinds.items.example}`);
  for (const [name, { summary, description, example, run }] of Object.entries(kinds)) {
    command
      .command(name)
      .summary(summary)
      .argument("<file>", "is replaced, once the new one is whole; - is standard output (NDJSON)")
      .description(description)
      .option(...dataFlag)
      .option(...configFlag)
      .option(
        "--format <name>",
        `${tableFormats.join(", ")} (default: by the name of the file)`,
        choice("--format", tableFormats),
      )
      .option("--json", "print the result as JSON")
      .addHelpText("after", `\nExample:\n  $ ${example}`)
      .action(async (file: string, flags: ExportFlags) => {
        const config = await loadConfig(flags);
        const line = new ProgressLine(flags.json !== true);
        const result = await run(config, file === "-" ? process.stdout : file, {
          format: flags.format ?? formatOf(file),
          onProgress: (records) => line.show(() => `${formatCount(records)} records read`),
        }).finally(() => line.clear());
        // The data itself has standard output then.
        if (file !== "-") report(name, file, result, flags);
      });
  }
}

function formatOf(file: string): TableFormat {
  const format = file === "-" ? "ndjson" : tableFormatOf(file);
  if (format !== undefined) return format;
  throw new FoldbackError(
    "REQUEST_INVALID",
    `the name ${file} says no format; give it .ndjson, .csv or .parquet, or add --format`,
    { details: { file } },
  );
}

function report(name: string, file: string, result: ExportResult, flags: ExportFlags): void {
  if (flags.json === true) {
    printJson({ file, ...result });
    return;
  }
  const { count, sizeBytes, leftOut, seconds } = result;
  print(
    `${file}: ${formatCount(count)} ${name}, ${formatCount(sizeBytes)} bytes, in ${formatSeconds(seconds)}`,
  );
  printLeftOut("Not said by the file:", leftOut);
}
