/**
 * Snapshots that hold the changes to others: a chain goes from an increment over its bases to the
 * one that holds everything. Each link names the one below it by number and checksum.
 */
import { join } from "node:path";
import { assert, FoldbackError } from "../core/index.ts";
import { corrupt } from "./bytes.ts";
import type { StorageFiles } from "./files.ts";
import { decodeHeader, headerBytes, type SnapshotReference } from "./snapshotFormat.ts";
import { SnapshotReader } from "./snapshotReader.ts";

/** Where snapshots are. */
export interface SnapshotPlace {
  readonly files: StorageFiles;
  readonly directory: string;
}

/**
 * How many snapshots one may need with itself: each is a file that is open while it is restored.
 */
const chainLengthMax = 64;

const namePattern = /^snapshot-\d{16}$/;

export function snapshotName(sequence: number): string {
  return `snapshot-${String(sequence).padStart(16, "0")}`;
}

/** Newest first. */
export function snapshotNames({ files, directory }: SnapshotPlace): string[] {
  const names = files.list(directory).filter((name) => namePattern.test(name));
  return names.sort().toReversed(); // 16 digits each: the order of names is that of sequences
}

/** What was found of files while one search goes on, so that a base of many is read once. */
export type Verdicts = Map<string, FoldbackError | "whole">;

/**
 * The snapshot with all its bases, every byte of each checked.
 *
 * @throws DATA_CORRUPT naming the file, also where it is a base, and what is wrong there.
 */
export function openChain(place: SnapshotPlace, name: string, verdicts: Verdicts): SnapshotReader {
  const open = (link: string): SnapshotReader => openChecked(place, link, verdicts);
  const newest = open(name);
  try {
    openBases(place, newest, open);
    return newest;
  } catch (error) {
    newest.close();
    throw isCorrupt(error) ? baseUnusable(newest.path, error) : error;
  }
}

/**
 * What a new snapshot says of its base.
 *
 * Looks at header and table of the whole chain, not at the sections: `latest` does before they are
 * used.
 *
 * @throws DATA_CORRUPT where one of the chain is not there, or is not whole.
 */
export function referenceTo(
  place: SnapshotPlace,
  sequence: number,
  base: number,
): SnapshotReference {
  assert(Number.isSafeInteger(base) && base >= 0, "a base's sequence is a whole number");
  assert(base < sequence, "a base is older than what holds the changes to it");
  const path = join(place.directory, snapshotName(sequence));
  const open = (link: string): SnapshotReader => openLink(place, link);
  try {
    const newest = open(snapshotName(base));
    try {
      const length = 1 + openBases(place, newest, open);
      assert(
        length <= chainLengthMax,
        `a chain has at most ${chainLengthMax} snapshots; write one that holds everything`,
      );
      return { sequence: base, checksum: newest.checksum };
    } finally {
      newest.close();
    }
  } catch (error) {
    throw isCorrupt(error) ? baseUnusable(path, error) : error;
  }
}

/** These, and every base they need, as far as it is there. */
export function withBases(place: SnapshotPlace, names: Iterable<string>): Set<string> {
  const needed = new Set<string>();
  for (let name of names) {
    while (!needed.has(name)) {
      needed.add(name);
      const base = baseOf(place, name);
      if (base === undefined) break;
      name = snapshotName(base);
    }
  }
  return needed;
}

function openChecked(place: SnapshotPlace, name: string, verdicts: Verdicts): SnapshotReader {
  const known = verdicts.get(name);
  if (known instanceof FoldbackError) throw known;
  try {
    const reader = openLink(place, name);
    try {
      if (known === undefined) reader.check();
    } catch (error) {
      reader.close();
      throw error;
    }
    verdicts.set(name, "whole");
    return reader;
  } catch (error) {
    if (isCorrupt(error)) verdicts.set(name, error);
    throw error;
  }
}

/**
 * Opens the bases of a snapshot down to the one that holds everything; returns how long the chain
 * is.
 *
 * @throws DATA_CORRUPT where one is not there, is damaged, or is another than was written over.
 *   What was opened is closed with `newest`.
 */
function openBases(
  { directory }: SnapshotPlace,
  newest: SnapshotReader,
  open: (name: string) => SnapshotReader,
): number {
  let length = 1;
  let link = newest;
  for (; link.header.base !== undefined; length++) {
    const { sequence, checksum } = link.header.base;
    // So it ends.
    if (sequence >= link.sequence) throw corrupt(link.path, 16, "its base is not older than it");
    const base = open(snapshotName(sequence));
    link.base = base;
    if (base.checksum !== checksum) {
      const path = join(directory, snapshotName(sequence));
      const message = `${path} is not the snapshot that ${link.path} was written over: another took its place`;
      throw new FoldbackError("DATA_CORRUPT", message, { details: { path } });
    }
    link = base;
  }
  return length;
}

/** Header and table checked. */
function openLink(place: SnapshotPlace, name: string): SnapshotReader {
  const { files, directory } = place;
  const path = join(directory, name);
  if (!files.list(directory).includes(name)) {
    throw new FoldbackError("DATA_CORRUPT", `${path} is not there`, { details: { path } });
  }
  const file = files.open(path, "read");
  try {
    return new SnapshotReader(file, path);
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * By its header alone; undefined also where that can't be read: then nobody can use what it is
 * based on.
 */
function baseOf({ files, directory }: SnapshotPlace, name: string): number | undefined {
  if (!files.list(directory).includes(name)) return undefined;
  const path = join(directory, name);
  const file = files.open(path, "read");
  try {
    const header = Buffer.alloc(headerBytes);
    return decodeHeader(header.subarray(0, file.readSync(header, 0)), path).base?.sequence;
  } catch (error) {
    if (isCorrupt(error)) return undefined;
    throw error;
  } finally {
    file.close();
  }
}

function baseUnusable(path: string, cause: FoldbackError): FoldbackError {
  const message = `${path} needs what it holds the changes to: ${cause.message}`;
  const details = { path, base: cause.details["path"] };
  return new FoldbackError("DATA_CORRUPT", message, { cause, details });
}

export function isCorrupt(error: unknown): error is FoldbackError {
  return error instanceof FoldbackError && error.code === "DATA_CORRUPT";
}
