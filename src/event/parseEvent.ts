/**
 * Parsing at the edge: what a sender wrote, of any shape, becomes an exact `Event` or a `Refusal`.
 *
 * Hand-written rather than checked against a schema, since every event of every source goes through
 * here: one pass, in the order of `Event`, no allocation but the event itself.
 */
import { type Ad, type Event, engineEventTypes, knownEventTypes, type Place } from "./event.ts";
import {
  checkAmount,
  checkCode,
  checkContext,
  checkNames,
  checkNumber,
  checkPosition,
  checkText,
  checkTime,
  type Fields,
  type Findings,
  isAbsent,
  isName,
  isObject,
  refuse,
} from "./eventChecks.ts";
import { placeAt } from "./places/places.ts";
import type { Refusal } from "./refusal.ts";

export interface ParseOptions {
  /** The server's clock, epoch milliseconds: an event more than 10 minutes later is refused. */
  readonly now: number;
  /** Event types that the config declares besides the known ones. */
  readonly extraTypes?: ReadonlySet<string>;
}

export type ParsedEvent =
  | { readonly ok: true; readonly event: Event }
  | { readonly ok: false; readonly refusal: Refusal };

export interface ParsedEvents {
  /** In the order they came. */
  readonly events: Event[];
  /** By growing index. */
  readonly refused: Refusal[];
}

/**
 * Parses a batch: each event is taken or refused for itself, so that one bad event costs no other.
 *
 * The length is the caller's to limit. Never throws on JSON values; changes nothing of `inputs`.
 * O(fields).
 *
 * @example
 * const { events, refused } = parseEvents(body, { now: clock.now() });
 */
export function parseEvents(inputs: readonly unknown[], options: ParseOptions): ParsedEvents {
  const events: Event[] = [];
  const refused: Refusal[] = [];
  for (let i = 0; i < inputs.length; i++) {
    const parsed = parseEvent(inputs[i], options, i);
    if (parsed.ok) events.push(parsed.event);
    else refused.push(parsed.refusal);
  }
  return { events, refused };
}

/**
 * Parses one event. A field that is null counts as absent, a field that we do not know is refused, and
 * coordinates become the place that they are in. The keys of the result are in the order of `Event`, whatever
 * the sender's order, so that the same event always has the same bytes.
 *
 * @param index what a refusal calls it; default 0.
 */
export function parseEvent(input: unknown, options: ParseOptions, index = 0): ParsedEvent {
  const findings: Findings = { index, refusal: undefined };
  const event = isObject(input)
    ? takeFields(input, options, findings)
    : refuse(findings, "event", input, "a JSON object");
  if (event === undefined || findings.refusal !== undefined) {
    // A bad field is always noted, so there is a refusal wherever there is no event.
    return { ok: false, refusal: findings.refusal as Refusal };
  }
  return { ok: true, event };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function takeFields(came: Fields, options: ParseOptions, findings: Findings): Event | undefined {
  const id = checkText(findings, "id", came["id"]);
  const type = checkType(findings, came["type"], options.extraTypes);
  if (type === undefined) return undefined; // what else it needs depends on the type
  const needs = needsOf(type);
  const time = checkTime(findings, came["time"], options.now);
  const event: Mutable<Event> = id === undefined ? { type, time } : { id, type, time };

  const account = checkText(findings, "account", came["account"]);
  if (account !== undefined) event.account = account;
  const session = checkText(findings, "session", came["session"]);
  if (session !== undefined) event.session = session;
  if (needs.sender === "anybody") {
    if (account === undefined && isAbsent(came["session"])) {
      refuse(
        findings,
        "account",
        came["account"],
        "an account, or a session where nobody is logged in",
      );
    }
  } else if (needs.sender === "account") {
    if (account === undefined) {
      refuse(findings, "account", came["account"], `an account: ${type} needs one`);
    }
  } else if (account !== undefined || session !== undefined) {
    const field = account === undefined ? "session" : "account";
    refuse(findings, field, came[field], `nothing: ${type} is kept under its item`);
  }
  const device = checkText(findings, "device", came["device"]);
  if (device !== undefined) event.device = device;
  const location = checkLocation(findings, came["location"]);
  if (location !== undefined) event.location = location;

  const item = checkText(findings, "item", came["item"]);
  if (item !== undefined) {
    event.item = item;
    if (needs.sender === "account") {
      refuse(findings, "item", item, `nothing: ${type} is about its account alone`);
    }
  } else if (needs.item) refuse(findings, "item", came["item"], `an item: ${type} needs one`);
  else if (needs.itemOrArtist && isAbsent(came["artist"])) {
    refuse(findings, "item", came["item"], `an item or an artist: ${type} needs one`);
  }
  const artist = checkText(findings, "artist", came["artist"]);
  if (artist !== undefined) event.artist = artist;
  const playlist = checkText(findings, "playlist", came["playlist"]);
  if (playlist !== undefined) event.playlist = playlist;
  const request = checkText(findings, "request", came["request"]);
  if (request !== undefined) event.request = request;
  const position = checkPosition(findings, "position", came["position"]);
  if (position !== undefined) event.position = position;

  const value = checkNumber(findings, "value", came["value"]);
  if (value !== undefined) event.value = value;
  else if (needs.value)
    refuse(findings, "value", came["value"], `a finite number: ${type} needs one`);
  const currency = checkCode(findings, "currency", came["currency"], currencyCode, allowedCurrency);
  if (currency !== undefined) event.currency = currency;
  const seconds = checkAmount(findings, "seconds", came["seconds"]);
  if (seconds !== undefined) event.seconds = seconds;

  const ad = checkAd(findings, came["ad"]);
  if (ad !== undefined) event.ad = ad;
  else if (needs.ad)
    refuse(findings, "ad", came["ad"], `an object of ${adNames}: ${type} needs one`);
  if (needs.channel && ad?.channel === undefined) {
    refuse(findings, "ad.channel", undefined, `a channel: ${type} needs one`);
  }

  const source = checkText(findings, "source", came["source"]);
  if (source !== undefined) event.source = source;
  const country = checkCode(findings, "country", came["country"], countryCode, allowedCountry);
  if (country !== undefined) event.country = country;
  const platform = checkText(findings, "platform", came["platform"]);
  if (platform !== undefined) event.platform = platform;
  const context = checkContext(findings, came["context"]);
  if (context !== undefined) event.context = context;
  if (needs.otherAccount) {
    const other = context?.["account"];
    if (!isName(other)) refuse(findings, "context.account", other, allowedOther);
  }
  checkNames(findings, came, eventFields, "", allowedFields);
  return event;
}

const allowedOther = "the name of the other account, a text of 1 to 256 characters: link needs one";
const currencyCode = /^[A-Z]{3}$/;
const allowedCurrency = "three capital letters (ISO 4217)";
const countryCode = /^[A-Z]{2}$/;
const allowedCountry = "two capital letters (ISO 3166-1)";

// Record over every field: a field added to `Event` does not compile until it is known here.
const eventFieldRecord: Record<Exclude<keyof Event, "list">, true> = {
  id: true,
  type: true,
  time: true,
  account: true,
  session: true,
  device: true,
  location: true,
  item: true,
  artist: true,
  playlist: true,
  request: true,
  position: true,
  value: true,
  currency: true,
  seconds: true,
  ad: true,
  source: true,
  country: true,
  platform: true,
  context: true,
};
const eventFields: ReadonlySet<string> = new Set(Object.keys(eventFieldRecord));
const allowedFields = `the fields ${[...eventFields].join(", ")}; features of your own belong in context`;

export interface Needs {
  /** An account or an anonymous session; an account, and no item; or neither may be there. */
  readonly sender: "anybody" | "account" | "nobody";
  readonly item: boolean;
  readonly itemOrArtist: boolean;
  readonly value: boolean;
  readonly ad: boolean;
  readonly channel: boolean;
  /** Another login, in `context.account`. */
  readonly otherAccount: boolean;
}

const noNeeds: Needs = {
  sender: "anybody",
  item: false,
  itemOrArtist: false,
  value: false,
  ad: false,
  channel: false,
  otherAccount: false,
};

const needsByType: ReadonlyMap<string, Needs> = new Map<string, Needs>([
  ...knownEventTypes.map((type): [string, Needs] => [type, noNeeds]),
  ...[
    "impression",
    "play",
    "skip",
    "like",
    "unlike",
    "share",
    "save",
    "comment",
    "download",
    "view_content",
    "add_to_cart",
  ].map((type): [string, Needs] => [type, { ...noNeeds, item: true }]),
  ["rate", { ...noNeeds, item: true, value: true }],
  ["follow", { ...noNeeds, itemOrArtist: true }],
  ["ad_impression", { ...noNeeds, ad: true }],
  ["ad_engaged_view", { ...noNeeds, ad: true }],
  ["ad_click", { ...noNeeds, ad: true }],
  ["visit", { ...noNeeds, ad: true, channel: true }],
  ["link", { ...noNeeds, sender: "account", otherAccount: true }],
  ["item_set", { ...noNeeds, sender: "nobody", item: true }],
  ["account_set", { ...noNeeds, sender: "account" }],
]);

/** What an event of the type must have. */
export function needsOf(type: string): Needs {
  return needsByType.get(type) ?? noNeeds;
}

/** All types that are taken; those that the config declares only where they are none of the engine's own. */
export function typesTaken(extraTypes: ReadonlySet<string> = new Set()): string[] {
  const ours: readonly string[] = engineEventTypes;
  const extra = [...extraTypes].filter((type) => !ours.includes(type));
  return [...new Set([...needsByType.keys(), ...extra])];
}

/** A known type, a description, or one that the config declares; the others are the engine's own. */
function checkType(
  findings: Findings,
  came: unknown,
  extraTypes: ReadonlySet<string> | undefined,
): string | undefined {
  if (typeof came === "string" && needsByType.has(came)) return came;
  const type = checkText(findings, "type", came);
  const isOurs = engineEventTypes.some((ours) => ours === type);
  if (type !== undefined && !isOurs && extraTypes?.has(type) === true) return type;
  const names = [...needsByType.keys(), ...(extraTypes ?? [])];
  return refuse(
    findings,
    "type",
    came,
    `one of ${names.join(", ")}; others must be declared in the config`,
  );
}

/** A place by name. Coordinates become the place that they are in, and are forgotten; far from anything they say nothing. */
function checkLocation(findings: Findings, came: unknown): Place | undefined {
  if (isAbsent(came)) return undefined;
  if (!isObject(came)) return refuse(findings, "location", came, allowedLocation);
  checkNames(findings, came, locationFields, "location.", allowedLocation);
  if (!isAbsent(came["lat"]) || !isAbsent(came["lon"])) {
    checkDegrees(findings, "location.lat", came["lat"], 90);
    checkDegrees(findings, "location.lon", came["lon"], 180);
    if (placeFields.some((field) => !isAbsent(came[field]))) {
      refuse(findings, "location", came, allowedLocation);
    }
    return findings.refusal === undefined
      ? placeAt(came["lat"] as number, came["lon"] as number) // checked above
      : undefined;
  }
  // Assigned one by one: spreading optional parts into a literal took most of a parse's time.
  const place: Mutable<Place> = {};
  const city = checkText(findings, "location.city", came["city"]);
  if (city !== undefined) place.city = city;
  const state = checkText(findings, "location.state", came["state"]);
  if (state !== undefined) place.state = state;
  const zip = checkText(findings, "location.zip", came["zip"]);
  if (zip !== undefined) place.zip = zip;
  const country = checkCode(
    findings,
    "location.country",
    came["country"],
    countryCode,
    allowedCountry,
  );
  if (country !== undefined) place.country = country;
  const timeZone = checkText(findings, "location.timeZone", came["timeZone"]);
  if (timeZone !== undefined) place.timeZone = timeZone;
  return isEmpty(place) ? undefined : place;
}

/** A group whose fields are all null is no group. */
function isEmpty(group: Place | Ad): boolean {
  for (const _ in group) return false;
  return true;
}

// Record over every field: a field added to `Place` does not compile until it is known here.
const placeFieldRecord: Record<keyof Place, true> = {
  city: true,
  state: true,
  zip: true,
  country: true,
  timeZone: true,
};
const placeFields = Object.keys(placeFieldRecord);
const locationFields: ReadonlySet<string> = new Set(["lat", "lon", ...placeFields]);
const allowedLocation =
  "either an object of lat and lon, or an object of city, state, zip, country and timeZone";

function checkDegrees(findings: Findings, field: string, came: unknown, max: number): void {
  if (typeof came === "number" && Math.abs(came) <= max) return;
  refuse(findings, field, came, `degrees from -${max} to ${max}`);
}

function checkAd(findings: Findings, came: unknown): Ad | undefined {
  if (isAbsent(came)) return undefined;
  if (!isObject(came)) return refuse(findings, "ad", came, `an object of ${adNames}`);
  const ad: Mutable<Ad> = {};
  const channel = checkText(findings, "ad.channel", came["channel"]);
  if (channel !== undefined) ad.channel = channel;
  const advertiser = checkText(findings, "ad.advertiser", came["advertiser"]);
  if (advertiser !== undefined) ad.advertiser = advertiser;
  const campaign = checkText(findings, "ad.campaign", came["campaign"]);
  if (campaign !== undefined) ad.campaign = campaign;
  const group = checkText(findings, "ad.group", came["group"]);
  if (group !== undefined) ad.group = group;
  const creative = checkText(findings, "ad.creative", came["creative"]);
  if (creative !== undefined) ad.creative = creative;
  const cost = checkAmount(findings, "ad.cost", came["cost"]);
  if (cost !== undefined) ad.cost = cost;
  checkNames(findings, came, adFields, "ad.", `the fields ${adNames}`);
  return isEmpty(ad) ? undefined : ad;
}

const adFieldRecord: Record<keyof Ad, true> = {
  channel: true,
  advertiser: true,
  campaign: true,
  group: true,
  creative: true,
  cost: true,
};
const adFields: ReadonlySet<string> = new Set(Object.keys(adFieldRecord));
const adNames = [...adFields].join(", ");
