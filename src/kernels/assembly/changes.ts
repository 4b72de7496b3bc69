/**
 * Which rows and buckets changed, and keeping them as they were for a snapshot under way.
 *
 * Whoever is about to change a row or a bucket says so first. A row then notes the table's clock,
 * which goes up when a snapshot or a drain begins: so what changed since is a comparison, and
 * beginning costs nothing, however many rows there are. A bucket has bits instead. And if a snapshot
 * under way still has to save it, its record goes to the pool before it changes. So a snapshot shows
 * all of the table at one moment, while the table goes on changing, and no change ever waits for it.
 *
 * ```
 * clock  1        2 = snapshot begins     3 = drain begins
 * row 7  changed: notes 1 ─► changed: 1 < 2, not yet saved: its record to the pool, notes 2 ─► …
 *
 * pool   ┌ next │ used │ record │ record │ … ┐ ──► ┌ next │ used │ … ┐ ──► 0
 *
 * record of a bucket   2^31 + index u32 │ 64 bytes as they are
 * record of a row      row u32 │ flags u32 │ steps u32 │ key u64 │ weight f32 │
 *                      vector │ optimiser state │ z, n f32[2] │ scale f32
 *                      (what the table has of them; of a row that no id has, zeros)
 * ```
 *
 * A pool that gets no more memory gives the snapshot up: it is marked as lost, and the table goes
 * on.
 */
import {
  bitsChangedAt,
  bitsToSaveAt,
  bucketBitsBytes,
  bucketBytes,
  formatInt8,
  recordBucketBytes,
  recordIsBucket,
  recordLive,
  recordTouched,
  rowClockAt,
  rowLinearAt,
  rowStateAt,
  rowStepsAt,
  segmentBitsAt,
  segmentBuckets,
  segmentBucketsLog2,
  snapshotActive,
  snapshotLost,
  tableClockAt,
  tableDrainedClockAt,
  tableFormatAt,
  tableLinearAt,
  tablePlaneKAt,
  tablePoolBytesAt,
  tablePoolHeadAt,
  tablePoolTailAt,
  tableRecordBytesAt,
  tableSegmentsAt,
  tableSnapshotClockAt,
  tableSnapshotDrainedAt,
  tableSnapshotRowAt,
  tableSnapshotRowEndAt,
  tableSnapshotSinceAt,
  tableSnapshotStateAt,
  tableStateBytesAt,
  tableStepsAt,
  tableVectorBytesAt,
} from "../layout";
import { arenaAllocate, arenaFree } from "./arena";
import { bucketAt, bucketCountOf, bucketOfSlot, firstIndex, secondIndex } from "./bucket";
import { noteNorm, unknowNorm } from "./norms";
import { chunkOf, isLive, liveOf, metaOf, placeOf, scaleOf, weightOf } from "./planes";

/** Of a block of the pool: next u32, used u32, records. */
const blockBytes: u32 = 65536;
const blockStart: u32 = 8;

/** Before a row changes. */
@inline
export function touchRow(table: usize, row: u32): void {
  touchMeta(table, metaOf(table, chunkOf(table, row), placeOf(row)), row);
}

/** The same, for who has the place of its clock. */
@inline
export function touchMeta(table: usize, meta: usize, row: u32): void {
  unknowNorm(table, row);
  const clock = load<u32>(table, tableClockAt);
  if (load<u32>(meta, rowClockAt) == clock) return;
  if (load<u32>(table, tableSnapshotStateAt) == snapshotActive) keepRow(table, meta, row);
  store<u32>(meta, clock, rowClockAt);
}

/** Does the snapshot under way hold a row that last changed then? */
@inline
export function isToSave(table: usize, clock: u32): bool {
  return (
    clock < load<u32>(table, tableSnapshotClockAt) && clock >= load<u32>(table, tableSnapshotSinceAt)
  );
}

/** Before a bucket changes. */
@inline
export function touchBucket(table: usize, index: u32): void {
  const bits = bucketBits(table, index);
  const bit: u32 = 1 << (index & 31);
  if ((load<u32>(bits, bitsToSaveAt) & bit) != 0) keepBucket(table, index, bits, bit);
  store<u32>(bits, load<u32>(bits, bitsChangedAt) | bit, bitsChangedAt);
}

/** Before the slot changes, which is in one of the two buckets of a key with this hash. */
export function touchSlot(table: usize, slot: usize, hash: u64): void {
  const count = bucketCountOf(table);
  const first = firstIndex(count, hash);
  const isFirst = bucketAt(table, first) == bucketOfSlot(slot);
  touchBucket(table, isFirst ? first : secondIndex(count, hash));
}

/** Two words of bits for 32 buckets. */
@inline
export function bucketBits(table: usize, index: u32): usize {
  const segments: usize = load<u32>(table, tableSegmentsAt);
  return (
    <usize>load<u32>(segments + ((index >>> segmentBucketsLog2) << 2)) +
    segmentBitsAt +
    ((index & (segmentBuckets - 1)) >>> 5) * bucketBitsBytes
  );
}

function keepRow(table: usize, meta: usize, row: u32): void {
  if (!isToSave(table, load<u32>(meta, rowClockAt))) return;
  if (row < load<u32>(table, tableSnapshotRowAt)) return; // it is saved
  if (row >= load<u32>(table, tableSnapshotRowEndAt)) return; // it was not there
  const at = poolRoom(table, load<u32>(table, tableRecordBytesAt));
  if (at != 0) encodeRow(table, row, at);
}

function keepBucket(table: usize, index: u32, bits: usize, bit: u32): void {
  store<u32>(bits, load<u32>(bits, bitsToSaveAt) & ~bit, bitsToSaveAt);
  if (load<u32>(table, tableSnapshotStateAt) != snapshotActive) return;
  const at = poolRoom(table, recordBucketBytes);
  if (at != 0) encodeBucket(table, index, at);
}

function poolRoom(table: usize, bytes: u32): usize {
  let block: usize = load<u32>(table, tablePoolTailAt);
  if (block == 0 || load<u32>(block, 4) + bytes > blockBytes) {
    const next = arenaAllocate(blockBytes);
    if (next == 0) {
      poolFree(table);
      store<u32>(table, snapshotLost, tableSnapshotStateAt);
      return 0;
    }
    store<u32>(next, blockStart, 4);
    if (block == 0) store<u32>(table, <u32>next, tablePoolHeadAt);
    else store<u32>(block, <u32>next);
    store<u32>(table, <u32>next, tablePoolTailAt);
    store<u32>(table, load<u32>(table, tablePoolBytesAt) + blockBytes, tablePoolBytesAt);
    block = next;
  }
  const used = load<u32>(block, 4);
  store<u32>(block, used + bytes, 4);
  return block + used;
}

export function poolFree(table: usize): void {
  while (load<u32>(table, tablePoolHeadAt) != 0) poolDrop(table);
}

/** Moves whole records from the pool to `out`, and returns their bytes: at most `bytesMax`. */
export function poolTake(table: usize, out: usize, bytesMax: u32): u32 {
  let taken: u32 = 0;
  while (load<u32>(table, tablePoolHeadAt) != 0) {
    const block: usize = load<u32>(table, tablePoolHeadAt);
    const used = load<u32>(block, 4);
    let at = blockStart;
    while (at < used) {
      const size = recordBytes(table, block + at);
      if (taken + size > bytesMax) break;
      memory.copy(out + taken, block + at, size);
      taken += size;
      at += size;
    }
    if (at < used) {
      memory.copy(block + blockStart, block + at, used - at);
      store<u32>(block, blockStart + used - at, 4);
      return taken;
    }
    poolDrop(table);
  }
  return taken;
}

function poolDrop(table: usize): void {
  const block: usize = load<u32>(table, tablePoolHeadAt);
  const next = load<u32>(block);
  store<u32>(table, next, tablePoolHeadAt);
  if (next == 0) store<u32>(table, 0, tablePoolTailAt);
  store<u32>(table, load<u32>(table, tablePoolBytesAt) - blockBytes, tablePoolBytesAt);
  arenaFree(block, blockBytes);
}

@inline
export function recordBytes(table: usize, record: usize): u32 {
  return (load<u32>(record) & recordIsBucket) != 0
    ? recordBucketBytes
    : load<u32>(table, tableRecordBytesAt);
}

export function encodeBucket(table: usize, index: u32, out: usize): void {
  store<u32>(out, recordIsBucket | index);
  memory.copy(out + 4, bucketAt(table, index), bucketBytes);
}

export function encodeRow(table: usize, row: u32, out: usize): void {
  const chunk = chunkOf(table, row);
  const place = placeOf(row);
  const meta = metaOf(table, chunk, place);
  store<u32>(out, row);
  if (!isLive(table, chunk, place)) {
    store<u32>(out, 0, 4);
    memory.fill(out + 8, 0, load<u32>(table, tableRecordBytesAt) - 8);
    return;
  }
  // As it was when the snapshot began: the follower may have been told of it since, but is perhaps
  // itself restored to that moment.
  const isTouched = load<u32>(meta, rowClockAt) >= load<u32>(table, tableSnapshotDrainedAt);
  store<u32>(out, recordLive | (isTouched ? recordTouched : 0), 4);
  const hasSteps = load<u32>(table, tableStepsAt) != 0;
  store<u32>(out, hasSteps ? load<u32>(meta, rowStepsAt) : 0, 8);
  store<u64>(out, load<u64>(chunk + load<u32>(table, tablePlaneKAt) + (place << 3)), 12);
  store<u32>(out, load<u32>(weightOf(table, chunk, place)), 20);
  out += 24;
  const vectorBytes = load<u32>(table, tableVectorBytesAt);
  memory.copy(out, chunk + place * vectorBytes, vectorBytes);
  out += vectorBytes;
  const stateBytes = load<u32>(table, tableStateBytesAt);
  memory.copy(out, meta + rowStateAt, stateBytes);
  out += stateBytes;
  if (load<u32>(table, tableLinearAt) != 0) {
    store<u64>(out, load<u64>(meta, rowLinearAt));
    out += 8;
  }
  if (load<u32>(table, tableFormatAt) == formatInt8) {
    store<u32>(out, load<u32>(scaleOf(table, chunk, place)));
  }
}

/** Puts a record where it was; its row or bucket exists. Rows then count as unchanged. */
export function decodeRecord(table: usize, record: usize): void {
  const tag = load<u32>(record);
  if ((tag & recordIsBucket) != 0) {
    memory.copy(bucketAt(table, tag & ~recordIsBucket), record + 4, bucketBytes);
    return;
  }
  const chunk = chunkOf(table, tag);
  const place = placeOf(tag);
  const meta = metaOf(table, chunk, place);
  const flags = load<u32>(record, 4);
  const liveByte = liveOf(table, chunk, place);
  const liveBit: u8 = <u8>((<u32>1) << (place & 7));
  const live = (flags & recordLive) != 0;
  store<u8>(liveByte, live ? load<u8>(liveByte) | liveBit : load<u8>(liveByte) & ~liveBit);
  // `tableReset` has set the clocks to which this compares.
  store<u32>(meta, (flags & recordTouched) != 0 ? load<u32>(table, tableDrainedClockAt) : 0);
  store<u64>(chunk + load<u32>(table, tablePlaneKAt) + (place << 3), load<u64>(record, 12));
  store<u32>(weightOf(table, chunk, place), load<u32>(record, 20));
  let from = record + 24;
  const vectorBytes = load<u32>(table, tableVectorBytesAt);
  memory.copy(chunk + place * vectorBytes, from, vectorBytes);
  noteNorm(table, tag);
  from += vectorBytes;
  const stateBytes = load<u32>(table, tableStateBytesAt);
  memory.copy(meta + rowStateAt, from, stateBytes);
  from += stateBytes;
  if (load<u32>(table, tableLinearAt) != 0) {
    store<u64>(meta, load<u64>(from), rowLinearAt);
    from += 8;
  }
  if (load<u32>(table, tableFormatAt) == formatInt8) {
    store<u32>(scaleOf(table, chunk, place), load<u32>(from));
  }
  if (load<u32>(table, tableStepsAt) != 0) {
    store<u32>(meta, load<u32>(record, 8), rowStepsAt);
  }
}
