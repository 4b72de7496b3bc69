/** Lists that are kept in order. */
import { assert } from "../../core/index.ts";

/** The first place whose entry is not before, by a test that holds for a beginning of the list alone. O(log n). */
export function firstNot<T>(list: readonly T[], isBefore: (one: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(list[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A list that grows gets room for 16 more: most have a few entries, and then are copied to their size instead. */
const copiedBelow = 8;

/**
 * Puts it in its place. O(n), but for what comes at the end of a longer list, as most does.
 *
 * @param list may be changed. @returns the list with it, which stands for the other from now on.
 */
export function inserted<T>(list: T[], one: T, order: (a: T, b: T) => number): T[] {
  return insertedAt(
    list,
    one,
    firstNot(list, (other) => order(other, one) < 0),
  );
}

/** The same where the place is known. */
export function insertedAt<T>(list: T[], one: T, at: number): T[] {
  if (list.length < copiedBelow) return list.toSpliced(at, 0, one);
  if (at === list.length) list.push(one);
  else list.splice(at, 0, one);
  return list;
}

/** Takes out what is there. @returns where it was. */
export function remove<T>(list: T[], one: T, order: (a: T, b: T) => number): number {
  const at = firstNot(list, (other) => order(other, one) < 0);
  assert(list[at] === one, "what is taken out is there");
  list.splice(at, 1);
  return at;
}
