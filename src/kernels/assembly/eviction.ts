/**
 * At the maximum number of ids the least recently updated one gives way.
 *
 * Idea: a heap of rows by stamp, oldest on top, with stamps as they were when a row was put in. A
 * stamp only ever grows, so the top is either the oldest, or out of date: then it is put back under
 * the stamp that it has now. What an update costs is nothing; what an eviction costs, the few rows
 * that were updated since they were put in.
 *
 * Of equal stamps the smallest row goes first, so which one goes does not depend on how the heap
 * came about, and the heap need not be in a snapshot: it is built from the buckets when it is first
 * needed, and again when entries out of date have filled it.
 *
 * ```
 * entry   row u32 │ stamp u32: one u64, compared at once
 * ```
 */
import {
  bucketSlots,
  heapUnbuilt,
  noRow,
  tableEvictedTotalAt,
  tableHeapAt,
  tableHeapLengthAt,
  tableHeapMaxAt,
} from "../layout";
import { bucketAt, bucketCountOf, hashOf, pendingFlag, slotStamp, slotWord } from "./bucket";
import { touchSlot } from "./changes";
import { add64 } from "./counters";
import { tableLocate } from "./locate";
import { chunkOf, isLive, keyOfRow, placeOf } from "./planes";
import { clear } from "./removal";

/** Takes the least recently updated id out, and returns where its key is; 0 if there is none. */
export function evict(table: usize): usize {
  if (load<u32>(table, tableHeapLengthAt) == heapUnbuilt) build(table);
  while (true) {
    const length = load<u32>(table, tableHeapLengthAt);
    if (length == 0) return 0;
    const heap: usize = load<u32>(table, tableHeapAt);
    const top = load<u64>(heap);
    const row = <u32>top;
    const key = keyOfRow(table, row);
    const slot = isLive(table, chunkOf(table, row), placeOf(row)) ? tableLocate(table, load<u64>(key)) : 0;
    if (slot != 0 && slotStamp(slot) != <u32>(top >>> 32)) {
      sink(heap, length, entryOf(row, slotStamp(slot)));
      continue;
    }
    store<u32>(table, length - 1, tableHeapLengthAt);
    if (length > 1) sink(heap, length - 1, load<u64>(heap + ((length - 1) << 3)));
    if (slot == 0) continue; // the row was removed meanwhile
    touchSlot(table, slot, hashOf(table, load<u64>(key)));
    clear(table, slot);
    add64(table + tableEvictedTotalAt);
    return key;
  }
}

/** A row was admitted: it is in the heap from now on, if there is one. */
export function evictLater(table: usize, row: u32, stamp: u32): void {
  const length = load<u32>(table, tableHeapLengthAt);
  if (length == heapUnbuilt) return;
  if (length == load<u32>(table, tableHeapMaxAt)) {
    store<u32>(table, heapUnbuilt, tableHeapLengthAt);
    return;
  }
  rise(load<u32>(table, tableHeapAt), length, entryOf(row, stamp));
  store<u32>(table, length + 1, tableHeapLengthAt);
}

function build(table: usize): void {
  const heap: usize = load<u32>(table, tableHeapAt);
  const count = bucketCountOf(table);
  let length: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const bucket = bucketAt(table, index);
    for (let s: u32 = 0; s < <u32>bucketSlots; s++) {
      const word = slotWord(bucket + s);
      if (word == noRow || (word & pendingFlag) != 0) continue;
      store<u64>(heap + (length << 3), entryOf(word, slotStamp(bucket + s)));
      length += 1;
    }
  }
  store<u32>(table, length, tableHeapLengthAt);
  for (let at = length >>> 1; at > 0; at--) {
    sinkFrom(heap, length, at - 1, load<u64>(heap + ((at - 1) << 3)));
  }
}

@inline
function entryOf(row: u32, stamp: u32): u64 {
  return ((<u64>stamp) << 32) | <u64>row;
}

@inline
function sink(heap: usize, length: u32, entry: u64): void {
  sinkFrom(heap, length, 0, entry);
}

function sinkFrom(heap: usize, length: u32, at: u32, entry: u64): void {
  while (true) {
    let child: u32 = 2 * at + 1;
    if (child >= length) break;
    let least = load<u64>(heap + (child << 3));
    if (child + 1 < length) {
      const right = load<u64>(heap + ((child + 1) << 3));
      if (right < least) {
        child += 1;
        least = right;
      }
    }
    if (least >= entry) break;
    store<u64>(heap + (at << 3), least);
    at = child;
  }
  store<u64>(heap + (at << 3), entry);
}

function rise(heap: usize, at: u32, entry: u64): void {
  while (at > 0) {
    const parent = heap + (((at - 1) >>> 1) << 3);
    if (load<u64>(parent) <= entry) break;
    store<u64>(heap + (at << 3), load<u64>(parent));
    at = (at - 1) >>> 1;
  }
  store<u64>(heap + (at << 3), entry);
}
