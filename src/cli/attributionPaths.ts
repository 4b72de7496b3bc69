import { type Command } from "commander";
import { JourneySums, type PathReport, pathReport } from "../attribution/index.ts";
import { FoldbackError } from "../core/index.ts";
import { quotedCell } from "../event/index.ts";
import {
  addPathSourceFlags,
  type PathSourceFlags,
  readPathSource,
} from "./attributionPathSource.ts";
import { wholeNumber } from "./flags.ts";
import {
  formatAmount,
  formatCount,
  formatTable,
  ProgressLine,
  print,
  printJson,
} from "./output.ts";

interface PathsFlags extends PathSourceFlags {
  readonly top: number;
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** Characters of a path in the table. */
const pathLengthMax = 90;

export function addPaths(command: Command): void {
  addPathSourceFlags(
    command
      .command("paths")
      .summary("which paths convert, and which channels stand in them together")
      .description(
        "Report on paths, before any model: the ones that convert most, touches to conversion, assisted against direct " +
          "conversions, removal effects, what follows what, and which channels overlap.",
      ),
  )
    .option("--top <count>", "paths that are listed", wholeNumber("--top", 1, 1_000_000), 20)
    .option("--json", "print the result as JSON")
    .option("--csv", "print the paths as CSV: path,conversions,value,nulls, which credit reads")
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback attribution paths events.ndjson --lookback 30d --top 10\n" +
        "  $ foldback attribution paths paths.csv --json",
    )
    .action(run);
}

async function run(files: string[], flags: PathsFlags): Promise<void> {
  const { json, csv, top } = flags;
  if (json === true && csv === true) {
    throw new FoldbackError("REQUEST_INVALID", "give one of --json and --csv");
  }
  const line = new ProgressLine(json !== true && csv !== true);
  try {
    const { sums, money, refused } = await readPathSource(files, flags, line);
    const counts = sums instanceof JourneySums ? sums.paths : sums;
    const report = pathReport(counts.table(), { top, minorUnits: money?.minorUnits ?? 1 });
    line.clear();
    if (json === true) {
      printJson({ ...report, ...(refused === undefined ? {} : { refused: refused.count }) });
    } else if (csv === true) {
      printCsv(report, flags.separator);
    } else {
      printTables(report, flags.separator);
    }
    if (report.totals.paths === 0 && (refused?.count ?? 0) > 0) process.exitCode = 1;
  } finally {
    line.clear();
  }
}

function printCsv({ topPaths }: PathReport, separator: string): void {
  const lines = ["path,conversions,value,nulls"];
  for (const { path, conversions, value, nulls } of topPaths) {
    lines.push([quotedCell(path.join(separator)), conversions, value, nulls].join(","));
  }
  print(lines.join("\n"));
}

/** The end of a path counts the most: of a long one it is shown, and how much came before. --json and --csv have all of it. */
function shortened(path: readonly string[], separator: string): string {
  if (path.length === 0) return "(no touch)";
  let text = path[path.length - 1];
  for (let at = path.length - 2; at >= 0; at--) {
    const longer = `${path[at]}${separator}${text}`;
    if (longer.length > pathLengthMax) return `(${at + 1} more)${separator}${text}`;
    text = longer;
  }
  return text;
}

function printTables(report: PathReport, separator: string): void {
  const { totals, topPaths, touchesToConversion, channels, overlap } = report;
  print(
    `${formatCount(totals.paths)} paths, ${formatAmount(totals.conversions)} conversions, ${formatAmount(totals.nulls)} nulls`,
  );
  print("");
  print(
    formatTable([
      ["path", "conversions", "value", "nulls"],
      ...topPaths.map(({ path, conversions, value, nulls }) => [
        shortened(path, separator),
        formatAmount(conversions),
        value.toFixed(2),
        formatAmount(nulls),
      ]),
    ]),
  );
  const { mean, median, percentile80 } = touchesToConversion;
  if (mean !== null) {
    print(
      `\ntouches to conversion: mean ${mean.toFixed(2)}, median ${median}, 80 % within ${percentile80}`,
    );
  }
  print("");
  print(
    formatTable([
      ["channel", "direct", "assisted", "removal effect"],
      ...channels.map(({ channel, direct, assisted, removalEffect }) => [
        channel,
        formatAmount(direct),
        formatAmount(assisted),
        `${(100 * removalEffect).toFixed(2)} %`,
      ]),
    ]),
  );
  if (overlap.length === 0) return;
  const pairs = overlap
    .toSorted((one, other) => other.journeys - one.journeys)
    .slice(0, topPaths.length);
  print("");
  print(
    formatTable([
      ["channels together", "journeys", "conversions"],
      ...pairs.map(({ channels: [one, other], journeys, conversions }) => [
        `${one} + ${other}`,
        formatAmount(journeys),
        formatAmount(conversions),
      ]),
    ]),
  );
}
