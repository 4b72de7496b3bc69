import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { compileColumns, type Row, type RowToEvent } from "./columns.ts";
import type { Event } from "./event.ts";
import { type EventBatch, type EventFileOptions, maxBatchEvents, unreadable } from "./eventFile.ts";
import { parseEvent } from "./parseEvent.ts";
import type { Refusal } from "./refusal.ts";

/** Largest row group that is read, uncompressed: decoded it takes several times that, all at once. */
const maxRowGroupBytes = 268_435_456;

/**
 * Reads a Parquet file, columns as in CSV: also INT64 ids, and `ad`, `location` and `context` as
 * structs. Timestamp columns of any unit are UTC; other numbers in `time` are read as in CSV. Texts in
 * `context` stay texts, whatever is written there. `index` is the row, from 1.
 */
export async function* readParquet(
  path: string,
  options: EventFileOptions,
): AsyncGenerator<EventBatch> {
  const { defaultType } = options;
  let toEvent: RowToEvent | undefined;
  for await (const { columns, rows, firstRow, bytesRead } of readParquetRows(path)) {
    toEvent ??= compileColumns(columns, { name: path, defaultType, textsStay: true });
    yield { ...parseRows(rows, firstRow, toEvent, options), name: path, bytesRead };
  }
}

export interface ParquetBlock {
  /** The names of the columns: the same in every block. */
  readonly columns: readonly string[];
  /** At most `maxBatchEvents`. */
  readonly rows: readonly Row[];
  /** From 1. */
  readonly firstRow: number;
  readonly bytesRead: number;
}

/** The names of the columns of a Parquet file, of which no row is read. */
export async function parquetColumns(path: string): Promise<string[]> {
  const file = await orUnreadable(path, asyncBufferFromFile(path));
  const metadata = await orUnreadable(path, parquetMetadataAsync(file));
  return columnsOf(metadata);
}

/** The rows of a Parquet file, at least one block of them. Memory is bounded by the largest row group. */
export async function* readParquetRows(path: string): AsyncGenerator<ParquetBlock> {
  const file = await orUnreadable(path, asyncBufferFromFile(path));
  const metadata = await orUnreadable(path, parquetMetadataAsync(file));
  const columns = columnsOf(metadata);
  const rowCount = Number(metadata.num_rows);
  if (rowCount === 0) yield { columns, rows: [], firstRow: 1, bytesRead: file.byteLength };
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    if (group.total_byte_size > maxRowGroupBytes) {
      const came = `a row group of ${group.total_byte_size} bytes`;
      throw unreadable(path, came, `row groups of at most ${maxRowGroupBytes} bytes`);
    }
    // hyparquet types rows as any; as unknown they go through the same checks as every cell.
    const rows = await orUnreadable(
      path,
      new Promise<readonly Row[]>((onComplete, reject) => {
        parquetRead({ file, metadata, rowStart, rowEnd, compressors, onComplete }).catch(reject);
      }),
    );
    for (let at = 0; at < rows.length; at += maxBatchEvents) {
      const block = rows.slice(at, at + maxBatchEvents);
      const share = (rowStart + at + block.length) / rowCount; // columns are not read row by row
      const bytesRead = Math.round(file.byteLength * share);
      yield { columns, rows: block, firstRow: rowStart + at + 1, bytesRead };
    }
    rowStart = rowEnd;
  }
}

function columnsOf(metadata: FileMetaData): string[] {
  return parquetSchema(metadata).children.map((column) => column.element.name);
}

function parseRows(
  rows: readonly Row[],
  firstRow: number,
  toEvent: RowToEvent,
  options: EventFileOptions,
): Pick<EventBatch, "events" | "rows" | "refused"> {
  const parseOptions = { ...options, now: options.clock.now() };
  const events: Event[] = [];
  const numbers: number[] = [];
  const refused: Refusal[] = [];
  for (let i = 0; i < rows.length; i++) {
    const parsed = parseEvent(toEvent(rows[i]), parseOptions, firstRow + i);
    if (parsed.ok) {
      events.push(parsed.event);
      numbers.push(firstRow + i);
    } else refused.push(parsed.refusal);
  }
  return { events, rows: numbers, refused };
}

async function orUnreadable<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw unreadable(path, String(cause), "a Parquet file that is whole", cause);
  }
}
