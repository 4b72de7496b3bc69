/** How cells of any type are read in SQL: the one place where texts become times, offsets and degrees. */
import { quotedName } from "../../event/index.ts";
import { type TableColumn, type TableKind, tableColumns } from "./tableColumns.ts";

/** Where rows come from: a table or table function, with the type of each column that it has. */
export interface RowSource {
  /** What stands after FROM. */
  readonly from: string;
  /** An expression: the number of the row in its file, from 1. */
  readonly row: string;
  /** An expression: the number of the file. */
  readonly file: string;
  /** By column of the table: its name in the source and DuckDB's type. Columns that are missing are NULL. */
  readonly columns: ReadonlyMap<TableColumn, { readonly name: string; readonly type: string }>;
}

/**
 * Selects from a source, by names: the texts of the table (trimmed; empty is NULL), `start` (epoch milliseconds UTC),
 * `offset_minutes` (east of UTC, where the text says one), `lat`, `lon`, `file`, `row`. What can't be read is NULL, and the row is then
 * `unread`.
 */
export function normalised(kind: TableKind, source: RowSource): string {
  const parts: string[] = [];
  for (const column of tableColumns[kind]) {
    const found = source.columns.get(column);
    if (column === "time") parts.push(...timeParts(found));
    else if (column === "lat" || column === "lon") parts.push(`${numberOf(found)} AS ${column}`);
    else if (found === undefined) parts.push(`NULL::VARCHAR AS ${column}`);
    else if (column === "access_token") parts.push(`${tokenOf(found)} AS ${column}`);
    else parts.push(`${textOf(found)} AS ${column}`);
  }
  parts.push(`${unreadOf(source)} AS unread`);
  parts.push(`${source.file} AS file`, `${source.row} AS row`);
  return `SELECT ${parts.join(", ")} FROM ${source.from}`;
}

/** Whether a time or a coordinate says something that can't be read. */
function unreadOf({ columns }: RowSource): string {
  const parts: string[] = [];
  for (const column of ["time", "lat", "lon"] as const) {
    const found = columns.get(column);
    if (found === undefined || (found.type !== "VARCHAR" && found.type !== stagedText)) continue;
    const text = textOf(found);
    const type = column === "time" ? "TIMESTAMP" : "DOUBLE";
    const number = column === "time" ? ` AND try_cast(${text} AS BIGINT) IS NULL` : "";
    parts.push(`(${text} IS NOT NULL AND try_cast(${text} AS ${type}) IS NULL${number})`);
  }
  return parts.length === 0 ? "FALSE" : parts.join(" OR ");
}

/** Stands between the tokens of an account, and so in none: "unit separator", which no text has that people read. */
export const tokenSeparator = "\u001f";

/** The type of staged columns: texts that are trimmed already, and never empty. */
export const stagedText = "STAGED";

interface FoundColumn {
  readonly name: string;
  readonly type: string;
}

function isFloating(type: string): boolean {
  return type === "DOUBLE" || type === "FLOAT";
}

function isWhole(type: string): boolean {
  return /^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/.test(type);
}

/** Whole numbers without ".0": a column of ids with gaps is often written as floating point. */
function textOf({ name, type }: FoundColumn): string {
  const cell = quotedName(name);
  if (isFloating(type)) {
    const whole = `abs(${cell}) < 9e15 AND ${cell} = trunc(${cell})`;
    return `CASE WHEN isnan(${cell}) THEN NULL WHEN ${whole} THEN ${cell}::BIGINT::VARCHAR ELSE ${cell}::VARCHAR END`;
  }
  if (type === stagedText) return cell;
  const text = `${cell}::VARCHAR`;
  // Trimming every cell takes as long as all else that is done with it, and few need it.
  const isBare = `${text} <> '' AND NOT starts_with(${text}, ' ') AND NOT ends_with(${text}, ' ')`;
  return `CASE WHEN ${isBare} THEN ${text} ELSE nullif(trim(${text}, E' \\t\\r\\n'), '') END`;
}

function tokenOf(found: FoundColumn): string {
  const text = textOf(found);
  return `CASE WHEN NOT contains(${text}, '${tokenSeparator}') THEN ${text} END`;
}

function numberOf(found: FoundColumn | undefined): string {
  return found === undefined ? "NULL::DOUBLE" : `try_cast(${quotedName(found.name)} AS DOUBLE)`;
}

/** A bare number below 10^11 is seconds, else milliseconds, as in files of events. */
function epochOf(number: string): string {
  return `CASE WHEN abs(${number}) < 1e11 THEN ${number} * 1000 ELSE ${number} END`;
}

const noOffset = "NULL::SMALLINT AS offset_minutes";

/**
 * A time with an offset is local as it is written; with Z, or without an offset, it is UTC, and says nothing of where. Casting a text
 * to TIMESTAMP reads the clock as it is written and leaves the offset out, which is subtracted here.
 */
function timeParts(found: FoundColumn | undefined): string[] {
  if (found === undefined) return ["NULL::BIGINT AS start", noOffset];
  const { type } = found;
  const cell = quotedName(found.name);
  if (isWhole(type)) return [`(${epochOf(`${cell}::BIGINT`)}) AS start`, noOffset];
  if (isFloating(type)) {
    return [`try_cast(round(${epochOf(`${cell}::DOUBLE`)}) AS BIGINT) AS start`, noOffset];
  }
  if (type === "DATE" || type.startsWith("TIMESTAMP")) {
    return [`epoch_ms(${cell}::TIMESTAMP) AS start`, noOffset];
  }
  const text = type === stagedText ? cell : `trim(${cell}::VARCHAR)`;
  const hasOffset = `regexp_matches(${text}, '[T ].*[+-]\\d\\d:?\\d\\d$')`;
  const sign = `CASE WHEN regexp_matches(${text}, '-\\d\\d:?\\d\\d$') THEN -1 ELSE 1 END`;
  const hours = `regexp_extract(${text}, '(\\d\\d):?\\d\\d$', 1)::SMALLINT`;
  const minutes = `right(${text}, 2)::SMALLINT`;
  const offset = `CASE WHEN ${hasOffset} THEN (${sign}) * (${hours} * 60 + ${minutes}) END`;
  const clock = `epoch_ms(try_cast(${text} AS TIMESTAMP))`;
  const start =
    `CASE WHEN try_cast(${text} AS BIGINT) IS NOT NULL THEN ${epochOf(`try_cast(${text} AS BIGINT)`)} ` +
    `ELSE ${clock} - coalesce(${offset}, 0) * 60000 END`;
  return [`(${start}) AS start`, `(${offset})::SMALLINT AS offset_minutes`];
}
