/** The bytes of an owner in a snapshot: all that is kept of it; what follows is made again. */
import type { ByteReader, ByteWriter } from "../../core/index.ts";
import { type TouchDimension, touchDimensions } from "../history.ts";
import { touchKinds } from "../rules.ts";
import { type Kept, lineId, type Owner, unresolved } from "./identity.ts";
import type { KeptTexts } from "./keptTexts.ts";
import { Logins } from "./logins.ts";
import { SessionPersons } from "./sessionPersons.ts";

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
