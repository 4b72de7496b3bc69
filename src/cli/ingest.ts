import { existsSync } from "node:fs";
import type { Command } from "commander";
import { FoldbackError } from "../core/index.ts";
import { type ImportResult, importFile } from "../engine/index.ts";
import { type FileFormat, fileFormats } from "../event/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { choice, configFlag, dataFlag } from "./flags.ts";
import { formatCount, formatSeconds, ProgressLine, print, printJson } from "./output.ts";

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
      const line = new ProgressLine(!isJson);
      const result = await importFile(config, file === "-" ? process.stdin : file, {
        ...(flags.format === undefined ? {} : { format: flags.format }),
        ...(flags.order === undefined ? {} : { order: flags.order }),
        ...(flags.type === undefined ? {} : { defaultType: flags.type }),
        onProgress: ({ events, bytesRead, sizeBytes }) =>
          line.show(() => {
            // A file that is sorted first is read before the first event is taken.
            const isTold = sizeBytes !== undefined && bytesRead < sizeBytes;
            const share = isTold ? ` (${Math.floor((bytesRead / sizeBytes) * 100)} %)` : "";
            return `${file}: ${formatCount(events)} events${share}`;
          }),
      }).finally(() => line.clear());
      results.push({ file, ...result });
      if (!isJson) printResult(file, result);
    }
  } finally {
    if (isJson) printJson(results); // also where a later file failed: these are in the log
  }
  if (results.every(isAllRefused)) process.exitCode = 1;
}

function isAllRefused({ accepted, duplicates, refusedCount }: ImportResult): boolean {
  return accepted + duplicates === 0 && refusedCount > 0;
}

function printResult(file: string, result: ImportResult): void {
  const { accepted, duplicates, refusedCount, refused, seconds } = result;
  print(
    `${file}: ${formatCount(accepted)} events taken, ${formatCount(duplicates)} duplicates dropped, ` +
      `${formatCount(refusedCount)} refused, in ${formatSeconds(seconds)}`,
  );
  for (const { file: name, index, field, came, allowed } of refused) {
    print(`  ${name}:${index}: ${field} is ${came}; allowed: ${allowed}`);
  }
  const more = refusedCount - refused.length;
  if (more > 0) print(`  … and ${formatCount(more)} more`);
}
