import type { Command } from "commander";
import { addCompare } from "./attributionCompare.ts";
import { addCredit } from "./attributionCredit.ts";
import { addLift } from "./attributionLift.ts";
import { addPaths } from "./attributionPaths.ts";

export function addAttribution(program: Command): void {
  const command = program
    .command("attribution")
    .summary("which touches earned which conversions, and what advertising caused")
    .description(
      "Say which clicks, views and visits earned conversions. Credit says what came before a conversion, not what caused it: that is what lift measures.",
    )
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback attribution compare touches.parquet orders.ndjson --by channel\n" +
        "  $ foldback attribution credit paths.csv --model markov --order 2",
    );
  addCompare(command);
  addCredit(command);
  addPaths(command);
  addLift(command);
}
