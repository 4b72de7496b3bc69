/** What the snapshot store takes and gives. */
import type { StorageFiles } from "./files.ts";
import type { SnapshotSink, SnapshotSource } from "./snapshot.ts";

export interface SnapshotStoreOptions {
  /** Made if it is not there; of this store alone. */
  readonly directory: string;
  /**
   * How many are kept, and what they hold the changes to besides. Default 3: one to use, one if
   * that is damaged, one while a new one is written.
   */
  readonly keep?: number;
  readonly files?: StorageFiles;
  /** What turns are measured by; milliseconds that never go back. Default `performance.now`. */
  readonly nowMs?: () => number;
}

/**
 * One snapshot, open for reading: `read` its sections, then `close` it, and with it all its bases.
 */
export interface Snapshot extends SnapshotSource {
  readonly sequence: number;
  readonly base?: Snapshot;
  close(): void;
}

export interface RefusedSnapshot {
  readonly path: string;
  /** What is wrong with it, and where; if that is in one of its bases, with the path of that. */
  readonly reason: string;
}

export interface SnapshotWriteOptions {
  /**
   * The sequence of the snapshot that this one holds the changes to; older, and in this store.
   * Default: none, it holds everything. At most 63 in a row; what they need of each other is never
   * removed.
   */
  readonly base?: number;
}

export interface SnapshotAlongsideOptions extends SnapshotWriteOptions {
  /**
   * How long the thread may be taken at once, in ms, about: a part that was begun is finished.
   * Default 4.
   */
  readonly turnMs?: number;
  /**
   * What the snapshot relies on elsewhere: it gets its name only once this has resolved, and fails
   * with it.
   */
  readonly before?: Promise<void>;
  /**
   * Gives up, up to the moment when the snapshot gets its name; the promise rejects with its
   * reason.
   */
  readonly signal?: AbortSignal;
}

export interface SnapshotWritten {
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * The last few snapshots of one view, or of views that are saved together. One is written at a
 * time.
 */
export interface SnapshotStore {
  /**
   * Writes a snapshot under a temporary name, makes it durable, then gives it its name: at any
   * moment the newest is whole. Then removes the ones beyond `keep`. Synchronous: pulls parts as
   * they come.
   *
   * @param sequence orders the snapshots; the log's offset is a good one. One that is there is
   *   replaced.
   * @param save writes the sections, as `View.save` does; what it throws is thrown on, and
   *   nothing kept.
   * @throws LOG_UNAVAILABLE, or DATA_CORRUPT where the base can't be one; the earlier snapshots
   *   are as they were.
   */
  write(
    sequence: number,
    save: (sink: SnapshotSink) => void,
    options?: SnapshotWriteOptions,
  ): SnapshotWritten;
  /**
   * The same while the owner goes on: calls `save` before it returns, then pulls the parts in turns
   * of the event loop, the writes and syncs being left to the thread pool. What was given with
   * `write` is held until it is written.
   *
   * Where it fails or is aborted, each iterator of parts that is not at its end gets `return()`,
   * once.
   *
   * @returns when it is durable; `longestTurnMs`: how long the thread was taken at once, in ms, but
   *   for what came before this returned.
   * @throws as `write` does, by rejecting; also what an iterator of parts throws, and the
   *   signal's reason.
   */
  writeAlongside(
    sequence: number,
    save: (sink: SnapshotSink) => void,
    options?: SnapshotAlongsideOptions,
  ): Promise<SnapshotWritten & { readonly longestTurnMs: number }>;
  /** Removes all but this one and its bases. @throws LOG_UNAVAILABLE: some may be there still. */
  keepOnly(sequence: number): Promise<void>;
  /**
   * The newest that is whole, with all its bases, every byte of each checked, and those that were
   * passed over because they are not. Undefined where there is none. A refused one stays where it
   * is, to be looked at. Synchronous.
   *
   * @param whyNot the caller's own reason to pass over one that is whole; undefined takes it.
   */
  latest(whyNot?: (snapshot: Snapshot) => string | undefined): {
    snapshot: Snapshot | undefined;
    refused: readonly RefusedSnapshot[];
  };
}
