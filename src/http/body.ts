import { FoldbackError } from "../core/index.ts";

/**
 * The events of a request's body: one object, an array, `{"events": […]}`, or NDJSON.
 *
 * @throws FoldbackError REQUEST_INVALID where it is no JSON at all. What is in it, the events say.
 */
export function eventsOf(body: string, contentType: string): unknown[] {
  if (/^application\/x-ndjson\b/i.test(contentType)) return linesOf(body);
  const parsed = parse(body, "the body");
  if (Array.isArray(parsed)) return parsed;
  if (isBatch(parsed)) return parsed.events;
  return [parsed];
}

function linesOf(body: string): unknown[] {
  return body
    .split("\n")
    .map((line, i) => ({ line, number: i + 1 }))
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, number }) => parse(line, `line ${number}`));
}

function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FoldbackError(
      "REQUEST_INVALID",
      `${place} is no JSON: ${JSON.stringify(text.slice(0, 60))}; allowed: an event, an array of events, ` +
        'or {"events": […]} as application/json, or one event a line as application/x-ndjson',
      { cause },
    );
  }
}

function isBatch(value: unknown): value is { readonly events: unknown[] } {
  return (
    typeof value === "object" &&
    value !== null &&
    Array.isArray((value as { events?: unknown }).events)
  );
}
