/** Touches and conversions as they are kept while their windows are open, and their bytes. */
import { type ByteReader, type ByteWriter, compareUtf8, type Ordered } from "../../core/index.ts";
import { type TouchDimension, touchDimensions } from "../history.ts";
import { inOrder, type Timed, type TouchKind, touchKinds } from "../rules.ts";
import type { Identity } from "./identity.ts";
import type { KeptTexts } from "./keptTexts.ts";
import { Logins } from "./logins.ts";
import { SessionPersons } from "./sessionPersons.ts";

/** Whom an event names: its account, else its anonymous session; with what is kept of it. */
export interface Owner extends Ordered {
  /** Its name. */
  readonly key: string;
  readonly isSession: boolean;
  /** In order. */
  touches: KeptTouch[];
  /** In order; those that are duplicates as well, as long as one that comes late may make them the first. */
  conversions: KeptConversion[];
  /** Of a session. */
  readonly logins: Logins | undefined;
  /** Of an account, where persons are credited and any is known. */
  persons: SessionPersons | undefined;
}

interface Kept extends Timed {
  /** Whether the id is the sender's; else it is made of the number, and nothing is a duplicate of it. */
  readonly hasId: boolean;
  readonly source: string;
  /** Of the event in the stream: it tells apart what is alike. */
  readonly number: number;
  readonly session?: string;
  /** ISO 4217, of its amount; empty where the event said none. */
  readonly currency: string;
  readonly owner: Owner;
  /** Whose it is now: links and logins that come move it. Undefined where it does not count. */
  home: Identity | undefined;
}

export interface KeptTouch extends Kept {
  readonly kind: TouchKind;
  readonly names: Readonly<Partial<Record<TouchDimension, string>>>;
  /** In units of the currency, as the event said; NaN where it said none. */
  readonly cost: number;
}

export interface KeptConversion extends Kept {
  readonly event: string;
  /** In units of the currency, as the event said. */
  readonly value: number;
  /** Whether it is no duplicate of another one. */
  isFirst: boolean;
  /** Of each tier, the latest touch of its home at or before it. */
  click: KeptTouch | undefined;
  engaged: KeptTouch | undefined;
  view: KeptTouch | undefined;
}

/** Total: of two touches neither is the same. */
export function touchOrder(one: KeptTouch, other: KeptTouch): number {
  return (
    inOrder(one, other) ||
    touchKinds.indexOf(one.kind) - touchKinds.indexOf(other.kind) ||
    compareUtf8(one.source, other.source) ||
    one.number - other.number
  );
}

/** Total. */
export function conversionOrder(one: KeptConversion, other: KeptConversion): number {
  return (
    inOrder(one, other) ||
    compareUtf8(one.event, other.event) ||
    compareUtf8(one.source, other.source) ||
    one.number - other.number
  );
}

/** Which of two duplicates is kept: the earlier; at the same time by name of the account, then by number. Total. */
export function duplicateOrder(one: Kept, other: Kept): number {
  return (
    one.time - other.time ||
    compareUtf8(one.owner.key, other.owner.key) ||
    one.number - other.number
  );
}

export function saveOwner(writer: ByteWriter, owner: Owner): void {
  const { key, touches, conversions, logins, persons } = owner;
  writer.text(key);
  logins?.save(writer);
  writer.u32(Number(persons !== undefined));
  persons?.save(writer);
  writer.u32(touches.length);
  for (const touch of touches) {
    saveKept(writer, touch);
    writer.u32(touchKinds.indexOf(touch.kind));
    writer.f64(touch.cost);
    const given = touchDimensions.filter((dimension) => touch.names[dimension] !== undefined);
    writer.u32(given.length);
    for (const dimension of given) {
      writer.u32(touchDimensions.indexOf(dimension));
      writer.text(touch.names[dimension] ?? "");
    }
  }
  writer.u32(conversions.length);
  for (const conversion of conversions) {
    saveKept(writer, conversion);
    writer.text(conversion.event);
    writer.f64(conversion.value);
  }
}

/** Nothing of it has a home yet, or is the first of duplicates. */
export function restoreOwner(reader: ByteReader, isSession: boolean, texts: KeptTexts): Owner {
  const key = reader.text();
  const logins = isSession ? Logins.restore(reader, texts) : undefined;
  const persons = reader.u32() === 1 ? SessionPersons.restore(reader, texts) : undefined;
  const owner: Owner = { key, order: 0, isSession, touches: [], conversions: [], logins, persons };
  for (let left = reader.u32(); left > 0; left--) {
    const kept = restoreKept(reader, owner, texts);
    const kind = touchKinds[reader.u32()];
    const cost = reader.f64();
    const given: Partial<Record<TouchDimension, string>> = {};
    for (let names = reader.u32(); names > 0; names--) {
      const dimension = touchDimensions[reader.u32()];
      given[dimension] = reader.text();
    }
    owner.touches.push({ ...kept, kind, cost, names: texts.names(given) });
  }
  for (let left = reader.u32(); left > 0; left--) {
    const kept = restoreKept(reader, owner, texts);
    const event = texts.of(reader.text());
    owner.conversions.push({ ...kept, event, value: reader.f64(), ...unresolved });
  }
  return owner;
}

export const unresolved = {
  isFirst: false,
  click: undefined,
  engaged: undefined,
  view: undefined,
} as const;

function saveKept(writer: ByteWriter, { time, id, hasId, ...rest }: Kept): void {
  writer.f64(time);
  writer.u32(Number(hasId));
  if (hasId) writer.text(id);
  writer.f64(rest.number);
  writer.text(rest.source);
  writer.text(rest.currency);
  writer.u32(Number(rest.session !== undefined));
  if (rest.session !== undefined) writer.text(rest.session);
}

function restoreKept(reader: ByteReader, owner: Owner, texts: KeptTexts): Kept {
  const time = reader.f64();
  const hasId = reader.u32() === 1;
  const given = hasId ? reader.text() : "";
  const number = reader.f64();
  return {
    time,
    id: hasId ? given : lineId(number),
    hasId,
    number,
    source: texts.of(reader.text()),
    currency: texts.of(reader.text()),
    ...(reader.u32() === 1 && { session: texts.of(reader.text()) }),
    owner,
    home: undefined,
  };
}

/** The id of an event that has none. */
export function lineId(number: number): string {
  return `line:${number}`;
}
