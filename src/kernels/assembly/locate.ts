/** Finding an entry, for the writer. */
import {
  bucketAt,
  bucketCountOf,
  firstIndex,
  hashOf,
  secondIndex,
  slotWith,
} from "./bucket";

/** The key's slot, or 0. */
export function tableLocate(table: usize, key: u64): usize {
  const count = bucketCountOf(table);
  const hash = hashOf(table, key);
  const slot = slotWith(bucketAt(table, firstIndex(count, hash)), key);
  return slot != 0 ? slot : slotWith(bucketAt(table, secondIndex(count, hash)), key);
}
