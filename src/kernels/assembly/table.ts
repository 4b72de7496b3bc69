/**
 * The table's operations that make it, and take ids in: one thread a table.
 *
 * Idea: cuckoo hashing with two buckets of four slots a key (Pagh and Rodler, ESA 2001;
 * Dietzfelbinger and Weidling, TCS 2007), entries that point at rows which never move, and the
 * count for admission in the entry itself, so that it is exact for any threshold.
 *
 * Worked example, admitAfter = 2, buckets A and B of an id that is new at 1000 s:
 *
 * ```
 * observe(id, 1000)  A: ░░░░ → id│pending, 500│count 1     returns noRow
 * observe(id, 1060)  count 2 reaches admitAfter: row 7 is taken and filled,
 *                    A: id│row 7│stamp 1060                returns 7
 * observe(id, 2000)  A: id│row 7│stamp 2000                returns 7
 * expire(9200)       (removal.ts) with ttl 7200: 9200 - 2000 ≥ 7200: A: ░░░░, row 7 joins the free rows
 * ```
 */
import {
  bucketBytes,
  bucketBytesLog2,
  chunkRowsLog2,
  dimMax,
  noRow,
  queueEntryBytes,
  queueLength,
  tableAdmitAfterAt,
  tableAdmittedAt,
  tableAdmittedTotalAt,
  tableBucketsAt,
  tableChunkBytesAt,
  tableChunksAt,
  tableChunksMaxAt,
  tableDimAt,
  tableDirectoryAt,
  tableEpochAt,
  tableHeaderBytes,
  tableMagic,
  tableMagicAt,
  tablePendingAt,
  tablePlaneAAt,
  tablePlaneKAt,
  tablePlaneLAt,
  tablePlaneWAt,
  tablePlaneZAt,
  tableQueueAt,
  tableRowNextAt,
  tableSeedAt,
  tableVersionsAt,
  versionStripes,
} from "../layout";
import { arenaAllocate, arenaFree } from "./arena";
import {
  beginChange,
  bucketAt,
  bucketOfSlot,
  bucketsOf,
  endChange,
  firstBucket,
  hashOf,
  maskOf,
  pendingFlag,
  secondBucket,
  setSlot,
  setStamp,
  setWord,
  slotStamp,
  slotWith,
  slotWord,
  versionOf,
} from "./bucket";
import { roomFor } from "./displace";
import { chunkReady, keyOfRow, rowTake } from "./rows";

/** Instead of a row: there was no room. No row has this number. */
const full: u32 = 0xffffffff;

/** Address of an empty table, or 0. The caller then writes the settings into the header. */
export function tableCreate(dim: u32, bucketsLog2: u32, chunksMax: u32, seed: u64): usize {
  if (dim > <u32>dimMax || (dim & 3) != 0) unreachable();
  const versionBytes = versionStripes * 4;
  const directoryBytes = (chunksMax * 4 + 63) & ~63;
  const queueBytes = queueLength * queueEntryBytes;
  const fixedBytes = tableHeaderBytes + versionBytes + directoryBytes + queueBytes;
  const table = arenaAllocate(fixedBytes);
  if (table == 0) return 0;
  const buckets = arenaAllocate(bucketBytes << bucketsLog2);
  if (buckets == 0) {
    arenaFree(table, fixedBytes);
    return 0;
  }
  const versions = <u32>table + tableHeaderBytes;
  store<u32>(table, dim, tableDimAt);
  store<u32>(table, 1, tableRowNextAt); // row 0 is noRow
  store<u64>(table, seed, tableSeedAt);
  store<u32>(table, versions, tableVersionsAt);
  store<u32>(table, versions + versionBytes, tableDirectoryAt);
  store<u32>(table, versions + versionBytes + directoryBytes, tableQueueAt);
  store<u32>(table, chunksMax, tableChunksMaxAt);
  const vectors = dim << (chunkRowsLog2 + 2);
  const weights: u32 = 1 << (chunkRowsLog2 + 2);
  store<u32>(table, vectors, tablePlaneWAt);
  store<u32>(table, vectors + weights, tablePlaneAAt);
  store<u32>(table, 2 * vectors + weights, tablePlaneZAt);
  store<u32>(table, 2 * vectors + 3 * weights, tablePlaneKAt);
  store<u32>(table, 2 * vectors + 5 * weights, tablePlaneLAt);
  store<u32>(table, 2 * vectors + 5 * weights + (1 << (chunkRowsLog2 - 3)), tableChunkBytesAt);
  store<u32>(table, tableMagic, tableMagicAt);
  atomic.store<u32>(table, <u32>buckets | bucketsLog2, tableBucketsAt);
  return table;
}

/**
 * Finds or inserts each key. Returns how many were done: fewer than `count` if there was no room.
 */
export function tableObserve(table: usize, keys: usize, rows: usize, count: u32, now: u32): u32 {
  /** As many as `reader` takes at once, for the same reason. */
  const group: u32 = 32;
  for (let from: u32 = 0; from < count; from += group) {
    const end = min(from + group, count);
    const buckets = bucketsOf(table);
    for (let i = from; i < end; i++) {
      // Starts the fetches; the value means nothing, and is overwritten below.
      const hash = hashOf(table, load<u64>(keys + (i << 3)));
      store<u32>(
        rows + (i << 2),
        load<u32>(firstBucket(buckets, hash)) ^ load<u32>(secondBucket(buckets, hash)),
      );
    }
    for (let i = from; i < end; i++) {
      const row = observe(table, load<u64>(keys + (i << 3)), now);
      if (row == full) return i;
      store<u32>(rows + (i << 2), row);
    }
  }
  return count;
}

function observe(table: usize, key: u64, now: u32): u32 {
  const slot = tableLocate(table, key);
  if (slot == 0) return insert(table, key, now);
  const word = slotWord(slot);
  if ((word & pendingFlag) != 0) return countPending(table, slot, key, now);
  // A late event does not make an id older.
  setStamp(slot, max(slotStamp(slot), now));
  return word;
}

function insert(table: usize, key: u64, now: u32): u32 {
  const slot = roomFor(table, key);
  if (slot == 0) return full;
  const atOnce = load<u32>(table, tableAdmitAfterAt) <= 1;
  const row = atOnce ? rowTake(table, key) : noRow;
  if (atOnce && row == noRow) return full;
  const version = versionOf(table, bucketOfSlot(slot));
  beginChange(version);
  if (atOnce) setSlot(slot, key, row, now);
  else setSlot(slot, key, pendingFlag | (now >>> 1), 1);
  endChange(version);
  if (atOnce) countAdmitted(table);
  else add32(table + tablePendingAt, 1);
  return row;
}

function countPending(table: usize, slot: usize, key: u64, now: u32): u32 {
  const count = slotStamp(slot) + 1;
  if (count < load<u32>(table, tableAdmitAfterAt)) {
    setStamp(slot, count);
    setWord(slot, max(slotWord(slot), pendingFlag | (now >>> 1)));
    return noRow;
  }
  const row = rowTake(table, key);
  if (row == noRow) return full;
  const seen = (slotWord(slot) & ~pendingFlag) << 1;
  const version = versionOf(table, bucketOfSlot(slot));
  beginChange(version);
  setStamp(slot, max(seen, now));
  setWord(slot, row);
  endChange(version);
  add32(table + tablePendingAt, -1);
  countAdmitted(table);
  return row;
}

/** The key's slot, or 0. For the writer. */
export function tableLocate(table: usize, key: u64): usize {
  const buckets = bucketsOf(table);
  const hash = hashOf(table, key);
  const slot = slotWith(firstBucket(buckets, hash), key);
  return slot != 0 ? slot : slotWith(secondBucket(buckets, hash), key);
}

export function tableKeys(table: usize, rows: usize, keys: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    store<u64>(keys + (i << 3), load<u64>(keyOfRow(table, load<u32>(rows + (i << 2)))));
  }
}

/**
 * Empties the table and makes room for a snapshot's buckets and rows; 0 = no room, nothing done.
 */
export function tableReset(table: usize, bucketsLog2: u32, rowNext: u32): u32 {
  const next = arenaAllocate(bucketBytes << bucketsLog2);
  if (next == 0) return 0;
  const chunkCount = ((rowNext - 1) >>> chunkRowsLog2) + (rowNext > 1 ? 1 : 0);
  for (let index: u32 = 0; index < chunkCount; index++) {
    if (!chunkReady(table, index)) {
      arenaFree(next, bucketBytes << bucketsLog2);
      return 0;
    }
  }
  atomic.add<u32>(table, 1, tableEpochAt);
  const old = bucketsOf(table);
  atomic.store<u32>(table, <u32>next | bucketsLog2, tableBucketsAt);
  arenaFree(bucketAt(old, 0), (maskOf(old) + 1) << bucketBytesLog2);
  const chunkBytes = load<u32>(table, tableChunkBytesAt);
  for (let index: u32 = 0; index < load<u32>(table, tableChunksAt); index++) {
    memory.fill(load<u32>(<usize>load<u32>(table, tableDirectoryAt) + (index << 2)), 0, chunkBytes);
  }
  return 1;
}

@inline
function countAdmitted(table: usize): void {
  add32(table + tableAdmittedAt, 1);
  add64(table + tableAdmittedTotalAt);
}

@inline
export function add32(pointer: usize, change: i32): void {
  store<u32>(pointer, load<u32>(pointer) + change);
}

@inline
export function add64(pointer: usize): void {
  store<u64>(pointer, load<u64>(pointer) + 1);
}
