/**
 * When should the people of an account be counted anew?
 *
 * Accounts of the simulator over fifteen months in which devices, homes and routines change, and people come and go
 * (`yearOfChanges`; levels mixed). All begin with a run over the first three months; then a policy says at each month's end whether
 * there is another, over the last three. Sessions in between are assigned by the last run. Counted and assigned by our best
 * method. Policies: ages of 1, 3, 6 and 12 months; a share beyond the cut above 10 % in a month; and cost: more sessions beyond
 * the cut than when the model was new, times the months left, against what a run costs. What each column is:
 * src/evaluate/people/retraining.ts. At full size it draws docs/retraining.svg. Two minutes of a processor.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PolicyResult, retrainingExperiment, retrainingPlot } from "#foldback/evaluate";
import { assignSessions, countBest } from "#foldback/people";
import { simulateHouseholds, yearOfChanges } from "#foldback/simulate";
import { count, figure, print, root } from "./lib/report.ts";

/** Not one that anything is calibrated on: see people.ts. */
const seed = 1004;

export function run({ smoke }: { readonly smoke: boolean }): void {
  const accounts = simulateHouseholds({
    ...{ level: "mixed", accounts: smoke ? 3 : 150, seed },
    parameters: yearOfChanges,
  });
  const report = retrainingExperiment(accounts, { count: countBest, assign: assignSessions });
  figure(
    "accounts",
    `${count(report.accounts)}, over ${report.months} months after the first three`,
  );
  figure("a run", `costs as much as ${report.runCost} wrong sessions`);
  const titles = ["sessions right", "|people|", "… active", "runs a year", "cost a year"];
  print(`\n${"".padEnd(24)}${titles.map((title) => title.padStart(20)).join("")}`);
  for (const policy of report.policies) print(row(policy));
  if (smoke) return;
  const path = join(root, "docs", "retraining.svg");
  writeFileSync(path, retrainingPlot(report));
  figure("\npicture", "docs/retraining.svg");
}

function row({ assignment, cost, countError, countErrorActive, name, runs }: PolicyResult): string {
  const cell = ({ high, low, mean }: PolicyResult["cost"], digits: number): string =>
    `${mean.toFixed(digits)} ${low.toFixed(digits)}–${high.toFixed(digits)}`.padStart(20);
  const cells = [
    cell(assignment, 3),
    cell(countError, 2),
    cell(countErrorActive, 2),
    cell(runs, 1),
    cell(cost, 0),
  ];
  return `${name.padEnd(24)}${cells.join("")}`;
}
