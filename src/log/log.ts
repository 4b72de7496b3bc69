import type { Event, LogRecord, Offset, Offsets } from "../event/index.ts";

export interface AppendResult {
  /** Offset of each event of the call, in its order; -1 where it was dropped as a duplicate. */
  readonly offsets: readonly Offset[];
  /** How many were dropped because (source, type, id) came before within 48 h of log time. */
  readonly duplicateCount: number;
}

export interface AppendOptions {
  /**
   * Imported history: take each event's own time as its log time, as long as that does not go back.
   * Default false: log time is the server's clock.
   */
  readonly timeOfEvents?: boolean;
}

export interface ReadOptions {
  /**
   * Go on waiting for new records at the head; ends, without an error, when `signal` aborts or the
   * log closes. Default false: ends at the head as it was when the first record was asked for.
   * Waiting alone does not keep a process or a worker alive.
   */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** The reading half of a log: all that a view in another thread gets. */
export interface LogReader {
  readonly partitionCount: number;
  /**
   * The next offset of every partition: one more than its newest durable record's, 0 for an empty
   * one. Reading from here gives only what is appended later.
   */
  heads(): Offsets;
  /**
   * Every record at or above `from` of its partition, in the log's order, up to 1,024 at a time: the
   * fast way through a whole log, as one step of an async iteration costs as much as decoding a record.
   *
   * @param from one offset per partition; `Infinity` leaves that partition out.
   * @throws DATA_CORRUPT, LOG_UNAVAILABLE, on the step that meets the trouble; what came before it is good.
   */
  readBatches(from: Offsets, options?: ReadOptions): AsyncIterable<readonly LogRecord[]>;
  /** The same, one record at a time. */
  readAll(from: Offsets, options?: ReadOptions): AsyncIterable<LogRecord>;
  /** The records of one partition at or above `from`. */
  read(partition: number, from: Offset, options?: ReadOptions): AsyncIterable<LogRecord>;
}

/**
 * The durable, ordered, replayable log, partitioned by account.
 *
 * Contract, tested by `logConformance` against every implementation:
 * - `append` resolves when every event of the call is on disk, or rejects (`LOG_UNAVAILABLE`,
 *   `OVERLOADED`, `BATCH_TOO_LARGE`, `CLOSED`); after `LOG_UNAVAILABLE` alone the call may be there or
 *   not, whole, and a retry with the same ids leaves it there once;
 * - calls take effect in the order they were made;
 * - what was acknowledged is read back for ever, or until it is blanked, also after a crash at any moment,
 *   and nothing is read before it is durable;
 * - within a partition offsets grow; `readAll` gives one total order with growing offsets;
 * - log time never goes back;
 * - a second (source, type, id) no more than 48 h of log time after the one that was kept is dropped:
 *   both ends included, and a dropped one does not lengthen the time.
 */
export interface EventLog extends LogReader {
  /** The partition that holds everything this account (or anonymous session) did. */
  partitionOf(key: string): number;
  append(events: readonly Event[], options?: AppendOptions): Promise<AppendResult>;
  /** Waits for the appends already made, then ends every following read. A second call does nothing. */
  close(): Promise<void>;
}

/** What an embedded log has done and holds. Counts are since it was opened, unless they say "in the log". */
export interface LogStats {
  /** Records in the log; of the copy of a Kafka partition, offsets: void ones count too. */
  readonly recordCount: number;
  /** The first offset that the log still holds. */
  readonly firstOffset: Offset;
  /** Log time of the newest record, epoch milliseconds; 0 for a log without one. */
  readonly newestLogTime: number;
  /** Bytes of all segments in the log, headers included. */
  readonly sizeBytes: number;
  readonly segmentCount: number;
  readonly duplicateCount: number;
  readonly syncCount: number;
  /** Events waiting for the disk now. */
  readonly queuedEventCount: number;
  /** The most records that one sync made durable. */
  readonly groupRecordCountMax: number;
  /** Whether nothing is appended any more, after a failed write, until it is opened again. */
  readonly isStopped: boolean;
  /** Ids now remembered for dropping duplicates, and how many were forgotten early at the limit. */
  readonly rememberedIdCount: number;
  readonly forgottenIdCount: number;
}
