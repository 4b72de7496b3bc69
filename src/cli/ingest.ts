import type { Command } from "commander";
import { importFile } from "../engine/index.ts";
import type { FileFormat } from "../event/index.ts";
import { fileFormats } from "../event/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { choice } from "./flags.ts";
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
    .description("Append files of events to the log. The engine learns them when it next runs.")
    .argument("<file...>", "NDJSON, CSV, Parquet or a ratings file; - is standard input (NDJSON)")
    .option("--data <dir>", "data directory")
    .option("--config <file>", "config file")
    .option(
      "--format <name>",
      `instead of guessing: ${fileFormats.join(", ")}`,
      choice("--format", fileFormats),
    )
    .option(
      "--order <order>",
      "time: sort by event time (in memory); file: as it is",
      choice("--order", ["time", "file"]),
    )
    .option("--type <name>", "event type of rows that have none")
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  $ foldback ingest plays.ndjson --data my-data")
    .action(async (files: string[], flags: IngestFlags) => {
      const config = await loadConfig(flags);
      const results = [];
      for (const file of files) {
        const line = new ProgressLine(flags.json !== true);
        const result = await importFile(config, file === "-" ? process.stdin : file, {
          ...(flags.format === undefined ? {} : { format: flags.format }),
          ...(flags.order === undefined ? {} : { order: flags.order }),
          ...(flags.type === undefined ? {} : { defaultType: flags.type }),
          onProgress: ({ events, bytesRead, sizeBytes }) =>
            line.show(() => {
              const share =
                sizeBytes === undefined ? "" : ` (${Math.round((bytesRead / sizeBytes) * 100)} %)`;
              return `${file}: ${formatCount(events)} events${share}`;
            }),
        });
        line.clear();
        results.push({ file, ...result });
        if (flags.json === true) continue;
        const { accepted, duplicates, refusedCount, refused, seconds } = result;
        print(
          `${file}: ${formatCount(accepted)} events taken, ${formatCount(duplicates)} duplicates dropped, ` +
            `${formatCount(refusedCount)} refused, in ${formatSeconds(seconds)}`,
        );
        for (const { file: name, index, field, came, allowed } of refused) {
          print(`  ${name}:${index}: ${field} is ${came}; allowed: ${allowed}`);
        }
        if (refusedCount > refused.length)
          print(`  … and ${formatCount(refusedCount - refused.length)} more`);
      }
      if (flags.json === true) printJson(results);
      // Nothing at all could be taken: the work failed.
      if (
        results.every(
          ({ accepted, duplicates, refusedCount }) =>
            accepted + duplicates === 0 && refusedCount > 0,
        )
      ) {
        process.exitCode = 1;
      }
    });
}
