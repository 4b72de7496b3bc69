import type { Event } from "./event.ts";

/**
 * The event as the log keeps it: one line of JSON, keys in the order the event has them. An event from
 * `parseEvent` therefore always has the same bytes.
 */
export function encodeEvent(event: Event): string {
  return JSON.stringify(event);
}

/**
 * Reads what `encodeEvent` wrote. Trusted: nothing is checked but that it is JSON (`SyntaxError` where
 * not), so it is for our own bytes, under their checksum; what a sender wrote goes through `parseEvents`.
 */
export function decodeEvent(json: string): Event {
  return JSON.parse(json) as Event; // the log's checksum vouches for the type
}
