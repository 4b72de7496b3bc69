import { type Clock, FoldbackError, systemClock } from "../core/index.ts";
import {
  type Event,
  type EventFile,
  type EventSource,
  encodeEvent,
  type FileFormat,
  type FileSource,
  type LogRecord,
  openEventFile,
  type Pseudonyms,
  type Refusal,
} from "../event/index.ts";
import type { EventLog } from "../log/index.ts";
import type { Config } from "./configSchema.ts";
import { beginningOf, withLog } from "./offlineLog.ts";
import { openPseudonyms } from "./privacy.ts";
import { type ReasonCount, Tally } from "./tally.ts";

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
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  readonly events: number;
  readonly bytesRead: number;
  /** Undefined for a stream. */
  readonly sizeBytes: number | undefined;
}

export interface ImportResult {
  /** Events that are in the log now, and were not before. */
  readonly accepted: number;
  /** Events that the log had already. */
  readonly duplicates: number;
  readonly refusedCount: number;
  /** The first refusals, to be shown. */
  readonly refused: readonly (Refusal & { readonly file: string })[];
  /** What the source says and no event does: how often, by reason, the most frequent first. */
  readonly leftOut: readonly ReasonCount[];
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
  const { clock = systemClock } = options;
  return withLog(config, clock, (log) =>
    appendFile(log, file, { ...options, pseudonyms: openPseudonyms(config, log) }),
  );
}

export interface AppendFileOptions extends Pick<ImportOptions, "onProgress"> {
  readonly pseudonyms: Pseudonyms;
  /**
   * Goes on with a file whose first events are the log's records already, as an import leaves them that
   * was broken off. Default false.
   */
  readonly resume?: boolean;
  /** What of the events is not in the log yet, where more is known than the log knows. */
  readonly known?: { rest(events: readonly Event[]): readonly Event[] };
}

/**
 * The same into an open log.
 *
 * @throws FoldbackError CONFIG_INVALID where the log of a resumed import holds anything else.
 */
export async function appendFile(
  log: EventLog,
  file: EventSource,
  options: AppendFileOptions,
): Promise<ImportResult> {
  const { pseudonyms, resume = false, known, onProgress = () => {} } = options;
  const beganMs = performance.now();
  const resumed = resume ? await Resumed.of(log, file.name) : undefined;
  const leftOut = new Tally();
  const refused: (Refusal & { file: string })[] = [];
  let refusedCount = 0;
  let read = 0;
  let accepted = 0;
  let duplicates = 0;
  let pending: Promise<void>[] = [];
  const take = async (events: readonly Event[]): Promise<void> => {
    const { duplicateCount } = await log.append(events, { timeOfEvents: true });
    duplicates += duplicateCount;
    accepted += events.length - duplicateCount;
  };
  for await (const batch of file.batches()) {
    refusedCount += batch.refused.length;
    for (const refusal of batch.refused.slice(0, refusedShown - refused.length)) {
      refused.push({ ...refusal, file: batch.name });
    }
    read += batch.events.length;
    for (const [reason, count] of batch.leftOut ?? []) leftOut.add(reason, count);
    const came = pseudonyms.inEvents(batch.events);
    const unmet = resumed === undefined ? came : await resumed.rest(came);
    const events = known === undefined ? unmet : known.rest(unmet);
    duplicates += unmet.length - events.length;
    if (events.length > 0) {
      const append = take(events);
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
  resumed?.end();
  const seconds = (performance.now() - beganMs) / 1000;
  return { accepted, duplicates, refusedCount, refused, leftOut: leftOut.list(), seconds };
}

/**
 * Goes through the log's records and the file's events side by side: what of the file is not in the log
 * yet. Counting would not do, as the log has dropped the duplicates among them.
 */
class Resumed {
  readonly #fileName: string;
  readonly #records: AsyncIterator<LogRecord>;
  /** The log's next record that was not met in the file yet. */
  #next: LogRecord | undefined;

  private constructor(fileName: string, records: AsyncIterator<LogRecord>) {
    this.#fileName = fileName;
    this.#records = records;
  }

  static async of(log: EventLog, fileName: string): Promise<Resumed> {
    const records = log.readAll(beginningOf(log));
    const resumed = new Resumed(fileName, records[Symbol.asyncIterator]());
    await resumed.#advance();
    return resumed;
  }

  /** The events from the first that is not in the log on. */
  async rest(events: readonly Event[]): Promise<readonly Event[]> {
    for (let i = 0; i < events.length; i++) {
      if (this.#next === undefined) return events.slice(i);
      if (encodeEvent(events[i]) === encodeEvent(this.#next.event)) await this.#advance();
      else if (events[i].id === undefined) throw this.#other(); // with an id: a dropped duplicate
    }
    return [];
  }

  end(): void {
    if (this.#next !== undefined) throw this.#other();
  }

  async #advance(): Promise<void> {
    const step = await this.#records.next();
    this.#next = step.done === true ? undefined : step.value;
  }

  #other(): FoldbackError {
    return new FoldbackError(
      "CONFIG_INVALID",
      `record ${this.#next?.offset} of the log is not what ${this.#fileName} has there: the file has changed since, ` +
        "or the data directory is of something else. Name another data directory, or remove this one",
      { details: { setting: "dataDirectory", offset: this.#next?.offset } },
    );
  }
}
