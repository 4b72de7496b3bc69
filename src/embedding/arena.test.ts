import { describe, expect, it } from "vitest";
import { MemorySnapshot } from "../testing/memorySnapshot.ts";
import { Arena, EmbeddingTable, noRow, readStable } from "./index.ts";

const mebibyte = 1_048_576;

describe("an arena", () => {
  it("holds several tables, which have nothing to do with each other", () => {
    const arena = Arena.create({ sizeBytesMax: 64 * mebibyte });
    const tables = [0, 8, 16].map((dim) => EmbeddingTable.create(arena, { dim, seed: 1n }));
    for (let key = 0n; key < 3000n; key++) {
      for (const table of tables) table.observeOne(key * BigInt(table.dim + 1), 1);
    }
    for (const table of tables) {
      expect(table.stats().idCount).toBe(3000);
      for (let key = 0n; key < 3000n; key++) {
        const row = table.findOne(key * BigInt(table.dim + 1));
        expect(row).toBe(Number(key) + 1);
      }
    }
  });

  it("works above 2 GiB, where addresses have their top bit set", () => {
    const arena = Arena.create({ sizeBytesMax: 4096 * mebibyte });
    arena.allocate(2100 * mebibyte); // fresh memory: taken, but never touched
    const table = EmbeddingTable.create(arena, { dim: 16, seed: 1n, ttlSeconds: 10 });
    expect(table.pointer).toBeGreaterThan(2 ** 31);
    const keys = BigUint64Array.from({ length: 5000 }, (_, i) => BigInt(i));
    const rows = new Uint32Array(5000);
    table.observe(keys, rows, 100);
    expect(table.keysOf(rows)).toEqual(keys);
    expect(table.entry(1n)).toMatchObject({ key: 1n, row: rows[1], weight: 0 });
    expect([...table.entries()].length).toBe(5000);
    const query = table.vectorOf(rows[7]);
    expect(table.scanTop(query, 5).rows.length).toBe(5);
    const snapshot = new MemorySnapshot();
    table.save(snapshot, "");
    table.restore(snapshot, "");
    expect(table.findOne(42n)).toBe(rows[42]);
    expect(table.expire(1000).length).toBe(5000);
    expect(table.findOne(42n)).toBe(noRow);
  });

  it("gets scratch memory back", () => {
    const arena = Arena.create({ sizeBytesMax: 16 * mebibyte });
    const table = EmbeddingTable.create(arena, { dim: 8, seed: 1n });
    table.observeOne(1n, 1);
    const { usedBytes } = arena.stats();
    for (let i = 0; i < 100; i++) {
      const tableOfReader = EmbeddingTable.attach(Arena.attach(arena.share()), table.share());
      expect(tableOfReader.scanTop(new Float32Array(8), 10).rows).toEqual(Uint32Array.of(1));
      tableOfReader.release();
    }
    expect(arena.stats().usedBytes).toBe(usedBytes);
  });
});

describe("readStable", () => {
  it("reads again when removed rows were handed out again, and gives up at its limit", () => {
    const arena = Arena.create({ sizeBytesMax: 16 * mebibyte });
    const table = EmbeddingTable.create(arena, { dim: 0, seed: 1n });
    let next = 0n;
    for (; next < 3000n; next++) table.observeOne(next, 1);
    /** As many rows change hands as wait together, at least. */
    const churn = () => {
      for (let i = 0; i < 1100; i++) table.remove(next - 3000n + BigInt(i));
      for (let i = 0; i < 1100; i++) table.observeOne(next++, 1);
    };
    let reads = 0;
    const result = readStable([table], () => {
      reads += 1;
      if (reads <= 3) churn();
      return reads;
    });
    expect([result, reads]).toEqual([4, 4]);
    // Rows that were removed and still wait are no other id's.
    expect(readStable([table], () => table.remove(next - 1n))).toBe(true);
    expect(() => readStable([table], churn)).toThrow(
      expect.objectContaining({ code: "OVERLOADED" }),
    );
  });
});
