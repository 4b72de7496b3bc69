import type { Command } from "commander";
import { Foldback, recommendationsMax } from "../engine/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { wholeNumber } from "./flags.ts";
import { formatTable, print, printJson } from "./output.ts";

interface RecommendFlags extends ConfigFlags {
  readonly account: string;
  readonly n: number;
  readonly json?: boolean;
}

export function addRecommend(program: Command): void {
  program
    .command("recommend")
    .description(
      "Show what an account would get next, from a data directory that no server has open.",
    )
    .requiredOption("--account <name>", "account, or anonymous session")
    .option("-n <count>", "how many items", wholeNumber("-n", 1, recommendationsMax), 10)
    .option("--data <dir>", "data directory")
    .option("--config <file>", "config file")
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  $ foldback recommend --account 14 -n 5 --data my-data")
    .action(async (flags: RecommendFlags) => {
      const engine = await Foldback.open(await loadConfig(flags));
      try {
        await engine.settled();
        const items = engine.recommend({ account: flags.account, count: flags.n });
        if (flags.json === true) printJson({ account: flags.account, items });
        else if (items.length === 0)
          print("Nothing to recommend: the log has no items that this account did not have.");
        else {
          const rows = items.map(({ item, title = "", score, sources }, i) => [
            `${i + 1}. ${title === "" ? item : title}`,
            item,
            score.toFixed(5),
            sources.join(" "),
          ]);
          print(formatTable([["", "item", "score", "found by"], ...rows]));
        }
      } finally {
        await engine.close();
      }
    });
}
