/** Files of items: what a catalogue is exported as, and imported from. */
import { readFeature } from "./columns.ts";
import { readRows, refuseWidth } from "./delimited.ts";
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
import { CatalogueDraft } from "./migration/catalogueDraft.ts";
import { readParquetRows } from "./parquetFile.ts";
import { readBeginning, statOrFail } from "./paths.ts";
import { type Refusal, renderText, renderValue } from "./refusal.ts";
import {
  itemColumn,
  mayBeNumber,
  propertyOfColumn,
  type TableFormat,
  tableFormatOf,
} from "./table.ts";

export interface ItemFileOptions {
  /** Of the descriptions, epoch milliseconds. */
  readonly time: number;
  /** Default: by the file's name, else its beginning; `ndjson` for a stream. */
  readonly format?: TableFormat;
}

/**
 * Opens a file of items, each a row or line with `item` and its properties: they are given as `item_set`
 * events, in the order of the file. Of an item that comes several times the last counts. NDJSON may be flat,
 * or have the properties under `properties`; lists are kept with `|` between their parts.
 *
 * @returns FILE_UNREADABLE where there is no such file, or it has no column `item`.
 */
export async function openItemFile(
  source: FileSource,
  options: ItemFileOptions,
): Promise<EventSource> {
  const name = nameOf(source);
  const format = options.format ?? (await formatOf(source));
  if (format === "parquet" && typeof source !== "string") {
    throw unreadable(name, "a stream of Parquet", "a Parquet file: its description is at the end");
  }
  return {
    name,
    sizeBytes: typeof source === "string" ? (await statOrFail(source)).size : undefined,
    batches: () => readItems(name, rowsOf(source, format), options.time),
  };
}

const allowed = "unpacked NDJSON, CSV with a column item, or Parquet; --format says which";

async function formatOf(source: FileSource): Promise<TableFormat> {
  if (typeof source !== "string") return "ndjson";
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
type ItemRow =
  | { readonly index: number; readonly item: unknown; readonly properties: Properties }
  | { readonly index: number; readonly refusal: Refusal };

interface ItemBlock {
  readonly rows: readonly ItemRow[];
  readonly bytesRead: number;
}

async function* readItems(
  name: string,
  blocks: AsyncIterable<ItemBlock>,
  time: number,
): AsyncGenerator<EventBatch> {
  const catalogue = new CatalogueDraft();
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
      const added = catalogue.add(row.item, row.properties, { name, index: row.index });
      if (added === "replaced") replacedCount++;
      else if (added !== "added") {
        refused.push({ ...added, field: added.field.replace(/^context\./, "") });
      }
    }
    const leftOut = new Map([["an item that is described again further down", replacedCount]]);
    yield { events: [], refused, name, bytesRead, ...(replacedCount > 0 && { leftOut }) };
  }
  yield* catalogue.batches(time, { name, bytesRead });
}

function rowsOf(source: FileSource, format: TableFormat): AsyncIterable<ItemBlock> {
  switch (format) {
    case "ndjson":
      return readJson(source);
    case "csv":
      return readCsv(source);
    case "parquet":
      return readParquet(nameOf(source)); // openItemFile let no stream come here
  }
}

async function* readJson(source: FileSource): AsyncGenerator<ItemBlock> {
  for await (const { firstLine, lines, bytesRead } of readLines(source)) {
    const rows = lines.flatMap((line, i) => itemOfLine(line, firstLine + i));
    yield { rows, bytesRead };
  }
}

function itemOfLine(line: string | undefined, index: number): ItemRow[] {
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
  const { item, ...others } = value;
  if (!isObject(others["properties"])) {
    return [{ index, item, properties: named(Object.entries(others)) }];
  }
  // As the HTTP API has them; `firstSeen` is what the engine itself says.
  const { properties, firstSeen: _, ...unknown } = others;
  const [field] = Object.keys(unknown);
  if (field === undefined) return [{ index, item, properties }];
  const came = renderValue(unknown[field]);
  const only = "nothing beside item and properties";
  return [{ index, refusal: { index, field: renderText(field), came, allowed: only } }];
}

function named(cells: readonly (readonly [column: string, value: unknown])[]): Properties {
  return Object.fromEntries(cells.map(([column, value]) => [propertyOfColumn(column), value]));
}

async function* readCsv(source: FileSource): AsyncGenerator<ItemBlock> {
  let header: readonly string[] | undefined;
  let index = 0;
  for await (const block of readRows(source, { delimiter: ",", quotes: true })) {
    const rows: ItemRow[] = [];
    for (const row of block.rows) {
      index++;
      if (row === undefined) rows.push({ index, refusal: refuseLength(index) });
      else if (row.length === 1 && row[0] === "") continue;
      else if (header === undefined) header = checkColumns(nameOf(source), row);
      else if (row.length !== header.length) {
        rows.push({ index, refusal: refuseWidth(index, row.length, header) });
      } else rows.push(itemOfCells(header, row, index, cellOfCsv));
    }
    yield { rows, bytesRead: block.bytesRead };
  }
  if (header === undefined) throw unreadable(nameOf(source), "no rows", "a header with item");
}

async function* readParquet(path: string): AsyncGenerator<ItemBlock> {
  for await (const { columns, rows, firstRow, bytesRead } of readParquetRows(path)) {
    const header = checkColumns(path, columns);
    yield {
      rows: rows.map((row, i) => itemOfCells(header, row, firstRow + i, cellOfParquet)),
      bytesRead,
    };
  }
}

function checkColumns(file: string, columns: readonly string[]): readonly string[] {
  const twice = columns.find((column, i) => columns.indexOf(column) < i);
  if (twice !== undefined) {
    throw unreadable(file, `two columns "${renderText(twice)}"`, "each column once");
  }
  if (columns.includes(itemColumn)) return columns;
  const came = `the columns ${renderText(columns.join(", "))}`;
  throw unreadable(file, came, `columns that include ${itemColumn}`);
}

function itemOfCells(
  header: readonly string[],
  row: readonly unknown[],
  index: number,
  read: (property: string, cell: unknown) => unknown,
): ItemRow {
  const cells = header.flatMap((column, i): [string, unknown][] => {
    const cell = row[i];
    return cell === "" || cell === null || cell === undefined ? [] : [[column, cell]];
  });
  const item = cells.find(([column]) => column === itemColumn)?.[1];
  const properties = named(cells.filter(([column]) => column !== itemColumn));
  return {
    index,
    item: typeof item === "bigint" || Number.isSafeInteger(item) ? String(item) : item,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, cell]) => [name, read(name, cell)]),
    ),
  };
}

function cellOfCsv(property: string, cell: unknown): unknown {
  return mayBeNumber(property) ? readFeature(cell) : cell;
}

/** Whole numbers beyond 2^53 become texts, rather than others. */
function cellOfParquet(_property: string, cell: unknown): unknown {
  if (cell instanceof Date) return cell.getTime();
  if (typeof cell !== "bigint") return cell;
  return Number.isSafeInteger(Number(cell)) ? Number(cell) : String(cell);
}
