/**
 * Giving ids the vectors that someone else has learnt: what fills a copy that serves.
 *
 * Of tables in other formats than float32 an id that has a row gets another one, so that a reader
 * never takes a half-written vector, or a new scale for an old one; and a new id is shown with its
 * vector from the first moment on.
 */
import {
  formatF32,
  noRow,
  tableDimAt,
  tableEvictAt,
  tableFormatAt,
  tableGaveWayAt,
} from "../layout";
import {
  beginChange,
  bucketOfSlot,
  endChange,
  hashOf,
  pendingFlag,
  setStamp,
  setWord,
  slotStamp,
  slotWord,
  versionOf,
} from "./bucket";
import { touchSlot } from "./changes";
import { evictLater } from "./eviction";
import { tableLocate } from "./locate";
import { rowFree, rowTake, rowWrite } from "./rows";
import { admitNew, admitPending, full } from "./table";

/**
 * Gives each key its vector, of f32 (count, dim), and its weight, of f32 (count,), whatever the rule
 * of admission. Returns how many were done, and notes what gave way, as `tableObserve`.
 */
export function tableAssign(
  table: usize,
  keys: usize,
  count: u32,
  now: u32,
  vectors: usize,
  weights: usize,
  gaveWay: usize,
): u32 {
  store<u32>(table, 0, tableGaveWayAt);
  const bytes = load<u32>(table, tableDimAt) << 2;
  for (let i: u32 = 0; i < count; i++) {
    const key = load<u64>(keys + (i << 3));
    if (!assign(table, key, now, gaveWay, vectors + i * bytes, weights + (i << 2))) return i;
  }
  return count;
}

/** False if there was no room: then the key has what it had. */
function assign(
  table: usize,
  key: u64,
  now: u32,
  gaveWay: usize,
  vector: usize,
  weight: usize,
): bool {
  const hash = hashOf(table, key);
  const slot = tableLocate(table, key);
  if (slot == 0) return admitNew(table, key, hash, now, gaveWay, vector, weight) != full;
  const old = slotWord(slot);
  if ((old & pendingFlag) != 0) {
    return admitPending(table, slot, hash, key, now, gaveWay, vector, weight) != full;
  }
  const isInPlace = load<u32>(table, tableFormatAt) == formatF32;
  const row = isInPlace ? old : rowTake(table, key);
  if (row == noRow) return false;
  rowWrite(table, row, vector, weight);
  const stamp = max(slotStamp(slot), now);
  touchSlot(table, slot, hash);
  setStamp(slot, stamp);
  if (isInPlace) return true;
  const version = versionOf(table, bucketOfSlot(slot));
  beginChange(version);
  setWord(slot, row);
  endChange(version);
  rowFree(table, old);
  if (load<u32>(table, tableEvictAt) != 0) evictLater(table, row, stamp);
  return true;
}
