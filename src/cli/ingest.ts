import { existsSync } from "node:fs";
import type { Command } from "commander";
import { FoldbackError } from "../core/index.ts";
import { type ImportResult, importFile } from "../engine/index.ts";
import { type FileFormat, fileFormats } from "../event/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { choice, configFlag, dataFlag } from "./flags.ts";
import { printImport, tookNothing, withImportLine } from "./importReport.ts";
import { printJson } from "./output.ts";

interface IngestFlags extends ConfigFlags {
  readonly format?: FileFormat;
  readonly order?: "time" | "file";
  readonly type?: string;
  readonly json?: boolean;
}

export function addIngest(program: Command): void {
  program
    .command("ingest")
    .summary("append files of events to the log")
    .description(
      "Append files of events to the log, as history: the engine learns them when it next runs. " +
        "While a server has the data directory open, send events to it instead.",
    )
    .argument("<file...>", "NDJSON, CSV, Parquet or a ratings file; - is standard input (NDJSON)")
    .option(...dataFlag)
    .option(...configFlag)
    .option(
      "--format <name>",
      `instead of guessing: ${fileFormats.join(", ")}`,
      choice("--format", fileFormats),
    )
    .option(
      "--order <order>",
      "time: sort by event time (in memory); file: as it is (default: time, for - file)",
      choice("--order", ["time", "file"]),
    )
    .option("--type <name>", "event type of rows that have none")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback ingest plays.ndjson --data my-data\n" +
        "  $ zcat plays.ndjson.gz | foldback ingest -\n\n" +
        "Events with an id that came within 48 hours are dropped; without ids, a file that is\n" +
        "ingested twice counts twice. Exit code 1 where no event at all could be taken.",
    )
    .action(ingest);
}

async function ingest(files: readonly string[], flags: IngestFlags): Promise<void> {
  const config = await loadConfig(flags);
  // Before the first: else the files before a misspelt one would be taken, and again the next time.
  const missing = files.find((file) => file !== "-" && !existsSync(file));
  if (missing !== undefined) {
    throw new FoldbackError(
      "FILE_UNREADABLE",
      `there is no file ${missing}; nothing was ingested`,
      { details: { file: missing } },
    );
  }
  const isJson = flags.json === true;
  const results: ({ readonly file: string } & ImportResult)[] = [];
  try {
    for (const file of files) {
      const result = await withImportLine(file, !isJson, ({ onProgress }) =>
        importFile(config, file === "-" ? process.stdin : file, {
          ...(flags.format === undefined ? {} : { format: flags.format }),
          ...(flags.order === undefined ? {} : { order: flags.order }),
          ...(flags.type === undefined ? {} : { defaultType: flags.type }),
          onProgress,
        }),
      );
      results.push({ file, ...result });
      if (!isJson) printImport(file, result);
    }
  } finally {
    if (isJson) printJson(results); // also where a later file failed: these are in the log
  }
  if (results.every(tookNothing)) process.exitCode = 1;
}
