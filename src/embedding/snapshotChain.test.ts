/** Snapshots of what changed, one on the other, pulled while the table lives on. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { layout } from "../kernels/index.ts";
import type { SnapshotSource } from "../storage/index.ts";
import { LateSnapshot, MemorySnapshot, onBase } from "../testing/memorySnapshot.ts";
import { Arena, EmbeddingTable, noRow, type TableOptions } from "./index.ts";

const mebibyte = 1_048_576;

const lives: Record<string, TableOptions> = {
  "float32 under Adam, with exact admission": {
    dim: 8,
    seed: 5n,
    admitAfter: 2,
    ttlSeconds: 300,
    optimiser: { kind: "adam", learningRate: 0.01 },
  },
  "float32 under momentum, with admission by chance, at a maximum": {
    dim: 4,
    seed: 6n,
    admitAfter: 2,
    admission: "probabilistic",
    ttlSeconds: 300,
    idCountMax: 1500,
    whenFull: "evictOldest",
    optimiser: { kind: "sgd", learningRate: 0.01, momentum: 0.9 },
  },
  "int8, assigned": { dim: 8, seed: 7n, ttlSeconds: 200, format: "int8", optimiser: "none" },
  "f16, assigned": { dim: 12, seed: 7n, ttlSeconds: 200, format: "f16", optimiser: "none" },
};

function makeTable(options: TableOptions): EmbeddingTable {
  return EmbeddingTable.create(Arena.create({ sizeBytesMax: 64 * mebibyte }), options);
}

/** The same for the same steps: ids come, learn or are assigned, expire, go, and come again. */
function live(table: EmbeddingTable, options: TableOptions, from: number, to: number): void {
  const { dim } = options;
  for (let step = from; step < to; step++) {
    const now = 1000 + step;
    const keys = BigUint64Array.from({ length: 12 }, (_, i) =>
      BigInt((step * 7 + i * 613 + (step % 17) * i) % 6000),
    );
    const vectors = new Float32Array(12 * dim).map((_, i) => ((i * 37 + step * 11) % 255) / 64 - 2);
    const weights = new Float32Array(12).map((_, i) => (i + step) % 5);
    if (options.format !== undefined) {
      table.assign(keys, vectors, weights, now);
    } else {
      const rows = new Uint32Array(12);
      table.observe(keys, rows, now);
      table.find(keys, rows); // an id of this call may have given way
      table.update(rows, vectors, { weightGradients: weights });
    }
    if (step % 5 === 0) table.expire(now, 60);
    if (step % 31 === 0) table.remove(BigInt((step * 13) % 6000));
  }
}

function saved(table: EmbeddingTable): MemorySnapshot {
  const snapshot = new MemorySnapshot();
  table.save(snapshot, "t.");
  return snapshot;
}

function digest({ sections }: MemorySnapshot): string[] {
  return [...sections].map(
    ([name, bytes]) => `${name} ${createHash("sha256").update(bytes).digest("hex")}`,
  );
}

function sizeOf({ sections }: MemorySnapshot): number {
  return [...sections.values()].reduce((sum, { length }) => sum + length, 0);
}

describe("a chain of snapshots", () => {
  for (const [name, options] of Object.entries(lives)) {
    it(`is, at each of its links, what a full one of that moment is: ${name}`, () => {
      const table = makeTable(options);
      const twin = makeTable(options); // lives the same, and is saved in full, at once
      let chain: SnapshotSource | undefined;
      let step = 0;
      for (let link = 0; link < 5; link++) {
        const to = step + (link === 0 ? 1500 : 25);
        for (const one of [table, twin]) live(one, options, step, to);
        const expected = saved(twin);
        const late = new LateSnapshot();
        table.save(late, "t.", { changesOnly: true });
        for (const one of [table, twin]) live(one, options, to, to + 40);
        step = to + 40;
        const changes = late.pull();
        if (link > 0) expect(sizeOf(changes)).toBeLessThan(0.9 * sizeOf(expected));
        chain = chain === undefined ? changes : onBase(changes, chain);
        const restored = makeTable(options);
        restored.restore(chain, "t.");
        expect(digest(saved(restored))).toEqual(digest(expected));
      }
      const { waitingRowCount, freeRowCount, growthCount } = table.stats();
      expect(waitingRowCount + freeRowCount).toBeGreaterThan(0);
      expect(growthCount).toBeGreaterThan(2);
      // It goes on as if never stopped: the same rows to the same ids, the same bytes.
      const last = new MemorySnapshot();
      table.save(last, "t.", { changesOnly: true });
      const restored = makeTable(options);
      restored.restore(onBase(last, chain as SnapshotSource), "t."); // five links were made
      for (const one of [table, restored]) live(one, options, step, step + 600);
      expect(digest(saved(restored))).toEqual(digest(saved(table)));
      expect(restored.stats()).toEqual(table.stats());
    });
  }

  it("holds a little where little changed, and everything after one was given up", () => {
    const options = { dim: 16, seed: 1n };
    const table = makeTable(options);
    const rows = new Uint32Array(20_000);
    const keys = BigUint64Array.from(rows, (_, i) => BigInt(i));
    table.observe(keys, rows, 1);
    const whole = saved(table);
    table.update(rows.subarray(100, 110), new Float32Array(160).fill(1));
    const changes = new MemorySnapshot();
    table.save(changes, "t.", { changesOnly: true });
    expect(sizeOf(changes)).toBeLessThan(sizeOf(whole) / 500);
    const given = new LateSnapshot();
    table.save(given, "t.", { changesOnly: true });
    given.giveUp();
    const next = new MemorySnapshot();
    table.save(next, "t.", { changesOnly: true });
    expect(sizeOf(next)).toBe(sizeOf(whole));
    const other = makeTable(options);
    other.restore(next, "t."); // without a base
    expect(digest(saved(other))).toEqual(digest(saved(table)));
  });

  it("knows buckets that growing has changed and nothing else has, before and after", () => {
    const options: TableOptions = { dim: 0, seed: 2n, optimiser: "none" };
    for (const saveFirst of [true, false]) {
      const table = makeTable(options);
      let key = 0n;
      for (; key < 3000n; key++) table.observeOne(key, 1);
      const split = () => {
        const from = table.bucketCount;
        while (table.bucketCount === from) table.observeOne(key++, 1);
      };
      const base = saved(table);
      let expected = digest(base);
      const late = new LateSnapshot();
      const restored = makeTable(options);
      // Four buckets are split by one insertion, which is itself in one or two of them at most.
      if (saveFirst) {
        table.save(late, "t.");
        split();
        restored.restore(late.pull(), "t.");
      } else {
        split();
        table.save(late, "t.", { changesOnly: true });
        restored.restore(onBase(late.pull(), base), "t.");
        expected = digest(saved(table));
      }
      expect(digest(saved(restored))).toEqual(expected);
    }
  });

  it("is given up where there is no memory for what changes, though there may be later", () => {
    const arena = Arena.create({ sizeBytesMax: 4 * mebibyte });
    const table = EmbeddingTable.create(arena, { dim: 16, seed: 1n });
    const rows = new Uint32Array(2000);
    table.observe(
      BigUint64Array.from(rows, (_, i) => BigInt(i)),
      rows,
      1,
    );
    table.update(rows, new Float32Array(32_000)); // takes its own memory
    const late = new LateSnapshot();
    table.save(late, "t.");
    const { sizeBytesMax, usedBytes } = arena.stats();
    const ballast = arena.allocate(sizeBytesMax - layout.arenaStart - usedBytes - 65_536);
    table.update(rows, new Float32Array(32_000).fill(1)); // 300 KB of rows as they were
    expect(table.vectorOf(table.findOne(1999n))[0]).toBeLessThan(0.0); // it has learned
    arena.release(ballast);
    const before = [...table.entries()];
    expect(() => late.pull()).toThrow(expect.objectContaining({ code: "TABLE_FULL" }));
    expect([...table.entries()]).toEqual(before);
    expect(table.stats().snapshotPoolBytes).toBe(0);
    expect(arena.stats().usedBytes).toBe(usedBytes);
    // The next one is whole, also if changes were asked for.
    const next = new MemorySnapshot();
    table.save(next, "t.", { changesOnly: true });
    const other = makeTable({ dim: 16, seed: 1n });
    other.restore(next, "t.");
    expect([...other.entries()]).toEqual(before);
  });

  it("has nothing of what its table did after it was asked for, whatever that was", () => {
    const options: TableOptions = { dim: 4, seed: 1n, ttlSeconds: 10, admitAfter: 2 };
    const table = makeTable(options);
    const keys = BigUint64Array.from({ length: 5000 }, (_, i) => BigInt(i));
    const rows = new Uint32Array(keys.length);
    for (const now of [100, 100]) table.observe(keys, rows, now);
    table.observe(BigUint64Array.of(70_000n, 70_001n), rows.slice(0, 2), 100);
    const expected = digest(saved(table));
    const operations: ((table: EmbeddingTable) => void)[] = [
      (one) => one.update(rows, new Float32Array(20_000).fill(1)),
      (one) => one.assign(keys, new Float32Array(20_000), new Float32Array(5000).fill(9), 200),
      (one) => one.observe(keys, rows, 150),
      (one) => one.observeOne(70_000n, 150),
      (one) => one.expire(1000),
      (one) => one.remove(17n),
      // So many that buckets split, entries are displaced, and rows that were given up are filled.
      (one) => {
        one.expire(1000);
        for (let key = 100_000n; key < 130_000n; key++) {
          for (const now of [1000, 1000]) one.observeOne(key, now);
        }
      },
    ];
    for (const operation of operations) {
      const one = makeTable(options);
      one.restore(saved(table), "t.");
      const late = new LateSnapshot();
      one.save(late, "t.");
      operation(one);
      expect(digest(saved2(one, late))).not.toEqual(expected);
      const restored = makeTable(options);
      restored.restore(late.pull(), "t.");
      expect(digest(saved(restored))).toEqual(expected);
    }
  });
});

/** What the table is now, after the snapshot under way was pulled. */
function saved2(table: EmbeddingTable, late: LateSnapshot): MemorySnapshot {
  late.pull();
  return saved(table);
}

describe("Adam", () => {
  // Monolith loses the power of β: after a restart the first step is a tenth.
  it("goes on after a restart bit for bit, with the steps that each row took", () => {
    const options: TableOptions = {
      dim: 8,
      seed: 1n,
      optimiser: { kind: "adam", learningRate: 0.01 },
    };
    const table = makeTable(options);
    const rows = new Uint32Array(50);
    table.observe(
      BigUint64Array.from(rows, (_, i) => BigInt(i)),
      rows,
      1,
    );
    const step = (one: EmbeddingTable, t: number) => {
      const some = rows.filter((_, i) => (i + t) % 3 !== 0);
      one.update(
        some,
        new Float32Array(some.length * 8).map((_, i) => ((i * 7 + t) % 5) - 2),
      );
    };
    for (let t = 0; t < 20; t++) step(table, t);
    const restored = makeTable(options);
    restored.restore(saved(table), "t.");
    for (let t = 20; t < 40; t++) {
      for (const one of [table, restored]) step(one, t);
      for (const row of rows) expect(restored.vectorOf(row)).toEqual(table.vectorOf(row));
    }
    const entry = restored.entry(0n);
    expect(entry).toEqual(table.entry(0n));
    expect(entry).toMatchObject({ stepCount: 26 });
    expect(rows).not.toContain(noRow);
  });
});
