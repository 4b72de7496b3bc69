/**
 * The rules that every number of attribution follows, whichever way it is computed.
 *
 * A touch is eligible for a conversion when `0 ≤ conversion − touch ≤ window`, both ends included, in milliseconds.
 */
import { compareUtf8 } from "../core/index.ts";

/** What a conversion can be earned by, the strongest first. */
export const tiers = ["click", "engaged", "view"] as const;

export type Tier = (typeof tiers)[number];

/** A visit (organic, direct, from a search) is a touch of journeys, and earns nothing in the window grid. */
export const touchKinds = [...tiers, "visit"] as const;

export type TouchKind = (typeof touchKinds)[number];

/** The touch that an event is; undefined for others. */
export function touchKindOf(type: string): TouchKind | undefined {
  return kindByType.get(type);
}

const kindByType: ReadonlyMap<string, TouchKind> = new Map([
  ["ad_click", "click"],
  ["ad_engaged_view", "engaged"],
  ["ad_impression", "view"],
  ["visit", "visit"],
]);

/** The types of events that are touches. */
export const touchTypes: ReadonlySet<string> = new Set(kindByType.keys());

/** Events that count as conversions where nothing else is asked. */
export const defaultConversions = [
  "purchase",
  "subscribe",
  "add_to_cart",
  "checkout",
  "view_content",
] as const;

/** A second conversion with the same source, name and id is the same one up to this long after the first, included. */
export const duplicateWindowMs = 48 * 3_600_000;

/** What reports call a name that the events did not give. */
export const notSet = "(not set)";

/** Something that happened at a time, and has an id. */
export interface Timed {
  /** Epoch milliseconds, UTC. */
  readonly time: number;
  /** The sender's; of an event without one, `line:N`. */
  readonly id: string;
}

/**
 * The order of touches in a journey, and of conversions: by time; at the same millisecond by id, as UTF-8 bytes. Where these are equal,
 * touches come by kind (as `touchKinds` has them), conversions by event (as UTF-8 bytes), then both by source (none first, as UTF-8
 * bytes), and what has no id by file.
 */
export function inOrder(one: Timed, other: Timed): number {
  return one.time - other.time || compareUtf8(one.id, other.id);
}
