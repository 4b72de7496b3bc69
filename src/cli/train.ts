import type { Command } from "commander";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { configFlag, dataFlag } from "./flags.ts";
import { learned, openData } from "./openData.ts";
import { formatCount, formatSeconds, print, printJson } from "./output.ts";

interface TrainFlags extends ConfigFlags {
  readonly json?: boolean;
}

export function addTrain(program: Command): void {
  program
    .command("train")
    .summary("learn what the log has, and end: the batch stage")
    .description(
      "Learn the log of a data directory that no server has open, once, in its order, from the last snapshot to " +
        "its end, and leave a snapshot there. A server that is opened on it goes on from there: nothing is " +
        "learned twice, and nothing is left out.",
    )
    .option(...dataFlag)
    .option(...configFlag)
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  $ foldback train --data my-data")
    .action(async (flags: TrainFlags) => {
      const config = await loadConfig(flags);
      const isJson = flags.json === true;
      const beganMs = performance.now();
      const engine = await openData(config);
      const { restoredFrom } = engine.status();
      try {
        await learned(engine, !isJson);
      } finally {
        await engine.close();
      }
      const { records, examples } = engine.status();
      const seconds = (performance.now() - beganMs) / 1000;
      if (isJson) printJson({ records, learned: records - restoredFrom, examples, seconds });
      else {
        print(
          `${formatCount(records - restoredFrom)} of ${formatCount(records)} records learned, ` +
            `${formatCount(examples)} examples by now, in ${formatSeconds(seconds)}.`,
        );
      }
    });
}
