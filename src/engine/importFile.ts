import { join } from "node:path";
import { type Clock, systemClock } from "../core/index.ts";
import {
  type EventFile,
  type FileFormat,
  type FileSource,
  openEventFile,
  type Refusal,
} from "../event/index.ts";
import { type EventLog, openEmbeddedLog } from "../log/index.ts";
import type { Config } from "./config.ts";

/** How a file is read. */
export interface FileOptions {
  /** `time`: sorted by event time, held in memory; `file`: as the file has them, streamed. Default: `time`, but `file` for a stream. */
  readonly order?: "time" | "file";
  readonly format?: FileFormat;
  /** Type of rows that give none. */
  readonly defaultType?: string;
  readonly clock?: Clock;
}

export interface ImportOptions extends FileOptions {
  /** Events at the beginning that are passed over: they are in the log already. Default 0. */
  readonly skip?: number;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  readonly events: number;
  readonly bytesRead: number;
  /** Undefined for a stream. */
  readonly sizeBytes: number | undefined;
}

export interface ImportResult {
  /** Events that are in the log now. */
  readonly accepted: number;
  readonly duplicates: number;
  readonly refusedCount: number;
  /** The first refusals, to be shown. */
  readonly refused: readonly (Refusal & { readonly file: string })[];
  readonly seconds: number;
}

/** Appends that wait for the disk at once: the next batch is parsed while these are written. */
const appendsMax = 8;
/** A file that is wrong is wrong in the same way on every line: the first refusals tell. */
const refusedShown = 20;

/** Opens a file of events as `options` say: what `importFile` and evaluation read. */
export function openImport(
  config: Config,
  source: FileSource,
  options: FileOptions,
): Promise<EventFile> {
  const { clock = systemClock, format, defaultType } = options;
  return openEventFile(source, {
    clock,
    order: options.order ?? (typeof source === "string" ? "time" : "file"),
    extraTypes: new Set(config.eventTypes),
    ...(format === undefined ? {} : { format }),
    ...(defaultType === undefined ? {} : { defaultType }),
  });
}

/**
 * Appends a file's events to the log of the data directory, as history: log time is the events' own
 * time. The engine learns them when it is opened. Valid events are taken, the others are counted.
 *
 * @throws FoldbackError FILE_UNREADABLE; DATA_LOCKED, LOG_UNAVAILABLE, DATA_CORRUPT from the log.
 */
export async function importFile(
  config: Config,
  source: FileSource,
  options: ImportOptions = {},
): Promise<ImportResult> {
  const file = await openImport(config, source, options); // before the log: a wrong name makes no directory
  const log = await openEmbeddedLog({
    ...config.log,
    directory: join(config.dataDirectory, "log"),
    clock: options.clock ?? systemClock,
  });
  try {
    return await appendFile(log, file, options);
  } finally {
    await log.close();
  }
}

/** The same into an open log. */
export async function appendFile(
  log: EventLog,
  file: EventFile,
  options: Pick<ImportOptions, "skip" | "onProgress">,
): Promise<ImportResult> {
  const { skip = 0, onProgress = () => {} } = options;
  const beganMs = performance.now();
  const refused: (Refusal & { file: string })[] = [];
  let refusedCount = 0;
  let read = 0;
  let accepted = 0;
  let duplicates = 0;
  let pending: Promise<void>[] = [];
  for await (const batch of file.batches()) {
    refusedCount += batch.refused.length;
    for (const refusal of batch.refused.slice(0, refusedShown - refused.length)) {
      refused.push({ ...refusal, file: batch.name });
    }
    const events = batch.events.slice(Math.max(0, skip - read));
    read += batch.events.length;
    if (events.length > 0) {
      const append = log.append(events, { timeOfEvents: true }).then((result) => {
        duplicates += result.duplicateCount;
        accepted += events.length - result.duplicateCount;
      });
      append.catch(() => {}); // it is awaited below; until then it must not count as unhandled
      pending.push(append);
      if (pending.length >= appendsMax) {
        await pending[0];
        pending = pending.slice(1);
      }
    }
    onProgress({ events: read, bytesRead: batch.bytesRead, sizeBytes: file.sizeBytes });
  }
  await Promise.all(pending);
  const seconds = (performance.now() - beganMs) / 1000;
  return { accepted, duplicates, refusedCount, refused, seconds };
}
