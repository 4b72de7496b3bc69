import { type Command, InvalidArgumentError, Option } from "commander";
import {
  allCreditModels,
  type CreditModel,
  type CreditReport,
  type CreditRow,
  creditModels,
  creditReport,
  type MarkovOrder,
  markovOrders,
  type PositionWeights,
} from "../attribution/index.ts";
import { quotedCell } from "../event/index.ts";
import {
  addPathSourceFlags,
  type PathSource,
  type PathSourceFlags,
  readPathSource,
} from "./attributionPathSource.ts";
import { choices } from "./flags.ts";
import {
  formatAmount,
  formatCount,
  formatSeconds,
  formatTable,
  ProgressLine,
  print,
  printJson,
} from "./output.ts";

interface CreditFlags extends PathSourceFlags {
  readonly model: readonly CreditModel[];
  readonly order: MarkovOrder;
  readonly position: PositionWeights;
  readonly direct: string;
  readonly json?: boolean;
  readonly csv?: boolean;
}

export function addCredit(command: Command): void {
  addPathSourceFlags(
    command
      .command("credit")
      .summary("what each channel earned under each model, side by side")
      .description(
        "Divide conversions and their value among channels, under every model at once: from files of events, or from " +
          "files of paths (path,conversions,value,nulls). Markov and Shapley are exact.",
      ),
  )
    .addOption(
      new Option(
        "--model <names>",
        `with commas between them, of ${creditModels.join(", ")}; and ${allCreditModels.slice(creditModels.length).join(", ")}`,
      )
        .argParser(choices("--model", allCreditModels))
        .default([...creditModels], "all of the first"),
    )
    .addOption(
      new Option("--order <order>", "touches that the Markov chain remembers")
        .choices(markovOrders)
        .default("1"),
    )
    .addOption(
      new Option("--position <weights>", "first touch/those between/last touch")
        .argParser(position)
        .default({ first: 40, middle: 20, last: 40 }, "40/20/40"),
    )
    .option("--direct <channel>", "the channel that last-non-direct passes over", "direct")
    .option("--json", "print the result as JSON")
    .option("--csv", "print the result as CSV")
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback attribution credit events.parquet --events purchase --lookback 30d --by campaign\n" +
        '  $ foldback attribution credit paths.csv --separator " > " --model markov,shapley --order auto --json',
    )
    .action(run);
}

async function run(files: string[], flags: CreditFlags): Promise<void> {
  const { json, csv, model, order, position: weights, direct } = flags;
  const beganMs = performance.now();
  const line = new ProgressLine(json !== true && csv !== true);
  try {
    const source = await readPathSource(files, flags, line);
    const report = creditReport(source.sums, {
      models: model,
      order,
      position: weights,
      direct,
      ...(source.money === undefined ? {} : { minorUnits: source.money.minorUnits }),
    });
    line.clear();
    const { refused } = source;
    if (json === true) {
      printJson({
        ...report,
        settings: settingsOf(source, flags),
        ...(refused === undefined ? {} : { refused: refused.count }),
      });
    } else if (csv === true) {
      printCsv(report);
    } else {
      printTables(report);
      const seconds = formatSeconds((performance.now() - beganMs) / 1000);
      print(`\n${formatAmount(report.totals.conversions)} conversions, in ${seconds}`);
      if (refused !== undefined && refused.count > 0) {
        print(`${formatCount(refused.count)} rows refused`);
      }
    }
    if (report.totals.conversions === 0 && (refused?.count ?? 0) > 0) process.exitCode = 1;
  } finally {
    line.clear();
  }
}

function settingsOf(
  { form, money }: PathSource,
  { order, position: weights, direct, separator, transform, ...flags }: CreditFlags,
): unknown {
  const shared = {
    form,
    order,
    position: `${weights.first}/${weights.middle}/${weights.last}`,
    direct,
  };
  if (form === "paths") return { ...shared, separator, transform };
  const { lookback, touches, journey, halfLife, by, events, key } = flags;
  return {
    ...shared,
    lookbackMs: lookback,
    touches,
    journey,
    halfLifeMs: halfLife,
    by,
    events: events ?? null,
    key,
    currency: money?.currency ?? null,
  };
}

const columns = [
  "position",
  "conversions",
  "value",
  "removalEffect",
  "valueRemovalEffect",
  "standardError",
  "valueStandardError",
] as const;

function printCsv({ models }: CreditReport): void {
  const lines = [["model", "channel", ...columns].join(",")];
  for (const [model, rows] of Object.entries(models)) {
    for (const row of rows ?? []) {
      const cells = [
        model,
        quotedCell(row.channel ?? ""),
        ...columns.map((name) => row[name] ?? ""),
      ];
      lines.push(cells.join(","));
    }
  }
  print(lines.join("\n"));
}

function printTables({ models, totals, markov }: CreditReport): void {
  for (const [model, rows] of Object.entries(models)) {
    print(`\n${model}`);
    if (rows === null) print("  not of these data: paths have no times");
    else if (rows !== undefined) print(formatTable(tableOf(rows)));
    if (model === "markov" && markov !== undefined) {
      const { order, states, conversionProbability } = markov;
      print(
        `order ${order}, ${formatCount(states)} states, ${(100 * conversionProbability).toFixed(2)} % convert`,
      );
    }
  }
  print(
    `\nunattributed: ${formatAmount(totals.unattributed)} conversions of a value of ${totals.unattributedValue.toFixed(2)}`,
  );
}

function tableOf(rows: readonly CreditRow[]): string[][] {
  const hasPlaces = rows.some(({ position: place }) => place !== undefined);
  const hasEffects = rows.some(({ removalEffect }) => removalEffect !== undefined);
  const hasErrors = rows.some(({ standardError }) => standardError !== undefined);
  const more = (row: CreditRow): string[] => [
    ...(hasPlaces ? [String(row.position)] : []),
    ...(hasEffects ? [`${(100 * (row.removalEffect ?? 0)).toFixed(2)} %`] : []),
    ...(hasErrors ? [`± ${(row.standardError ?? 0).toFixed(2)}`] : []),
  ];
  const titles = [
    ...(hasPlaces ? ["position"] : []),
    ...(hasEffects ? ["removal effect"] : []),
    ...(hasErrors ? ["standard error"] : []),
  ];
  return [
    ["channel", "conversions", "value", ...titles],
    ...rows.map((row) => [
      row.channel ?? "(no click)",
      row.conversions.toFixed(2),
      row.value.toFixed(2),
      ...more(row),
    ]),
  ];
}

function position(came: string): PositionWeights {
  const parts = came.split("/").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const isWeight = (part: number): boolean => part >= 0 && part < Number.POSITIVE_INFINITY;
  const [first, middle, last] = parts;
  if (parts.length === 3 && parts.every(isWeight) && first + middle + last > 0) {
    return { first, middle, last };
  }
  throw new InvalidArgumentError(
    "--position takes three weights that are not all 0, such as 40/20/40.",
  );
}
