/**
 * One bucket, one cache line: 4 keys, 4 words, 4 stamps (picture in `../layout`).
 *
 * A slot is named by its bucket's address plus 0 to 3; bucket addresses are multiples of 64, so one
 * number says both, and 0 says none.
 *
 * A key's two buckets come from the low and the high half of its mixed 64 bits, each by the rule of
 * linear hashing (Litwin, VLDB 1980): with n buckets, 2^k ≤ n < 2^(k+1), it is the half's k + 1 low
 * bits where that is below n, its k low bits otherwise. So the table grows by one bucket at a time:
 * bucket n takes entries from bucket n - 2^k, and from no other.
 *
 * Readers are other threads and take no lock. Whoever changes which key a slot holds raises the
 * version of the bucket's stripe before (odd: being changed) and after (even). Stamps and counts
 * change freely: readers don't use them.
 */
import {
  bucketBytesLog2,
  bucketSlots,
  bucketStampsAt,
  bucketWordsAt,
  segmentBuckets,
  segmentBucketsLog2,
  tableBucketCountAt,
  tableSeedAt,
  tableSegmentsAt,
  tableVersionsAt,
  versionStripes,
} from "../layout";
import { mix64 } from "./hash";

/** Top bit of the word: waits for admission. */
export const pendingFlag: u32 = 0x80000000;

@inline
export function hashOf(table: usize, key: u64): u64 {
  return mix64(key, load<u64>(table, tableSeedAt));
}

@inline
export function bucketCountOf(table: usize): u32 {
  return atomic.load<u32>(table, tableBucketCountAt);
}

@inline
export function firstIndex(count: u32, hash: u64): u32 {
  return indexOf(count, <u32>hash);
}

@inline
export function secondIndex(count: u32, hash: u64): u32 {
  return indexOf(count, <u32>(hash >>> 32));
}

@inline
function indexOf(count: u32, half: u32): u32 {
  return maskedIndex(count, indexMask(count), half);
}

/** k + 1 low bits. */
@inline
export function indexMask(count: u32): u32 {
  return <u32>0xffffffff >>> clz(count);
}

/** The rule, for who has the mask of the count. */
@inline
export function maskedIndex(count: u32, mask: u32, half: u32): u32 {
  const index = half & mask;
  return select<u32>(index, index & (mask >>> 1), index < count);
}

@inline
export function bucketAt(table: usize, index: u32): usize {
  return bucketIn(load<u32>(table, tableSegmentsAt), index);
}

/** The same, for who has the segments' directory. */
@inline
export function bucketIn(segments: usize, index: u32): usize {
  return (
    <usize>load<u32>(segments + ((index >>> segmentBucketsLog2) << 2)) +
    ((index & (segmentBuckets - 1)) << bucketBytesLog2)
  );
}

/** The slot of this bucket that holds the key, or 0. */
@inline
export function slotWith(bucket: usize, key: u64): usize {
  const found = slotsWith(bucket, key);
  return found != 0 ? bucket + <usize>ctz(found) : 0;
}

/** A bit for each slot of this bucket that holds the key: all four at once, without a branch on which. */
@inline
export function slotsWith(bucket: usize, key: u64): u32 {
  const wanted = i64x2.splat(key);
  const same =
    i64x2.bitmask(i64x2.eq(v128.load(bucket), wanted)) |
    (i64x2.bitmask(i64x2.eq(v128.load(bucket, 16), wanted)) << 2);
  return same & usedSlots(bucket);
}

@inline
export function emptySlot(bucket: usize): usize {
  const empty = ~usedSlots(bucket) & (<i32>(1 << bucketSlots) - 1);
  return empty != 0 ? bucket + <usize>ctz(empty) : 0;
}

/** A bit for each slot whose word is not 0. */
@inline
function usedSlots(bucket: usize): i32 {
  return i32x4.bitmask(i32x4.ne(v128.load(bucket, bucketWordsAt), i32x4.splat(0)));
}

@inline
export function bucketOfSlot(slot: usize): usize {
  return slot & ~63;
}

@inline
export function slotKey(slot: usize): u64 {
  return load<u64>((slot & ~63) + ((slot & 3) << 3));
}

@inline
export function slotWord(slot: usize): u32 {
  return load<u32>((slot & ~63) + ((slot & 3) << 2), bucketWordsAt);
}

@inline
export function slotStamp(slot: usize): u32 {
  return load<u32>((slot & ~63) + ((slot & 3) << 2), bucketStampsAt);
}

@inline
export function setWord(slot: usize, word: u32): void {
  store<u32>((slot & ~63) + ((slot & 3) << 2), word, bucketWordsAt);
}

@inline
export function setStamp(slot: usize, stamp: u32): void {
  store<u32>((slot & ~63) + ((slot & 3) << 2), stamp, bucketStampsAt);
}

@inline
export function setSlot(slot: usize, key: u64, word: u32, stamp: u32): void {
  store<u64>((slot & ~63) + ((slot & 3) << 3), key);
  setWord(slot, word);
  setStamp(slot, stamp);
}

/** Four neighbours have one version, so that they can be split as one change. */
const stripeBytesLog2: u32 = bucketBytesLog2 + 2;

/** Address of the version counter of a bucket's stripe. */
@inline
export function versionOf(table: usize, bucket: usize): usize {
  return versionIn(load<u32>(table, tableVersionsAt), bucket);
}

/** The same, for who has where the versions begin. */
@inline
export function versionIn(versions: usize, bucket: usize): usize {
  return versions + (((bucket >>> stripeBytesLog2) & (versionStripes - 1)) << 2);
}

/** Read-modify-write, as a barrier: no store of the change is seen before the odd version. */
@inline
export function beginChange(version: usize): void {
  atomic.add<u32>(version, 1);
}

@inline
export function endChange(version: usize): void {
  atomic.store<u32>(version, load<u32>(version) + 1);
}

/**
 * What comes before is done before what comes after; `own` is any word that no other thread uses.
 *
 * An addition of 0, since the compiler (AssemblyScript 0.28.20) makes its `atomic.fence` unordered
 * and then drops it. On x86 any locked instruction is a full barrier, on ARM64 one with acquire and
 * release.
 */
@inline
export function barrier(own: usize): void {
  atomic.add<u32>(own, 0);
}
