import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { RecordSaver } from "./recordSaver.ts";

interface Entry {
  order: number;
  value: number;
}

/** An owner as there are: a map in the order of coming, whose entries change, move to the end, and go. */
class Owner {
  readonly entries = new Map<string, Entry>();
  readonly #saver = new RecordSaver();
  #nextOrder = 0;

  set(key: string, value: number, moves: boolean): void {
    const entry = this.entries.get(key);
    if (entry !== undefined) this.#keep(key, entry);
    if (entry !== undefined && !moves) {
      entry.value = value;
      return;
    }
    this.entries.delete(key);
    this.entries.set(key, { order: this.#nextOrder++, value });
  }

  delete(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.#keep(key, entry);
    this.entries.delete(key);
  }

  save(): Iterator<Uint8Array> {
    const head = new ByteWriter();
    head.u32(this.entries.size);
    const parts = this.#saver.parts({
      head,
      records: this.entries.entries(),
      end: this.#nextOrder,
      numberOf: ([, { order }]) => order,
      encode,
    });
    return parts[Symbol.iterator]();
  }

  #keep(key: string, entry: Entry): void {
    const writer = this.#saver.keep(entry.order);
    if (writer !== undefined) encode(writer, [key, entry]);
  }
}

/** A record of 8 KiB, so that a part holds few of them. */
const padding = new Uint8Array(8192);

function encode(writer: ByteWriter, [key, { order, value }]: readonly [string, Entry]): void {
  writer.text(key);
  writer.f64(order);
  writer.f64(value);
  writer.block(padding);
}

function decode(parts: readonly Uint8Array[]): [string, Entry][] {
  const reader = new ByteReader(Buffer.concat(parts), "test");
  const entries = Array.from({ length: reader.u32() }, (): [string, Entry] => {
    const key = reader.text();
    const entry = { order: reader.f64(), value: reader.f64() };
    reader.block();
    return [key, entry];
  });
  reader.end();
  return entries.sort(([, a], [, b]) => a.order - b.order);
}

const change = fc.record({
  kind: fc.constantFrom("change", "move", "delete", "pull", "pull"),
  key: fc.integer({ min: 0, max: 39 }).map(String),
  value: fc.nat(),
});

function make(owner: Owner, changes: readonly { kind: string; key: string; value: number }[]) {
  for (const { kind, key, value } of changes) {
    if (kind === "delete") owner.delete(key);
    else if (kind !== "pull") owner.set(key, value, kind === "move");
  }
}

describe("a saver of records", () => {
  it("saves what was there at the moment, whatever changes, moves, goes and comes meanwhile", () => {
    const changes = fc.array(change, { maxLength: 80 });
    fc.assert(
      fc.property(changes, changes, changes, (before, during, after) => {
        const owner = new Owner();
        // A saving before, given up half way, leaves nothing behind.
        make(owner, before);
        const first = owner.save();
        first.next();
        make(owner, after);
        first.return?.();
        const expected = [...owner.entries].map(([key, entry]) => [key, { ...entry }]);
        const parts: Uint8Array[] = [];
        const saving = owner.save();
        for (const one of during) {
          if (one.kind !== "pull") make(owner, [one]);
          else {
            const part = saving.next();
            if (part.done !== true) parts.push(part.value.slice());
          }
        }
        for (let part = saving.next(); part.done !== true; part = saving.next())
          parts.push(part.value.slice());
        expect(decode(parts)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it("writes records in their order while nothing changes, in parts of about 64 KiB", () => {
    const owner = new Owner();
    for (let i = 0; i < 40; i++) owner.set(String(i), i, false);
    const parts = [...{ [Symbol.iterator]: () => owner.save() }].map(({ length }) => length);
    expect(parts.length).toBeGreaterThan(4);
    expect(Math.max(...parts)).toBeLessThan(80_000);
  });

  it("is for one saving at a time", () => {
    const owner = new Owner();
    owner.set("a", 1, false);
    owner.save();
    expect(() => owner.save()).toThrow("one saving");
  });
});
