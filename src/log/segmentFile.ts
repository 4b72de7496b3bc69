import { FoldbackError } from "../core/index.ts";
import { corrupt, type StorageFile, type StorageFiles } from "../storage/index.ts";
import { findBatch, partitionCountMax } from "./batch.ts";
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  type SegmentStart,
  segmentHeaderBytes,
  segmentPath,
} from "./segment.ts";
import type { SegmentIndex } from "./segmentIndex.ts";

/** Where a log's segments are. */
export interface SegmentPlace {
  readonly files: StorageFiles;
  readonly directory: string;
  readonly partitionCount: number;
  readonly index: SegmentIndex;
}

/** The segment that batches are added to, open for writing. */
export interface ActiveSegment {
  readonly file: StorageFile;
  readonly baseOffset: number;
  readonly sizeBytes: number;
}

/**
 * A new segment file whose header is on the disk; its name is not before the directory is synced.
 * Where it fails it leaves nothing, so that the next attempt may succeed.
 */
export async function createSegment(
  files: StorageFiles,
  directory: string,
  start: SegmentStart,
): Promise<ActiveSegment> {
  const path = segmentPath(directory, start.baseOffset);
  const file = files.create(path);
  const header = encodeSegmentHeader(start);
  try {
    await file.write(header, 0);
    await file.sync();
  } catch (error) {
    file.close();
    files.removeSync(path);
    throw error;
  }
  return { file, baseOffset: start.baseOffset, sizeBytes: header.length };
}

/** Whether this last segment was begun by a writer that stopped before its header was on the disk. */
export function headerIsTorn(place: SegmentPlace, base: number): boolean {
  const { sizeBytes, start } = readHeader(place, base);
  if (!("problem" in start) || sizeBytes > headerBytesMax) return false;
  const file = place.files.open(segmentPath(place.directory, base), "read");
  const bytes = Buffer.alloc(sizeBytes);
  file.readSync(bytes, 0);
  file.close();
  // A batch is written only after the header was synced: where there is one, the header is damaged.
  return sizeBytes <= segmentHeaderBytes(place.partitionCount) && findBatch(bytes, 0) === -1;
}

/** The header of a segment. @throws DATA_CORRUPT; CONFIG_INVALID for another number of partitions. */
export function readStart(place: SegmentPlace, base: number): SegmentStart {
  const { start } = readHeader(place, base);
  const path = segmentPath(place.directory, base);
  if ("problem" in start) throw corrupt(path, 0, start.problem);
  if (start.heads.length !== place.partitionCount) {
    const message =
      `the log in ${place.directory} has ${start.heads.length} partitions, ${place.partitionCount} were ` +
      `asked for; the number is fixed when a log is made: set it back to ${start.heads.length}`;
    throw new FoldbackError("CONFIG_INVALID", message, { details: { path } });
  }
  return start;
}

function readHeader(
  place: SegmentPlace,
  base: number,
): { sizeBytes: number; start: SegmentStart | { readonly problem: string } } {
  const file = place.files.open(segmentPath(place.directory, base), "read");
  try {
    const sizeBytes = file.sizeBytes();
    const bytes = Buffer.alloc(Math.min(sizeBytes, headerBytesMax));
    const gotBytes = file.readSync(bytes, 0);
    return { sizeBytes, start: decodeSegmentHeader(bytes.subarray(0, gotBytes)) };
  } finally {
    file.close();
  }
}

const headerBytesMax = segmentHeaderBytes(partitionCountMax);

/** Bytes of these segments together. */
export function sizeOf(place: SegmentPlace, bases: readonly number[]): number {
  let sizeBytes = 0;
  for (const base of bases) {
    const file = place.files.open(segmentPath(place.directory, base), "read");
    sizeBytes += file.sizeBytes();
    file.close();
  }
  return sizeBytes;
}
