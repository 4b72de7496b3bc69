/**
 * The table's operations that make it, and take ids in: one thread a table.
 *
 * Idea: cuckoo hashing with two buckets of four slots a key (Pagh and Rodler, ESA 2001;
 * Dietzfelbinger and Weidling, TCS 2007), whose buckets grow one by one (growth.ts), entries that
 * point at rows which never move, and the count for admission in the entry itself, so that it is
 * exact for any threshold.
 *
 * Worked example, admitAfter = 2, buckets A and B of an id that is new at 1000 s:
 *
 * ```
 * observe(id, 1000)  A: ░░░░ → id│pending, 500│count 1     returns noRow
 * observe(id, 1060)  count 2 reaches admitAfter: row 7 is taken and filled,
 *                    A: id│row 7│stamp 1060                returns 7
 * observe(id, 2000)  A: id│row 7│stamp 2000                returns 7
 * expire(9200)       (removal.ts) with ttl 7200: 9200 - 2000 ≥ 7200: A: ░░░░, row 7 waits
 * ```
 *
 * Probabilistic admission instead keeps nothing of an id that has no row: each sighting admits with
 * probability q. Its draws are a function of key, seed and the number of the sighting, so that a
 * replay admits the same ids.
 */
import {
  chunkRowsLog2,
  dimMax,
  formatF16,
  formatF32,
  formatInt8,
  heapUnbuilt,
  noRow,
  queueEntryBytes,
  queueLength,
  rowClockBytes,
  rowStateAt,
  segmentBucketsLog2,
  segmentBytes,
  tableAdmitAfterAt,
  tableAdmitBelowAt,
  tableAdmittedAt,
  tableAdmittedTotalAt,
  tableBaseClockAt,
  tableBucketCountAt,
  tableBucketTargetAt,
  tableChunkBytesAt,
  tableChunksAt,
  tableChunksMaxAt,
  tableClockAt,
  tableDimAt,
  tableDirectoryAt,
  tableDrainedClockAt,
  tableEpochAt,
  tableEvictAt,
  tableFormatAt,
  tableGaveWayAt,
  tableHeaderBytes,
  tableHeapLengthAt,
  tableIdCountMaxAt,
  tableLinearAt,
  tableMagic,
  tableMagicAt,
  tablePendingAt,
  tablePlaneEAt,
  tablePlaneFAt,
  tablePlaneKAt,
  tablePlaneLAt,
  tablePlaneNAt,
  tablePlaneSAt,
  tablePlaneWAt,
  tableQueueAt,
  tableRecordBytesAt,
  tableRowNextAt,
  tableRowSBytesAt,
  tableSeedAt,
  tableSegmentCountAt,
  tableSegmentsAt,
  tableSegmentsMaxAt,
  tableSightingsAt,
  tableStateBytesAt,
  tableStepsAt,
  tableVectorBytesAt,
  tableVersionsAt,
  versionStripes,
} from "../layout";
import { arenaAllocate, arenaFree } from "./arena";
import {
  beginChange,
  bucketAt,
  bucketCountOf,
  bucketOfSlot,
  endChange,
  firstIndex,
  hashOf,
  pendingFlag,
  secondIndex,
  setSlot,
  setStamp,
  setWord,
  slotStamp,
  slotWith,
  slotWord,
  versionOf,
} from "./bucket";
import { bucketBits, touchBucket, touchSlot } from "./changes";
import { add32, add64 } from "./counters";
import { roomFor } from "./displace";
import { evict, evictLater } from "./eviction";
import { segmentReady } from "./growth";
import { mix64 } from "./hash";
import { keyOfRow } from "./planes";
import { chunkReady, rowTake, rowWrite } from "./rows";

/** Instead of a row: there was no room. No row has this number. */
export const full: u32 = 0xffffffff;
/** Keys whose buckets are fetched at once: as many as `reader` takes, for the same reason. */
export const group: u32 = 32;
/** Keeps the draws of admission independent of all else that the seed decides: sqrt(2) - 1. */
const drawTwist: u64 = 0x6a09e667f3bcc908;

/**
 * Address of an empty table, or 0. The caller then writes the settings into the header.
 *
 * @param stateCount parts of the vectors' optimiser state: 0, 1 or 2.
 * @param linear 1 if the weights have FTRL state. @param steps 1 if rows count Adam's steps.
 * @param norms 1 if rows have norms, for the scan: of float32 alone.
 */
export function tableCreate(
  dim: u32,
  format: u32,
  stateCount: u32,
  linear: u32,
  steps: u32,
  norms: u32,
  bucketCount: u32,
  segmentsMax: u32,
  chunksMax: u32,
  seed: u64,
): usize {
  if (dim > <u32>dimMax || (dim & 3) != 0 || bucketCount < 2) unreachable();
  const versionBytes = versionStripes * 4;
  const directoryBytes = (chunksMax * 4 + 63) & ~63;
  const segmentsBytes = (segmentsMax * 4 + 63) & ~63;
  const queueBytes = (queueLength + 1) * queueEntryBytes;
  const fixedBytes = tableHeaderBytes + versionBytes + directoryBytes + segmentsBytes + queueBytes;
  const table = arenaAllocate(fixedBytes);
  if (table == 0) return 0;
  const versions = <u32>table + tableHeaderBytes;
  store<u32>(table, dim, tableDimAt);
  store<u32>(table, format, tableFormatAt);
  store<u32>(table, linear, tableLinearAt);
  store<u32>(table, 1, tableRowNextAt); // row 0 is noRow
  store<u32>(table, 0xffffffff, tableIdCountMaxAt);
  store<u32>(table, heapUnbuilt, tableHeapLengthAt);
  store<u64>(table, seed, tableSeedAt);
  store<u32>(table, versions, tableVersionsAt);
  store<u32>(table, versions + versionBytes, tableDirectoryAt);
  store<u32>(table, versions + versionBytes + directoryBytes, tableSegmentsAt);
  store<u32>(table, versions + versionBytes + directoryBytes + segmentsBytes, tableQueueAt);
  store<u32>(table, chunksMax, tableChunksMaxAt);
  store<u32>(table, segmentsMax, tableSegmentsMaxAt);
  store<u32>(table, steps, tableStepsAt);
  store<u32>(table, 1, tableClockAt);
  store<u32>(table, 1, tableDrainedClockAt);
  layOut(table, dim, format, stateCount, norms);
  for (let index: u32 = 0; index <= (bucketCount - 1) >>> segmentBucketsLog2; index++) {
    if (segmentReady(table, index)) continue;
    for (let made: u32 = 0; made < load<u32>(table, tableSegmentCountAt); made++) {
      arenaFree(load<u32>(<usize>load<u32>(table, tableSegmentsAt) + (made << 2)), segmentBytes);
    }
    arenaFree(table, fixedBytes);
    return 0;
  }
  store<u32>(table, tableMagic, tableMagicAt);
  store<u32>(table, bucketCount, tableBucketTargetAt);
  atomic.store<u32>(table, bucketCount, tableBucketCountAt);
  return table;
}

/** Sizes of the parts of a row, and where in a chunk its planes are. */
function layOut(table: usize, dim: u32, format: u32, stateCount: u32, norms: u32): void {
  const componentBytes: u32 = format == formatF32 ? 4 : format == formatF16 ? 2 : 1;
  const vectorBytes = dim * componentBytes;
  const stateBytes = stateCount * (dim << 2);
  const isLinear = load<u32>(table, tableLinearAt) != 0;
  const linearBytes: u32 = isLinear ? 8 : 0;
  const rowSBytes: u32 = isLinear ? rowStateAt + stateBytes : rowClockBytes;
  const scaleBytes: u32 = format == formatInt8 ? 4 : 0;
  store<u32>(table, vectorBytes, tableVectorBytesAt);
  store<u32>(table, stateBytes, tableStateBytesAt);
  store<u32>(table, rowSBytes, tableRowSBytesAt);
  store<u32>(table, 24 + vectorBytes + stateBytes + linearBytes + scaleBytes, tableRecordBytesAt);
  let at = vectorBytes << chunkRowsLog2;
  store<u32>(table, at, tablePlaneWAt);
  at += 4 << chunkRowsLog2;
  store<u32>(table, at, tablePlaneSAt);
  at += rowSBytes << chunkRowsLog2;
  store<u32>(table, at, tablePlaneEAt);
  at += scaleBytes << chunkRowsLog2;
  if (norms != 0) {
    if (format != formatF32) unreachable();
    store<u32>(table, at, tablePlaneNAt);
    at += 4 << chunkRowsLog2;
  }
  store<u32>(table, at, tablePlaneKAt);
  at += 8 << chunkRowsLog2;
  store<u32>(table, at, tablePlaneLAt);
  at += 1 << (chunkRowsLog2 - 3);
  store<u32>(table, at, tablePlaneFAt);
  store<u32>(table, at + (1 << (chunkRowsLog2 - 3)), tableChunkBytesAt);
}

/**
 * Finds or inserts each key. Returns how many were done: fewer than `count` if there was no room.
 * The keys that gave way, as many as the header says, are written to `gaveWay` (count,).
 */
export function tableObserve(
  table: usize,
  keys: usize,
  rows: usize,
  count: u32,
  now: u32,
  gaveWay: usize,
): u32 {
  store<u32>(table, 0, tableGaveWayAt);
  for (let from: u32 = 0; from < count; from += group) {
    const end = min(from + group, count);
    warm(table, keys, from, end);
    for (let i = from; i < end; i++) {
      const row = observe(table, load<u64>(keys + (i << 3)), now, gaveWay);
      if (row == full) return i;
      store<u32>(rows + (i << 2), row);
    }
  }
  return count;
}

/** Starts fetching the buckets of some keys: addresses first, then nothing but loads. */
export function warm(table: usize, keys: usize, from: u32, end: u32): void {
  const count = bucketCountOf(table);
  // The queue is only used while an entry is displaced.
  const queue: usize = load<u32>(table, tableQueueAt);
  let at = queue;
  for (let i = from; i < end; i++) {
    const hash = hashOf(table, load<u64>(keys + (i << 3)));
    const first = firstIndex(count, hash);
    const second = secondIndex(count, hash);
    store<u32>(at, <u32>bucketAt(table, first));
    store<u32>(at, <u32>bucketAt(table, second), 4);
    store<u32>(at, <u32>bucketBits(table, first), 8);
    store<u32>(at, <u32>bucketBits(table, second), 12);
    at += 16;
  }
  let any: u32 = 0;
  for (let entry = queue; entry < at; entry += 16) {
    any |= load<u32>(load<u32>(entry)) ^ load<u32>(load<u32>(entry, 4));
    any |= load<u32>(load<u32>(entry, 8)) ^ load<u32>(load<u32>(entry, 12));
  }
  store<u32>(queue, any); // keeps the loads alive
}

/** One key of `tableObserve`: its row, noRow or `full`. */
export function observe(table: usize, key: u64, now: u32, gaveWay: usize): u32 {
  add64(table + tableSightingsAt);
  const count = bucketCountOf(table);
  const hash = hashOf(table, key);
  let index = firstIndex(count, hash);
  let slot = slotWith(bucketAt(table, index), key);
  if (slot == 0) {
    index = secondIndex(count, hash);
    slot = slotWith(bucketAt(table, index), key);
    if (slot == 0) return insert(table, key, hash, now, gaveWay);
  }
  const word = slotWord(slot);
  if ((word & pendingFlag) != 0) return countPending(table, slot, hash, key, now, gaveWay);
  // A late event does not make an id older.
  if (now > slotStamp(slot)) {
    touchBucket(table, index);
    setStamp(slot, now);
  }
  return word;
}

function insert(table: usize, key: u64, hash: u64, now: u32, gaveWay: usize): u32 {
  const admitBelow = load<u64>(table, tableAdmitBelowAt);
  if (admitBelow != 0) {
    if (draw(table, key) >= admitBelow) return noRow;
    return admitNew(table, key, hash, now, gaveWay, 0, 0);
  }
  if (load<u32>(table, tableAdmitAfterAt) <= 1) {
    return admitNew(table, key, hash, now, gaveWay, 0, 0);
  }
  const slot = roomFor(table, hash);
  if (slot == 0) return full;
  touchSlot(table, slot, hash);
  const version = versionOf(table, bucketOfSlot(slot));
  beginChange(version);
  setSlot(slot, key, pendingFlag | (now >>> 1), 1);
  endChange(version);
  add32(table + tablePendingAt, 1);
  return noRow;
}

/** 64 random bits, new ones for each sighting. */
@inline
function draw(table: usize, key: u64): u64 {
  const sighting = load<u64>(table, tableSightingsAt);
  return mix64(mix64(key, sighting), load<u64>(table, tableSeedAt) ^ drawTwist);
}

/**
 * A row and a slot for a key that has neither. With `vector`, f32[dim], and `weight`, f32, unless
 * they are 0: before a reader can find it.
 */
export function admitNew(
  table: usize,
  key: u64,
  hash: u64,
  now: u32,
  gaveWay: usize,
  vector: usize,
  weight: usize,
): u32 {
  if (!mayAdmit(table, gaveWay)) return full;
  const slot = roomFor(table, hash);
  if (slot == 0) return full;
  const row = rowTake(table, key);
  if (row == noRow) return full;
  if (vector != 0) rowWrite(table, row, vector, weight);
  touchSlot(table, slot, hash);
  const version = versionOf(table, bucketOfSlot(slot));
  beginChange(version);
  setSlot(slot, key, row, now);
  endChange(version);
  countAdmitted(table, row, now);
  return row;
}

function countPending(
  table: usize,
  slot: usize,
  hash: u64,
  key: u64,
  now: u32,
  gaveWay: usize,
): u32 {
  const count = slotStamp(slot) + 1;
  if (count < load<u32>(table, tableAdmitAfterAt)) {
    touchSlot(table, slot, hash);
    setStamp(slot, count);
    setWord(slot, max(slotWord(slot), pendingFlag | (now >>> 1)));
    return noRow;
  }
  return admitPending(table, slot, hash, key, now, gaveWay, 0, 0);
}

/** A row for a key that waits for admission; `vector` and `weight` as of `admitNew`. */
export function admitPending(
  table: usize,
  slot: usize,
  hash: u64,
  key: u64,
  now: u32,
  gaveWay: usize,
  vector: usize,
  weight: usize,
): u32 {
  if (!mayAdmit(table, gaveWay)) return full;
  const row = rowTake(table, key);
  if (row == noRow) return full;
  if (vector != 0) rowWrite(table, row, vector, weight);
  const stamp = max((slotWord(slot) & ~pendingFlag) << 1, now);
  touchSlot(table, slot, hash);
  const version = versionOf(table, bucketOfSlot(slot));
  beginChange(version);
  setStamp(slot, stamp);
  setWord(slot, row);
  endChange(version);
  add32(table + tablePendingAt, -1);
  countAdmitted(table, row, stamp);
  return row;
}

/** Below the maximum, or another id has given way: its key is noted. */
function mayAdmit(table: usize, gaveWay: usize): bool {
  if (load<u32>(table, tableAdmittedAt) < load<u32>(table, tableIdCountMaxAt)) return true;
  if (load<u32>(table, tableEvictAt) == 0) return false;
  const key = evict(table);
  if (key == 0) return false;
  const count = load<u32>(table, tableGaveWayAt);
  store<u64>(gaveWay + (count << 3), load<u64>(key));
  store<u32>(table, count + 1, tableGaveWayAt);
  return true;
}

@inline
function countAdmitted(table: usize, row: u32, stamp: u32): void {
  add32(table + tableAdmittedAt, 1);
  add64(table + tableAdmittedTotalAt);
  if (load<u32>(table, tableEvictAt) != 0) evictLater(table, row, stamp);
}

export function tableKeys(table: usize, rows: usize, keys: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    store<u64>(keys + (i << 3), load<u64>(keyOfRow(table, load<u32>(rows + (i << 2)))));
  }
}

/**
 * Empties the table and makes room for a snapshot's buckets and rows; 0 = no room, nothing done.
 */
export function tableReset(table: usize, bucketCount: u32, rowNext: u32): u32 {
  for (let index: u32 = 0; index <= (bucketCount - 1) >>> segmentBucketsLog2; index++) {
    if (!segmentReady(table, index)) return 0;
  }
  const chunkCount = rowNext > 1 ? ((rowNext - 1) >>> chunkRowsLog2) + 1 : 0;
  for (let index: u32 = 0; index < chunkCount; index++) {
    if (!chunkReady(table, index)) return 0;
  }
  atomic.add<u32>(table, 1, tableEpochAt);
  const segmentCount = load<u32>(table, tableSegmentCountAt);
  for (let index: u32 = 0; index < segmentCount; index++) {
    const segment: usize = load<u32>(<usize>load<u32>(table, tableSegmentsAt) + (index << 2));
    memory.fill(segment, 0, segmentBytes);
  }
  atomic.store<u32>(table, bucketCount, tableBucketCountAt);
  const chunkBytes = load<u32>(table, tableChunkBytesAt);
  for (let index: u32 = 0; index < load<u32>(table, tableChunksAt); index++) {
    memory.fill(load<u32>(<usize>load<u32>(table, tableDirectoryAt) + (index << 2)), 0, chunkBytes);
  }
  store<u32>(table, heapUnbuilt, tableHeapLengthAt);
  // Rows that a follower has yet to be told of note 1; what changes from now on notes 2.
  store<u32>(table, 1, tableDrainedClockAt);
  store<u32>(table, 2, tableBaseClockAt);
  store<u32>(table, 2, tableClockAt);
  return 1;
}
