import { FoldbackError } from "../core/index.ts";

/** What a mistake is found in. */
export interface Source {
  /** For messages: `filter`. */
  readonly what: string;
  readonly text: string;
}

/** Characters of a line that are shown before the place, and in all. */
const shownBefore = 60;
const shownMax = 100;
/** Characters of a word that are repeated in a message. */
const wordMax = 40;

/**
 * A mistake at a place of the text, with its line and a mark under the place. Lines and columns count from 1,
 * columns in characters as one sees them (code points).
 *
 * @param at where in the text, in UTF-16 units.
 */
export function mistake({ what, text }: Source, at: number, said: string): FoldbackError {
  const lineAt = text.lastIndexOf("\n", at - 1) + 1;
  const line = text.slice(0, lineAt).split("\n").length;
  const column = Array.from(text.slice(lineAt, at)).length + 1;
  const [whole] = text.slice(lineAt).split("\n", 1);
  const from = Math.max(0, column - 1 - shownBefore);
  const shown = Array.from(whole, visible).slice(from, from + shownMax);
  const mark = `${" ".repeat(column - 1 - from)}^`;
  return new FoldbackError(
    "REQUEST_INVALID",
    `${what}, line ${line}, column ${column}: ${said}\n  ${shown.join("")}\n  ${mark}`,
    { details: { expression: what, line, column } },
  );
}

/** Not more of it than a message has room for. */
export function shortened(word: string): string {
  const characters = Array.from(word);
  return characters.length <= wordMax ? word : `${characters.slice(0, wordMax).join("")}…`;
}

/** The one of these that was probably meant; undefined where none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  // A word of three letters is not a slip of another one of three.
  let bestDistance = Math.min(2, Math.floor(word.length / 3)) + 1;
  for (const each of known) {
    const distance = distanceOf(word.toLowerCase(), each.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [each, distance];
  }
  return best;
}

/** How many characters must be put in, taken out, changed, or swapped with the next (optimal string alignment). */
function distanceOf(a: string, b: string): number {
  // Nothing that long is near; and a name may have as many characters as a text.
  if (Math.abs(a.length - b.length) > 2) return 3;
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const [above, before] = [rows[i - 1], rows[i - 2]];
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = above[j - 1] + Number(a[i - 1] !== b[j - 1]);
      row.push(Math.min(above[j] + 1, row[j - 1] + 1, changed));
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

/** Characters that would move the mark, or the reader's terminal, are shown as spaces. */
function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x20_28 || code === 0x20_29
    ? " "
    : character;
}
