import { hash } from "node:crypto";
import { encodeEvent } from "../codec.ts";
import type { Event } from "../event.ts";

/**
 * Gives an event an id that is a function of what it says, and its source: the same line of the same
 * source always has the same id, wherever in a file it stands, and importing it again is known as such.
 *
 * 132 bits of SHA-256: that two different ones of 10^9 meet has odds of 10^-22, and nobody can make them.
 */
export function withContentId(event: Event, source: string): Event {
  const { id: _, country, platform, context, ...before } = event;
  const sourced: Event = {
    ...before,
    source,
    ...(country === undefined ? {} : { country }),
    ...(platform === undefined ? {} : { platform }),
    ...(context === undefined ? {} : { context }),
  };
  return { id: hash("sha256", encodeEvent(sourced), "base64url").slice(0, 22), ...sourced };
}
