/**
 * A snapshot under way: records of all rows and buckets, or of those that changed since the one
 * before, as they were when it began. What changes before its turn comes from the pool
 * (changes.ts), so the order of the records is any.
 *
 * And the drain of touched rows: for who follows the table, say to keep a copy of it. A row is
 * touched until a drain that began after its last change was acknowledged.
 */
import {
  bitsChangedAt,
  bitsToSaveAt,
  bucketSlots,
  bucketWordsAt,
  recordBucketBytes,
  recordEnd,
  recordEndBytes,
  recordIsBucket,
  rowClockAt,
  snapshotActive,
  snapshotNone,
  tableBaseClockAt,
  tableBucketCountAt,
  tableClockAt,
  tableDrainClockAt,
  tableDrainRowAt,
  tableDrainedClockAt,
  tablePoolHeadAt,
  tableRecordBytesAt,
  tableRowNextAt,
  tableSnapshotBucketAt,
  tableSnapshotBucketEndAt,
  tableSnapshotClockAt,
  tableSnapshotDrainedAt,
  tableSnapshotRowAt,
  tableSnapshotRowEndAt,
  tableSnapshotSinceAt,
  tableSnapshotStateAt,
} from "../layout";
import { bucketAt, pendingFlag, slotWord } from "./bucket";
import {
  bucketBits,
  decodeRecord,
  encodeBucket,
  encodeRow,
  isToSave,
  poolFree,
  poolTake,
  recordBytes,
} from "./changes";
import { maskBelow } from "./counters";
import { chunkOf, isLive, metaOf, placeOf } from "./planes";

/** From here on the snapshot shows the table as it is now. `all` = 0: what changed since the last. */
export function snapshotBegin(table: usize, all: u32): void {
  const buckets = load<u32>(table, tableBucketCountAt);
  for (let index: u32 = 0; index < buckets; index += 32) {
    const bits = bucketBits(table, index);
    const changed = all != 0 ? maskBelow(buckets - index) : load<u32>(bits, bitsChangedAt);
    store<u32>(bits, changed, bitsToSaveAt);
    store<u32>(bits, 0, bitsChangedAt);
  }
  store<u32>(table, raiseClock(table), tableSnapshotClockAt);
  store<u32>(table, all != 0 ? 0 : load<u32>(table, tableBaseClockAt), tableSnapshotSinceAt);
  store<u32>(table, load<u32>(table, tableDrainedClockAt), tableSnapshotDrainedAt);
  store<u32>(table, 0, tableSnapshotBucketAt);
  store<u32>(table, buckets, tableSnapshotBucketEndAt);
  store<u32>(table, 1, tableSnapshotRowAt); // row 0 is noRow
  store<u32>(table, load<u32>(table, tableRowNextAt), tableSnapshotRowEndAt);
  store<u32>(table, snapshotActive, tableSnapshotStateAt);
}

/** What changes from now on notes a later time than anything before. */
@inline
function raiseClock(table: usize): u32 {
  const clock = load<u32>(table, tableClockAt) + 1;
  store<u32>(table, clock, tableClockAt);
  return clock;
}

/** Writes whole records, at most `bytesMax` bytes, and returns how many; 0 = that was all. */
export function snapshotFill(table: usize, out: usize, bytesMax: u32): u32 {
  let used = poolTake(table, out, bytesMax);
  // What is left in the pool did not fit; it comes first the next time.
  if (load<u32>(table, tablePoolHeadAt) != 0) return used;
  used = fillBuckets(table, out, used, bytesMax);
  return fillRows(table, out, used, bytesMax);
}

function fillBuckets(table: usize, out: usize, used: u32, bytesMax: u32): u32 {
  const since = load<u32>(table, tableSnapshotSinceAt);
  const end = load<u32>(table, tableSnapshotBucketEndAt);
  let from = load<u32>(table, tableSnapshotBucketAt);
  for (; from < end; from += 32) {
    const bits = bucketBits(table, from);
    let left = load<u32>(bits, bitsToSaveAt);
    while (left != 0) {
      if (used + recordBucketBytes > bytesMax) {
        store<u32>(bits, left, bitsToSaveAt);
        store<u32>(table, from, tableSnapshotBucketAt);
        return used;
      }
      // An empty bucket only matters where the snapshot before had something there.
      if (since != 0 || !isEmpty(bucketAt(table, from + ctz(left)))) {
        encodeBucket(table, from + ctz(left), out + used);
        used += recordBucketBytes;
      }
      left &= left - 1;
    }
    store<u32>(bits, 0, bitsToSaveAt);
  }
  store<u32>(table, from, tableSnapshotBucketAt);
  return used;
}

@inline
function isEmpty(bucket: usize): bool {
  let any: u32 = 0;
  for (let s: u32 = 0; s < <u32>bucketSlots; s++) any |= slotWord(bucket + s);
  return any == 0;
}

function fillRows(table: usize, out: usize, used: u32, bytesMax: u32): u32 {
  if (load<u32>(table, tableSnapshotBucketAt) < load<u32>(table, tableSnapshotBucketEndAt)) {
    return used;
  }
  const end = load<u32>(table, tableSnapshotRowEndAt);
  const size = load<u32>(table, tableRecordBytesAt);
  let row = load<u32>(table, tableSnapshotRowAt);
  for (; row < end; row++) {
    const meta = metaOf(table, chunkOf(table, row), placeOf(row));
    if (!isToSave(table, load<u32>(meta, rowClockAt))) continue;
    if (used + size > bytesMax) break;
    encodeRow(table, row, out + used);
    used += size;
  }
  store<u32>(table, row, tableSnapshotRowAt);
  return used;
}

/** Is there nothing more to write? */
export function snapshotIsDone(table: usize): u32 {
  return load<u32>(table, tablePoolHeadAt) == 0 &&
    load<u32>(table, tableSnapshotBucketAt) >= load<u32>(table, tableSnapshotBucketEndAt) &&
    load<u32>(table, tableSnapshotRowAt) >= load<u32>(table, tableSnapshotRowEndAt)
    ? 1
    : 0;
}

/** Nothing is kept for it any longer; `isWhole` = 1: the next one may be of the changes to it. */
export function snapshotEnd(table: usize, isWhole: u32): void {
  if (isWhole != 0) store<u32>(table, load<u32>(table, tableSnapshotClockAt), tableBaseClockAt);
  poolFree(table);
  store<u32>(table, snapshotNone, tableSnapshotStateAt);
}

/**
 * Reads records, of `bytes` bytes, up to the first with the tag 0 or of the end, if there is one.
 * Puts each where it was, or, with `apply` = 0, only checks that it could.
 *
 * Returns 0 if one is none of this table; 1; or, from the record of the end, 1 + the number of parts.
 */
export function snapshotRead(
  table: usize,
  records: usize,
  bytes: u32,
  buckets: u32,
  rows: u32,
  apply: u32,
): u32 {
  let at: u32 = 0;
  while (at + 4 <= bytes) {
    const tag = load<u32>(records + at);
    if (tag == 0) return 1;
    if (tag == recordEnd) return at + recordEndBytes == bytes ? 1 + load<u32>(records + at, 4) : 0;
    const size = recordBytes(table, records + at);
    if (at + size > bytes) return 0;
    const isBucket = (tag & recordIsBucket) != 0;
    if (isBucket ? (tag & ~recordIsBucket) >= buckets : tag >= rows) return 0;
    if (isBucket && !isOfRows(records + at + 4, rows)) return 0;
    if (apply != 0) decodeRecord(table, records + at);
    at += size;
  }
  return at == bytes ? 1 : 0;
}

/** Are all rows that a bucket names among these? */
function isOfRows(bucket: usize, rows: u32): bool {
  for (let s: u32 = 0; s < <u32>bucketSlots; s++) {
    const word = load<u32>(bucket + (s << 2), bucketWordsAt);
    if ((word & pendingFlag) == 0 && word >= rows) return false;
  }
  return true;
}

/** What changes from now on is in the next drain as well; this one begins at row 1. */
export function drainBegin(table: usize): void {
  store<u32>(table, raiseClock(table), tableDrainClockAt);
  store<u32>(table, 1, tableDrainRowAt);
}

/** The next live rows that changed since the last drain, up to `max`; how many, 0 = that was all. */
export function drainNext(table: usize, rows: usize, max: u32): u32 {
  const end = load<u32>(table, tableRowNextAt);
  const since = load<u32>(table, tableDrainedClockAt);
  let row = load<u32>(table, tableDrainRowAt);
  let count: u32 = 0;
  for (; row < end && count < max; row++) {
    const chunk = chunkOf(table, row);
    const place = placeOf(row);
    if (load<u32>(metaOf(table, chunk, place), rowClockAt) < since) continue;
    if (!isLive(table, chunk, place)) continue;
    store<u32>(rows + (count << 2), row);
    count += 1;
  }
  store<u32>(table, row, tableDrainRowAt);
  return count;
}

/** The follower has them; if it has not, there is nothing to do: they come again. */
export function drainEnd(table: usize): void {
  store<u32>(table, load<u32>(table, tableDrainClockAt), tableDrainedClockAt);
}
