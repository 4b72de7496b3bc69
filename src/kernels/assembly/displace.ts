/**
 * Making room: when both buckets of a new key are full, an entry moves to its other bucket, perhaps
 * after one there has moved, and so on.
 *
 * The shortest such path is searched breadth first, on paper, before anything moves. Then entries
 * move from the far end on, each by copy, then clear: every key is in one of its buckets all the
 * time.
 *
 * ```
 * new key: buckets A, B full.   A[2] may go to C, full.   C[0] may go to D, which has a free slot:
 *   copy C[0] to D, clear C[0]; copy A[2] to C[0], clear A[2]; A[2] is the new key's.
 * ```
 *
 * Source: breadth-first displacement from Li, Andersen, Kaminsky and Freedman, "Algorithmic
 * improvements for fast concurrent cuckoo hashing", EuroSys 2014.
 */
import {
  bucketSlots,
  bucketWordsAt,
  displacementKinds,
  queueEntryBytes,
  queueLength,
  tableDisplacementsAt,
  tableQueueAt,
} from "../layout";
import {
  beginChange,
  bucketAt,
  bucketCountOf,
  bucketOfSlot,
  emptySlot,
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
import { touchSlot } from "./changes";
import { growAhead, growNow } from "./growth";

/** An empty slot in one of the two buckets of this hash, by displacing or growing if need be; 0 = no room. */
export function roomFor(table: usize, hash: u64): usize {
  growAhead(table);
  while (true) {
    const count = bucketCountOf(table);
    const first = bucketAt(table, firstIndex(count, hash));
    const second = bucketAt(table, secondIndex(count, hash));
    let slot = emptySlot(first);
    if (slot == 0) slot = emptySlot(second);
    if (slot != 0) {
      countDisplaced(table, 0);
      return slot;
    }
    slot = displace(table, first, second);
    if (slot != 0) return slot;
    if (!growNow(table)) return 0;
  }
}

function displace(table: usize, first: usize, second: usize): usize {
  const queue: usize = load<u32>(table, tableQueueAt);
  setEntry(queue, 0, first, 0, 0);
  let length: u32 = 1;
  if (second != first) {
    setEntry(queue, 1, second, 0, 0);
    length = 2;
  }
  const roots = length;
  for (let at: u32 = 0; at < length; at += 2) {
    // The buckets next to two at a time, all on their way from memory before any is looked at.
    const from = length;
    length = expand(table, queue, at, length);
    if (at + 1 < from) length = expand(table, queue, at + 1, length);
    fetch(queue, from, length);
    for (let child = from; child < length; child++) {
      const empty = emptySlot(entryBucket(queue, child));
      if (empty == 0) continue;
      const parent = entryParent(queue, child);
      const slot = entryBucket(queue, parent) + entrySlot(queue, child);
      return moveAlong(table, queue, parent, roots, slot, empty);
    }
  }
  return 0;
}

/** Queues where the entries of a queued bucket may go. */
@inline
function expand(table: usize, queue: usize, at: u32, length: u32): u32 {
  const bucket = entryBucket(queue, at);
  for (let s: u32 = 0; s < <u32>bucketSlots; s++) {
    const other = otherBucket(table, bucket + s);
    if (other == bucket || length >= <u32>queueLength) continue;
    setEntry(queue, length, other, at, s);
    length += 1;
  }
  return length;
}

/** What it stores, after the queue, only keeps the loads alive. */
@inline
function fetch(queue: usize, from: u32, to: u32): void {
  let any: u32 = 0;
  for (let at = from; at < to; at++) any |= load<u32>(entryBucket(queue, at), bucketWordsAt);
  store<u32>(queue + queueLength * queueEntryBytes, any);
}

/** Moves the entry in `from` to `empty`, then its parent's entry to `from`, up to a root's slot. */
function moveAlong(
  table: usize,
  queue: usize,
  at: u32,
  roots: u32,
  from: usize,
  empty: usize,
): usize {
  let moves: u32 = 0;
  while (true) {
    // A path may cross itself, and an entry on it have moved already. All moves so far are sound;
    // the caller gets no slot here, and grows: it needs a table nearly full and tiny.
    if (otherBucket(table, from) != bucketOfSlot(empty)) return 0;
    move(table, from, empty);
    moves += 1;
    if (at < roots) break;
    empty = from;
    from = entryBucket(queue, entryParent(queue, at)) + entrySlot(queue, at);
    at = entryParent(queue, at);
  }
  countDisplaced(table, moves);
  return from;
}

function move(table: usize, from: usize, to: usize): void {
  const hash = hashOf(table, slotKey(from));
  touchSlot(table, from, hash);
  touchSlot(table, to, hash);
  const version = versionOf(table, bucketOfSlot(to));
  const versionFrom = versionOf(table, bucketOfSlot(from));
  beginChange(version);
  if (versionFrom != version) beginChange(versionFrom);
  setSlot(to, slotKey(from), slotWord(from), slotStamp(from));
  setSlot(from, 0, 0, 0);
  if (versionFrom != version) endChange(versionFrom);
  endChange(version);
}

/** Where the entry in this slot may go. */
function otherBucket(table: usize, slot: usize): usize {
  const count = bucketCountOf(table);
  const hash = hashOf(table, slotKey(slot));
  const first = bucketAt(table, firstIndex(count, hash));
  return first != bucketOfSlot(slot) ? first : bucketAt(table, secondIndex(count, hash));
}

function countDisplaced(table: usize, moves: u32): void {
  const counter = table + tableDisplacementsAt + (min<u32>(moves, displacementKinds - 1) << 3);
  store<u64>(counter, load<u64>(counter) + 1);
}

@inline
function setEntry(queue: usize, at: u32, bucket: usize, parent: u32, slot: u32): void {
  store<u32>(queue + at * queueEntryBytes, <u32>bucket);
  store<u32>(queue + at * queueEntryBytes, parent, 4);
  store<u32>(queue + at * queueEntryBytes, slot, 8);
}

@inline
function entryBucket(queue: usize, at: u32): usize {
  return load<u32>(queue + at * queueEntryBytes);
}

@inline
function entryParent(queue: usize, at: u32): u32 {
  return load<u32>(queue + at * queueEntryBytes, 4);
}

@inline
function entrySlot(queue: usize, at: u32): u32 {
  return load<u32>(queue + at * queueEntryBytes, 8);
}
