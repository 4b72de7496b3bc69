/** Addresses of requests. */
import { FoldbackClientError } from "./errors.ts";

type Scalar = string | number | boolean;
type Value = Scalar | readonly Scalar[];

/**
 * The path of these segments, each percent-encoded.
 *
 * @throws FoldbackClientError REQUEST_INVALID for `.` and `..`, which every URL parser takes for steps in the path,
 *   encoded or not.
 */
export function pathOf(...segments: readonly string[]): string {
  for (const segment of segments) {
    if (segment !== "." && segment !== "..") continue;
    throw new FoldbackClientError(
      "REQUEST_INVALID",
      `the id ${JSON.stringify(segment)} can't stand in a URL; allowed: any but . and ..`,
    );
  }
  return segments.map(encodeURIComponent).join("/");
}

/** What is undefined is left out; lists are repeated names. */
export function queryOf(values: Readonly<Record<string, Value | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    for (const each of isList(value) ? value : [value]) query.append(name, textOf(each));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

function isList(value: Value): value is readonly Scalar[] {
  return Array.isArray(value);
}

/** The service reads up to 15 decimals, and no exponents: 0.1 + 0.2 would be refused. */
function textOf(value: Scalar): string {
  if (typeof value !== "number" || Number.isInteger(value)) return String(value);
  return value.toFixed(15);
}
