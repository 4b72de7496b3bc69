import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, type ByteWriter } from "./bytes.ts";
import { type Ordered, OrderedMap } from "./orderedMap.ts";

interface Entry extends Ordered {
  value: number;
}

const codec = {
  save(writer: ByteWriter, { key, value }: Entry): void {
    writer.text(key);
    writer.f64(value);
  },
  restore: (reader: ByteReader): Entry => ({ key: reader.text(), order: 0, value: reader.f64() }),
};

const keys = fc.integer({ min: 0, max: 12 }).map(String);
const steps = fc.array(
  fc.record({ kind: fc.constantFrom("put", "replace", "forget", "delete"), key: keys }),
  { maxLength: 200 },
);

/** The same as a list: oldest first. */
class Model {
  entries: { key: string; value: number }[] = [];

  take(kind: string, key: string, value: number): void {
    const at = this.entries.findIndex((entry) => entry.key === key);
    if (kind === "forget") this.entries.shift();
    else if (kind === "replace" && at >= 0) this.entries[at] = { key, value };
    else if (kind === "delete" && at >= 0) this.entries.splice(at, 1);
    else if (kind === "put") {
      if (at >= 0) this.entries.splice(at, 1);
      this.entries.push({ key, value });
    }
  }
}

function take(map: OrderedMap<Entry>, kind: string, key: string, value: number): void {
  const known = map.get(key);
  if (kind === "forget" && map.oldest !== undefined) map.delete(map.oldest);
  else if (kind === "replace" && known !== undefined) map.replace({ key, order: 0, value });
  else if (kind === "delete" && known !== undefined) map.delete(known);
  else if (kind === "put" && known === undefined) map.add({ key, order: 0, value });
  else if (kind === "put" && known !== undefined) {
    map.renew(known);
    map.keep(known);
    known.value = value;
  }
}

function bytesOf(map: OrderedMap<Entry>): Buffer {
  return Buffer.concat(Array.from(map.parts(), (part) => part.slice()));
}

function restored(bytes: Uint8Array): OrderedMap<Entry> {
  const map = new OrderedMap<Entry>(codec);
  const reader = new ByteReader(bytes, "test");
  map.restore(reader);
  reader.end();
  return map;
}

function emptied(map: OrderedMap<Entry>): { key: string; value: number }[] {
  const entries = [];
  for (let { oldest } = map; oldest !== undefined; { oldest } = map) {
    entries.push({ key: oldest.key, value: oldest.value });
    map.delete(oldest);
  }
  return entries;
}

describe("a map in the order of coming", () => {
  it("is what a list would be: its oldest, its values, its order, also once restored", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const map = new OrderedMap<Entry>(codec);
        const model = new Model();
        for (const [value, { kind, key }] of all.entries()) {
          take(map, kind, key, value);
          model.take(kind, key, value);
          expect(map.size).toBe(model.entries.length);
          expect(map.oldest?.key).toBe(model.entries.at(0)?.key);
          expect(map.get(key)?.value).toBe(model.entries.find((one) => one.key === key)?.value);
        }
        expect(emptied(restored(bytesOf(map)))).toEqual(model.entries);
        expect(emptied(map)).toEqual(model.entries);
      }),
    );
  });

  it("saves what it was at the moment, whatever happens before that is asked for", () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const map = new OrderedMap<Entry>(codec);
        for (const [value, { kind, key }] of before.entries()) take(map, kind, key, value);
        const still = bytesOf(map);
        const late = map.parts();
        for (const [value, { kind, key }] of after.entries()) take(map, kind, key, -value);
        const bytes = Buffer.concat(Array.from(late, (part) => part.slice()));
        expect(bytesOf(restored(bytes)).equals(still)).toBe(true);
      }),
    );
  });

  it("finds its oldest at once, also where tens of thousands before it are gone", () => {
    const map = new OrderedMap<Entry>(codec);
    const count = 50_000;
    for (let i = 0; i < count; i++) map.add({ key: String(i), order: 0, value: i });
    let inOrder = 0;
    for (let i = 0; i < 2 * count; i++) {
      const { oldest } = map;
      if (oldest === undefined) break;
      if (oldest.value === i) inOrder++;
      map.delete(oldest);
      map.add({ key: String(count + i), order: 0, value: count + i });
    }
    expect(inOrder).toBe(2 * count);
    expect(map.size).toBe(count);
  });
});
