/** Where credit and the reports on paths have their paths from: files of paths, or the journeys of events. */
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  defaultSeparator,
  type EventTables,
  endOfData,
  hasPaths,
  histories,
  type JourneyKind,
  JourneySums,
  journeyKinds,
  journeysOf,
  type Money,
  PathCounts,
  type RefusedRows,
  readPaths,
  type TouchDimension,
  type TouchKind,
  touchDimensions,
  touchKinds,
  transformNames,
} from "../attribution/index.ts";
import { dayMs, FoldbackError } from "../core/index.ts";
import { addSourceFlags, openSource, type SourceFlags } from "./attributionSource.ts";
import { duration } from "./durations.ts";
import { choices } from "./flags.ts";
import type { ProgressLine } from "./output.ts";

export interface PathSourceFlags extends SourceFlags {
  readonly separator: string;
  readonly transform: readonly string[];
  readonly lookback: number;
  readonly touches: readonly TouchKind[];
  readonly journey: JourneyKind;
  readonly halfLife: number;
  readonly by: TouchDimension;
}

export interface PathSource {
  readonly form: "paths" | "events";
  /** Of events also what needs the kinds and the ages of touches. */
  readonly sums: PathCounts | JourneySums;
  /** Of events. */
  readonly money?: Money;
  readonly refused?: RefusedRows;
}

export function addPathSourceFlags(command: Command): Command {
  return addSourceFlags(command)
    .option(
      "--separator <text>",
      "files of paths: what stands between two channels",
      separator,
      defaultSeparator,
    )
    .addOption(
      new Option(
        "--transform <list>",
        `files of paths: what is done to each path, with commas between: ${transformNames.join(", ")}; the last three as trimLongPath(20), removeIfNotAll(direct)`,
      )
        .argParser(transforms)
        .default([], "none"),
    )
    .addOption(
      new Option("--lookback <duration>", "events: touches at most so long before the conversion")
        .argParser(duration("--lookback", { isZeroAllowed: false }))
        .default(30 * dayMs, "30d"),
    )
    .addOption(
      new Option("--touches <kinds>", "events: kinds of touches, with commas between them")
        .argParser(choices("--touches", touchKinds))
        .default([...touchKinds], touchKinds.join(",")),
    )
    .addOption(
      new Option(
        "--journey <kind>",
        "events: all touches in the look-back, or those after the previous conversion",
      )
        .choices(journeyKinds)
        .default("full"),
    )
    .addOption(
      new Option(
        "--half-life <duration>",
        "events: after so long a touch weighs half under time decay",
      )
        .argParser(duration("--half-life", { isZeroAllowed: false }))
        .default(7 * dayMs, "7d"),
    )
    .addOption(
      new Option("--by <name>", "events: what a channel is")
        .choices(touchDimensions)
        .default("channel"),
    );
}

/** Reads all files, which are all of one form. */
export async function readPathSource(
  files: readonly string[],
  flags: PathSourceFlags,
  line: ProgressLine,
): Promise<PathSource> {
  const forms = await Promise.all(files.map(hasPaths));
  const pathFiles = files.filter((_, at) => forms[at]);
  if (pathFiles.length > 0 && pathFiles.length < files.length) {
    const other = files.find((_, at) => !forms[at]);
    throw new FoldbackError(
      "REQUEST_INVALID",
      `${pathFiles[0]} has paths and ${other} has events; give files of one form`,
    );
  }
  if (pathFiles.length > 0) {
    const counts = new PathCounts();
    for (const path of files) {
      line.show(() => path);
      await readPaths(path, counts, { separator: flags.separator, transforms: flags.transform });
    }
    return { form: "paths", sums: counts };
  }
  const tables = await openSource(files, flags, line);
  try {
    return await journeySums(tables, flags);
  } finally {
    await tables.close();
  }
}

async function journeySums(
  tables: EventTables,
  { lookback, touches, journey, halfLife, by }: PathSourceFlags,
): Promise<PathSource> {
  const { money } = await tables.prepare();
  const sums = new JourneySums({ halfLifeMs: halfLife, by });
  const options = {
    lookbackMs: lookback,
    touches: new Set(touches),
    journey,
    endOfData: await endOfData(tables),
  };
  for await (const history of histories(tables)) {
    for (const one of journeysOf(history, options)) sums.add(one);
  }
  return { form: "events", sums, money, refused: tables.refused };
}

function separator(came: string): string {
  if (came !== "") return came;
  throw new InvalidArgumentError('--separator takes at least one character, such as " > ".');
}

/** Commas in brackets are of a name. */
function transforms(came: string): string[] {
  return came.split(/,(?![^(]*\))/).map((text) => text.trim());
}
