import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { type Command, InvalidArgumentError } from "commander";
import { FoldbackError, systemClock } from "../core/index.ts";
import { readEvents } from "../engine/index.ts";
import {
  middleOf,
  openEventFile,
  placeAt,
  type TableFormat,
  tableFormats,
  timeZoneAt,
} from "../event/index.ts";
import {
  assignmentsHeader,
  type CountMethod,
  countAccounts,
  counterOf,
  countMethods,
  type DayPart,
  defaultDayParts,
  groupAccounts,
  peopleHeader,
  Refusals,
  Staging,
  stageEventFile,
  stageEvents,
  stageFile,
} from "../people/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { choice, configFlag, wholeNumber } from "./flags.ts";
import { formatCount, formatRemaining, ProgressLine, printJson } from "./output.ts";
import { byName, type CountReport, printCounts } from "./peopleReport.ts";
import { addRetraining } from "./peopleRetraining.ts";

interface CountFlags extends ConfigFlags {
  readonly access?: readonly string[];
  readonly actions?: readonly string[];
  readonly format?: TableFormat;
  readonly out?: string;
  readonly assignments?: string;
  readonly method: CountMethod;
  readonly parts?: readonly DayPart[];
  readonly minCell: number;
  readonly workers: number;
  readonly memory?: number;
  readonly json?: boolean;
}

export function addPeople(program: Command): void {
  const command = program
    .command("people")
    .summary("how many people use an account, and which session is whose")
    .description("Count the people behind accounts, from their sessions and what was played.")
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback people count --access access.csv --actions actions.csv --out people.csv",
    );
  addCount(command);
  addRetraining(command);
}

function addCount(command: Command): void {
  const cores = availableParallelism();
  command
    .command("count")
    .summary("count the people of each account")
    .argument("[file...]", "files of events, in any format that foldback ingest reads")
    .description(
      "Count the people of each account, one included, and say which session is whose: from tables of sessions and " +
        "actions, from files of events, or from a data directory that no server has open. A count is evidence for a " +
        "human's decision, never a verdict.",
    )
    .option(
      "--access <file...>",
      "tables of sessions (CSV, NDJSON, Parquet): docs/PEOPLE.md has the columns",
    )
    .option("--actions <file...>", "tables of what was done in them")
    .option("--data <dir>", "read the events of this data directory")
    .option(...configFlag)
    .option(
      "--format <name>",
      `of the tables, instead of by their names: ${tableFormats.join(", ")}`,
      choice("--format", tableFormats),
    )
    .option("--out <file>", "write people.csv: a line for each account")
    .option("--assignments <file>", "write sessions.csv: a line for each session")
    .option("--method <name>", countMethods.join(" or "), choice("--method", countMethods), "best")
    .option(
      "--parts <list>",
      "parts of the day and the hours they begin at (default: night=0,morning=6,afternoon=12,evening=18)",
      dayParts,
    )
    .option(
      "--min-cell <count>",
      "accounts that a figure of the table needs, to be shown",
      wholeNumber("--min-cell", 1, 1_000_000),
      10,
    )
    .option("--workers <count>", "threads that count", wholeNumber("--workers", 1, 256), cores)
    .option(
      "--memory <megabytes>",
      "for sorting; beyond it, rows go to TMPDIR (default: half of the machine's)",
      wholeNumber("--memory", 64, 10_000_000),
    )
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ foldback people count --access access.csv --actions actions.csv \\\n" +
        "      --out people.csv --assignments sessions.csv\n" +
        "  $ foldback people count events.ndjson --out people.csv\n" +
        "  $ foldback people count --data foldback-data --method simple --json",
    )
    .action(async (files: string[], flags: CountFlags) => {
      checkSources(files, flags);
      const report = await count(files, flags);
      if (flags.json === true) printJson(jsonOf(report));
      else printCounts(report, flags.minCell);
      if (report.accounts === 0 && report.refused > 0) process.exitCode = 1;
    });
}

function checkSources(files: readonly string[], { access, actions, data }: CountFlags): void {
  const sources = [access !== undefined, files.length > 0, data !== undefined];
  const given = sources.filter(Boolean).length;
  if (given === 1 && (actions === undefined || access !== undefined)) return;
  throw new FoldbackError(
    "REQUEST_INVALID",
    given === 0
      ? "nothing to read; give --access and --actions, or files of events, or --data"
      : "give either --access (and --actions with it), or files of events, or --data",
  );
}

async function count(files: readonly string[], flags: CountFlags): Promise<CountReport> {
  const beganMs = performance.now();
  const line = new ProgressLine(flags.json !== true);
  const refusals = new Refusals();
  const staging = await Staging.open(
    flags.memory === undefined ? {} : { memoryBytes: flags.memory * 1_000_000 },
  );
  const people = new ResultFile(flags.out);
  const assignments = new ResultFile(flags.assignments);
  try {
    await stage(staging, files, flags, refusals, line);
    await people.open(peopleHeader);
    await assignments.open(assignmentsHeader);
    const grouped = await groupAccounts(staging, {
      dayParts: flags.parts ?? defaultDayParts,
      places: { placeAt, middleOf, timeZoneAt },
      refusals,
      onStep: (step) => line.show(() => step),
    });
    const countedMs = performance.now();
    const distribution = new Map<number, number>();
    const classes = new Map<string, number>();
    let accounts = 0;
    let sessions = 0;
    const counter = counterOf(flags.method);
    for await (const counted of countAccounts(grouped.batches(), { ...flags, counter })) {
      await people.write(counted.people);
      await assignments.write(counted.assignments);
      for (const one of counted.counts) distribution.set(one, (distribution.get(one) ?? 0) + 1);
      for (const one of counted.classes) classes.set(one, (classes.get(one) ?? 0) + 1);
      accounts += counted.counts.length;
      sessions += counted.sessionCount;
      line.show(() => {
        const seconds = (performance.now() - countedMs) / 1000;
        const left = formatRemaining(accounts, grouped.accountCount - accounts, seconds);
        return `counting: ${formatCount(accounts)} of ${formatCount(grouped.accountCount)} accounts${left}`;
      });
    }
    await people.finish();
    await assignments.finish();
    return {
      accounts,
      sessions,
      refused: refusals.count,
      distribution,
      seconds: (performance.now() - beganMs) / 1000,
      classes,
      refusals: refusals.list(),
      notes: [...refusals.notes],
      lacking: grouped.lacking(),
    };
  } finally {
    line.clear();
    await people.discard();
    await assignments.discard();
    await staging.close();
  }
}

async function stage(
  staging: Staging,
  files: readonly string[],
  { access = [], actions = [], format, ...flags }: CountFlags,
  refusals: Refusals,
  line: ProgressLine,
): Promise<void> {
  const options = (name: string) => ({
    refusals,
    ...(format === undefined ? {} : { format }),
    onProgress: (rows: number) => line.show(() => `${name}: ${formatCount(rows)} rows`),
  });
  for (const path of access) await stageFile(staging, "access", path, options(path));
  for (const path of actions) await stageFile(staging, "action", path, options(path));
  for (const path of files) {
    const source = await openEventFile(path, { clock: systemClock, order: "file" });
    await stageEventFile(staging, source, options(path));
  }
  if (flags.data === undefined) return;
  const file = staging.addFile(flags.data);
  let rows = 0;
  await readEvents(await loadConfig(flags), async (events) => {
    await stageEvents(staging, file, events, rows + 1);
    rows += events.length;
    options(file.toString()).onProgress(rows);
  });
}

/** Written beside its place, and put there once it is whole. */
class ResultFile {
  readonly #path: string | undefined;
  #file: FileHandle | undefined;

  /** @param path undefined: what is written goes nowhere. */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  async open(header: string): Promise<void> {
    if (this.#path === undefined) return;
    try {
      this.#file = await open(`${this.#path}.part`, "w");
    } catch (cause) {
      throw new FoldbackError(
        "FILE_UNREADABLE",
        `${this.#path} can't be written: ${String(cause)}; name a file in a directory that is there`,
        { cause, details: { file: this.#path } },
      );
    }
    await this.write(Buffer.from(header));
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#file?.writeFile(bytes);
  }

  async finish(): Promise<void> {
    if (this.#path === undefined || this.#file === undefined) return;
    await this.#file.sync();
    await this.#file.close();
    this.#file = undefined;
    await rename(`${this.#path}.part`, this.#path);
  }

  /** Removes what was not finished. */
  async discard(): Promise<void> {
    if (this.#file === undefined) return;
    await this.#file.close();
    await rm(`${this.#path}.part`, { force: true });
  }
}

function jsonOf(report: CountReport): unknown {
  const { accounts, sessions, refused, distribution, seconds, classes, ...rest } = report;
  return {
    accounts,
    sessions,
    refused,
    distribution: Object.fromEntries(distribution), // whole numbers as keys come in their order
    seconds: Number(seconds.toFixed(3)),
    classes: Object.fromEntries([...classes].sort(byName)),
    ...rest,
  };
}

function dayParts(came: string): DayPart[] {
  const parts = came.split(",").map((pair): DayPart => {
    const match = /^\s*([^=]+?)\s*=\s*(\d{1,2})\s*$/.exec(pair);
    if (match !== null && Number(match[2]) <= 23) {
      return { name: match[1], fromHour: Number(match[2]) };
    }
    throw new InvalidArgumentError(
      "--parts takes pairs as night=0,morning=6,afternoon=12,evening=18, hours from 0 to 23.",
    );
  });
  const hours = parts.map(({ fromHour }) => fromHour);
  if (hours.some((hour, at) => at > 0 && hour <= hours[at - 1])) {
    throw new InvalidArgumentError("--parts takes hours that grow.");
  }
  return parts;
}
