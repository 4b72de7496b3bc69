import type { Command } from "commander";
import { addCompare } from "./attributionCompare.ts";
import { addLift } from "./attributionLift.ts";

export function addAttribution(program: Command): void {
  const command = program
    .command("attribution")
    .summary("which touches earned which conversions")
    .description(
      "Say which clicks, views and visits earned conversions. Credit says what came before a conversion, not what caused it; lift does.",
    )
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback attribution compare touches.parquet orders.ndjson --by channel",
    );
  addCompare(command);
  addLift(command);
}
