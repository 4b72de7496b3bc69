/**
 * Messages of Segment's HTTP tracking API become events.
 *
 * A pure function of one message (and, for `identify`, of what the account was said to be like before): nothing is held
 * between messages. What a message says beyond the fields of an event is kept in `context`, where it is a text or a
 * number; what can't be kept, and messages that no event says, are told by name.
 *
 * Source: Segment, "Spec: Common Fields", "HTTP API Source".
 */
import { descriptionTypes, type Properties } from "../description.ts";
import type { Event } from "../event.ts";
import {
  type Fields,
  type Findings,
  isAbsent,
  isContextValue,
  isName,
  isObject,
  maxContextKeys,
  refuse,
} from "../eventChecks.ts";
import { parseEvent } from "../parseEvent.ts";
import type { Refusal } from "../refusal.ts";
import { visitPart } from "./campaign.ts";
import { type Scalar, scalarsOf } from "./scalars.ts";
import type { Part, TrackRule } from "./trackRule.ts";
import { withTraits } from "./traits.ts";
import { readId, readName, timeOf } from "./values.ts";

export const segmentTypes = ["track", "identify", "page", "screen", "group", "alias"] as const;
export type SegmentType = (typeof segmentTypes)[number];

export interface SegmentOptions {
  /** The server's clock when the request came, epoch milliseconds. */
  readonly receivedAt: number;
  /** Of the events: the ids of two sources don't meet. */
  readonly source: string;
  /** Of `track` messages, by event name. */
  readonly rules: ReadonlyMap<string, TrackRule>;
  /** Event types that the config declares. */
  readonly extraTypes: ReadonlySet<string>;
  /** What an account was said to be like last, this batch's messages before included. */
  readonly latestOf: (account: string) => Properties | undefined;
  /** Of the route; undefined in a batch, where each message has its own. */
  readonly type?: SegmentType;
  /** Of the batch: for messages that have none. */
  readonly sentAt?: unknown;
  /** Of the batch: messages add to it, and replace parts of it. */
  readonly context?: unknown;
}

/** Something that no event says. */
export interface Unmapped {
  /** A whole message, or a part of one that became an event. */
  readonly kind: "message" | "field";
  /** The event name of a `track`, else the type; or the path of the part. */
  readonly name: string;
}

export interface SegmentMapping {
  readonly events: readonly Event[];
  /** Of the message, or of each of its products. */
  readonly refused: readonly Refusal[];
  readonly unmapped: readonly Unmapped[];
  /** Characters that are written several times, since several products have them in common. */
  readonly copiedLength: number;
}

/**
 * Maps one message to its events: none, one, or one for each product. Never throws on JSON values; changes
 * nothing of `message`. O(its size, times its products).
 *
 * @param index what refusals call it: its place in the batch.
 */
export function mapSegment(
  message: unknown,
  options: SegmentOptions,
  index: number,
): SegmentMapping {
  const findings: Findings = { index, refusal: undefined };
  const mapped = isObject(message)
    ? mapMessage(message, options, findings)
    : refuse(findings, "message", message, "a JSON object");
  if (mapped !== undefined) return mapped;
  // A bad field is always noted, so there is a refusal wherever there is no mapping.
  return { ...nothing, refused: [findings.refusal as Refusal] };
}

const nothing: SegmentMapping = { events: [], refused: [], unmapped: [], copiedLength: 0 };

function mapMessage(
  message: Fields,
  options: SegmentOptions,
  findings: Findings,
): SegmentMapping | undefined {
  const type = options.type ?? message["type"] ?? message["action"]; // `action` is what it was called once
  if (!isSegmentType(type)) {
    return refuse(findings, "type", message["type"], `one of ${segmentTypes.join(", ")}`);
  }
  const context = { ...objectOf(options.context), ...objectOf(message["context"]) };
  const properties = objectOf(message["properties"]);
  if (type === "track") {
    const name = message["event"];
    if (!isName(name)) {
      return refuse(findings, "event", name, "the name of what happened, of 1 to 256 characters");
    }
    const rule = options.rules.get(name);
    const parts = rule?.parts({ properties, context }) ?? [];
    if (rule === undefined || parts.length === 0) return notMapped(name);
    const told: Told = { message, type: rule.type, name, nameKey: "event", context, properties };
    return eventsOf(told, parts, options, findings);
  }
  if (type === "identify") return describedBy(message, context, options, findings);
  const visit = type === "page" || type === "screen" ? visitPart(context, "context.") : undefined;
  if (visit === undefined) return notMapped(type);
  const { name } = message;
  const told: Told = { message, type: "visit", name, nameKey: "name", context, properties };
  return eventsOf(told, [visit], options, findings);
}

function isSegmentType(value: unknown): value is SegmentType {
  return segmentTypes.some((type) => type === value);
}

function objectOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}

function notMapped(name: string): SegmentMapping {
  return { ...nothing, unmapped: [{ kind: "message", name }] };
}

/** Traits are of an account: those of somebody who is not logged in have nowhere to go. */
function describedBy(
  message: Fields,
  context: Fields,
  options: SegmentOptions,
  findings: Findings,
): SegmentMapping {
  const { envelope, from } = envelopeOf({ message, context }, options);
  const { account, session } = envelope;
  const traits = objectOf(message["traits"]);
  const saysNothing = Object.keys(traits).length === 0 && session === undefined;
  if (account === undefined || saysNothing) return notMapped("identify");
  const unmapped: Unmapped[] = [];
  const latest = typeof account === "string" ? options.latestOf(account) : undefined;
  const properties = withTraits(latest, traits, (path) => {
    unmapped.push({ kind: "field", name: path });
  });
  const input = { ...envelope, type: descriptionTypes.account, context: properties };
  const parsed = parseEvent(
    input,
    { now: options.receivedAt, extraTypes: options.extraTypes },
    findings.index,
  );
  if (parsed.ok) return { ...nothing, events: [parsed.event], unmapped };
  const { field } = parsed.refusal;
  return {
    ...nothing,
    refused: [{ ...parsed.refusal, field: from.get(field) ?? field }],
    unmapped,
  };
}

interface Told {
  readonly message: Fields;
  /** Of the events. */
  readonly type: string;
  /** Of what happened, or of the page, and what it is called in the context. */
  readonly name: unknown;
  readonly nameKey: "event" | "name";
  readonly context: Fields;
  readonly properties: Fields;
}

/** Segment takes messages of 32 KB: so many products don't fit into one. */
const productsMax = 1000;
/** What is said of all products is written with each: a small message must not become a large one on disk. */
const copiedLengthMax = 1_048_576;

function eventsOf(
  told: Told,
  parts: readonly Part[],
  options: SegmentOptions,
  findings: Findings,
): SegmentMapping | undefined {
  if (parts.length > productsMax) {
    const allowed = `a list of at most ${productsMax}`;
    return refuse(findings, "properties.products", told.properties["products"], allowed);
  }
  const { envelope, from, taken } = envelopeOf(told, options);
  const unmapped: Unmapped[] = [];
  const onLeft = (path: string): void => {
    unmapped.push({ kind: "field", name: path });
  };
  for (const part of parts) for (const path of part.taken) taken.add(path);
  if (parts[0].product !== undefined) taken.add("properties.products");
  const shared = [
    ...scalarsOf(told.properties, { prefix: "properties.", taken, onLeft }),
    ...scalarsOf(told.context, { prefix: "context.", taken, onLeft }),
  ];
  const copiedLength = (parts.length - 1) * lengthOf(shared);
  if (copiedLength > copiedLengthMax) {
    const came = `${parts.length} products, and ${lengthOf(shared)} characters that are said of all`;
    const allowed = `a list that makes at most ${copiedLengthMax} of them, written with each`;
    return refuse(findings, "properties.products", came, allowed);
  }
  const events: Event[] = [];
  const refused: Refusal[] = [];
  for (const part of parts) {
    const unnamed = part.product === undefined ? undefined : unnamedProduct(part, findings.index);
    if (unnamed !== undefined) {
      refused.push(unnamed);
      continue;
    }
    const own = part.product === undefined ? [] : scalarsOfProduct(part.product, taken, onLeft);
    const context = contextOf(told, [own, shared], onLeft);
    const id = idOf(envelope["id"], part);
    const input = { ...envelope, id, type: told.type, context, ...nested(part.fields) };
    const parsed = parseEvent(
      input,
      { now: options.receivedAt, extraTypes: options.extraTypes },
      findings.index,
    );
    if (parsed.ok) events.push(parsed.event);
    else {
      const { field } = parsed.refusal;
      refused.push({ ...parsed.refusal, field: part.from.get(field) ?? from.get(field) ?? field });
    }
  }
  return { events, refused, unmapped, copiedLength };
}

/** In characters. */
function lengthOf(scalars: readonly Scalar[]): number {
  return scalars.reduce((sum, { key, value }) => sum + key.length + String(value).length, 0);
}

/** A purchase needs no item, but one of several products is of some product. */
function unnamedProduct({ fields, from }: Part, index: number): Refusal | undefined {
  if (fields.has("item")) return undefined;
  const findings: Findings = { index, refusal: undefined };
  const field = from.get("item") ?? "properties.products";
  refuse(findings, field, undefined, "a product_id or a sku: each product needs one");
  return findings.refusal;
}

interface Envelope {
  readonly envelope: Readonly<Record<string, unknown>>;
  /** Path in the message, by field. */
  readonly from: ReadonlyMap<string, string>;
  readonly taken: Set<string>;
}

/** What all events of a message have in common. */
function envelopeOf(
  { message, context }: Pick<Told, "message" | "context">,
  options: SegmentOptions,
): Envelope {
  const { time, field } = timeOf(message, options.sentAt, options.receivedAt);
  const taken = new Set(["context.location.latitude", "context.location.longitude"]); // as parseEvent has it
  const take = (path: readonly [outer: string, name: string]): string | undefined => {
    const value = readName(objectOf(context[path[0]])[path[1]]) as string | undefined; // a name, or nothing
    if (value !== undefined) taken.add(`context.${path.join(".")}`);
    return value;
  };
  const device = take(["device", "id"]);
  const platform = take(["os", "name"]);
  const { country: toldCountry } = objectOf(context["location"]);
  const isCode = typeof toldCountry === "string" && /^[A-Z]{2}$/.test(toldCountry);
  const country = isCode ? take(["location", "country"]) : undefined;
  const place = { city: take(["location", "city"]), state: take(["location", "region"]) };
  return {
    envelope: {
      id: readId(message["messageId"]),
      time,
      account: readId(message["userId"]),
      session: readId(message["anonymousId"]),
      device,
      location:
        place.city === undefined && place.state === undefined ? coordinatesOf(context) : place,
      source: options.source,
      country,
      platform,
    },
    from: new Map([
      ["id", "messageId"],
      ["time", field],
      ["account", "userId"],
      ["session", "anonymousId"],
      ["location.lat", "context.location.latitude"],
      ["location.lon", "context.location.longitude"],
    ]),
    taken,
  };
}

/** Where both are told: `parseEvent` makes of them what it makes of all coordinates. */
function coordinatesOf(context: Fields): object | undefined {
  const { latitude, longitude } = objectOf(context["location"]);
  if (isAbsent(latitude) || isAbsent(longitude)) return undefined;
  return { lat: latitude, lon: longitude };
}

/** Each product's own, so that a message which is sent again has the same ids. */
function idOf(messageId: unknown, { id, product }: Part): unknown {
  if (id !== undefined) return id.value;
  if (product === undefined || typeof messageId !== "string") return messageId;
  return `${messageId}/${product.index}`;
}

/** Fields with `ad.` before their names belong into `ad`. */
function nested(fields: Part["fields"]): Record<string, unknown> {
  const event: Record<string, unknown> = {};
  const ad: Record<string, unknown> = {};
  for (const [field, value] of fields) {
    if (field.startsWith("ad.")) ad[field.slice("ad.".length)] = value;
    else event[field] = value;
  }
  event["ad"] = ad;
  return event;
}

function scalarsOfProduct(
  { fields, index }: NonNullable<Part["product"]>,
  taken: ReadonlySet<string>,
  onLeft: (path: string) => void,
): Scalar[] {
  const prefix = `properties.products.${index}.`;
  const general = (path: string) => `properties.products.$.${path.slice(prefix.length)}`;
  const scalars = scalarsOf(fields, { prefix, taken, onLeft: (path) => onLeft(general(path)) });
  return scalars.map(({ key, path, value }) => ({ key, path: general(path), value }));
}

/** The first of a name stands: what a product says before what its order says, both before the surroundings. */
function contextOf(
  { name, nameKey }: Told,
  lists: readonly (readonly Scalar[])[],
  onLeft: (path: string) => void,
): Record<string, string | number> {
  const context: Record<string, string | number> = {};
  let count = 0;
  if (isContextValue(name)) {
    context[nameKey] = name;
    count++;
  }
  for (const scalars of lists) {
    for (const { key, path, value } of scalars) {
      if (count >= maxContextKeys || Object.hasOwn(context, key)) {
        onLeft(path);
        continue;
      }
      context[key] = value;
      count++;
    }
  }
  return context;
}
