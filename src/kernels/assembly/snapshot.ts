/**
 * A snapshot under way: records of all rows and buckets, or of those that changed since the one
 * before, as they were when it began. What changes before its turn comes from the pool
 * (changes.ts), so the order of the records is any.
 *
 * And the drain of touched rows: for who follows the table, say to keep a copy of it. Rows go from
 * touched to draining, and from there to done only when the follower has said that it has them.
 */
import {
  bitsChangedAt,
  bitsDrainingAt,
  bitsToSaveAt,
  bitsToTellAt,
  bitsTouchedAt,
  bucketBitsBytes,
  bucketSlots,
  chunkRows,
  recordBucketBytes,
  recordEnd,
  recordEndBytes,
  recordIsBucket,
  rowBitsBytes,
  segmentBitsAt,
  segmentBuckets,
  snapshotActive,
  snapshotNone,
  tableBucketCountAt,
  tableDrainRowAt,
  tablePlaneBAt,
  tablePoolHeadAt,
  tableRecordBytesAt,
  tableRowNextAt,
  tableSegmentsAt,
  tableSnapshotBucketAt,
  tableSnapshotBucketEndAt,
  tableSnapshotRowAt,
  tableSnapshotRowEndAt,
  tableSnapshotStateAt,
} from "../layout";
import { bucketAt, slotWord } from "./bucket";
import {
  bucketBits,
  decodeRecord,
  encodeBucket,
  encodeRow,
  isLive,
  poolFree,
  poolTake,
  recordBytes,
  rowBits,
} from "./changes";
import { chunkOf, placeOf } from "./planes";

/** From here on the snapshot shows the table as it is now. `all` = 0: what changed since the last. */
export function snapshotBegin(table: usize, all: u32): void {
  const buckets = load<u32>(table, tableBucketCountAt);
  for (let index: u32 = 0; index < buckets; index += 32) {
    const bits = bucketBits(table, index);
    const changed = all != 0 ? maskBelow(buckets - index) : load<u32>(bits, bitsChangedAt);
    store<u32>(bits, changed, bitsToSaveAt);
    store<u32>(bits, 0, bitsChangedAt);
  }
  const rows = rowEnd(table);
  for (let row: u32 = 0; row < rows; row += 32) {
    const bits = rowBits(table, chunkOf(table, row), placeOf(row));
    const existing = maskBelow(rows - row) & (row == 0 ? ~1 : ~0); // row 0 is noRow
    store<u32>(bits, all != 0 ? existing : load<u32>(bits, bitsChangedAt), bitsToSaveAt);
    store<u32>(bits, load<u32>(bits, bitsTouchedAt) | load<u32>(bits, bitsDrainingAt), bitsToTellAt);
    store<u32>(bits, 0, bitsChangedAt);
  }
  store<u32>(table, 0, tableSnapshotBucketAt);
  store<u32>(table, buckets, tableSnapshotBucketEndAt);
  store<u32>(table, 0, tableSnapshotRowAt);
  store<u32>(table, rows, tableSnapshotRowEndAt);
  store<u32>(table, snapshotActive, tableSnapshotStateAt);
}

/** Rows up to here have a chunk: also row 0, but only once there is another. */
@inline
function rowEnd(table: usize): u32 {
  const next = load<u32>(table, tableRowNextAt);
  return next > 1 ? next : 0;
}

@inline
function maskBelow(count: u32): u32 {
  return count >= 32 ? 0xffffffff : (<u32>1 << count) - 1;
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
      encodeBucket(table, from + ctz(left), out + used);
      used += recordBucketBytes;
      left &= left - 1;
    }
    store<u32>(bits, 0, bitsToSaveAt);
  }
  store<u32>(table, from, tableSnapshotBucketAt);
  return used;
}

function fillRows(table: usize, out: usize, used: u32, bytesMax: u32): u32 {
  if (load<u32>(table, tableSnapshotBucketAt) < load<u32>(table, tableSnapshotBucketEndAt)) {
    return used;
  }
  const end = load<u32>(table, tableSnapshotRowEndAt);
  const size = load<u32>(table, tableRecordBytesAt);
  let from = load<u32>(table, tableSnapshotRowAt);
  for (; from < end; from += 32) {
    const bits = rowBits(table, chunkOf(table, from), placeOf(from));
    let left = load<u32>(bits, bitsToSaveAt);
    while (left != 0) {
      if (used + size > bytesMax) {
        store<u32>(bits, left, bitsToSaveAt);
        store<u32>(table, from, tableSnapshotRowAt);
        return used;
      }
      encodeRow(table, from + ctz(left), out + used);
      used += size;
      left &= left - 1;
    }
    store<u32>(bits, 0, bitsToSaveAt);
  }
  store<u32>(table, from, tableSnapshotRowAt);
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

/** Nothing is kept for it any longer, whether it was written to the end or not. */
export function snapshotEnd(table: usize): void {
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
    if (apply != 0) decodeRecord(table, records + at);
    at += size;
  }
  return at == bytes ? 1 : 0;
}

/** All touched rows are now draining, beside those that were; the next drain begins at row 0. */
export function drainBegin(table: usize): void {
  const rows = rowEnd(table);
  for (let row: u32 = 0; row < rows; row += 32) {
    const bits = rowBits(table, chunkOf(table, row), placeOf(row));
    const draining = load<u32>(bits, bitsDrainingAt) | load<u32>(bits, bitsTouchedAt);
    store<u32>(bits, draining, bitsDrainingAt);
    store<u32>(bits, 0, bitsTouchedAt);
  }
  store<u32>(table, 0, tableDrainRowAt);
}

/** The next live rows that are draining, up to `max`; returns how many, 0 = that was all. */
export function drainNext(table: usize, rows: usize, max: u32): u32 {
  const end = rowEnd(table);
  let row = load<u32>(table, tableDrainRowAt);
  let count: u32 = 0;
  while (row < end && count < max) {
    const chunk = chunkOf(table, row);
    const place = placeOf(row);
    const draining = load<u32>(rowBits(table, chunk, place), bitsDrainingAt) >>> (place & 31);
    if (draining == 0) {
      row = (row | 31) + 1;
      continue;
    }
    const skip = ctz(draining);
    if (skip != 0) {
      row += skip;
      continue;
    }
    if (isLive(table, chunk, place)) {
      store<u32>(rows + (count << 2), row);
      count += 1;
    }
    row += 1;
  }
  store<u32>(table, row, tableDrainRowAt);
  return count;
}

/** The follower has them; or, with `done` = 0, has not: they are touched again. */
export function drainEnd(table: usize, done: u32): void {
  const rows = rowEnd(table);
  for (let row: u32 = 0; row < rows; row += 32) {
    const bits = rowBits(table, chunkOf(table, row), placeOf(row));
    if (done == 0) {
      const both = load<u32>(bits, bitsTouchedAt) | load<u32>(bits, bitsDrainingAt);
      store<u32>(bits, both, bitsTouchedAt);
    }
    store<u32>(bits, 0, bitsDrainingAt);
  }
}
