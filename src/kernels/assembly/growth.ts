/**
 * Doubling the bucket array, while readers go on.
 *
 * The new array is filled from the old one, which stays as it is; then one store makes it the
 * table's. A bucket's entries go to bucket b or b + size of the new array and to no other, so each
 * of the two gets at most four: nothing is ever displaced by growing, and both arrays are walked in
 * order, at memory speed. Rows don't move at all.
 *
 * Without memory for an array twice as large, false: the old one goes on.
 */
import {
  bucketBytes,
  bucketBytesLog2,
  bucketSlots,
  bucketsLog2Max,
  tableBucketsAt,
  tableGrowthsAt,
} from "../layout";
import { arenaAllocate, arenaFree } from "./arena";
import {
  bucketAt,
  bucketsOf,
  hashOf,
  maskOf,
  setSlot,
  slotKey,
  slotStamp,
  slotWord,
} from "./bucket";

export function grow(table: usize): bool {
  const old = bucketsOf(table);
  const oldMask = maskOf(old);
  const log2 = (old & 63) + 1;
  if (log2 > <u32>bucketsLog2Max) return false;
  const pointer = arenaAllocate(bucketBytes << log2);
  if (pointer == 0) return false;
  const next = <u32>pointer | log2;
  const size = oldMask + 1;
  for (let index: u32 = 0; index < size; index++) split(table, old, next, index);
  atomic.store<u32>(table, next, tableBucketsAt);
  // A reader may still be in the old array; it will see that the table's has changed.
  arenaFree(bucketAt(old, 0), size << bucketBytesLog2);
  store<u32>(table, load<u32>(table, tableGrowthsAt) + 1, tableGrowthsAt);
  return true;
}

function split(table: usize, old: u32, next: u32, index: u32): void {
  const bucket = bucketAt(old, index);
  const oldMask = maskOf(old);
  let low = bucketAt(next, index);
  let high = bucketAt(next, index + oldMask + 1);
  for (let s: u32 = 0; s < <u32>bucketSlots; s++) {
    const slot = bucket + s;
    const word = slotWord(slot);
    if (word == 0) continue;
    const key = slotKey(slot);
    const hash = hashOf(table, key);
    // Which of its two buckets this one was to the key.
    const half = (<u32>hash & oldMask) == index ? <u32>hash : <u32>(hash >>> 32);
    if ((half & (oldMask + 1)) == 0) {
      setSlot(low, key, word, slotStamp(slot));
      low += 1;
    } else {
      setSlot(high, key, word, slotStamp(slot));
      high += 1;
    }
  }
}
