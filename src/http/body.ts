import { FoldbackError } from "../core/index.ts";

/**
 * The events of a request's body: one object, an array, `{"events": […]}`, or NDJSON.
 *
 * A line of NDJSON that is no JSON stands in the list as its text, which is no event: so it is refused
 * at its own index, and its neighbours are taken. Blank lines are left out, and not counted.
 *
 * @throws FoldbackError REQUEST_INVALID where a JSON body is none.
 */
export function eventsOf(body: string, contentType: string): unknown[] {
  const text = withoutMark(body);
  if (/^application\/(?:x-ndjson|jsonl|x-jsonlines)\b/i.test(contentType)) {
    return text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map(lineOf);
  }
  const parsed = parse(text);
  if (Array.isArray(parsed)) return parsed;
  return isBatch(parsed) ? parsed.events : [parsed];
}

export function isCsv(contentType: string): boolean {
  return /^text\/csv\b/i.test(contentType);
}

/** A byte order mark is no part of the text, and some senders begin with one. */
export function withoutMark(body: string): string {
  return body.startsWith("\ufeff") ? body.slice(1) : body;
}

function lineOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return line;
    throw error;
  }
}

const allowedEvents =
  'an event, an array of events, or {"events": […]} as application/json, ' +
  "one event a line as application/x-ndjson, or a row an event as text/csv";

/** @throws FoldbackError REQUEST_INVALID. */
export function parse(text: string, allowed = allowedEvents): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const came = text === "" ? "empty" : `no JSON: ${JSON.stringify(text.slice(0, 60))}`;
    throw new FoldbackError("REQUEST_INVALID", `the body is ${came}; allowed: ${allowed}`, {
      cause,
    });
  }
}

function isBatch(value: unknown): value is { readonly events: unknown[] } {
  return (
    typeof value === "object" &&
    value !== null &&
    Array.isArray((value as { events?: unknown }).events)
  );
}
