/** Turns rows of a table (CSV, Parquet) into events as a sender would write them. */
import { unreadable } from "./eventFile.ts";
import { renderText } from "./refusal.ts";

/** One row: texts from CSV; from Parquet also numbers, bigints, dates and groups of them. */
export type Row = readonly unknown[];

export type RowToEvent = (row: Row) => Record<string, unknown>;

/**
 * How a cell is read: `text` as it is (whole numbers of Parquet become texts, so that an id may be an
 * INT64); `number` from decimal notation; `time` below; `feature` as a number where it is written as a
 * plain one without leading zeros, else as a text; `group` a Parquet struct of such.
 */
type Kind = "text" | "number" | "time" | "feature" | "group";

const kindByColumn: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...[
    "id",
    "type",
    "account",
    "session",
    "device",
    "location.city",
    "location.state",
    "location.zip",
    "location.country",
    "location.timeZone",
    "item",
    "artist",
    "playlist",
    "request",
    "currency",
    "ad.channel",
    "ad.advertiser",
    "ad.campaign",
    "ad.group",
    "ad.creative",
    "source",
    "country",
    "platform",
  ].map((name): [string, Kind] => [name, "text"]),
  ...["location.lat", "location.lon", "position", "value", "seconds", "ad.cost"].map(
    (name): [string, Kind] => [name, "number"],
  ),
  ["time", "time"],
  ["location", "group"],
  ["ad", "group"],
  ["context", "group"],
]);

/** Names are read in any case. */
const columnByLower = new Map([...kindByColumn.keys()].map((name) => [name.toLowerCase(), name]));

const contextPrefix = "context.";

/**
 * Compiles the names of the columns, in any case (but for what follows `context.`), into the function
 * that reads a row. Empty and null cells are absent.
 *
 * @param name the file, for errors: `FILE_UNREADABLE` where a column is unknown or there twice, or
 *   where there is no `time`.
 * @param textsStay whether a feature that is a text stays one although it is written as a number is:
 *   where the cells have types. Default false.
 * @param source of rows that give none.
 */
export function compileColumns(
  names: readonly string[],
  options: {
    readonly name: string;
    readonly defaultType: string | undefined;
    readonly textsStay?: boolean;
    readonly source?: string;
  },
): RowToEvent {
  const { textsStay = false, source } = options;
  const columns = names.map((name) => compileColumn(name, options.name));
  const seen = new Set<string>();
  for (const { path } of columns) {
    if (seen.has(path)) {
      throw unreadable(options.name, `two columns "${renderText(path)}"`, "each column once");
    }
    seen.add(path);
  }
  if (!seen.has("time")) {
    const came = `the columns ${renderText(names.join(", "))}`;
    throw unreadable(options.name, came, "columns that include time");
  }
  const defaultType = options.defaultType ?? (seen.has("value") ? "rate" : "play");

  return (row) => {
    const event: Record<string, unknown> = {};
    for (let i = 0; i < columns.length; i++) {
      const cell = row[i];
      if (cell === "" || cell === null || cell === undefined) continue;
      const { group, field, kind } = columns[i];
      const value = readCell(kind, cell, field, textsStay);
      if (group === undefined) {
        event[field] = value;
      } else {
        // Only cells of the same group write here, and compileColumn let no group be `__proto__`.
        const fields = (event[group] ?? {}) as Record<string, unknown>;
        fields[field] = value;
        event[group] = fields;
      }
    }
    event["type"] ??= defaultType;
    if (source !== undefined) event["source"] ??= source;
    return event;
  };
}

/** The field that a column is of, how it is read, and whether we know it. */
export function kindOfColumn(name: string): {
  readonly path: string;
  readonly kind: Kind;
  readonly isKnown: boolean;
} {
  const trimmed = name.trim();
  const lower = trimmed.toLowerCase();
  if (lower.startsWith(contextPrefix)) {
    const path = contextPrefix + trimmed.slice(contextPrefix.length);
    return { path, kind: "feature", isKnown: true };
  }
  const path = kindByColumn.has(trimmed) ? trimmed : (columnByLower.get(lower) ?? trimmed);
  const kind = kindByColumn.get(path);
  return { path, kind: kind ?? "feature", isKnown: kind !== undefined };
}

interface Column {
  readonly path: string;
  /** `ad`, `location` or `context` for a dotted column. */
  readonly group: string | undefined;
  readonly field: string;
  readonly kind: Kind;
}

function compileColumn(came: string, file: string): Column {
  const trimmed = came.trim();
  const lower = trimmed.toLowerCase();
  if (lower.startsWith(contextPrefix)) {
    const field = trimmed.slice(contextPrefix.length);
    if (field !== "" && field !== "__proto__") {
      return { path: contextPrefix + field, group: "context", field, kind: "feature" };
    }
  }
  const path = columnByLower.get(lower) ?? lower;
  const kind = kindByColumn.get(path);
  if (kind === undefined) {
    const known = [...kindByColumn.keys()].filter((name) => kindByColumn.get(name) !== "group");
    const allowed = `the columns ${known.join(", ")} and ${contextPrefix}NAME`;
    throw unreadable(file, `a column "${renderText(came)}"`, allowed);
  }
  const dot = path.indexOf(".");
  if (dot < 0) return { path, group: undefined, field: path, kind };
  return { path, group: path.slice(0, dot), field: path.slice(dot + 1), kind };
}

/** What cannot be read stays as it came: `parseEvent` refuses it, and shows it. */
function readCell(kind: Kind, cell: unknown, field: string, textsStay: boolean): unknown {
  switch (kind) {
    case "text":
      return readText(cell);
    case "number":
      return readNumber(cell);
    case "time":
      return readTime(cell);
    case "feature":
      return textsStay && typeof cell === "string" ? cell : readFeature(cell);
    case "group":
      return readGroup(cell, field, textsStay);
  }
}

function readText(cell: unknown): unknown {
  return typeof cell === "bigint" || Number.isSafeInteger(cell) ? String(cell) : cell;
}

function readNumber(cell: unknown): unknown {
  if (typeof cell === "string") return decimal.test(cell) ? Number(cell) : cell;
  return typeof cell === "bigint" ? Number(cell) : cell;
}

const decimal = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

export function readFeature(cell: unknown): unknown {
  if (typeof cell === "string") return isNumeral(cell) ? Number(cell) : cell;
  if (cell instanceof Date) return cell.getTime();
  return typeof cell === "bigint" ? Number(cell) : cell;
}

/** Whether a text in a table of texts is read as a number. */
export function isNumeral(text: string): boolean {
  // "007" is a text: numbers with leading zeros are codes. Longer ones may lose digits as numbers.
  if (/^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?$/.test(text)) return true;
  // Those that are written just as they are printed lose nothing: 0.1234567890123, 1e-7.
  return (
    /^-?\d+(?:\.\d+)?(?:e[+-]\d+)?$/.test(text) &&
    /[.e]/.test(text) &&
    String(Number(text)) === text
  );
}

/**
 * A bare number says no unit: below 10^11 it is read as seconds, from there on as milliseconds. So
 * seconds reach to the year 5138, and milliseconds before March 1973 must be written as RFC 3339.
 */
function readTime(cell: unknown): unknown {
  if (cell instanceof Date) return cell.getTime();
  const time = readNumber(cell);
  if (typeof time !== "number") return time;
  return Math.abs(time) < 1e11 ? Math.round(time * 1000) : time;
}

function readGroup(cell: unknown, group: string, textsStay: boolean): unknown {
  if (typeof cell !== "object" || cell === null || Array.isArray(cell)) return cell;
  // Object.fromEntries defines keys, so that none of them can reach a prototype.
  return Object.fromEntries(
    Object.entries(cell).map(([field, value]): [string, unknown] => {
      const kind = kindByColumn.get(`${group}.${field}`) ?? "feature";
      return [field, value === "" ? undefined : readCell(kind, value, field, textsStay)];
    }),
  );
}
