/** Ids that are gone: their memory is used again, nothing of them is left, and who follows is told. */
import { describe, expect, it } from "vitest";
import { Arena, EmbeddingTable, noRow, type TableOptions } from "./index.ts";

const mebibyte = 1_048_576;

function makeTable(options: Partial<TableOptions>, sizeBytesMax = 64 * mebibyte) {
  const arena = Arena.create({ sizeBytesMax });
  const table = EmbeddingTable.create(arena, { dim: 8, seed: 7n, ...options });
  return { arena, table };
}

function keysFrom(first: number, count: number): BigUint64Array {
  return BigUint64Array.from({ length: count }, (_, i) => BigInt(first + i));
}

function observeAll(table: EmbeddingTable, keys: BigUint64Array, now: number): Uint32Array {
  const rows = new Uint32Array(keys.length);
  table.observe(keys, rows, now);
  return rows;
}

describe("expiry", () => {
  // Monolith's eviction takes an id out and never frees its row.
  it("of half of a million rows makes room for as many new ids: the process does not grow", () => {
    const half = 500_000;
    const { arena, table } = makeTable({ dim: 16, ttlSeconds: 100 }, 512 * mebibyte);
    const old = keysFrom(0, half);
    const kept = keysFrom(1_000_000, half);
    const fresh = keysFrom(2_000_000, half);
    observeAll(table, old, 0);
    const keptRows = observeAll(table, kept, 1000);
    const before = { ...table.stats(), ...arena.stats(), rss: process.memoryUsage.rss() };
    for (let round = 0; round < 3; round++) {
      const now = 1050 + round * 100;
      observeAll(table, kept, now);
      const gone = round === 0 ? old : fresh;
      expect(table.expire(now).length).toBe(half);
      expect(table.findOne(gone[0])).toBe(noRow);
      for (let i = 0; i < half; i++) fresh[i] += BigInt(half * 4);
      const rows = observeAll(table, fresh, now);
      const used = new Uint8Array(before.rowBytes / 64);
      for (const row of keptRows) used[row] += 1;
      for (const row of rows) used[row] += 1;
      expect(used.every((count) => count <= 1)).toBe(true);
    }
    const after = { ...table.stats(), ...arena.stats(), rss: process.memoryUsage.rss() };
    for (const what of [
      "idCount",
      "rowBytes",
      "bucketBytes",
      "usedBytes",
      "growthCount",
    ] as const) {
      expect(after[what], what).toBe(before[what]);
    }
    expect(observeAll(table, kept, 2000)).toEqual(keptRows);
    // The rows alone would be 76 MB a round. What is allowed is the arrays of this test.
    expect(after.rss - before.rss).toBeLessThan(48 * mebibyte);
  }, 60_000);

  it("leaves nothing of an id in the row that another one gets", () => {
    for (const kind of ["adam", "ftrl", "adagrad", "sgd"] as const) {
      const options = {
        optimiser: { kind, learningRate: 0.1, ...(kind === "sgd" ? { momentum: 0.9 } : {}) },
        linear: { initialAccumulator: 0.25 },
        initialiser: { kind: "normal", scale: 1 },
        ttlSeconds: 10,
      } as const;
      const { table } = makeTable(options);
      const rows = observeAll(table, keysFrom(0, 3000), 0);
      const gradients = new Float32Array(3000 * 8).map((_, i) => (i % 7) - 3);
      const weightGradients = new Float32Array(3000).fill(2);
      for (let step = 0; step < 3; step++) table.update(rows, gradients, { weightGradients });
      // Rows count their steps where the optimiser asks for it.
      expect(table.entry(7n)).toMatchObject({ stepCount: kind === "adam" ? 3 : 0 });
      expect(table.expire(100).length).toBe(3000);
      const again = observeAll(table, keysFrom(10_000, 3000), 100);
      const { table: other } = makeTable(options);
      const reused = new Set(rows);
      expect(again.filter((row) => reused.has(row)).length).toBeGreaterThan(1500);
      for (let key = 10_000n; key < 13_000n; key++) {
        other.observeOne(key, 100);
        const { row: _, ...entry } = { row: 0, ...table.entry(key) };
        const { row: __, ...expected } = { row: 0, ...other.entry(key) };
        expect(entry).toEqual(expected);
      }
    }
  });

  it("tells the follower of removed ids, by whichever way, and never of a row of zeros", () => {
    const { table } = makeTable({ ttlSeconds: 10, idCountMax: 4, whenFull: "evictOldest" });
    const follower = table.follow();
    for (const [key, now] of [
      [1n, 100],
      [2n, 105],
      [3n, 106],
      [4n, 107],
    ] as const)
      table.observeOne(key, now);
    const first = follower.drain();
    expect([...first.removed]).toEqual([]);
    expect([...first.rows()].flatMap(({ keys }) => [...keys])).toEqual([1n, 2n, 3n, 4n]);
    first.acknowledge();
    table.remove(4n);
    expect([...table.expire(110)]).toEqual([1n]);
    table.observeOne(5n, 120);
    table.observeOne(6n, 121);
    table.observeOne(7n, 122); // 2 was seen least recently
    const second = follower.drain();
    expect([...second.removed]).toEqual([4n, 1n, 2n]);
    const told = [...second.rows()];
    expect(told.flatMap(({ keys }) => [...keys])).toEqual([5n, 6n, 7n]);
    for (const { vectors } of told) expect(vectors.every((v) => v !== 0)).toBe(true);
    second.acknowledge();
    const third = follower.drain();
    expect([third.removed.length, [...third.rows()].length]).toEqual([0, 0]);
  });

  it("goes by the latest event time: a late event makes no id older, and none younger", () => {
    const { table } = makeTable({ ttlSeconds: 100, pendingTtlSeconds: 10, admitAfter: 2 });
    for (const now of [1000, 1000, 900, 1]) table.observeOne(1n, now);
    table.observeOne(2n, 1000);
    table.observeOne(2n, 500); // admitted by a late event: last seen at 1000 all the same
    table.observeOne(3n, 1000);
    expect(table.entry(1n)).toMatchObject({ state: "admitted", seenSeconds: 1000 });
    expect(table.entry(2n)).toMatchObject({ state: "admitted", seenSeconds: 1000 });
    // A clock that goes back expires nothing.
    expect(table.expire(10)).toEqual(new BigUint64Array(0));
    expect([...table.expire(1009)]).toEqual([]);
    expect(table.entry(3n)).toMatchObject({ state: "pending" });
    expect([...table.expire(1010)]).toEqual([]);
    expect(table.entry(3n)).toBeUndefined();
    expect([...table.expire(1099)]).toEqual([]);
    expect(new Set(table.expire(1100))).toEqual(new Set([1n, 2n]));
  });

  it("forgets the sightings of an id that waited for too long", () => {
    const { table } = makeTable({ admitAfter: 3, pendingTtlSeconds: 60 });
    for (const now of [1000, 1030]) table.observeOne(9n, now);
    table.expire(1089); // last seen 59 s ago
    expect(table.entry(9n)).toMatchObject({ count: 2 });
    table.expire(1090);
    expect(table.entry(9n)).toBeUndefined();
    expect(table.observeOne(9n, 1100)).toBe(noRow);
    expect(table.entry(9n)).toMatchObject({ count: 1 });
    expect(table.stats()).toMatchObject({
      pendingCount: 1,
      pendingExpiredTotal: 1,
      expiredTotal: 0,
    });
  });

  it("works to the last second that a stamp can hold", () => {
    const { table } = makeTable({ ttlSeconds: 100, admitAfter: 2 });
    const last = 4_294_967_294;
    for (const key of [1n, 2n]) table.observeOne(key, last - 150);
    table.observeOne(1n, last - 100);
    expect(table.entry(2n)).toMatchObject({ state: "pending", seenSeconds: last - 150 });
    expect([...table.expire(last)]).toEqual([1n]);
    expect(table.stats()).toMatchObject({ idCount: 0, pendingCount: 0 });
  });
});

describe("a row whose id is gone", () => {
  it("shows nothing of its steps to its next id, and stays among those that may be used again", () => {
    const { table } = makeTable({ dim: 4, optimiser: { kind: "adam", learningRate: 0.1 } });
    const rows = observeAll(table, keysFrom(0, 3000), 1);
    for (let key = 0n; key < 2500n; key++) table.remove(key);
    table.update(rows, new Float32Array(3000 * 4).fill(1));
    const again = observeAll(table, keysFrom(10_000, 3000), 1);
    expect(new Set([...rows.subarray(2500), ...again]).size).toBe(3500);
    expect(table.keysOf(again)).toEqual(keysFrom(10_000, 3000));
    expect(table.entry(10_000n)).toMatchObject({ stepCount: 0 });
    expect(table.entry(2999n)).toMatchObject({ stepCount: 1 });
  });
});
