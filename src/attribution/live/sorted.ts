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

/** Puts it in its place. O(n), but for what comes at the end, as most does. @returns the place. */
export function insert<T>(list: T[], one: T, order: (a: T, b: T) => number): number {
  const at = firstNot(list, (other) => order(other, one) < 0);
  if (at === list.length) list.push(one);
  else list.splice(at, 0, one);
  return at;
}

/** Takes out what is there. @returns where it was. */
export function remove<T>(list: T[], one: T, order: (a: T, b: T) => number): number {
  const at = firstNot(list, (other) => order(other, one) < 0);
  assert(list[at] === one, "what is taken out is there");
  list.splice(at, 1);
  return at;
}
