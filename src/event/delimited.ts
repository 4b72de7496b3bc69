import { finished } from "node:stream/promises";
import { type Options, parse } from "csv-parse";
import { readChunks } from "./chunks.ts";
import { compileColumns, type RowToEvent } from "./columns.ts";
import type { Event } from "./event.ts";
import {
  type EventBatch,
  type EventFileOptions,
  type FileSource,
  maxBatchEvents,
  maxLineBytes,
  nameOf,
  unreadable,
} from "./eventFile.ts";
import { readLines, refuseLength } from "./lines.ts";
import { parseEvent } from "./parseEvent.ts";
import type { Refusal } from "./refusal.ts";

/** What tells one format of rows from another. */
export interface Dialect {
  readonly delimiter: string;
  /** Whether cells may stand in `"`, and then hold delimiters and line ends. */
  readonly quotes: boolean;
  /** The names of the columns in our words: fixed where the file has no header, else from its header. */
  readonly columns: readonly string[] | ((header: readonly string[]) => readonly string[]);
  /** Whether texts of `context` stay texts although they are written as numbers are. Default false. */
  readonly textsStay?: boolean;
  /** `source` of the events, where rows give none. */
  readonly source?: string;
}

/**
 * Reads rows as events: UTF-8 with or without a byte order mark, lines ending in `\n` or `\r\n`. A row
 * of the wrong width is refused like a bad event; a blank line is skipped.
 *
 * With quotes, one inside a cell that does not begin with it is text. One that is never closed cannot
 * be told from a long cell, so at the end of the file or after 1 MiB it ends the reading with
 * `FILE_UNREADABLE`. Without quotes a row longer than 1 MiB is refused alone.
 */
export async function* readDelimited(
  source: FileSource,
  dialect: Dialect,
  options: EventFileOptions,
): AsyncGenerator<EventBatch> {
  const name = nameOf(source);
  const compileOptions = { ...dialect, name, defaultType: options.defaultType };
  let columns = typeof dialect.columns === "function" ? undefined : dialect.columns;
  let toEvent: RowToEvent | undefined = columns && compileColumns(columns, compileOptions);
  let rowCount = 0;

  for await (const { rows, bytesRead } of readRows(source, dialect)) {
    const parseOptions = { ...options, now: options.clock.now() };
    const events: Event[] = [];
    const numbers: number[] = [];
    const refused: Refusal[] = [];
    for (const row of rows) {
      rowCount++;
      if (row === undefined) {
        refused.push(refuseLength(rowCount));
        continue;
      }
      if (row.length === 1 && row[0] === "") continue;
      if (columns === undefined || toEvent === undefined) {
        columns = typeof dialect.columns === "function" ? dialect.columns(row) : dialect.columns;
        toEvent = compileColumns(columns, compileOptions);
        continue;
      }
      if (row.length !== columns.length) {
        refused.push(refuseWidth(rowCount, row.length, columns));
        continue;
      }
      const parsed = parseEvent(toEvent(row), parseOptions, rowCount);
      if (parsed.ok) {
        events.push(parsed.event);
        numbers.push(rowCount);
      } else refused.push(parsed.refusal);
    }
    yield { events, rows: numbers, refused, name, bytesRead };
  }
  if (columns === undefined)
    throw unreadable(name, "no rows", "a header with the names of the columns");
}

/** The refusal of a row that has more or fewer cells than there are columns. */
export function refuseWidth(index: number, width: number, columns: readonly string[]): Refusal {
  return {
    index,
    field: "row",
    came: `${width} cells`,
    allowed: `${columns.length} cells, one for each of ${columns.join(", ")}`,
  };
}

/** The csv-parse options of a dialect, for rows as lists of texts of any width. */
export function csvOptions(dialect: Omit<Dialect, "columns">): Options {
  return {
    delimiter: dialect.delimiter,
    quote: dialect.quotes ? '"' : null,
    relax_quotes: true, // strictly, a stray quote would swallow the rows up to the next one
    relax_column_count: true,
    record_delimiter: ["\r\n", "\n"],
    bom: true,
  };
}

export interface RowBlock {
  /** At most `maxBatchEvents`; undefined for a row longer than `maxLineBytes`. */
  readonly rows: readonly (readonly string[] | undefined)[];
  readonly bytesRead: number;
}

/**
 * Rows as lists of texts, the header among them; one of a blank line has a single empty text. Fails with
 * `FILE_UNREADABLE` where a quote is never closed.
 */
export function readRows(
  source: FileSource,
  dialect: Omit<Dialect, "columns">,
): AsyncIterable<RowBlock> {
  // Without quotes a row is a line, and splitting it is three times as fast as parsing it.
  return dialect.quotes ? readQuoted(source, dialect) : readUnquoted(source, dialect.delimiter);
}

async function* readUnquoted(source: FileSource, delimiter: string): AsyncGenerator<RowBlock> {
  for await (const { lines, bytesRead } of readLines(source)) {
    yield { rows: lines.map((line) => line?.split(delimiter)), bytesRead };
  }
}

async function* readQuoted(
  source: FileSource,
  dialect: Omit<Dialect, "columns">,
): AsyncGenerator<RowBlock> {
  const name = nameOf(source);
  const parser = parse({ ...csvOptions(dialect), max_record_size: maxLineBytes });
  let rows: string[][] = [];
  let rowCount = 0;
  let bytesRead = 0;
  parser.on("data", (row: string[]) => rows.push(row));
  // Settles at the end or at the first bad record; taken up below, once a chunk.
  const ended = finished(parser).then(
    () => undefined,
    (cause: unknown) => ({ cause }),
  );

  const take = function* (): Generator<RowBlock> {
    const taken = rows;
    rows = [];
    for (let at = 0; at < taken.length; at += maxBatchEvents) {
      const block = taken.slice(at, at + maxBatchEvents);
      rowCount += block.length;
      yield { rows: block, bytesRead };
    }
  };

  for await (const chunk of readChunks(source)) {
    bytesRead += chunk.length;
    await new Promise((resolve) => parser.write(chunk, resolve)); // resolves on errors as well
    yield* take();
    if (parser.errored !== null) break;
  }
  if (parser.errored === null) parser.end();
  const failure = await ended;
  yield* take();
  if (failure !== undefined) {
    const came = `a row ${rowCount + 1} that does not end: ${String(failure.cause)}`;
    const allowed = `rows of at most ${maxLineBytes} bytes, each quote closed`;
    throw unreadable(name, came, allowed, failure.cause);
  }
}
