/** Files of items or accounts: what they are exported as, and imported from. */
import { readFeature } from "./columns.ts";
import { readRows, refuseWidth } from "./delimited.ts";
import type { DescribedKind } from "./description.ts";
import { firstLine, refuseForeign } from "./detectFormat.ts";
import { isObject } from "./eventChecks.ts";
import {
  type EventBatch,
  type EventSource,
  type FileSource,
  nameOf,
  unreadable,
} from "./eventFile.ts";
import { readLines, refuseLength } from "./lines.ts";
import { DescriptionDraft } from "./migration/descriptionDraft.ts";
import { readParquetRows } from "./parquetFile.ts";
import { readBeginning, statOrFail } from "./paths.ts";
import { type Refusal, renderText, renderValue } from "./refusal.ts";
import { mayBeNumber, propertyOfColumn, type TableFormat, tableFormatOf } from "./table.ts";

export interface DescriptionFileOptions {
  readonly kind: DescribedKind;
  /** Of the descriptions, epoch milliseconds. */
  readonly time: number;
  /** Default: by the file's name, else its beginning; `ndjson` for a stream. */
  readonly format?: TableFormat;
}

/**
 * Opens a file of items or accounts, each a row or line with `item` or `account` and its properties: they are given as
 * `item_set` or `account_set` events, in the order of the file. Of one that comes several times the last counts. NDJSON
 * may be flat, or have the properties under `properties`; lists are kept with `|` between their parts.
 *
 * @returns FILE_UNREADABLE where there is no such file, or it has no column of that name.
 */
export async function openDescriptionFile(
  source: FileSource,
  options: DescriptionFileOptions,
): Promise<EventSource> {
  const { kind, time } = options;
  const name = nameOf(source);
  const format = options.format ?? (await formatOf(source, kind));
  if (format === "parquet" && typeof source !== "string") {
    throw unreadable(name, "a stream of Parquet", "a Parquet file: its description is at the end");
  }
  return {
    name,
    sizeBytes: typeof source === "string" ? (await statOrFail(source)).size : undefined,
    batches: () => readDescriptions(name, kind, rowsOf(source, kind, format), time),
  };
}

async function formatOf(source: FileSource, kind: DescribedKind): Promise<TableFormat> {
  if (typeof source !== "string") return "ndjson";
  const allowed = `unpacked NDJSON, CSV with a column ${kind}, or Parquet; --format says which`;
  const beginning = await readBeginning(source);
  refuseForeign(source, beginning, allowed);
  const byName = tableFormatOf(source);
  if (byName !== undefined) return byName;
  if (beginning.subarray(0, 4).toString("latin1") === "PAR1") return "parquet";
  const line = firstLine(beginning);
  if (line === "" || line.startsWith("{")) return "ndjson";
  throw unreadable(source, `a first line ${renderValue(line)}`, allowed);
}

type Properties = Readonly<Record<string, unknown>>;

/** A row; a refusal where it is none. `index` is the line or row, from 1. */
type DescriptionRow =
  | { readonly index: number; readonly described: unknown; readonly properties: Properties }
  | { readonly index: number; readonly refusal: Refusal };

interface Block {
  readonly rows: readonly DescriptionRow[];
  readonly bytesRead: number;
}

async function* readDescriptions(
  name: string,
  kind: DescribedKind,
  blocks: AsyncIterable<Block>,
  time: number,
): AsyncGenerator<EventBatch> {
  const draft = new DescriptionDraft();
  let bytesRead = 0;
  for await (const block of blocks) {
    bytesRead = block.bytesRead;
    const refused: Refusal[] = [];
    let replacedCount = 0;
    for (const row of block.rows) {
      if ("refusal" in row) {
        refused.push(row.refusal);
        continue;
      }
      const added = draft.add(kind, row.described, row.properties, { name, index: row.index });
      if (added === "replaced") replacedCount++;
      else if (added !== "added") {
        refused.push({ ...added, field: added.field.replace(/^context\./, "") });
      }
    }
    const leftOut = new Map([[describedAgain(kind), replacedCount]]);
    yield { events: [], refused, name, bytesRead, ...(replacedCount > 0 && { leftOut }) };
  }
  yield* draft.batches(time, { name, bytesRead });
}

/** Why a description is left out that another one follows. */
export function describedAgain(kind: DescribedKind): string {
  return `an ${kind} that is described again further down`;
}

function rowsOf(
  source: FileSource,
  kind: DescribedKind,
  format: TableFormat,
): AsyncIterable<Block> {
  switch (format) {
    case "ndjson":
      return readJson(source, kind);
    case "csv":
      return readCsv(source, kind);
    case "parquet":
      return readParquet(nameOf(source), kind); // openDescriptionFile let no stream come here
  }
}

async function* readJson(source: FileSource, kind: DescribedKind): AsyncGenerator<Block> {
  for await (const { firstLine, lines, bytesRead } of readLines(source)) {
    const rows = lines.flatMap((line, i) => rowOfLine(line, kind, firstLine + i));
    yield { rows, bytesRead };
  }
}

function rowOfLine(line: string | undefined, kind: DescribedKind, index: number): DescriptionRow[] {
  if (line === undefined) return [{ index, refusal: refuseLength(index) }];
  if (line.trim() === "") return [];
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  if (!isObject(value)) {
    const came = renderValue(value === undefined ? line : value);
    return [{ index, refusal: { index, field: "line", came, allowed: "one JSON object a line" } }];
  }
  const { [kind]: described, ...others } = value;
  if (!isObject(others["properties"])) {
    return [{ index, described, properties: named(Object.entries(others)) }];
  }
  // As the HTTP API has them; `firstSeen` is what the engine itself says.
  const { properties, firstSeen: _, ...unknown } = others;
  const [field] = Object.keys(unknown);
  if (field === undefined) return [{ index, described, properties }];
  const came = renderValue(unknown[field]);
  const only = `nothing beside ${kind} and properties`;
  return [{ index, refusal: { index, field: renderText(field), came, allowed: only } }];
}

function named(cells: readonly (readonly [column: string, value: unknown])[]): Properties {
  return Object.fromEntries(cells.map(([column, value]) => [propertyOfColumn(column), value]));
}

async function* readCsv(source: FileSource, kind: DescribedKind): AsyncGenerator<Block> {
  let header: readonly string[] | undefined;
  let index = 0;
  for await (const block of readRows(source, { delimiter: ",", quotes: true })) {
    const rows: DescriptionRow[] = [];
    for (const row of block.rows) {
      index++;
      if (row === undefined) rows.push({ index, refusal: refuseLength(index) });
      else if (row.length === 1 && row[0] === "") continue;
      else if (header === undefined) header = checkColumns(nameOf(source), kind, row);
      else if (row.length !== header.length) {
        rows.push({ index, refusal: refuseWidth(index, row.length, header) });
      } else rows.push(rowOfCells(kind, header, row, index, cellOfCsv));
    }
    yield { rows, bytesRead: block.bytesRead };
  }
  if (header === undefined) throw unreadable(nameOf(source), "no rows", `a header with ${kind}`);
}

async function* readParquet(path: string, kind: DescribedKind): AsyncGenerator<Block> {
  for await (const { columns, rows, firstRow, bytesRead } of readParquetRows(path)) {
    const header = checkColumns(path, kind, columns);
    yield {
      rows: rows.map((row, i) => rowOfCells(kind, header, row, firstRow + i, cellOfParquet)),
      bytesRead,
    };
  }
}

function checkColumns(
  file: string,
  kind: DescribedKind,
  columns: readonly string[],
): readonly string[] {
  const twice = columns.find((column, i) => columns.indexOf(column) < i);
  if (twice !== undefined) {
    throw unreadable(file, `two columns "${renderText(twice)}"`, "each column once");
  }
  if (columns.includes(kind)) return columns;
  const came = `the columns ${renderText(columns.join(", "))}`;
  throw unreadable(file, came, `columns that include ${kind}`);
}

function rowOfCells(
  kind: DescribedKind,
  header: readonly string[],
  row: readonly unknown[],
  index: number,
  read: (kind: DescribedKind, property: string, cell: unknown) => unknown,
): DescriptionRow {
  const cells = header.flatMap((column, i): [string, unknown][] => {
    const cell = row[i];
    return cell === "" || cell === null || cell === undefined ? [] : [[column, cell]];
  });
  const described = cells.find(([column]) => column === kind)?.[1];
  const properties = named(cells.filter(([column]) => column !== kind));
  return {
    index,
    described:
      typeof described === "bigint" || Number.isSafeInteger(described)
        ? String(described)
        : described,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, cell]) => [name, read(kind, name, cell)]),
    ),
  };
}

function cellOfCsv(kind: DescribedKind, property: string, cell: unknown): unknown {
  return mayBeNumber(kind, property) ? readFeature(cell) : cell;
}

/** Whole numbers beyond 2^53 become texts, rather than others. */
function cellOfParquet(_kind: DescribedKind, _property: string, cell: unknown): unknown {
  if (cell instanceof Date) return cell.getTime();
  if (typeof cell !== "bigint") return cell;
  return Number.isSafeInteger(Number(cell)) ? Number(cell) : String(cell);
}
