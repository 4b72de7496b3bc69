import { join } from "node:path";
import { assert, FoldbackError } from "../core/index.ts";
import type { StorageFile, StorageFiles } from "./files.ts";
import { nodeFiles } from "./nodeFiles.ts";
import type { SnapshotSink, SnapshotSource } from "./snapshot.ts";
import { SnapshotReader, SnapshotWriter } from "./snapshotFile.ts";

export interface SnapshotStoreOptions {
  /** Made if it is not there; of this store alone. */
  readonly directory: string;
  /** How many are kept. Default 3: one to use, one if that is damaged, one while a new one is written. */
  readonly keep?: number;
  readonly files?: StorageFiles;
}

/** One snapshot, open for reading: `read` its sections, then `close` it. */
export interface Snapshot extends SnapshotSource {
  readonly sequence: number;
  close(): void;
}

export interface RefusedSnapshot {
  readonly path: string;
  /** What is wrong with it, and where. */
  readonly reason: string;
}

/** The last few snapshots of one view, or of views that are saved together. All methods are synchronous. */
export interface SnapshotStore {
  /**
   * Writes a snapshot under a temporary name, makes it durable, then gives it its name: at any moment
   * the newest is whole. Then removes the ones beyond `keep`.
   *
   * @param sequence orders the snapshots; the log's offset is a good one. One that is there is replaced.
   * @param save writes the sections, as `View.save` does; what it throws is thrown on, and nothing kept.
   * @throws LOG_UNAVAILABLE; the earlier ones are as they were.
   */
  write(sequence: number, save: (sink: SnapshotSink) => void): { path: string; sizeBytes: number };
  /**
   * The newest that is whole, every byte checked, and those that were passed over because they are not.
   * Undefined where there is none. A refused one stays where it is, to be looked at.
   *
   * @param whyNot the caller's own reason to pass over one that is whole; undefined takes it.
   */
  latest(whyNot?: (snapshot: Snapshot) => string | undefined): {
    snapshot: Snapshot | undefined;
    refused: readonly RefusedSnapshot[];
  };
}

/**
 * Opens, or makes, a directory of snapshots; removes what an interrupted write left.
 *
 * @example
 * const store = openSnapshotStore({ directory: "data/trends" });
 * store.write(offset, (sink) => view.save(sink));
 * const { snapshot } = store.latest();
 * if (snapshot !== undefined) view.restore(snapshot);
 */
export function openSnapshotStore(options: SnapshotStoreOptions): SnapshotStore {
  const { directory, keep = 3, files = nodeFiles } = options;
  assert(Number.isInteger(keep) && keep >= 1, "at least one snapshot is kept");
  files.makeDirectory(directory);
  for (const name of files.list(directory)) {
    if (name.endsWith(temporarySuffix)) files.remove(join(directory, name));
  }
  return {
    write(sequence, save) {
      assert(Number.isSafeInteger(sequence) && sequence >= 0, "a sequence is a whole number");
      const name = snapshotName(sequence);
      const path = join(directory, name);
      const temporaryPath = path + temporarySuffix;
      const sizeBytes = writeDurably(files, temporaryPath, sequence, save);
      files.rename(temporaryPath, path);
      files.syncDirectory(directory);
      const others = snapshotNames(files, directory).filter((other) => other !== name);
      for (const other of others.slice(keep - 1)) files.remove(join(directory, other));
      return { path, sizeBytes };
    },
    latest(whyNot = () => undefined) {
      const refused: RefusedSnapshot[] = [];
      for (const name of snapshotNames(files, directory)) {
        const path = join(directory, name);
        const opened = openSnapshot(files, path, whyNot);
        if (!("reason" in opened)) return { snapshot: opened, refused };
        refused.push({ path, reason: opened.reason });
      }
      return { snapshot: undefined, refused };
    },
  };
}

const temporarySuffix = ".tmp";
const namePattern = /^snapshot-\d{16}$/;

function snapshotName(sequence: number): string {
  return `snapshot-${String(sequence).padStart(16, "0")}`;
}

/** Newest first. */
function snapshotNames(files: StorageFiles, directory: string): string[] {
  const names = files.list(directory).filter((name) => namePattern.test(name));
  return names.sort().toReversed(); // 16 digits each: the order of names is that of sequences
}

function writeDurably(
  files: StorageFiles,
  path: string,
  sequence: number,
  save: (sink: SnapshotSink) => void,
): number {
  const file = files.create(path);
  try {
    const writer = new SnapshotWriter(file, sequence);
    save(writer);
    const sizeBytes = writer.finish();
    file.syncSync();
    file.close();
    return sizeBytes;
  } catch (error) {
    discard(files, file, path);
    throw error;
  }
}

/** Best effort: what is left is removed when the store is opened the next time. */
function discard(files: StorageFiles, file: StorageFile, path: string): void {
  try {
    file.close();
    files.remove(path);
  } catch (error) {
    if (!(error instanceof FoldbackError)) throw error;
  }
}

function openSnapshot(
  files: StorageFiles,
  path: string,
  whyNot: (snapshot: Snapshot) => string | undefined,
): SnapshotReader | { readonly reason: string } {
  const file = files.open(path, "read");
  try {
    const snapshot = new SnapshotReader(file, path);
    const reason = whyNot(snapshot);
    if (reason === undefined) return snapshot;
    snapshot.close();
    return { reason };
  } catch (error) {
    file.close();
    if (error instanceof FoldbackError && error.code === "DATA_CORRUPT") {
      return { reason: error.message };
    }
    throw error;
  }
}
