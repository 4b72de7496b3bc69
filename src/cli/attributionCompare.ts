import { once } from "node:events";
import { type Command, Option } from "commander";
import {
  type Comparison,
  compare,
  costsOf,
  each,
  type GridCell,
  type GridKey,
  type GridSettings,
  gridKeys,
  gridKeysOf,
  gridSettings,
  type RefusedRows,
  readCosts,
  resolve,
  touchDimensions,
} from "../attribution/index.ts";
import { FoldbackError } from "../core/index.ts";
import { quotedCell } from "../event/index.ts";
import { addSourceFlags, names, openSource, type SourceFlags } from "./attributionSource.ts";
import { choices } from "./flags.ts";
import { formatCount, formatSeconds, formatTable, ProgressLine, print } from "./output.ts";

interface CompareFlags extends SourceFlags {
  readonly click?: readonly string[];
  readonly engaged?: readonly string[];
  readonly view?: readonly string[];
  readonly current?: string;
  readonly count: GridSettings["count"];
  readonly basis: GridSettings["basis"];
  readonly by?: readonly GridKey[];
  readonly only: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly costs?: string;
  readonly each?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
}

export function addCompare(command: Command): void {
  addSourceFlags(
    command
      .command("compare")
      .summary("conversions under each click and view window")
      .description(
        "Count the conversions, and what they cost and earned, under each combination of click, engaged-view and view " +
          "windows, beside what a last click in the same session would count.",
      ),
  )
    .option("--click <list>", "click windows (default: 1d,7d,14d,28d)", names)
    .option("--engaged <list>", "engaged-view windows (default: off,1d,7d)", names)
    .option("--view <list>", "view windows (default: off,1d,7d)", names)
    .option("--current <windows>", "what you have now: click/engaged/view (default: 7d/1d/1d)")
    .addOption(
      new Option("--count <how>", "each conversion, or the first of a touch and event")
        .choices(["every", "once"])
        .default("every"),
    )
    .addOption(
      new Option("--basis <time>", "whose time decides day, week and month")
        .choices(["touch", "conversion"])
        .default("touch"),
    )
    .option(
      "--by <keys>",
      `rows for each of: ${gridKeys.join(", ")}; with commas between them`,
      choices("--by", gridKeys),
    )
    .option(
      "--only <key=name>",
      `tell these alone, such as campaign=summer; may come again; keys: ${touchDimensions.join(", ")}`,
      (one: string, before: readonly string[]) => [...before, one],
      [],
    )
    .option("--from <day>", "tell days from this on, by --basis, UTC, such as 2026-06-01")
    .option("--to <day>", "and up to this, included")
    .option(
      "--costs <file>",
      "CSV with cost and the columns of --by (and of --only; day for --from and --to), instead of the events' ad.cost",
    )
    .option("--each", "print a line of JSON for each conversion and cell instead")
    .option("--json", "print the result as JSON")
    .option("--csv", "print the result as CSV")
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback attribution compare touches.parquet orders.ndjson --click 1d,7d,28d --view off,1d --by channel\n" +
        "  $ foldback attribution compare --data foldback-data --events purchase --count once --json",
    )
    .action(run);
}

async function run(files: string[], flags: CompareFlags): Promise<void> {
  const { by = [], json, csv } = flags;
  if ([flags.each, json, csv].filter((flag) => flag === true).length > 1) {
    throw new FoldbackError("REQUEST_INVALID", "give one of --each, --json and --csv");
  }
  if (flags.each === true && [...flags.only, flags.from, flags.to].some((of) => of !== undefined)) {
    throw new FoldbackError(
      "REQUEST_INVALID",
      "--each tells every conversion; --only, --from and --to are for the rows of the grid",
    );
  }
  const settings = gridSettings(flags);
  const beganMs = performance.now();
  const line = new ProgressLine(json !== true && csv !== true && flags.each !== true);
  try {
    const tables = await openSource(files, flags, line);
    try {
      const { money } = await tables.prepare();
      const keys = gridKeysOf(settings);
      const resolved = await resolve(tables, {
        dimensions: touchDimensions.filter((dimension) => keys.includes(dimension)),
        hasAccounts: by.includes("account"),
        hasIds: flags.each === true,
      });
      if (flags.each === true) {
        await printTexts(linesOf(each(resolved, settings)));
        return;
      }
      const costs =
        flags.costs === undefined
          ? await costsOf(tables, keys)
          : await readCosts(flags.costs, keys, money);
      const found = compare(resolved, costs, settings, money);
      line.clear();
      const told = settingsOf(settings, flags, money.currency);
      if (json === true) {
        await printTexts(jsonOf(found, { settings: told, refused: tables.refused.count }));
      } else if (csv === true) await printTexts(csvOf(found.cells, by));
      else printTable(found, settings, { refused: tables.refused, currency: money.currency });
      if (json !== true && csv !== true) {
        const seconds = formatSeconds((performance.now() - beganMs) / 1000);
        print(`\n${formatCount(resolved.count)} conversions, in ${seconds}`);
      }
      if (resolved.count === 0 && tables.refused.count > 0) process.exitCode = 1;
    } finally {
      await tables.close();
    }
  } finally {
    line.clear();
  }
}

function settingsOf(
  { click, engaged, view, current, count, basis, by }: GridSettings,
  { key, events, costs, only, from, to }: CompareFlags,
  currency: string | undefined,
): unknown {
  const written = (windows: GridSettings["click"]): string[] => windows.map(({ name }) => name);
  return {
    click: written(click),
    engaged: written(engaged),
    view: written(view),
    current: `${current.click.name}/${current.engaged.name}/${current.view.name}`,
    count,
    basis,
    by,
    only,
    from: from ?? null,
    to: to ?? null,
    events: events ?? null,
    key,
    costs: costs ?? null,
    currency: currency ?? null,
  };
}

/** As much as the reader takes at once. */
async function printTexts(texts: Iterable<string>): Promise<void> {
  let text = "";
  for (const one of texts) {
    text += one;
    if (text.length < 65_536) continue;
    if (!process.stdout.write(text)) await once(process.stdout, "drain");
    text = "";
  }
  process.stdout.write(text);
}

function* linesOf(rows: Iterable<unknown>): Generator<string> {
  for (const one of rows) yield `${JSON.stringify(one)}\n`;
}

/** A row a line: all of it as one text may be longer than a text can be. */
function* jsonOf({ cells, sameSession }: Comparison, rest: object): Generator<string> {
  yield '{\n"cells": [';
  yield* listed(cells);
  yield '],\n"sameSession": [';
  yield* listed(sameSession);
  yield `],\n${JSON.stringify(rest, undefined, 2).slice(2, -2)}\n}\n`;
}

function* listed(rows: readonly unknown[]): Generator<string> {
  for (const [at, row] of rows.entries()) yield `${at === 0 ? "" : ","}\n${JSON.stringify(row)}`;
}

function* csvOf(cells: readonly GridCell[], by: readonly GridKey[]): Generator<string> {
  const numbers = [
    "conversions",
    "byClick",
    "byEngagedView",
    "byView",
    "value",
    "cost",
    "cpa",
    "roas",
    "changeVsCurrent",
    "unattributed",
    "unattributedValue",
    "repeats",
    "repeatsValue",
    "missedBySameSession",
  ] as const;
  yield `${["click", "engaged", "view", "event", ...by, ...numbers].join(",")}\n`;
  for (const cell of cells) {
    const texts = [cell.click, cell.engaged, cell.view, cell.event, ...namesOf(cell.by, by)];
    const row = [
      ...texts.map((text) => quotedCell(text ?? "")),
      ...numbers.map((name) => cell[name] ?? ""),
    ];
    yield `${row.join(",")}\n`;
  }
}

/** By key. */
function namesOf(by: GridCell["by"], keys: readonly GridKey[]): (string | null)[] {
  if (by === null || typeof by === "string") return keys.map(() => by);
  return keys.map((key) => by[key] ?? null);
}

function printTable(
  { cells, sameSession }: Comparison,
  { by, current }: GridSettings,
  { refused, currency }: { readonly refused: RefusedRows; readonly currency: string | undefined },
): void {
  const events = [...new Set(cells.map(({ event }) => event))];
  // One name of events is all of them.
  const shown = events.length === 2 ? events.slice(0, 1) : events;
  const unit = currency === undefined ? "" : `, in ${currency}`;
  print(
    `Current: click ${current.click.name}, engaged view ${current.engaged.name}, view ${current.view.name}${unit}`,
  );
  for (const event of shown) {
    print(`\n${event === "*" ? "all events" : event}`);
    const rows = cells.filter((cell) => cell.event === event);
    print(formatTable([header(by), ...rows.map((cell) => rowOf(cell, by))]));
    const same = sameSession.filter((row) => row.event === event);
    const count = same.reduce((sum, { conversions }) => sum + conversions, 0);
    print(`last click in the same session: ${formatCount(count)}`);
  }
  if (refused.count === 0) return;
  print(`\n${formatCount(refused.count)} rows refused:`);
  for (const { file, index, field, came, allowed } of refused.examples) {
    print(`  ${file}:${index}: ${field} is ${came}; allowed: ${allowed}`);
  }
  const more = refused.count - refused.examples.length;
  if (more > 0) print(`  … and ${formatCount(more)} more`);
}

function header(by: readonly GridKey[]): string[] {
  return [
    ["click", "engaged", "view", ...by].join(" "),
    "conversions",
    "click",
    "engaged",
    "view",
    "value",
    "CPA",
    "ROAS",
    "change",
    "missed",
    "nobody's",
    "repeats",
  ];
}

function rowOf(cell: GridCell, by: readonly GridKey[]): string[] {
  const { click, engaged, view } = cell;
  const named = namesOf(cell.by, by).map((name) => name ?? "–");
  return [
    [click.padEnd(5), engaged.padEnd(7), view.padEnd(4), ...named].join(" ").trimEnd(),
    formatCount(cell.conversions),
    formatCount(cell.byClick),
    formatCount(cell.byEngagedView),
    formatCount(cell.byView),
    cell.value.toFixed(2),
    cell.cpa === null ? "–" : cell.cpa.toFixed(2),
    cell.roas === null ? "–" : cell.roas.toFixed(2),
    share(cell.changeVsCurrent, true),
    share(cell.missedBySameSession, false),
    formatCount(cell.unattributed),
    formatCount(cell.repeats),
  ];
}

function share(value: number | null, isSigned: boolean): string {
  if (value === null) return "–";
  const sign = isSigned && value > 0 ? "+" : "";
  return `${sign}${(100 * value).toFixed(1)} %`;
}
