import { describe, expect, it } from "vitest";
import { layout } from "../kernels/index.ts";
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

  it("has no byte changed by a table without rows, whatever is asked of it", () => {
    const arena = Arena.create({ sizeBytesMax: 16 * mebibyte });
    const table = EmbeddingTable.create(arena, { dim: 16, seed: 1n, ttlSeconds: 1 });
    // From here on the memory is someone else's, as is all below the table.
    const others = arena.allocate(4 * mebibyte);
    arena.u8(others.pointer, others.sizeBytes).fill(0xff);
    const low = arena.u8(layout.arenaStart, table.pointer - layout.arenaStart).slice();
    const snapshot = new MemorySnapshot();
    const follower = table.follow();
    for (let round = 0; round < 2; round++) {
      table.save(snapshot, `${round}.`, { changesOnly: round === 1 });
      const drain = follower.drain();
      expect([...drain.rows()]).toEqual([]);
      if (round === 0) drain.giveBack();
      else drain.acknowledge();
      expect(table.expire(100)).toEqual(new BigUint64Array(0));
      expect(table.remove(0n)).toBe(false);
      expect(table.scanTop(new Float32Array(16), 3).rows.length).toBe(0);
      table.update(Uint32Array.of(noRow), new Float32Array(16).fill(1));
      table.gather(Uint32Array.of(noRow), new Float32Array(16));
    }
    expect(arena.u8(others.pointer, others.sizeBytes).every((byte) => byte === 0xff)).toBe(true);
    expect(arena.u8(layout.arenaStart, low.length)).toEqual(low);
    // The same in an arena whose memory ends before a chunk of rows would.
    const small = Arena.create({ sizeBytesMax: mebibyte });
    const empty = EmbeddingTable.create(small, { dim: 128, seed: 1n });
    empty.save(new MemorySnapshot(), "");
    empty.follow().drain().acknowledge();
  });

  it("has all its memory back when there is no room for a table", () => {
    const arena = Arena.create({ sizeBytesMax: 2 * mebibyte });
    const { usedBytes } = arena.stats();
    for (const options of [
      { idCountMax: 1_000_000, whenFull: "evictOldest" as const },
      { idCountExpected: 1_000_000 },
    ]) {
      expect(() => EmbeddingTable.create(arena, { dim: 4, seed: 1n, ...options })).toThrow(
        expect.objectContaining({ code: "TABLE_FULL" }),
      );
      expect(arena.stats().usedBytes).toBe(usedBytes);
    }
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
