/** What is a sharded table's own; the rest it shares with one table (tableModel.test.ts). */
import { describe, expect, it } from "vitest";
import { Arena, EmbeddingTable, noRow, ShardedTable, type ShardedTableOptions } from "./index.ts";

const mebibyte = 1_048_576;

function makeTable(options: Partial<ShardedTableOptions> = {}): ShardedTable {
  return ShardedTable.create({
    ...{ dim: 8, seed: 7n, shardCount: 5, shardBytesMax: 8 * mebibyte },
    ...options,
  });
}

const keysOf = (count: number, key: (i: bigint) => bigint) =>
  BigUint64Array.from({ length: count }, (_, i) => key(BigInt(i)));

describe("a sharded table", () => {
  it("spreads ids evenly, whatever their pattern, and independently of their buckets", () => {
    const patterns = [(i: bigint) => i, (i: bigint) => i << 32n, (i: bigint) => (i << 50n) | 5n];
    for (const pattern of patterns) {
      const table = makeTable({ dim: 0, optimiser: "none" });
      const keys = keysOf(10_000, pattern);
      const rows = new Uint32Array(keys.length);
      table.observe(keys, rows, 1);
      expect(new Set(rows).size).toBe(10_000);
      for (const shard of table.shards) {
        // Binomial: 2000 ± 40.
        expect(Math.abs(shard.stats().idCount - 2000)).toBeLessThan(240);
        expect(shard.stats().load).toBeGreaterThan(0.45); // doubling leaves no less
      }
    }
  });

  it("gives each id a vector that one table would give it, and rows that name their shard", () => {
    const table = makeTable();
    const one = EmbeddingTable.create(Arena.create({ sizeBytesMax: 8 * mebibyte }), {
      dim: 8,
      seed: 7n,
    });
    const keys = keysOf(500, (i) => i * 977n);
    const [rows, rowsOfOne] = [new Uint32Array(500), new Uint32Array(500)];
    table.observe(keys, rows, 1);
    one.observe(keys, rowsOfOne, 1);
    const [vectors, vectorsOfOne] = [new Float32Array(4000), new Float32Array(4000)];
    table.gather(rows, vectors);
    one.gather(rowsOfOne, vectorsOfOne);
    expect(vectors).toEqual(vectorsOfOne);
    expect(table.keysOf(rows)).toEqual(keys);
    for (const [i, row] of rows.entries()) {
      expect(row % 5).toBe(table.shardOf(keys[i]));
      expect(table.findOne(keys[i])).toBe(row);
      expect(table.entry(keys[i])).toMatchObject({ row, vector: table.vectorOf(row) });
    }
    expect(table.findOne(1n)).toBe(noRow);
    expect([...table.entries()].length).toBe(500);
  });

  it("teaches as one table would, also gradients that several rows share, in calls of any size", () => {
    const options = { dim: 4, seed: 7n };
    const table = makeTable({ ...options, shardBytesMax: 64 * mebibyte });
    const one = EmbeddingTable.create(Arena.create({ sizeBytesMax: 64 * mebibyte }), options);
    for (const count of [700, 70_000, 3]) {
      const keys = keysOf(count, (i) => i * 977n);
      const gradients = Float32Array.from({ length: count * 4 }, (_, i) => (i % 11) - 5);
      const gradientIndices = Uint32Array.from({ length: count }, (_, i) => (i * 31) % count);
      const weightGradients = Float32Array.from({ length: count }, (_, i) => (i % 7) - 3);
      const learned = [table, one].map((any) => {
        const rows = new Uint32Array(count);
        any.observe(keys, rows, 1);
        any.update(rows, gradients);
        any.update(rows, gradients, { gradientIndices });
        any.update(rows, gradients, { weightGradients, learningRate: 0.3 });
        any.update(rows, gradients, { weightGradients, gradientIndices });
        const place = any.gradientPlace(count);
        place.set(gradients);
        any.update(rows, place);
        any.update(rows, place, { weightGradients });
        any.update(rows, place, { gradientIndices });
        const [vectors, weights] = [new Float32Array(count * 4), new Float32Array(count)];
        any.gather(rows, vectors, weights);
        return { vectors, weights };
      });
      expect(learned[0]).toEqual(learned[1]);
    }
  });

  it("takes the steps of a row that comes several times in their order", () => {
    const options = { dim: 4, seed: 7n };
    const table = makeTable({ ...options, shardCount: 2 });
    const one = EmbeddingTable.create(Arena.create({ sizeBytesMax: 8 * mebibyte }), options);
    // Adagrad's steps depend on their order.
    const gradients = Float32Array.from({ length: 1000 * 4 }, (_, i) => ((i * i) % 17) - 5);
    const learned = [table, one].map((any) => {
      const rows = new Uint32Array(1000);
      any.observe(
        keysOf(1000, (i) => i % 3n),
        rows,
        1,
      );
      any.update(rows, gradients);
      return [0n, 1n, 2n].map((key) => any.vectorOf(any.findOne(key)));
    });
    expect(learned[0]).toEqual(learned[1]);
  });

  it("keeps what was written to the place of gradients, and gives it back at the end", () => {
    const table = makeTable({ dim: 4 });
    const arena = Arena.attach(table.share().shards[0].arena);
    const before = arena.stats().usedBytes;
    const other = ShardedTable.attach(table.share());
    const place = other.gradientPlace(10);
    expect(place).toEqual(new Float32Array(40));
    place.fill(7);
    expect(other.gradientPlace(3)).toEqual(new Float32Array(12).fill(7));
    expect(other.gradientPlace(100)).toHaveLength(400);
    other.release();
    expect(arena.stats().usedBytes).toBe(before);
  });

  it("gives its scratch back, that of sorting too", () => {
    const table = makeTable({ dim: 4 });
    const arena = Arena.attach(table.share().shards[0].arena);
    const before = arena.stats().usedBytes;
    const other = ShardedTable.attach(table.share());
    other.update(new Uint32Array(3), new Float32Array(12)); // rows are noRow, and are sorted
    expect(arena.stats().usedBytes).toBeGreaterThan(before);
    other.release();
    expect(arena.stats().usedBytes).toBe(before);
  });

  it("finds the best of all shards as one table would, ties by growing row", () => {
    const table = makeTable({ dim: 4 });
    const count = 600;
    const vectors = Float32Array.from({ length: count * 4 }, (_, i) => ((i * 7) % 5) - 2);
    const keys = keysOf(count, (i) => i);
    table.assign(keys, vectors, new Float32Array(count), 1);
    const query = Float32Array.of(1, 0.5, -1, 2);
    const scored = [...table.entries()].flatMap((entry) =>
      entry.state === "admitted"
        ? [{ row: entry.row, score: entry.vector.reduce((sum, v, d) => sum + v * query[d], 0) }]
        : [],
    );
    scored.sort((a, b) => b.score - a.score || a.row - b.row);
    for (const k of [1, 7, 600, 1000]) {
      const { rows, scores } = table.scanTop(query, k);
      expect([...rows]).toEqual(scored.slice(0, k).map(({ row }) => row));
      expect([...scores]).toEqual(scored.slice(0, k).map(({ score }) => score));
    }
  });

  it("at TABLE_FULL gives the rows of what was done, and loses nothing", () => {
    const table = makeTable({ idCountMax: 100 });
    const keys = keysOf(400, (i) => i);
    const rows = new Uint32Array(400);
    expect(() => table.observe(keys, rows, 1)).toThrow(
      expect.objectContaining({ code: "TABLE_FULL" }),
    );
    const found = new Uint32Array(400);
    table.find(keys, found);
    expect(rows).toEqual(found);
    expect(rows.filter((row) => row !== noRow).length).toBe(table.stats().idCount);
    expect(table.stats().idCount).toBeGreaterThanOrEqual(20);
    expect(table.stats().idCount).toBeLessThanOrEqual(100);
  });

  it("refuses options by name, and asserts shapes", () => {
    for (const [name, options] of [
      ["shardCount", { shardCount: 0 }],
      ["shardCount", { shardCount: 257 }],
      ["shardCount", { shardCount: 1.5 }],
      ["idCountMax", { whenFull: "evictOldest" }],
      ["idCountMax", { idCountMax: 0 }],
      ["idCountExpected", { idCountExpected: 0 }],
      ["dim", { dim: 5 }],
    ] as const) {
      expect(() => makeTable(options)).toThrow(
        expect.objectContaining({
          code: "CONFIG_INVALID",
          details: expect.objectContaining({ name }),
        }),
      );
    }
    const table = makeTable();
    const two = BigUint64Array.of(1n, 2n);
    expect(() => table.assign(two, new Float32Array(16), new Float32Array(1), 1)).toThrow(/weight/);
    const rows = new Uint32Array(2);
    table.observe(two, rows, 1);
    const weightGradients = new Float32Array(1);
    expect(() => table.update(rows, new Float32Array(16), { weightGradients })).toThrow(/weight/);
    expect(() => table.observe(two, new Uint32Array(1), 1)).toThrow(/place/);
  });
});
