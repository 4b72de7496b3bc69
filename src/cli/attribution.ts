import type { Command } from "commander";
import { addLift } from "./attributionLift.ts";

export function addAttribution(program: Command): void {
  const command = program
    .command("attribution")
    .summary("show why accounts converted, and what advertising caused")
    .description("Show why accounts converted, and what advertising caused.");
  addLift(command);
}
