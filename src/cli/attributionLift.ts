import type { Command } from "commander";
import {
  defaultConversions,
  type Estimate,
  type LiftReport,
  liftOf,
  type ReadGroups,
  readGroups,
} from "../attribution/index.ts";
import { systemClock } from "../core/index.ts";
import { amount, names } from "./flags.ts";
import { formatCount, formatTable, print, printJson } from "./output.ts";

interface LiftFlags {
  readonly test: string;
  readonly control: string;
  readonly events: readonly string[];
  readonly share?: number;
  readonly cost?: number;
  readonly confidence: number;
  readonly json?: boolean;
}

export function addLift(attribution: Command): void {
  attribution
    .command("lift")
    .summary("measure what advertising has caused, from a randomised holdout")
    .description(
      "Compare a group of accounts that advertising was shown to with one from which chance withheld it. Unlike credit, the " +
        "difference is what the advertising caused.\n\n" +
        "FILE has accounts (account, group, conversions, value), totals (group, accounts, conversions, value), as CSV or " +
        "NDJSON; or events of accounts whose context.group names their group.",
    )
    .argument("<file...>", "files of accounts, totals or events; all of one experiment")
    .option("--test <name>", "what the group is called that saw the advertising", "test")
    .option("--control <name>", "and the one that did not", "control")
    .option("--events <types>", "of events: which are conversions", names("--events"), [
      ...defaultConversions,
    ])
    .option(
      "--share <share>",
      "share of accounts that was to be in the test group, to check it",
      amount("--share"),
    )
    .option("--cost <amount>", "what the advertising cost", amount("--cost"))
    .option("--confidence <level>", "of the intervals", amount("--confidence"), 0.95)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback attribution lift holdout.csv --share 0.9 --cost 12000",
    )
    .action(async (files: readonly string[], flags: LiftFlags) => {
      const { test, control, events, share, cost, confidence, json } = flags;
      const groups = await readGroups(files, {
        ...{ test, control, conversions: events, clock: systemClock },
      });
      const report = liftOf(groups, {
        ...(share !== undefined && { share }),
        ...(cost !== undefined && { cost }),
        confidence,
      });
      if (json === true) {
        const { otherAccounts, mixedAccounts, refused } = groups;
        printJson({ ...report, otherAccounts, mixedAccounts, refused });
      } else print(textOf(report, groups));
    });
}

function textOf(report: LiftReport, groups: ReadGroups): string {
  const { test, control, lift, pValue, sampleRatio, costPerIncrementalConversion } = report;
  const rows = [["", "accounts", "converted", "rate", "value", "per account"]];
  for (const [name, group] of [
    ["test", test],
    ["control", control],
  ] as const) {
    rows.push([
      name,
      formatCount(group.accounts),
      formatCount(group.converted),
      percent(group.rate),
      group.value.toFixed(2),
      group.valuePerAccount.toFixed(4),
    ]);
  }
  const level = `${report.confidence * 100} %`;
  const estimates = [
    ["", "estimate", level],
    ["lift", ...(lift === null ? ["–", "–"] : shown(lift, percent))],
    ["incremental conversions", ...shown(report.incrementalConversions, (x) => x.toFixed(1))],
    ["incremental value", ...shown(report.incrementalValue, (x) => x.toFixed(2))],
    ...(costPerIncrementalConversion === null
      ? []
      : [["cost of one", ...shown(costPerIncrementalConversion, (x) => x.toFixed(2))]]),
  ];
  const notes = [
    `If the advertising caused nothing, such a difference or more would come with p = ${pValue.toPrecision(2)}.`,
  ];
  if (sampleRatio?.isMismatch === true) {
    notes.push(
      `Of the accounts ${percent(sampleRatio.share)} are in the test group, where ${percent(sampleRatio.expected)} were meant ` +
        `(p = ${sampleRatio.pValue.toPrecision(2)}): chance did not make these groups, and nothing above can be trusted.`,
    );
  }
  if (groups.mixedAccounts > 0) {
    notes.push(
      `${formatCount(groups.mixedAccounts)} accounts are in both groups, and were left out.`,
    );
  }
  if (groups.otherAccounts > 0) {
    notes.push(
      `${formatCount(groups.otherAccounts)} accounts are in neither group, and were left out.`,
    );
  }
  if (groups.refused > 0) notes.push(`${formatCount(groups.refused)} events were refused.`);
  return [formatTable(rows), formatTable(estimates), notes.join("\n")].join("\n\n");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

function shown({ estimate, low, high }: Estimate, format: (x: number) => string): string[] {
  const end = (x: number | null): string => (x === null ? "–" : format(x));
  return [format(estimate), `${end(low)} to ${end(high)}`];
}
