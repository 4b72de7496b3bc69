/**
 * One more bucket, and another, while readers go on.
 *
 * With n buckets, 2^k ≤ n < 2^(k+1), the new bucket n takes from bucket n - 2^k the entries whose
 * half of the hash has bit k set: at most four, so nothing is ever displaced by growing. Nothing is
 * copied but those: segments of buckets never move, and each insertion splits a few buckets until
 * the target is reached, so that no insertion waits for the whole table.
 *
 * Why the table then grows by two fifths and not by one bucket: at a load that stays at its maximum
 * 7 of 10 insertions must displace entries, between this and its maximum 3 (measured).
 *
 * Without memory for another segment the table goes on with what it has.
 */
import {
  bucketSlots,
  loadMax,
  segmentBucketsLog2,
  segmentBytes,
  tableAdmittedAt,
  tableBucketCountAt,
  tableBucketTargetAt,
  tableGrowthsAt,
  tablePendingAt,
  tableSegmentCountAt,
  tableSegmentsAt,
  tableSegmentsMaxAt,
} from "../layout";
import { arenaAllocate } from "./arena";
import {
  beginChange,
  bucketAt,
  bucketCountOf,
  endChange,
  firstIndex,
  hashOf,
  secondIndex,
  setSlot,
  slotKey,
  slotStamp,
  slotWord,
  versionOf,
} from "./bucket";
import { touchBucket } from "./changes";

/** Buckets an insertion splits: growing by two fifths is over long before the table is full again. */
const splitsAtOnce: u32 = 4;

/** Before an insertion: goes on growing, or begins to, where the table is crowded. */
@inline
export function growAhead(table: usize): void {
  const count = bucketCountOf(table);
  if (count < load<u32>(table, tableBucketTargetAt)) splitSome(table);
  else if (isCrowded(table, count)) begin(table, count);
}

/** When a key has no room although the table is not crowded, or growing is not over. */
export function growNow(table: usize): bool {
  const count = bucketCountOf(table);
  if (count >= load<u32>(table, tableBucketTargetAt)) {
    store<u32>(table, count + splitsAtOnce, tableBucketTargetAt);
  }
  splitSome(table);
  return bucketCountOf(table) > count;
}

@inline
function isCrowded(table: usize, count: u32): bool {
  const used = load<u32>(table, tableAdmittedAt) + load<u32>(table, tablePendingAt);
  return <f64>(used + 1) > <f64>(count * bucketSlots) * loadMax;
}

function begin(table: usize, count: u32): void {
  store<u32>(table, count + ((count << 1) / 5) + 1, tableBucketTargetAt);
  splitSome(table);
  if (bucketCountOf(table) > count) {
    store<u32>(table, load<u32>(table, tableGrowthsAt) + 1, tableGrowthsAt);
  }
}

function splitSome(table: usize): void {
  const target = load<u32>(table, tableBucketTargetAt);
  for (let i: u32 = 0; i < splitsAtOnce; i++) {
    const count = bucketCountOf(table);
    if (count >= target) return;
    if (!segmentReady(table, count >>> segmentBucketsLog2)) {
      store<u32>(table, count, tableBucketTargetAt);
      return;
    }
    split(table, count);
  }
}

/** Makes sure that the segment is there; false when there is no room. */
export function segmentReady(table: usize, index: u32): bool {
  if (index < load<u32>(table, tableSegmentCountAt)) return true;
  if (index >= load<u32>(table, tableSegmentsMaxAt)) return false;
  const segment = arenaAllocate(segmentBytes);
  if (segment == 0) return false;
  store<u32>(<usize>load<u32>(table, tableSegmentsAt) + (index << 2), <u32>segment);
  store<u32>(table, index + 1, tableSegmentCountAt);
  return true;
}

function split(table: usize, count: u32): void {
  const from = count - (<u32>0x80000000 >>> clz(count));
  const low = bucketAt(table, from);
  const high = bucketAt(table, count);
  touchBucket(table, from);
  touchBucket(table, count);
  const versionLow = versionOf(table, low);
  const versionHigh = versionOf(table, high);
  beginChange(versionLow);
  if (versionHigh != versionLow) beginChange(versionHigh);
  let moved: u32 = 0;
  let to = high;
  for (let s: u32 = 0; s < <u32>bucketSlots; s++) {
    const slot = low + s;
    const word = slotWord(slot);
    if (word == 0) continue;
    const key = slotKey(slot);
    const hash = hashOf(table, key);
    // Which of its two buckets this one was to the key; where that will be now.
    const isFirst = firstIndex(count, hash) == from;
    const next = isFirst ? firstIndex(count + 1, hash) : secondIndex(count + 1, hash);
    if (next == from) continue;
    setSlot(to, key, word, slotStamp(slot));
    to += 1;
    moved |= 1 << s;
  }
  // Readers that still use the old count look again, as their bucket's version has changed; those
  // that come after the end of the change see the new count.
  atomic.store<u32>(table, count + 1, tableBucketCountAt);
  for (let s: u32 = 0; s < <u32>bucketSlots; s++) {
    if ((moved & (1 << s)) != 0) setSlot(low + s, 0, 0, 0);
  }
  if (versionHigh != versionLow) endChange(versionHigh);
  endChange(versionLow);
}
