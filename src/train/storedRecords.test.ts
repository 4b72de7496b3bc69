/** Records put away in blocks, against a map that holds them all. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hash32 } from "../core/index.ts";
import { MemoryKeyValues } from "../testing/memoryKeyValues.ts";
import { LateSnapshot, MemorySnapshot } from "../testing/memorySnapshot.ts";
import { StoredRecords, storedKeyAt } from "./storedRecords.ts";

const options = { countMax: 100_000, blockBytes: 200 };

interface Added {
  readonly key: number;
  readonly value: number;
  readonly isLater: boolean;
}

const added = fc.array(fc.record({ key: fc.nat(80), value: fc.nat(1e6), isLater: fc.boolean() }), {
  maxLength: 400,
});

const keyOf = (key: number): string => `key ${key}`;

/** Every tenth time or so in a later stretch; returns the latest of each key, with its stretch. */
function addAll(
  records: StoredRecords,
  list: readonly Added[],
  known = new Map<string, { value: number; stretch: number }>(),
  from = 0,
): Map<string, { value: number; stretch: number }> {
  let stretch = from;
  for (const { key, value, isLater } of list) {
    if (isLater && value % 5 === 0) stretch += 1 + (value % 3);
    expect(records.add(stretch, keyOf(key), (writer) => writer.f64(value))).toBe(true);
    known.set(keyOf(key), { value, stretch });
  }
  return known;
}

const valueOf = (records: StoredRecords, key: string): number | undefined =>
  records.find(key)?.f64();

describe("stored records", () => {
  it("are found by key, the latest of each, and none that was not added", () => {
    fc.assert(
      fc.property(added, (list) => {
        const records = new StoredRecords(new MemoryKeyValues(), options);
        const known = addAll(records, list);
        for (let key = 0; key < 100; key++) {
          expect(valueOf(records, keyOf(key))).toBe(known.get(keyOf(key))?.value);
        }
        expect(records.count).toBe(list.length);
      }),
    );
  });

  it("are forgotten by their stretch, once their block is closed; the store forgets no more", async () => {
    await fc.assert(
      fc.asyncProperty(added, fc.nat(60), async (list, below) => {
        const store = new MemoryKeyValues();
        const records = new StoredRecords(store, options);
        const known = addAll(records, list);
        const newest = Math.max(0, ...Array.from(known.values(), ({ stretch }) => stretch));
        records.forgetBelow(below);
        await store.removeBelow(storedKeyAt(below));
        for (const [key, { value, stretch }] of known) {
          if (stretch >= below) expect(valueOf(records, key)).toBe(value);
          else if (stretch < newest) expect(valueOf(records, key)).toBeUndefined();
        }
      }),
    );
  });

  it("go on after a restart as they were, though the store is ahead, and put the same bytes there", () => {
    fc.assert(
      fc.property(added, added, (before, after) => {
        const store = new MemoryKeyValues();
        const first = new StoredRecords(store, options);
        const known = addAll(first, before);
        const from = Math.max(0, ...Array.from(known.values(), ({ stretch }) => stretch));
        const [still, late] = [new MemorySnapshot(), new LateSnapshot()];
        first.save(still, "stored");
        first.save(late, "stored");
        const expected = addAll(first, after, new Map(known), from);
        const bytes = new Map(store.values);
        const second = new StoredRecords(store, options);
        second.restore(late.pull(), "stored");
        // From beyond the snapshot it has nothing.
        for (const [key, { value }] of known) expect(valueOf(second, key)).toBe(value);
        for (const key of expected.keys()) {
          if (!known.has(key)) expect(valueOf(second, key)).toBeUndefined();
        }
        addAll(second, after, new Map(known), from);
        for (const [key, { value }] of expected) expect(valueOf(second, key)).toBe(value);
        expect(store.values).toEqual(bytes);
        const [one, other] = [new MemorySnapshot(), new MemorySnapshot()];
        first.save(one, "stored");
        second.save(other, "stored");
        expect(other.sections).toEqual(one.sections);
      }),
    );
  });

  it("of two keys with one hash are told apart", () => {
    const byHash = new Map<number, string>();
    const pairs: [string, string][] = [];
    for (let i = 0; pairs.length < 3; i++) {
      const key = keyOf(i);
      const other = byHash.get(hash32(key));
      if (other !== undefined) pairs.push([other, key]);
      byHash.set(hash32(key), key);
    }
    for (const blockBytes of [10, 10_000]) {
      const records = new StoredRecords(new MemoryKeyValues(), { ...options, blockBytes });
      for (const [i, [a, b]] of pairs.entries()) {
        records.add(0, a, (writer) => writer.f64(i));
        expect(valueOf(records, b)).toBeUndefined();
        records.add(0, b, (writer) => writer.f64(-i - 1));
        expect([valueOf(records, a), valueOf(records, b)]).toEqual([i, -i - 1]);
      }
    }
  });

  it("are hundreds to a value of the store, which is asked for what it has alone", () => {
    const store = new MemoryKeyValues();
    const records = new StoredRecords(store, { countMax: 100_000 });
    for (let i = 0; i < 10_000; i++) records.add(0, keyOf(i), (writer) => writer.f64(i));
    expect(store.values.size).toBe(6); // of 32 KiB
    for (let i = 10_000; i < 20_000; i++) expect(records.find(keyOf(i))).toBeUndefined();
    expect(store.getCount).toBeLessThan(6); // of two keys with one hash
    const before = store.getCount;
    for (let i = 0; i < 10_000; i++) expect(valueOf(records, keyOf(i))).toBe(i);
    expect(store.getCount - before).toBeLessThanOrEqual(6); // each once, in their order
  });

  it("are not taken beyond their number, and again when some are forgotten", () => {
    const records = new StoredRecords(new MemoryKeyValues(), { ...options, countMax: 5 });
    const add = (stretch: number, key: number) =>
      records.add(stretch, keyOf(key), (writer) => writer.f64(key));
    expect([0, 1, 2, 3, 4, 5].map((key) => add(key < 3 ? 0 : 1, key))).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
    expect(valueOf(records, keyOf(5))).toBeUndefined();
    records.forgetBelow(1);
    expect([add(1, 6), valueOf(records, keyOf(6)), valueOf(records, keyOf(4))]).toEqual([
      true,
      6,
      4,
    ]);
  });

  it("whose block is gone from the store say so, and what to do", async () => {
    const store = new MemoryKeyValues();
    const records = new StoredRecords(store, options);
    for (let i = 0; i < 100; i++) records.add(0, keyOf(i), (writer) => writer.f64(i));
    await store.removeBelow("~");
    expect(() => records.find(keyOf(1))).toThrow(
      /the store of impressions has no block 0{12} 0{12}; put/,
    );
  });

  it("without a store are not taken; a snapshot of theirs is one of who has none yet", () => {
    const without = new StoredRecords(undefined, options);
    expect(without.add(0, keyOf(1), (writer) => writer.f64(1))).toBe(false);
    const snapshot = new MemorySnapshot();
    without.save(snapshot, "stored");
    const store = new MemoryKeyValues();
    const records = new StoredRecords(store, options);
    records.restore(snapshot, "stored");
    expect(addAll(records, [{ key: 2, value: 7, isLater: false }]).size).toBe(1);
    expect([valueOf(records, keyOf(1)), valueOf(records, keyOf(2))]).toEqual([undefined, 7]);
    // And the other way round: what it can't read it does not know.
    for (let i = 0; i < 100; i++) records.add(1, keyOf(i), (writer) => writer.f64(i));
    const full = new MemorySnapshot();
    records.save(full, "stored");
    without.restore(full, "stored");
    for (let i = 0; i < 100; i++) {
      const found = valueOf(without, keyOf(i));
      expect(found === undefined || found === i).toBe(true);
    }
    expect(valueOf(without, keyOf(1))).toBeUndefined();
  });
});
