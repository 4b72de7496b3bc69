/** `foldback people retraining`: what it costs to count accounts anew too seldom or too often, as a table and a picture. */
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { type PolicyResult, retrainingExperiment, retrainingPlot } from "../evaluate/index.ts";
import { assignSessions, countBest } from "../people/index.ts";
import { simulateHouseholds, yearOfChanges } from "../simulate/index.ts";
import { wholeNumber } from "./flags.ts";
import { formatCount, formatTable, ProgressLine, print, printJson } from "./output.ts";

interface RetrainingFlags {
  readonly accounts: number;
  readonly seed: number;
  readonly runCost: number;
  readonly picture?: string;
  readonly json?: boolean;
}

export function addRetraining(command: Command): void {
  command
    .command("retraining")
    .summary("when to count accounts anew: policies over a simulated year")
    .description(
      "Simulate accounts over fifteen months in which devices, homes and routines change, and people come and go; " +
        "count them by each policy (every 1, 3, 6, 12 months; when sessions fit nobody; by cost), and say what each " +
        "gets right and costs, with 95 % intervals.",
    )
    .option("--accounts <count>", "accounts", wholeNumber("--accounts", 2, 100_000), 150)
    .option(
      "--seed <number>",
      "same flags, same result",
      wholeNumber("--seed", 0, 4_294_967_295),
      1004,
    )
    .option(
      "--run-cost <count>",
      "what counting an account costs, in sessions given to the wrong person",
      wholeNumber("--run-cost", 0, 1_000_000),
      5,
    )
    .option("--picture <file>", "write an SVG of sessions right, people wrong and cost by month")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback people retraining --accounts 50 --run-cost 10 --picture retraining.svg",
    )
    .action(run);
}

async function run({ accounts, seed, runCost, picture, json }: RetrainingFlags): Promise<void> {
  const line = new ProgressLine(json !== true);
  const simulated = simulateHouseholds({
    level: "mixed",
    accounts,
    seed,
    parameters: yearOfChanges,
  });
  const report = retrainingExperiment(
    withProgress(simulated, (done) =>
      line.show(() => `${formatCount(done)} of ${formatCount(accounts)} accounts`),
    ),
    { count: countBest, assign: assignSessions },
    { runCost },
  );
  line.clear();
  if (picture !== undefined) await writeFile(picture, retrainingPlot(report));
  if (json === true) {
    printJson(report);
    return;
  }
  print(
    `${formatCount(report.accounts)} accounts over ${report.months} months after the first three; counting one costs as much as ` +
      `${formatCount(report.runCost)} sessions given to the wrong person\n`,
  );
  const header = [
    "policy",
    "sessions right",
    "people wrong",
    "of the active",
    "runs a year",
    "cost a year",
  ];
  print(formatTable([header, ...report.policies.map(rowOf)]));
  if (picture !== undefined) print(`\npicture: ${picture}`);
}

function rowOf({
  assignment,
  cost,
  countError,
  countErrorActive,
  name,
  runs,
}: PolicyResult): string[] {
  const cell = ({ high, low, mean }: PolicyResult["cost"], digits: number): string =>
    `${mean.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
  return [
    name,
    cell(assignment, 3),
    cell(countError, 2),
    cell(countErrorActive, 2),
    cell(runs, 1),
    cell(cost, 0),
  ];
}

function* withProgress<T>(all: Iterable<T>, onEach: (done: number) => void): Generator<T> {
  let done = 0;
  for (const one of all) {
    yield one;
    onEach(++done);
  }
}
