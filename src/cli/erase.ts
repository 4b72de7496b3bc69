import type { Command } from "commander";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { configFlag, dataFlag } from "./flags.ts";
import { learned, openData } from "./openData.ts";
import { formatCount, formatSeconds, print, printJson } from "./output.ts";

interface EraseFlags extends ConfigFlags {
  readonly json?: boolean;
}

export function addErase(program: Command): void {
  program
    .command("erase")
    .summary("forget accounts")
    .argument("<account...>", "accounts, or anonymous sessions; up to 1,000")
    .description(
      "Forget accounts, in a data directory that no server has open (a server does it by DELETE " +
        "/v1/accounts/ACCOUNT): their history, their rows of the models, their events in the log, and the " +
        "snapshots that have them. Afterwards no file of the directory has their names.",
    )
    .option(...dataFlag)
    .option(...configFlag)
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  $ foldback erase listener-17 --data my-data")
    .action(async (accounts: string[], flags: EraseFlags) => {
      const config = await loadConfig(flags);
      const engine = await openData(config);
      try {
        await learned(engine, flags.json !== true);
        const report = await engine.erase(accounts);
        if (flags.json === true) printJson(report);
        else {
          print(
            `${formatCount(report.accounts)} ${report.accounts === 1 ? "account is" : "accounts are"} forgotten, and ` +
              `${formatCount(report.events)} events of theirs, in ${formatSeconds(report.seconds)}.`,
          );
        }
      } finally {
        await engine.close();
      }
    });
}
