import { join } from "node:path";
import { assert, FoldbackError } from "../core/index.ts";
import type { StorageFile } from "./files.ts";
import { nodeFiles } from "./nodeFiles.ts";
import type { SnapshotSink } from "./snapshot.ts";
import {
  isCorrupt,
  openChain,
  referenceTo,
  type SnapshotPlace,
  snapshotName,
  snapshotNames,
  type Verdicts,
  withBases,
} from "./snapshotChain.ts";
import { SnapshotEncoder } from "./snapshotFormat.ts";
import type {
  RefusedSnapshot,
  Snapshot,
  SnapshotAlongsideOptions,
  SnapshotStore,
  SnapshotStoreOptions,
  SnapshotWriteOptions,
  SnapshotWritten,
} from "./snapshotStoreTypes.ts";
import { PendingSections, SnapshotWriter, TurnTimer, writeInTurns } from "./snapshotWriter.ts";

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
  return new SnapshotDirectory(options);
}

/** A snapshot that has not got its name yet. */
interface Draft {
  readonly name: string;
  readonly path: string;
  readonly temporaryPath: string;
  readonly encoder: SnapshotEncoder;
  readonly file: StorageFile;
}

const temporarySuffix = ".tmp";

class SnapshotDirectory implements SnapshotStore {
  readonly #place: SnapshotPlace;
  readonly #keep: number;
  readonly #nowMs: () => number;
  #isWriting = false;

  constructor(options: SnapshotStoreOptions) {
    const { directory, keep = 3, files = nodeFiles, nowMs = () => performance.now() } = options;
    assert(Number.isInteger(keep) && keep >= 1, "at least one snapshot is kept");
    this.#place = { files, directory };
    this.#keep = keep;
    this.#nowMs = nowMs;
    files.makeDirectory(directory);
    for (const name of files.list(directory)) {
      if (name.endsWith(temporarySuffix)) files.removeSync(join(directory, name));
    }
  }

  write(
    sequence: number,
    save: (sink: SnapshotSink) => void,
    options: SnapshotWriteOptions = {},
  ): SnapshotWritten {
    const { files, directory } = this.#place;
    this.#start();
    try {
      const { name, path, temporaryPath, encoder, file } = this.#draft(sequence, options);
      let sizeBytes: number;
      try {
        const writer = new SnapshotWriter(file, encoder);
        save(writer);
        sizeBytes = writer.finish();
        file.syncSync();
        file.close();
        files.rename(temporaryPath, path);
      } catch (error) {
        attempt(() => file.close());
        attempt(() => files.removeSync(temporaryPath));
        throw error;
      }
      files.syncDirectorySync(directory);
      for (const other of this.#surplus(name)) files.removeSync(join(directory, other));
      return { path, sizeBytes };
    } finally {
      this.#isWriting = false;
    }
  }

  async writeAlongside(
    sequence: number,
    save: (sink: SnapshotSink) => void,
    options: SnapshotAlongsideOptions = {},
  ): Promise<SnapshotWritten & { longestTurnMs: number }> {
    const { files, directory } = this.#place;
    const { turnMs = 4, signal, before } = options;
    before?.catch(() => {}); // awaited below; until then it must not count as unhandled
    signal?.throwIfAborted();
    this.#start();
    try {
      const { name, path, temporaryPath, encoder, file } = this.#draft(sequence, options);
      const timer = new TurnTimer(this.#nowMs, turnMs);
      const sections = new PendingSections(encoder);
      let sizeBytes: number;
      try {
        save(sections);
        sections.saved();
        sizeBytes = await writeInTurns({ file, encoder, sections, timer, signal });
        await before;
        timer.run(() => {
          file.close();
          files.rename(temporaryPath, path);
        });
      } catch (error) {
        sections.release();
        attempt(() => file.close());
        await files.remove(temporaryPath).catch(ignoreUnavailable);
        throw error;
      }
      await files.syncDirectory(directory);
      const surplus = timer.run(() => this.#surplus(name));
      for (const other of surplus) await files.remove(join(directory, other));
      return { path, sizeBytes, longestTurnMs: timer.longestMs };
    } finally {
      this.#isWriting = false;
    }
  }

  async keepOnly(sequence: number): Promise<void> {
    const { files, directory } = this.#place;
    this.#start();
    try {
      const kept = withBases(this.#place, [snapshotName(sequence)]);
      for (const name of snapshotNames(this.#place)) {
        if (!kept.has(name)) await files.remove(join(directory, name));
      }
      await files.syncDirectory(directory);
    } finally {
      this.#isWriting = false;
    }
  }

  latest(whyNot: (snapshot: Snapshot) => string | undefined = () => undefined): {
    snapshot: Snapshot | undefined;
    refused: readonly RefusedSnapshot[];
  } {
    const refused: RefusedSnapshot[] = [];
    const verdicts: Verdicts = new Map();
    for (const name of snapshotNames(this.#place)) {
      const opened = openUsable(this.#place, name, verdicts, whyNot);
      if (!("reason" in opened)) return { snapshot: opened, refused };
      refused.push({ path: join(this.#place.directory, name), reason: opened.reason });
    }
    return { snapshot: undefined, refused };
  }

  #start(): void {
    const { directory } = this.#place;
    assert(!this.#isWriting, `a snapshot is being written into ${directory}: one at a time`);
    this.#isWriting = true;
  }

  #draft(sequence: number, { base }: SnapshotWriteOptions): Draft {
    assert(Number.isSafeInteger(sequence) && sequence >= 0, "a sequence is a whole number");
    const { files, directory } = this.#place;
    const name = snapshotName(sequence);
    const path = join(directory, name);
    const temporaryPath = path + temporarySuffix;
    const reference = base === undefined ? undefined : referenceTo(this.#place, sequence, base);
    const encoder = new SnapshotEncoder({ sequence, base: reference });
    // Of an earlier attempt that could not be removed then. If it can't now, `create` says so.
    if (files.list(directory).includes(name + temporarySuffix)) {
      attempt(() => files.removeSync(temporaryPath));
    }
    return { name, path, temporaryPath, encoder, file: files.create(temporaryPath) };
  }

  /**
   * Names of what is neither among the newest nor needed by one of them. Newest first, so that,
   * should it end half way, nothing stays whose base is gone.
   */
  #surplus(written: string): string[] {
    const names = snapshotNames(this.#place);
    const others = names.filter((name) => name !== written).slice(0, this.#keep - 1);
    const kept = withBases(this.#place, [written, ...others]);
    return names.filter((name) => !kept.has(name));
  }
}

/** Best effort: what is left is removed when the store is opened the next time. */
function attempt(run: () => void): void {
  try {
    run();
  } catch (error) {
    ignoreUnavailable(error);
  }
}

function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof FoldbackError)) throw error;
}

function openUsable(
  place: SnapshotPlace,
  name: string,
  verdicts: Verdicts,
  whyNot: (snapshot: Snapshot) => string | undefined,
): Snapshot | { readonly reason: string } {
  let snapshot: Snapshot;
  try {
    snapshot = openChain(place, name, verdicts);
  } catch (error) {
    if (isCorrupt(error)) return { reason: error.message };
    throw error;
  }
  try {
    const reason = whyNot(snapshot);
    if (reason === undefined) return snapshot;
    snapshot.close();
    return { reason };
  } catch (error) {
    snapshot.close();
    // It may have read a section that is not there: that is a reason.
    if (isCorrupt(error)) return { reason: error.message };
    throw error;
  }
}
