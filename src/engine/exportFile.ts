/** What is in the log, as files that other programs read, and that can be imported again. */
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { Writable } from "node:stream";
import { type Clock, FoldbackError, systemClock } from "../core/index.ts";
import {
  type Append,
  type Cell,
  ColumnKinds,
  cellsOf,
  cellsOfDescription,
  type DescribedKind,
  type Description,
  descriptionIn,
  type Event,
  EventTable,
  encodeEvent,
  eventKey,
  firstColumnsOf,
  isNumeral,
  lineOfDescription,
  mayBeNumber,
  propertyOfColumn,
  rowOf,
  type TableFormat,
  tableWriter,
} from "../event/index.ts";
import type { LogReader } from "../log/index.ts";
import type { Config } from "./configSchema.ts";
import { beginningOf, withDataLog } from "./offlineLog.ts";
import { type ReasonCount, Tally } from "./tally.ts";

/** A path, whose file is replaced once it is whole; or a stream. */
export type ExportTarget = string | Writable;

export interface ExportOptions {
  readonly format: TableFormat;
  /** Told how many records of the log were read; a table of events takes two passes. */
  readonly onProgress?: (records: number) => void;
  readonly clock?: Clock;
}

export interface ExportResult {
  /** Items, accounts or events written. */
  readonly count: number;
  readonly sizeBytes: number;
  /** What the file does not say: how often, by reason. */
  readonly leftOut: readonly ReasonCount[];
  readonly seconds: number;
}

/**
 * Writes the catalogue: each item as the log's latest description has it, in the order of first mention.
 * The same catalogue gives the same bytes.
 *
 * @throws FoldbackError CONFIG_INVALID where there is no data directory; FILE_UNREADABLE where the target
 *   can't be written; as `withLog`.
 */
export function exportItems(
  config: Config,
  target: ExportTarget,
  options: ExportOptions,
): Promise<ExportResult> {
  return exportDescriptions("item", config, target, options);
}

/** The same of accounts that have a description, in the order in which the latest of each was said. */
export function exportAccounts(
  config: Config,
  target: ExportTarget,
  options: ExportOptions,
): Promise<ExportResult> {
  return exportDescriptions("account", config, target, options);
}

function exportDescriptions(
  kind: DescribedKind,
  config: Config,
  target: ExportTarget,
  options: ExportOptions,
): Promise<ExportResult> {
  const { format } = options;
  return exportTo(config, target, options, async (log, append, leftOut, onRead) => {
    const latest = kind === "item" ? latestOfItems() : latestOfAccounts();
    let records = 0;
    for await (const batch of log.readBatches(beginningOf(log))) {
      for (const { event } of batch) latest.note(event);
      records += batch.length;
      onRead(records);
    }
    const all = latest.all();
    if (format === "ndjson") {
      await inParts(all, (part) => append(Buffer.from(part.map(lineWithEnd).join(""))));
      return all.length;
    }
    const kinds = new ColumnKinds();
    kinds.note(kind, "");
    for (const one of all) {
      for (const [column, cell] of cellsOfDescription(one)) {
        kinds.note(column, cell);
        const mayBe = column !== kind && mayBeNumber(kind, propertyOfColumn(column));
        if (format === "csv" && mayBe) noteNumeral(leftOut, column, cell);
      }
    }
    const columns = kinds.columns(firstColumnsOf(kind));
    const writer = tableWriter(format, columns, append);
    await inParts(all, (part) =>
      writer.write(part.map((one) => rowOf(columns, cellsOfDescription(one)))),
    );
    await writer.finish();
    return all.length;
  });
}

function lineWithEnd(description: Description): string {
  return `${lineOfDescription(description)}\n`;
}

/** The latest descriptions, of the events that it has noted. */
interface Latest {
  note(event: Event): void;
  all(): Description[];
}

/** In the order of first mention, by whatever event. */
function latestOfItems(): Latest {
  const latest = new Map<string, Description | undefined>();
  return {
    note(event) {
      if (event.item === undefined) return;
      const description = descriptionIn(event);
      if (description !== undefined || !latest.has(event.item)) latest.set(event.item, description);
    },
    all: () =>
      [...latest.values()].filter(
        (one): one is Description => one !== undefined && (one.properties["deleted"] ?? 0) === 0,
      ),
  };
}

function latestOfAccounts(): Latest {
  const latest = new Map<string, Description>();
  return {
    note(event) {
      if (event.type === "erase") latest.delete(eventKey(event));
      const description = descriptionIn(event);
      if (description?.kind !== "account") return;
      latest.delete(description.name);
      if (Object.keys(description.properties).length > 0) latest.set(description.name, description);
    },
    all: () => [...latest.values()],
  };
}

/** Said by the engine alone: no file can say them again. */
export const unsaidTypes: ReadonlySet<string> = new Set([
  "served",
  "experiment_set",
  "heartbeat",
  "erase",
  "erased",
]);

/**
 * Writes the events, in the order of the log. What the engine itself said (`served`, `heartbeat`, …) is left
 * out, and counted.
 *
 * @throws as `exportItems`.
 */
export async function exportEvents(
  config: Config,
  target: ExportTarget,
  options: ExportOptions,
): Promise<ExportResult> {
  const { format } = options;
  return exportTo(config, target, options, async (log, append, leftOut, onRead) => {
    let count = 0;
    if (format === "ndjson") {
      for await (const events of eventsOf(log, onRead, leftOut)) {
        await append(Buffer.from(events.map((event) => `${encodeEvent(event)}\n`).join("")));
        count += events.length;
      }
      return count;
    }
    const table = new EventTable();
    for await (const events of eventsOf(log, onRead, leftOut)) {
      for (const event of events) {
        table.note(event);
        if (format === "csv") {
          for (const [name, cell] of Object.entries(event.context ?? {})) {
            noteNumeral(leftOut, `context.${name}`, cell);
          }
        }
      }
    }
    const { columns } = table;
    const writer = tableWriter(format, columns, append);
    for await (const events of eventsOf(log, onRead)) {
      await writer.write(events.map((event): Cell[] => rowOf(columns, cellsOf(event))));
      count += events.length;
    }
    await writer.finish();
    return count;
  });
}

async function* eventsOf(
  log: LogReader,
  onRead: (records: number) => void,
  leftOut?: Tally,
): AsyncGenerator<readonly Event[]> {
  let records = 0;
  for await (const batch of log.readBatches(beginningOf(log))) {
    const events: Event[] = [];
    for (const { event } of batch) {
      if (!unsaidTypes.has(event.type)) events.push(event);
      else leftOut?.add(`${event.type}: only the engine itself says it`);
    }
    records += batch.length;
    onRead(records);
    yield events;
  }
}

/** CSV has no types: what reads as a number comes back as one. */
function noteNumeral(leftOut: Tally, column: string, cell: string | number): void {
  if (typeof cell !== "string" || !isNumeral(cell)) return;
  leftOut.add(`${column}: a text written like a number, which CSV gives back as a number`);
}

/** So many at a time are made into bytes. */
const partLength = 1024;

async function inParts<T>(
  list: readonly T[],
  write: (part: readonly T[]) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < list.length; at += partLength) await write(list.slice(at, at + partLength));
}

type Write = (
  log: LogReader,
  append: Append,
  leftOut: Tally,
  onRead: (records: number) => void,
) => Promise<number>;

async function exportTo(
  config: Config,
  target: ExportTarget,
  options: ExportOptions,
  write: Write,
): Promise<ExportResult> {
  const { clock = systemClock, onProgress = () => {} } = options;
  const beganMs = performance.now();
  const leftOut = new Tally();
  let sizeBytes = 0;
  const count = await withDataLog(config, clock, (log) =>
    withTarget(target, (append) => {
      const counted: Append = (bytes) => {
        sizeBytes += bytes.length;
        return append(bytes);
      };
      return write(log, counted, leftOut, onProgress);
    }),
  );
  const seconds = (performance.now() - beganMs) / 1000;
  return { count, sizeBytes, leftOut: leftOut.list(), seconds };
}

/** A file is written beside its place, and put there when it is whole. */
async function withTarget<T>(
  target: ExportTarget,
  use: (append: Append) => Promise<T>,
): Promise<T> {
  if (typeof target !== "string") return use((bytes) => writeTo(target, bytes));
  const part = `${target}.part`;
  const file = await orUnwritable(part, open(part, "w"));
  try {
    const result = await use((bytes) => orUnwritable(part, writeAll(file, bytes)));
    await file.sync();
    await file.close();
    await orUnwritable(target, rename(part, target));
    return result;
  } catch (error) {
    await file.close().catch(() => undefined); // it may be closed already
    await rm(part, { force: true });
    throw error;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}

function writeTo(stream: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

async function orUnwritable<T>(path: string, writing: Promise<T>): Promise<T> {
  try {
    return await writing;
  } catch (cause) {
    throw new FoldbackError(
      "FILE_UNREADABLE",
      `${path} can't be written: ${String(cause)}; name a file in a directory that is there`,
      { cause, details: { file: path } },
    );
  }
}
