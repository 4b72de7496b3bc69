import type { Event, LogRecord, Offset, Offsets } from "../event/index.ts";

export interface AppendResult {
  /** Offset of each event of the call, in its order; -1 where it was dropped as a duplicate. */
  readonly offsets: readonly Offset[];
  /** How many were dropped because (source, type, id) came before within 48 h of log time. */
  readonly duplicateCount: number;
}

export interface ReadOptions {
  /** Go on waiting for new records at the head; ends when `signal` aborts or the log closes. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The durable, ordered, replayable log, partitioned by account.
 *
 * Contract, tested by `logConformance` against every implementation:
 * - `append` resolves when every event of the call is on disk, or rejects (`LOG_UNAVAILABLE`,
 *   `OVERLOADED`, `CLOSED`) and then none of them, or a part that was never acknowledged, may be there;
 * - what was acknowledged is read back for ever, also after a crash at any moment;
 * - within a partition offsets grow; `readAll` gives one total order with growing offsets;
 * - log time never goes back.
 */
export interface EventLog {
  readonly partitionCount: number;
  /** The partition that holds everything this account (or anonymous session) did. */
  partitionOf(key: string): number;
  append(events: readonly Event[], options?: AppendOptions): Promise<AppendResult>;
  read(partition: number, from: Offset, options?: ReadOptions): AsyncIterable<LogRecord>;
  readAll(from: Offsets, options?: ReadOptions): AsyncIterable<LogRecord>;
  /** The next offset of every partition: reading from here gives only what is appended later. */
  heads(): Offsets;
  close(): Promise<void>;
}

export interface AppendOptions {
  /**
   * Imported history: take each event's own time as its log time, as long as that does not go back.
   * Default false: log time is the server's clock.
   */
  readonly timeOfEvents?: boolean;
}
