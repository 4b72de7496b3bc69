import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { MemorySnapshot } from "../testing/memorySnapshot.ts";
import { moveRow } from "../testing/rowsInPlace.ts";
import { Arena, EmbeddingTable, noRow, type TableOptions } from "./index.ts";

const options: TableOptions = { dim: 8, seed: 5n, admitAfter: 2, ttlSeconds: 300 };

type Sections = Map<string, Uint8Array>;

function makeWorld(sizeBytesMax = 128 * 1_048_576, tableOptions = options) {
  const arena = Arena.create({ sizeBytesMax });
  const table = EmbeddingTable.create(arena, tableOptions);
  return { arena, table };
}

type World = ReturnType<typeof makeWorld>;

/** A life of observing, learning, expiring and removing: the same for the same steps. */
function live(world: World, from: number, to: number): void {
  const { arena, table } = world;
  for (let step = from; step < to; step++) {
    const now = 1000 + step;
    for (let i = 0; i < 4; i++) {
      const id = BigInt((step * 7 + i * 13 + (step % 17) * i) % 2500) * 0x1_0001n;
      const row = table.observeOne(id, now);
      if (row !== noRow) moveRow(arena, table, row, 0.01 * ((step % 3) + i));
    }
    if (step % 10 === 0) table.expire(now, 40);
    if (step % 101 === 0) table.remove(BigInt(step % 2500) * 0x1_0001n);
  }
}

function save(world: World): Sections {
  const snapshot = new MemorySnapshot();
  world.table.save(snapshot, "table.");
  return snapshot.sections;
}

function restore(world: World, sections: Sections): void {
  world.table.restore(new MemorySnapshot(sections), "table.");
}

const digest = (sections: Sections) =>
  [...sections].map(
    ([name, bytes]) => `${name} ${createHash("sha256").update(bytes).digest("hex")}`,
  );

describe("a snapshot", () => {
  it("gives the same bytes after restoring, and after living on as if never stopped", () => {
    const whole = makeWorld();
    live(whole, 0, 6000);
    const middle = save(whole);
    expect(whole.table.stats().growthCount).toBeGreaterThan(1);
    expect(whole.table.stats().waitingRowCount).toBeGreaterThan(0);
    expect(whole.table.stats().pendingCount).toBeGreaterThan(0);
    live(whole, 6000, 9000);

    const second = makeWorld();
    restore(second, middle);
    expect(digest(save(second))).toEqual(digest(middle));
    live(second, 6000, 9000);
    expect(digest(save(second))).toEqual(digest(save(whole)));
    expect(second.table.stats()).toEqual(whole.table.stats());
  });

  it("restores into a table that had another life, also a longer one", () => {
    const first = makeWorld();
    live(first, 0, 500);
    const sections = save(first);
    const other = makeWorld();
    live(other, 3000, 9000);
    for (let key = 0n; key < 9000n; key++)
      for (let i = 0; i < 2; i++) other.table.observeOne(key, 1);
    restore(other, sections);
    expect(digest(save(other))).toEqual(digest(sections));
    live(first, 500, 4000);
    live(other, 500, 4000);
    expect(digest(save(other))).toEqual(digest(save(first)));
  });

  it("of an empty table is one too", () => {
    const sections = save(makeWorld());
    const other = makeWorld();
    live(other, 0, 100);
    restore(other, sections);
    expect(digest(save(other))).toEqual(digest(sections));
    expect(other.table.stats().idCount).toBe(0);
  });

  it("that does not fit is refused by code, and the table stays as it was", () => {
    const world = makeWorld();
    live(world, 0, 1000);
    const sections = save(world);
    const before = digest(sections);
    const records = sections.get("table.records") ?? new Uint8Array(0);
    const wrong = records.slice();
    wrong[3] = 0xff; // the first record's bucket is none of the table's
    for (const broken of [
      new Map(sections).set("table.records", records.subarray(0, -8)),
      new Map(sections).set("table.records", records.subarray(0, 100)),
      new Map(sections).set("table.records", wrong),
      new Map(sections).set("table.header", new Uint8Array(512)),
      new Map(sections).set("table.header", new Uint8Array(256)),
      new Map(sections).set(
        "table.chain",
        Uint8Array.from({ length: 16 }, () => 7),
      ),
      new Map(sections).set("table.removed", new Uint8Array(3)),
    ]) {
      expect(() => restore(world, broken)).toThrow(
        expect.objectContaining({ code: "DATA_CORRUPT" }),
      );
    }
    for (const other of [
      { ...options, dim: 16 },
      { ...options, seed: 6n },
    ]) {
      expect(() => restore(makeWorld(undefined, other), sections)).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID" }),
      );
    }
    expect(digest(save(world))).toEqual(before);
    const large = makeWorld();
    for (let key = 0n; key < 20_000n; key++)
      for (let i = 0; i < 2; i++) large.table.observeOne(key, 1);
    const small = makeWorld(2 * 1_048_576);
    expect(() => restore(small, save(large))).toThrow(
      expect.objectContaining({ code: "TABLE_FULL" }),
    );
  });
});
