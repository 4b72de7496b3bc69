/**
 * The event: one flat object for everything a service tells the engine.
 *
 * These are the *parsed* types: exact, checked, times in epoch milliseconds UTC. What a sender may
 * write is wider (RFC 3339 times, unknown context) and is turned into this by `parseEvent`.
 */

/**
 * Event types every config knows; a config may declare more names. `link` says that `account` and `context.account` are logins of one
 * customer.
 */
export const knownEventTypes = [
  "access",
  "impression",
  "play",
  "skip",
  "like",
  "unlike",
  "share",
  "save",
  "comment",
  "follow",
  "download",
  "rate",
  "ad_impression",
  "ad_engaged_view",
  "ad_click",
  "visit",
  "purchase",
  "subscribe",
  "add_to_cart",
  "checkout",
  "view_content",
  "link",
] as const;

/**
 * Records that the engine takes through its own calls, or makes itself, and keeps in the same log:
 * `item_set` describes an item, `account_set` an account; `served` says what was recommended; `experiment_set` that an experiment is
 * measured from here on, and how; `person_assigned` whose a session is, as counting people found; a `heartbeat` that time has gone by;
 * `erase` that all of an account is to be forgotten; `erased` stands where an event was that is.
 */
export const engineEventTypes = [
  "item_set",
  "account_set",
  "served",
  "experiment_set",
  "person_assigned",
  "heartbeat",
  "erase",
  "erased",
] as const;

/** A place by name. Coordinates never get this far: they become a place when the event is taken in, and are dropped. */
export interface Place {
  readonly city?: string;
  readonly state?: string;
  readonly zip?: string;
  /** ISO 3166-1, two capital letters: that of the place, while `Event.country` is what the sender says. */
  readonly country?: string;
  /** An IANA name, such as `Europe/Lisbon`. */
  readonly timeZone?: string;
}

/** The advertisement or visit that an event is a touch of. */
export interface Ad {
  readonly channel?: string;
  readonly advertiser?: string;
  readonly campaign?: string;
  readonly group?: string;
  readonly creative?: string;
  /** Cost of this touch, in units of the event's currency. */
  readonly cost?: number;
}

/** An item of a list that was recommended, at its place in the list. */
export interface ServedItem {
  readonly item: string;
  /** The probability with which the policy put it there; above 0, at most 1. */
  readonly propensity: number;
  /** What would have come to the place without chance, given those before it, where that is another item. */
  readonly insteadOf?: string;
}

export interface Event {
  /** The sender's unique id. A second event with the same (source, type, id) within 48 h is dropped. */
  readonly id?: string;
  readonly type: string;
  /** When it happened: epoch milliseconds, a whole number. */
  readonly time: number;
  /** The login that did it; only an anonymous session has none. */
  readonly account?: string;
  readonly session?: string;
  readonly device?: string;
  readonly location?: Place;
  readonly item?: string;
  readonly artist?: string;
  readonly playlist?: string;
  /** The served recommendation that this belongs to, and the place in its list, from 0. */
  readonly request?: string;
  readonly position?: number;
  /** Money, a rating, or another amount that the type gives a meaning. */
  readonly value?: number;
  /** ISO 4217, three capital letters. */
  readonly currency?: string;
  /** Watch or listening time. */
  readonly seconds?: number;
  readonly ad?: Ad;
  /** Who sent it. */
  readonly source?: string;
  /** ISO 3166-1, two capital letters. */
  readonly country?: string;
  readonly platform?: string;
  /** Further named features. */
  readonly context?: Readonly<Record<string, string | number>>;
  /** Of `served` alone: the list, best first. */
  readonly list?: readonly ServedItem[];
}

/**
 * Who an event is kept under: the account, else the anonymous session, else (catalogue records) the
 * item. Its hash is the event's partition.
 */
export function eventKey({
  account,
  session,
  item,
}: Pick<Event, "account" | "session" | "item">): string {
  return account ?? session ?? item ?? "";
}

/** The other account that a `link` names; undefined of other events. */
export function linkedAccount({
  type,
  context,
}: Pick<Event, "type" | "context">): string | undefined {
  const other = type === "link" ? context?.["account"] : undefined;
  return other === undefined ? undefined : String(other);
}
