/**
 * A few more buckets, and again, while readers go on.
 *
 * With n buckets, 2^k ≤ n < 2^(k+1), the new bucket n takes from bucket n - 2^k the entries whose
 * half of the hash has bit k set: at most four, so nothing is ever displaced by growing. Nothing is
 * copied but those: segments of buckets never move, and each insertion splits four buckets until the
 * target is reached, so that no insertion waits for the whole table. Four neighbours at a time share
 * one change of versions; n is always a multiple of four.
 *
 * How far it then grows: at a load that stays at its maximum 7 of 10 insertions must displace entries,
 * while a table grows by two fifths 3.6 of 10, while it doubles 2.2 (measured). So it doubles, as a
 * table should whose slots are of little account beside its rows; where they are not, of short rows,
 * two fifths keep it below a quarter more than the bytes of slots and rows.
 *
 * Within its first segment, whose memory it has, it always doubles: in a small table whose buckets are
 * not equally likely chance alone would block an insertion, now and then, below a load of 0.9.
 *
 * Without memory for another segment the table goes on with what it has.
 */
import {
  bucketSlots,
  chunkRowsLog2,
  loadMax,
  segmentBuckets,
  segmentBucketsLog2,
  segmentBytes,
  tableAdmittedAt,
  tableBucketCountAt,
  tableBucketTargetAt,
  tableChunkBytesAt,
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
  hashOf,
  setSlot,
  slotKey,
  slotStamp,
  slotWord,
  versionOf,
} from "./bucket";
import { touchBucket } from "./changes";

/** From here on a row is so much longer than a slot, 16 bytes, that memory for slots is of little account. */
const longRowBytes: u32 = 128;

/** Before an insertion: goes on growing, or begins to, where the table is crowded. */
@inline
export function growAhead(table: usize): void {
  const count = bucketCountOf(table);
  if (count < load<u32>(table, tableBucketTargetAt)) splitFour(table);
  else if (isCrowded(table, count)) begin(table, count);
}

/** When a key has no room although the table is not crowded, or growing is not over. */
export function growNow(table: usize): bool {
  const count = bucketCountOf(table);
  if (count >= load<u32>(table, tableBucketTargetAt)) {
    store<u32>(table, count < <u32>segmentBuckets ? count << 1 : count + 4, tableBucketTargetAt);
  }
  return splitFour(table);
}

@inline
function isCrowded(table: usize, count: u32): bool {
  const used = load<u32>(table, tableAdmittedAt) + load<u32>(table, tablePendingAt);
  return <f64>used >= <f64>(count * bucketSlots) * loadMax;
}

function begin(table: usize, count: u32): void {
  const rowBytes = load<u32>(table, tableChunkBytesAt) >>> chunkRowsLog2;
  const doubles = count < <u32>segmentBuckets || rowBytes >= longRowBytes;
  const more = doubles ? count : (count / 10) << 2;
  store<u32>(table, count + more, tableBucketTargetAt);
  if (splitFour(table)) store<u32>(table, load<u32>(table, tableGrowthsAt) + 1, tableGrowthsAt);
}

function splitFour(table: usize): bool {
  const count = bucketCountOf(table);
  if (!segmentReady(table, count >>> segmentBucketsLog2)) {
    store<u32>(table, count, tableBucketTargetAt);
    return false;
  }
  const from = count - (<u32>0x80000000 >>> clz(count));
  const versionLow = versionOf(table, bucketAt(table, from));
  const versionHigh = versionOf(table, bucketAt(table, count));
  beginChange(versionLow);
  if (versionHigh != versionLow) beginChange(versionHigh);
  let moved: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) moved |= copyUpper(table, from + i, count + i) << (i << 2);
  // Readers that still use the old count look again, as their bucket's version has changed; those
  // that come after the end of the change see the new count.
  atomic.store<u32>(table, count + 4, tableBucketCountAt);
  while (moved != 0) {
    const at = ctz(moved);
    setSlot(bucketAt(table, from + (at >>> 2)) + (at & 3), 0, 0, 0);
    moved &= moved - 1;
  }
  if (versionHigh != versionLow) endChange(versionHigh);
  endChange(versionLow);
  return true;
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

/** Copies what belongs in the new bucket, and returns a bit for each slot that it came from. */
@inline
function copyUpper(table: usize, from: u32, count: u32): u32 {
  const low = bucketAt(table, from);
  let to = bucketAt(table, count);
  touchBucket(table, from);
  touchBucket(table, count);
  // The bit of a half that decides, and those below it, by which it came here.
  const bit = <u32>0x80000000 >>> clz(count);
  let moved: u32 = 0;
  for (let s: u32 = 0; s < <u32>bucketSlots; s++) {
    const slot = low + s;
    const word = slotWord(slot);
    if (word == 0) continue;
    const key = slotKey(slot);
    const hash = hashOf(table, key);
    const isFirst = (<u32>hash & (bit - 1)) == from;
    const half = isFirst ? <u32>hash : <u32>(hash >>> 32);
    // A key whose halves both end like this may stay where it is by the one, and go by the other.
    if ((half & bit) == 0) continue;
    setSlot(to, key, word, slotStamp(slot));
    to += 1;
    moved |= 1 << s;
  }
  return moved;
}
