/** One event that was not taken, said so that its sender can mend it. */
export interface Refusal {
  /** Which one: its position in the batch from 0, or its line or row in the file from 1. */
  readonly index: number;
  /** The first bad field in the order of `Event`, such as `ad.cost`; `event` or `line` for the whole. */
  readonly field: string;
  /** What came, shortened and printable: control and direction characters are escaped. */
  readonly came: string;
  /** What would have been taken, as a phrase. */
  readonly allowed: string;
}

const maxShownLength = 80; // one line of a terminal: enough to find the value, little enough to log
const maxShownKeys = 5;

/**
 * Renders any value for a `Refusal`: short, on one line, harmless to print. Never throws.
 *
 * @example renderValue("a\nb") // "\"a\\nb\""
 * @example renderValue([1, 2]) // "a list of 2"
 */
export function renderValue(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "nothing";
    case "string":
      return `"${renderText(value)}"`;
    case "number":
    case "boolean":
      return String(value);
    case "bigint":
      return cut(value.toString());
    case "object":
      return value === null ? "null" : renderObject(value);
    default:
      return `a ${typeof value}`;
  }
}

/** Renders a text without quotes, for names of fields that the sender chose. */
export function renderText(text: string): string {
  const escaped = JSON.stringify(cut(text)).slice(1, -1);
  return cut(escaped.replace(unprintable, escapeUnit));
}

// What JSON.stringify leaves as it is although a terminal may act on it: C1 controls, line separators,
// zero-width characters, and the direction marks that make a log line read backwards.
const unprintable = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function renderObject(value: object): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  const keys = Object.keys(value);
  if (keys.length === 0) return "an empty object";
  const shown = keys.slice(0, maxShownKeys).map(renderText).join(", ");
  return cut(`an object with ${shown}${keys.length > maxShownKeys ? ", …" : ""}`);
}

function cut(text: string): string {
  if (text.length <= maxShownLength) return text;
  const end = maxShownLength - 1;
  // A surrogate pair is not cut in two: half of one is no text.
  const splits = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
  return `${text.slice(0, splits ? end - 1 : end)}…`;
}
