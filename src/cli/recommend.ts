import type { Command } from "commander";
import { type RecommendedItem, recommendationsMax } from "../engine/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { configFlag, dataFlag, wholeNumber } from "./flags.ts";
import { learned, openData } from "./openData.ts";
import { formatTable, print, printJson } from "./output.ts";

interface RecommendFlags extends ConfigFlags {
  readonly account: string;
  readonly n: number;
  readonly json?: boolean;
}

export function addRecommend(program: Command): void {
  program
    .command("recommend")
    .summary("show what an account would get next")
    .description(
      "Show what an account would get next, from a data directory that no server has open. " +
        "What the log has and the model does not know yet is learned first.",
    )
    .requiredOption("--account <name>", "account, or anonymous session; a new one is welcome")
    .option("-n <count>", "how many items", wholeNumber("-n", 1, recommendationsMax), 10)
    .option(...dataFlag)
    .option(...configFlag)
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  $ foldback recommend --account 14 -n 5 --data my-data")
    .action(async (flags: RecommendFlags) => {
      const config = await loadConfig(flags);
      const engine = await openData(config);
      try {
        await learned(engine, flags.json !== true);
        const items = engine.recommend({ account: flags.account, count: flags.n });
        if (flags.json === true) printJson({ account: flags.account, items });
        else printItems(items);
      } finally {
        await engine.close();
      }
    });
}

function printItems(items: readonly RecommendedItem[]): void {
  if (items.length === 0) {
    print("Nothing to recommend: the log has no items that this account did not have.");
    return;
  }
  const hasResponses = items.some(({ responseProbability }) => responseProbability !== undefined);
  const rows = items.map(({ item, title = "", score, responseProbability = 0, sources }, i) => [
    `${i + 1}. ${title === "" ? item : title}`,
    item,
    score.toFixed(5),
    ...(hasResponses ? [responseProbability.toFixed(3)] : []),
    sources.join(" "),
  ]);
  print(
    formatTable([
      ["", "item", "score", ...(hasResponses ? ["response"] : []), "found by"],
      ...rows,
    ]),
  );
}
