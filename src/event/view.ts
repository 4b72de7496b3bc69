import type { SnapshotSink, SnapshotSource } from "../storage/index.ts";
import type { Event } from "./event.ts";

/** Position of a record in the log: whole numbers that only grow, with gaps, from 0. */
export type Offset = number;

/** The next offset to read, by partition. Its length is the log's number of partitions. */
export type Offsets = readonly Offset[];

export interface LogRecord {
  readonly partition: number;
  /** Unique over the whole embedded log, where it is the one total order. */
  readonly offset: Offset;
  /** When the server appended it, epoch milliseconds; never goes back. */
  readonly logTime: number;
  readonly event: Event;
}

/**
 * State that is a function of the log.
 *
 * Laws, tested for every view by `viewConformance`:
 * - the same records in the same order give the same bytes from `save`;
 * - `restore` of what `save` wrote, then more records, gives the same bytes as never having stopped;
 * - a record below `offsets` of its partition has no effect, so each takes effect once;
 * - `apply` reads no clock, and no randomness but what it seeds with the record's offset.
 */
export interface View {
  readonly offsets: Offsets;
  apply(record: LogRecord): void;
  save(sink: SnapshotSink): void;
  restore(source: SnapshotSource): void;
}
