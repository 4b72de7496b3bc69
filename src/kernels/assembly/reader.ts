/**
 * Finding rows, from any thread, without a lock.
 *
 * A reader notes the versions of a key's two stripes, looks, and looks at the versions again:
 * unchanged and even means that what it saw was there together. Entries move by copy, then clear,
 * so a key is in at least one of its buckets at any moment; the versions catch that it was seen in
 * neither. That the table has grown meanwhile matters only where the key was not found: what was
 * found under unchanged versions was there; for the others their buckets are computed again.
 *
 * Keys go in groups: first the addresses of all; then a loop of nothing but loads, so that as many
 * of their cache lines as can be are on their way at once (a core looks a few hundred instructions
 * ahead, and no further than the oldest load that it waits for); then the comparisons; and the same
 * with the second buckets of those that were not in the first, a third or so. One memory barrier a
 * group instead of one a key.
 */
import { bucketSlots, noRow, tableSeedAt, tableSegmentsAt, tableVersionsAt } from "../layout";
import {
  barrier,
  bucketAt,
  bucketCountOf,
  bucketIn,
  firstIndex,
  hashOf,
  indexMask,
  maskedIndex,
  pendingFlag,
  secondIndex,
  slotsWith,
  slotWord,
  versionIn,
  versionOf,
} from "./bucket";
import { mix64 } from "./hash";

/** Keys a group: more than the cache misses a core keeps in flight (10 to 16 on today's). */
const group: u32 = 32;
/** Of one key in scratch: first bucket, its version; second half of the hash, then second bucket; its version. */
const entryBytes: u32 = 16;
/** Behind the entries: those whose key is not in its first bucket, u32 each. */
const missesAt: u32 = group * entryBytes;
const ownAt: u32 = missesAt + group * 4;
/**
 * A writer changes a stripe for nanoseconds; after this many looks, a second or more, it has died
 * in the middle, and what it left can't be read.
 */
const looksMax: u32 = 1 << 24;

/** Rows of the admitted keys, `noRow` for others. `scratch`: 648 bytes of this thread's own. */
export function tableFind(
  table: usize,
  keys: usize,
  rows: usize,
  count: u32,
  scratch: usize,
): void {
  for (let from: u32 = 0; from < count; from += group) {
    findGroup(table, keys + (from << 3), rows + (from << 2), min(group, count - from), scratch);
  }
}

function findGroup(table: usize, keys: usize, rows: usize, count: u32, scratch: usize): void {
  // What the loops share is loaded once: the compiler can't know that it stays.
  const buckets = bucketCountOf(table);
  const mask = indexMask(buckets);
  const seed = load<u64>(table, tableSeedAt);
  const segments: usize = load<u32>(table, tableSegmentsAt);
  const versions: usize = load<u32>(table, tableVersionsAt);
  let end = scratch;
  for (let key = keys; key < keys + (count << 3); key += 8) {
    const hash = mix64(load<u64>(key), seed);
    const first = bucketIn(segments, maskedIndex(buckets, mask, <u32>hash));
    store<u32>(end, <u32>first);
    store<u32>(end, atomic.load<u32>(versionIn(versions, first)), 4);
    store<u32>(end, <u32>(hash >>> 32), 8);
    end += entryBytes;
  }
  fetchFirst(scratch, end);
  // Whether a key is in its first bucket is anyone's guess, also a branch predictor's: so those that are not
  // are listed without a branch.
  const misses = scratch + missesAt;
  let missesEnd = misses;
  let key = keys;
  let row = rows;
  for (let at = scratch; at < end; at += entryBytes) {
    const bucket: usize = load<u32>(at);
    const found = slotsWith(bucket, load<u64>(key));
    store<u32>(row, rowIn(bucket, found));
    store<u32>(missesEnd, <u32>at);
    missesEnd += <usize>(found == 0) << 2;
    key += 8;
    row += 4;
  }
  for (let miss = misses; miss < missesEnd; miss += 4) {
    const at: usize = load<u32>(miss);
    const second = bucketIn(segments, maskedIndex(buckets, mask, load<u32>(at, 8)));
    store<u32>(at, <u32>second, 8);
    store<u32>(at, atomic.load<u32>(versionIn(versions, second)), 12);
  }
  fetchSecond(misses, missesEnd, scratch);
  for (let miss = misses; miss < missesEnd; miss += 4) {
    const at: usize = load<u32>(miss);
    const bucket: usize = load<u32>(at, 8);
    const index = (at - scratch) / entryBytes;
    store<u32>(rows + (index << 2), rowIn(bucket, slotsWith(bucket, load<u64>(keys + (index << 3)))));
  }
  // No look may happen after the versions are compared.
  const own = scratch + ownAt;
  barrier(own);
  key = keys;
  row = rows;
  for (let at = scratch; at < end; at += entryBytes) {
    const before = load<u32>(at, 4);
    const again = (before ^ atomic.load<u32>(versionIn(versions, load<u32>(at)))) | (before & 1);
    if (again != 0) store<u32>(row, findAlone(table, load<u64>(key), own));
    key += 8;
    row += 4;
  }
  const bucketsNow = bucketCountOf(table);
  for (let miss = misses; miss < missesEnd; miss += 4) {
    const at: usize = load<u32>(miss);
    const index = (at - scratch) / entryBytes;
    row = rows + (index << 2);
    key = keys + (index << 3);
    const before = load<u32>(at, 12);
    let again = (before ^ atomic.load<u32>(versionIn(versions, load<u32>(at, 8)))) | (before & 1);
    if (bucketsNow != buckets && load<u32>(row) == noRow) {
      const hash = hashOf(table, load<u64>(key));
      again |= load<u32>(at) ^ <u32>bucketAt(table, firstIndex(bucketsNow, hash));
      again |= load<u32>(at, 8) ^ <u32>bucketAt(table, secondIndex(bucketsNow, hash));
    }
    if (again != 0) store<u32>(row, findAlone(table, load<u64>(key), own));
  }
}

/** Starts fetching the first buckets; what it stores only keeps the loads alive. */
function fetchFirst(scratch: usize, end: usize): void {
  let any: u32 = 0;
  for (let at = scratch; at < end; at += entryBytes) any |= load<u32>(load<u32>(at));
  store<u32>(scratch + ownAt, any, 4);
}

/** The same with the second ones of those that need them. */
function fetchSecond(misses: usize, end: usize, scratch: usize): void {
  let any: u32 = 0;
  for (let miss = misses; miss < end; miss += 4) any |= load<u32>(load<u32>(load<u32>(miss), 8));
  store<u32>(scratch + ownAt, any, 4);
}

/** For the few keys whose buckets were being changed: again until nothing changes meanwhile. */
function findAlone(table: usize, key: u64, own: usize): u32 {
  const hash = hashOf(table, key);
  for (let looks: u32 = 0; looks < looksMax; looks++) {
    const count = bucketCountOf(table);
    const first = bucketAt(table, firstIndex(count, hash));
    const second = bucketAt(table, secondIndex(count, hash));
    const before1 = atomic.load<u32>(versionOf(table, first));
    const before2 = atomic.load<u32>(versionOf(table, second));
    if (((before1 | before2) & 1) != 0) continue;
    const row = look(first, second, key);
    barrier(own);
    if (
      bucketCountOf(table) == count &&
      atomic.load<u32>(versionOf(table, first)) == before1 &&
      atomic.load<u32>(versionOf(table, second)) == before2
    ) {
      return row;
    }
  }
  return unreachable();
}

@inline
function look(first: usize, second: usize, key: u64): u32 {
  const found = slotsWith(first, key);
  return found != 0 ? rowIn(first, found) : rowIn(second, slotsWith(second, key));
}

/** Of the slot whose bit is set; none is. */
@inline
function rowIn(bucket: usize, found: u32): u32 {
  const word = slotWord(bucket + (ctz(found) & (<u32>bucketSlots - 1)));
  return select<u32>(word, noRow, found != 0 && (word & pendingFlag) == 0);
}
