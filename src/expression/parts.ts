/**
 * Texts of several parts, with `|` between them, as the catalogue keeps lists: `rock|live`. Each item's are
 * looked at, so nothing is split: parts are compared where they are. An empty text is no part.
 */

export const separator = "|";

/** Whether it is one of the parts of the text. O(text); allocates nothing. @param part without `|`. */
export function hasPart(text: string, part: string): boolean {
  if (text === part) return part !== "";
  if (part === "" || text.length <= part.length) return false;
  let at = text.indexOf(part);
  while (at >= 0) {
    const end = at + part.length;
    const isBegin = at === 0 || text[at - 1] === separator;
    if (isBegin && (end === text.length || text[end] === separator)) return true;
    // No part begins before the next separator: a text of one letter many times is not looked at in squares.
    const next = text.indexOf(separator, at);
    at = next < 0 ? -1 : text.indexOf(part, next + 1);
  }
  return false;
}

/** Whether a part of the one is a part of the other; allocates where the first has several. */
export function haveCommonPart(one: string, other: string): boolean {
  return somePart(one, (part) => hasPart(other, part));
}

/** Measured: of more than these, a set is faster, though it has the parts cut out of the text. */
const comparedMax = 8;

/** Makes the test whether one of a text's parts is among the wanted; without `|`. */
export function partAmong(wanted: readonly string[]): (text: string) => boolean {
  const set = new Set(wanted.filter((part) => part !== ""));
  if (wanted.length > comparedMax) {
    return (text) =>
      text.includes(separator) ? somePart(text, (part) => set.has(part)) : set.has(text);
  }
  return (text) => {
    if (!text.includes(separator)) return set.has(text);
    for (let i = 0; i < wanted.length; i++) if (hasPart(text, wanted[i])) return true;
    return false;
  };
}

export function partCount(text: string): number {
  let count = 0;
  somePart(text, () => {
    count++;
    return false;
  });
  return count;
}

function somePart(text: string, holds: (part: string) => boolean): boolean {
  let from = 0;
  while (from <= text.length) {
    const found = text.indexOf(separator, from);
    const end = found < 0 ? text.length : found;
    if (end > from && holds(text.slice(from, end))) return true;
    from = end + 1;
  }
  return false;
}
