import { existsSync } from "node:fs";
import type { Command } from "commander";
import { FoldbackError } from "../core/index.ts";
import { Foldback, type RecommendedItem, recommendationsMax } from "../engine/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { configFlag, dataFlag, wholeNumber } from "./flags.ts";
import { formatCount, formatTable, ProgressLine, print, printJson } from "./output.ts";

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
      const { dataDirectory } = config;
      if (!existsSync(dataDirectory)) {
        // Opening it would make it, and recommend nothing from it.
        throw new FoldbackError(
          "CONFIG_INVALID",
          `there is no data directory ${dataDirectory}; name one with --data, or make it with: foldback ingest`,
          { details: { setting: "dataDirectory" } },
        );
      }
      const engine = await Foldback.open(config);
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

async function learned(engine: Foldback, isShown: boolean): Promise<void> {
  const line = new ProgressLine(isShown);
  const showing = setInterval(() => {
    const { records, trainingLag } = engine.status();
    line.show(() => `learning: ${formatCount(records - trainingLag)} of ${formatCount(records)}`);
  }, 200);
  try {
    await engine.settled();
  } finally {
    clearInterval(showing);
    line.clear();
  }
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
