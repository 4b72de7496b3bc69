/**
 * Opening a log that was closed, killed or cut off from power at any moment.
 *
 * At most one batch is ever written but not yet synced, at the end of the last segment; so a crash
 * explains exactly two things, and both are cut away: a last segment with no whole header, and bytes
 * after the last good batch that hold no good batch. Anything else is damage: `DATA_CORRUPT`.
 *
 * The last batch may be whole and yet not be on the disk: its writer died between write and sync, or
 * the sync failed, after which the kernel takes the bytes for clean and no later sync writes them
 * ("fsyncgate", Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). So it
 * is written again and synced before anything builds on it. Earlier batches need that never: the next
 * one is written only after their sync succeeded.
 */
import { join } from "node:path";
import { assert, FoldbackError } from "../core/index.ts";
import type { Offset } from "../event/index.ts";
import { corrupt, type StorageFile } from "../storage/index.ts";
import {
  findBatch,
  fingerprintPosition,
  isVoid,
  recordPartition,
  recordPositions,
  recordTime,
} from "./batch.ts";
import { temporarySuffix } from "./blanking.ts";
import type { DuplicateWindow } from "./duplicates.ts";
import { segmentBases, segmentPath } from "./segment.ts";
import { type CheckedBatch, SegmentCursor } from "./segmentCursor.ts";
import {
  type ActiveSegment,
  createSegment,
  headerIsTorn,
  readStart,
  type SegmentPlace,
  sizeOf,
} from "./segmentFile.ts";
import type { DurableHead } from "./sharedHead.ts";

/** Where the log stands. */
export interface LogPosition {
  readonly nextOffset: number;
  readonly lastLogTime: number;
  readonly heads: readonly number[];
}

export interface RecoveredLog {
  readonly active: ActiveSegment;
  readonly position: LogPosition;
  /** The first offset the log still holds. */
  readonly firstOffset: number;
  readonly segmentCount: number;
  readonly sealedBytes: number;
}

/**
 * Cuts what a crash left, finds where the log stands, and fills `duplicates` with the ids of the last
 * `duplicateWindowMs` of log time. Reads the last segment, and those that reach into that time.
 *
 * @param beginsAt the first offset of a log that is made; one that is not 0 says as well that what was lost of it
 *   before its first record can be had again.
 * @throws DATA_CORRUPT, LOG_UNAVAILABLE; CONFIG_INVALID where the log has another number of partitions.
 */
export async function recoverLog(
  place: SegmentPlace,
  duplicates: DuplicateWindow,
  duplicateWindowMs: number,
  beginsAt: Offset = 0,
): Promise<RecoveredLog> {
  const { files, directory } = place;
  for (const name of files.list(directory)) {
    if (name.endsWith(temporarySuffix)) files.removeSync(join(directory, name));
  }
  const bases = segmentBases(files.list(directory));
  const lastBase = bases.at(-1);
  // The header of a new segment is synced before anything follows it, and the segment before it is whole.
  const lastIsTorn = lastBase !== undefined && headerIsTorn(place, lastBase);
  if (lastIsTorn) {
    if (bases.length === 1 && lastBase > 0 && beginsAt === 0) {
      throw corrupt(directory, 0, "its first segments are gone");
    }
    files.removeSync(segmentPath(directory, lastBase));
    bases.pop();
  }
  files.syncDirectorySync(directory);
  const base = bases.at(-1);
  if (base === undefined) return emptyLog(place, beginsAt);

  const start = readStart(place, base);
  const rememberIds = (batch: CheckedBatch): void => noteIds(batch, duplicates);
  await readSealed(place, bases, start.lastLogTime - duplicateWindowMs, rememberIds);

  const heads = [...start.heads];
  let { lastLogTime } = start;
  let nextOffset = base;
  const advance = (batch: CheckedBatch): void => {
    rememberIds(batch);
    for (const position of recordPositions(batch.bytes, batch.header)) {
      lastLogTime = recordTime(batch.bytes, position, batch.header);
      nextOffset++;
      if (!isVoid(batch.bytes, position))
        heads[recordPartition(batch.bytes, position)] = nextOffset;
    }
  };
  const file = files.open(segmentPath(directory, base), "write");
  try {
    const sizeBytes = await recoverTail(place, { file, base, mayBeTorn: !lastIsTorn }, advance);
    return {
      active: { file, baseOffset: base, sizeBytes },
      position: { nextOffset, lastLogTime, heads },
      firstOffset: bases[0],
      segmentCount: bases.length,
      sealedBytes: sizeOf(place, bases.slice(0, -1)),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

async function emptyLog(place: SegmentPlace, beginsAt: Offset): Promise<RecoveredLog> {
  const heads = new Array<number>(place.partitionCount).fill(0);
  const start = { baseOffset: beginsAt, lastLogTime: 0, heads };
  const active = await createSegment(place.files, place.directory, start);
  place.files.syncDirectorySync(place.directory);
  const position = { nextOffset: beginsAt, lastLogTime: 0, heads };
  return { active, position, firstOffset: beginsAt, segmentCount: 1, sealedBytes: 0 };
}

function noteIds({ bytes, header }: CheckedBatch, duplicates: DuplicateWindow): void {
  let logTime = header.logTime;
  for (const position of recordPositions(bytes, header)) {
    logTime = recordTime(bytes, position, header);
    const fingerprintAt = fingerprintPosition(bytes, position);
    if (fingerprintAt !== -1) duplicates.add(bytes, fingerprintAt, logTime);
  }
  duplicates.expire(logTime);
}

/** Visits the batches of the sealed segments that hold records of `oldestNeeded` or later. */
async function readSealed(
  place: SegmentPlace,
  bases: readonly number[],
  oldestNeeded: number,
  note: (batch: CheckedBatch) => void,
): Promise<void> {
  let first = bases.length - 1;
  while (first > 0 && readStart(place, bases[first]).lastLogTime >= oldestNeeded) first--;
  const base = bases[bases.length - 1];
  if (bases[first] === base) return;
  const head = { version: 0, closed: false, nextOffset: base, segmentBase: base, sizeBytes: 0 };
  const cursor = new SegmentCursor(place);
  try {
    cursor.seek(bases[first], head);
    while (cursor.nextOffset < base) {
      const batch = cursor.take();
      if (batch !== undefined) note(batch);
      else await cursor.readOn(head);
    }
  } finally {
    cursor.close();
  }
}

/** Visits the batches of the last segment, cuts what is torn, and returns the size that is durable. */
async function recoverTail(
  place: SegmentPlace,
  last: { file: StorageFile; base: number; mayBeTorn: boolean },
  note: (batch: CheckedBatch) => void,
): Promise<number> {
  const { file, base } = last;
  const fileBytes = file.sizeBytes();
  const head: DurableHead = {
    version: 0,
    closed: false,
    nextOffset: Infinity,
    segmentBase: base,
    sizeBytes: fileBytes,
  };
  const cursor = new SegmentCursor(place);
  let lastStart = 0; // the header, until there is a batch
  try {
    cursor.seek(base, head);
    while (cursor.position < fileBytes) {
      const start = cursor.position;
      const batch = cursor.take();
      if (batch === undefined) {
        await cursor.readOn(head);
        continue;
      }
      note(batch);
      lastStart = start;
    }
  } catch (error) {
    if (!(error instanceof FoldbackError) || error.code !== "DATA_CORRUPT") throw error;
    if (!last.mayBeTorn || holdsBatch(file, cursor.position, fileBytes)) throw error;
    file.truncate(cursor.position);
  } finally {
    cursor.close();
  }
  const sizeBytes = cursor.position;
  const newest = Buffer.alloc(sizeBytes - lastStart);
  assert(file.readSync(newest, lastStart) === newest.length, "what was just checked is there");
  await file.write(newest, lastStart);
  await file.sync();
  return sizeBytes;
}

function holdsBatch(file: StorageFile, from: number, to: number): boolean {
  const rest = Buffer.alloc(to - from);
  const gotBytes = file.readSync(rest, from);
  return findBatch(rest.subarray(0, gotBytes), 0) !== -1;
}
