/**
 * The table's operations that give ids up: one by one, or all past their time to live. One thread a
 * table, the one that takes ids in.
 */
import {
  bucketSlots,
  tableAdmittedAt,
  tableCursorAt,
  tableExpiredTotalAt,
  tablePendingAt,
  tablePendingExpiredTotalAt,
  tablePendingTtlAt,
  tableRemovedTotalAt,
  tableTtlAt,
} from "../layout";
import {
  beginChange,
  bucketAt,
  bucketCountOf,
  bucketOfSlot,
  endChange,
  hashOf,
  pendingFlag,
  setSlot,
  slotKey,
  slotStamp,
  slotWord,
  versionOf,
} from "./bucket";
import { touchBucket, touchSlot } from "./changes";
import { add32, add64 } from "./counters";
import { tableLocate } from "./locate";
import { rowFree } from "./rows";

/** 1 if the key was there, admitted or pending. */
export function tableRemove(table: usize, key: u64): u32 {
  const slot = tableLocate(table, key);
  if (slot == 0) return 0;
  touchSlot(table, slot, hashOf(table, key));
  clear(table, slot);
  add64(table + tableRemovedTotalAt);
  return 1;
}

/**
 * Removes what is older than its time to live, in the `bucketCount` buckets from the cursor on.
 * Writes the admitted keys among them to `removedKeys` (4 × bucketCount × 8 bytes), and returns how
 * many.
 */
export function tableExpire(table: usize, now: u32, bucketCount: u32, removedKeys: usize): u32 {
  const ttl = load<u32>(table, tableTtlAt);
  const pendingTtl = load<u32>(table, tablePendingTtlAt);
  const buckets = bucketCountOf(table);
  let cursor = load<u32>(table, tableCursorAt);
  let removed: u32 = 0;
  for (let i: u32 = 0; i < bucketCount; i++) {
    const bucket = bucketAt(table, cursor);
    for (let s: u32 = 0; s < <u32>bucketSlots; s++) {
      const slot = bucket + s;
      const word = slotWord(slot);
      if (word == 0) continue;
      if ((word & pendingFlag) != 0) {
        if (pendingTtl == 0 || !isOlder((word & ~pendingFlag) << 1, pendingTtl, now)) continue;
        touchBucket(table, cursor);
        clear(table, slot);
        add64(table + tablePendingExpiredTotalAt);
      } else {
        if (ttl == 0 || !isOlder(slotStamp(slot), ttl, now)) continue;
        store<u64>(removedKeys + (removed << 3), slotKey(slot));
        removed += 1;
        touchBucket(table, cursor);
        clear(table, slot);
        add64(table + tableExpiredTotalAt);
      }
    }
    cursor += 1;
    if (cursor >= buckets) cursor = 0;
  }
  store<u32>(table, cursor, tableCursorAt);
  return removed;
}

@inline
function isOlder(seen: u32, ttl: u32, now: u32): bool {
  return now > seen && now - seen >= ttl;
}

/** Takes the entry away; the caller has said that its bucket changes. */
export function clear(table: usize, slot: usize): void {
  const word = slotWord(slot);
  const version = versionOf(table, bucketOfSlot(slot));
  beginChange(version);
  setSlot(slot, 0, 0, 0);
  endChange(version);
  if ((word & pendingFlag) != 0) {
    add32(table + tablePendingAt, -1);
  } else {
    add32(table + tableAdmittedAt, -1);
    rowFree(table, word);
  }
}
