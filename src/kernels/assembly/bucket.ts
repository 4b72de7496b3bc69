/**
 * One bucket, one cache line: 4 keys, 4 words, 4 stamps (picture in `../layout`).
 *
 * A slot is named by its bucket's address plus 0 to 3; bucket addresses are multiples of 64, so one
 * number says both, and 0 says none.
 *
 * A key's two buckets are the low and the high half of its mixed 64 bits, cut to the table's size:
 * doubling the table adds one bit to each, so what is in bucket b goes to b or to b + size, and
 * never anywhere else.
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
  tableBucketsAt,
  tableSeedAt,
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

/** Address and size of the bucket array at once. */
@inline
export function bucketsOf(table: usize): u32 {
  return atomic.load<u32>(table, tableBucketsAt);
}

@inline
export function firstBucket(buckets: u32, hash: u64): usize {
  return bucketAt(buckets, <u32>hash & maskOf(buckets));
}

@inline
export function secondBucket(buckets: u32, hash: u64): usize {
  return bucketAt(buckets, <u32>(hash >>> 32) & maskOf(buckets));
}

@inline
export function maskOf(buckets: u32): u32 {
  return (<u32>1 << (buckets & 63)) - 1;
}

@inline
export function bucketAt(buckets: u32, index: u32): usize {
  return (buckets & ~63) + (index << bucketBytesLog2);
}

/**
 * The slot of this bucket that holds the key, or 0. All four at once, without a branch on which.
 */
@inline
export function slotWith(bucket: usize, key: u64): usize {
  const wanted = i64x2.splat(key);
  const same =
    i64x2.bitmask(i64x2.eq(v128.load(bucket), wanted)) |
    (i64x2.bitmask(i64x2.eq(v128.load(bucket, 16), wanted)) << 2);
  const found = same & usedSlots(bucket);
  return found != 0 ? bucket + <usize>ctz(found) : 0;
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

/** Address of the version counter of a bucket's stripe. */
@inline
export function versionOf(table: usize, bucket: usize): usize {
  return (
    <usize>load<u32>(table, tableVersionsAt) +
    (((bucket >>> bucketBytesLog2) & (versionStripes - 1)) << 2)
  );
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
