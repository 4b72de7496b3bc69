import type { Command } from "commander";
import { copyLogToKafka } from "../engine/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { configFlag, dataFlag } from "./flags.ts";
import { formatCount, ProgressLine, print, printJson } from "./output.ts";

interface CopyFlags extends ConfigFlags {
  readonly json?: boolean;
}

export function addKafka(program: Command): void {
  const command = program
    .command("kafka")
    .summary("move the log into Apache Kafka")
    .description("Work on the topic that log.kafka of the config names.");
  command
    .command("copy")
    .summary("bring the log of a data directory into the topic")
    .description(
      "Copy every event of the data directory into the topic, in order and with its time; then compare the two, record by " +
        "record. Afterwards the directory is the topic's copy, what was learned stays, and `foldback serve` with the " +
        "same config goes on from there. No server may have it open, and nobody may write to the topic meanwhile.",
    )
    .option(...dataFlag)
    .option(...configFlag)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback kafka copy --data my-data --config kafka.config.json\n\n" +
        "Broken off, it goes on where it was when it is called again.",
    )
    .action(copy);
}

async function copy(flags: CopyFlags): Promise<void> {
  const config = await loadConfig(flags);
  const isJson = flags.json === true;
  const line = new ProgressLine(!isJson);
  const result = await copyLogToKafka(config, {
    onProgress: ({ step, records }) => line.show(() => `${formatCount(records)} records ${step}`),
  }).finally(() => line.clear());
  if (isJson) {
    printJson(result);
    return;
  }
  const { recordCount, foundCount, isAdopted } = result;
  print(
    `${formatCount(recordCount)} records are in topic ${config.log.kafka.topic}, ` +
      `${formatCount(recordCount - foundCount)} of them by this call; each was read back and compared.`,
  );
  print(
    isAdopted
      ? `${config.dataDirectory} is the topic's copy now: foldback serve with this config goes on from it.`
      : `The log of ${config.dataDirectory} begins after its first record, so its offsets are not the topic's: serve from ` +
          "a new data directory, which is filled from the topic.",
  );
}
