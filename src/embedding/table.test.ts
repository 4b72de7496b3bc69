import { describe, expect, it } from "vitest";
import { twin } from "../kernels/index.ts";
import { moveRow } from "../testing/rowsInPlace.ts";
import { Arena, EmbeddingTable, noRow, type TableOptions } from "./index.ts";

const mebibyte = 1_048_576;

function makeTable(options: Partial<TableOptions> = {}, sizeBytesMax = 64 * mebibyte) {
  const arena = Arena.create({ sizeBytesMax });
  const table = EmbeddingTable.create(arena, { dim: 8, seed: 7n, ...options });
  return { arena, table };
}

function observeAll(table: EmbeddingTable, keys: BigUint64Array, now: number): Uint32Array {
  const rows = new Uint32Array(keys.length);
  table.observe(keys, rows, now);
  return rows;
}

function findAll(table: EmbeddingTable, keys: BigUint64Array): Uint32Array {
  const rows = new Uint32Array(keys.length);
  table.find(keys, rows);
  return rows;
}

const keysFrom = (count: number, key: (i: bigint) => bigint) =>
  BigUint64Array.from({ length: count }, (_, i) => key(BigInt(i)));

describe("ids", () => {
  const patterns: Record<string, (i: bigint) => bigint> = {
    "counting up from 0": (i) => i,
    "counting down from 2^64 - 1": (i) => 2n ** 64n - 1n - i,
    "equal low 32 bits": (i) => (i << 32n) | 5n,
    "equal low 48 bits": (i) => (i << 48n) | 5n,
    "equal high 32 bits": (i) => (0xabcdn << 48n) | i,
    "powers of two apart": (i) => i * 4096n,
  };
  for (const [name, key] of Object.entries(patterns)) {
    it(`never share a row, and are all found: ${name}`, () => {
      const { table } = makeTable({ dim: 0 });
      const keys = keysFrom(20_000, key);
      const rows = observeAll(table, keys, 1);
      expect(new Set(rows).size).toBe(keys.length);
      expect(rows).not.toContain(noRow);
      expect(findAll(table, keys)).toEqual(rows);
      expect(table.keysOf(rows)).toEqual(keys);
      expect(table.stats().idCount).toBe(keys.length);
    });
  }

  it("may be 0 and 2^64 - 1, before and after the table has room of its own for them", () => {
    const { table } = makeTable();
    expect([table.findOne(0n), table.findOne(2n ** 64n - 1n)]).toEqual([noRow, noRow]);
    const rows = [table.observeOne(0n, 1), table.observeOne(2n ** 64n - 1n, 1)];
    expect([table.findOne(0n), table.findOne(2n ** 64n - 1n)]).toEqual(rows);
    expect(table.remove(0n)).toBe(true);
    expect(table.remove(0n)).toBe(false);
    expect([table.findOne(0n), table.findOne(2n ** 64n - 1n)]).toEqual([noRow, rows[1]]);
  });

  it("are not inserted by looking them up", () => {
    const { table } = makeTable();
    expect(
      findAll(
        table,
        keysFrom(10_000, (i) => i),
      ).every((row) => row === noRow),
    ).toBe(true);
    expect(table.stats()).toMatchObject({ idCount: 0, pendingCount: 0 });
    expect([...table.entries()]).toEqual([]);
  });
});

describe("growth", () => {
  it("comes no earlier than at a load of 0.90, and moves no row", () => {
    const { table } = makeTable({ dim: 4, idCountExpected: 4000 });
    const rows = new Map<bigint, number>();
    let load = 0;
    let growths = 0;
    for (let key = 0n; key < 40_000n; key++) {
      rows.set(key, table.observeOne(key, 1));
      const stats = table.stats();
      if (stats.growthCount > growths) {
        expect(load).toBeGreaterThanOrEqual(0.9);
        growths = stats.growthCount;
      }
      load = stats.load;
    }
    expect(growths).toBeGreaterThanOrEqual(3);
    for (const [key, row] of rows) expect(table.findOne(key)).toBe(row);
  });

  it("ends at the arena's maximum with TABLE_FULL and nothing lost", () => {
    const { table } = makeTable({ dim: 16 }, 8 * mebibyte);
    const keys = keysFrom(100_000, (i) => i);
    const rows = new Uint32Array(keys.length);
    let index = -1;
    try {
      table.observe(keys, rows, 1);
    } catch (error) {
      expect(error).toMatchObject({ code: "TABLE_FULL" });
      index = (error as { details: { index: number } }).details.index;
    }
    expect(index).toBeGreaterThan(30_000);
    expect(table.stats().idCount).toBe(index);
    expect(findAll(table, keys.subarray(0, index))).toEqual(rows.subarray(0, index));
    expect(table.findOne(keys[index])).toBe(noRow);
    // Room again after removal.
    expect(table.remove(0n)).toBe(true);
    expect(table.observeOne(keys[index], 2)).toBe(rows[0]);
  });
});

describe("admission", () => {
  for (const admitAfter of [1, 2, 3, 16, 20, 1000]) {
    it(`comes on sighting ${admitAfter} exactly, when that is the setting`, () => {
      const { table } = makeTable({ admitAfter });
      for (const key of [0n, 1n, 2n ** 63n]) {
        for (let sighting = 1; sighting < admitAfter; sighting++) {
          expect(table.observeOne(key, sighting)).toBe(noRow);
          expect(table.findOne(key)).toBe(noRow);
          expect(table.entry(key)).toMatchObject({ state: "pending", count: sighting });
        }
        expect(table.observeOne(key, admitAfter)).not.toBe(noRow);
        expect(table.entry(key)).toMatchObject({ state: "admitted", seenSeconds: admitAfter });
      }
      expect(table.stats()).toMatchObject({ idCount: 3, pendingCount: 0 });
    });
  }

  it("admits none of many sequential ids that were seen too rarely", () => {
    const { table } = makeTable({ dim: 0, admitAfter: 3 });
    const keys = keysFrom(20_000, (i) => i);
    observeAll(table, keys, 1);
    expect(observeAll(table, keys, 1).every((row) => row === noRow)).toBe(true);
    expect(table.stats()).toMatchObject({ idCount: 0, pendingCount: 20_000 });
    expect(new Set(observeAll(table, keys, 1)).size).toBe(20_000);
  });
});

describe("expiry", () => {
  it("removes what was not observed for ttl or longer, and says which", () => {
    const { table } = makeTable({ ttlSeconds: 100 });
    table.observeOne(1n, 1000);
    table.observeOne(2n, 1001);
    table.observeOne(3n, 900);
    table.observeOne(3n, 1050);
    table.observeOne(3n, 950); // late: makes it no older
    expect([...table.expire(1100)]).toEqual([1n]);
    expect([...table.expire(1149)]).toEqual([2n]);
    expect([...table.expire(1150)]).toEqual([3n]);
    expect(table.stats()).toMatchObject({ idCount: 0, waitingRowCount: 3, expiredTotal: 3 });
  });

  it("has its own time for ids that wait for admission", () => {
    const { table } = makeTable({ admitAfter: 2, pendingTtlSeconds: 10 });
    table.observeOne(1n, 1000);
    expect([...table.expire(1009)]).toEqual([]);
    expect(table.entry(1n)).toBeDefined();
    expect([...table.expire(1010)]).toEqual([]);
    expect(table.entry(1n)).toBeUndefined();
    expect(table.stats()).toMatchObject({ pendingCount: 0, pendingExpiredTotal: 1 });
  });

  it("goes on where it stopped, when it has a budget", () => {
    const { table } = makeTable({ dim: 0, ttlSeconds: 1 });
    observeAll(
      table,
      keysFrom(2000, (i) => i),
      1,
    );
    const removed: bigint[] = [];
    const calls = Math.ceil(table.bucketCount / 10);
    for (let call = 0; call < calls; call++) {
      const part = table.expire(100, 10);
      expect(part.length).toBeLessThanOrEqual(40);
      removed.push(...part);
    }
    expect(new Set(removed).size).toBe(2000);
    expect(table.stats().idCount).toBe(0);
  });

  it("uses the memory again: half expired and as many new ids take no more", () => {
    const { arena, table } = makeTable({ dim: 8, ttlSeconds: 100 }, 256 * mebibyte);
    const count = 100_000;
    const old = keysFrom(count / 2, (i) => i);
    const kept = keysFrom(count / 2, (i) => i + 1_000_000n);
    observeAll(table, old, 0);
    const keptRows = observeAll(table, kept, 1000);
    const before = { ...table.stats(), ...arena.stats() };
    expect(table.expire(1050).length).toBe(count / 2);
    const fresh = keysFrom(count / 2, (i) => i + 2_000_000n);
    const freshRows = observeAll(table, fresh, 1000);
    const after = { ...table.stats(), ...arena.stats() };
    expect(after.rowBytes).toBe(before.rowBytes);
    expect(after.bucketBytes).toBe(before.bucketBytes);
    expect(after.usedBytes).toBe(before.usedBytes);
    expect(after.freeRowCount).toBe(0);
    expect(findAll(table, kept)).toEqual(keptRows);
    expect(new Set([...keptRows, ...freshRows]).size).toBe(count);
  });

  it("starts an id that comes back with fresh values and fresh optimiser state", () => {
    const { arena, table } = makeTable({
      ttlSeconds: 10,
      optimiser: { kind: "adagrad", learningRate: 0.1, initialAccumulator: 0.5 },
      linear: { initialAccumulator: 0.25 },
    });
    const row = table.observeOne(1n, 0);
    const fresh = table.entry(1n);
    expect(fresh).toMatchObject({ weight: 0, ftrlZ: 0, ftrlN: 0.25 });
    table.observeOne(2n, 100);
    moveRow(arena, table, row, 0.3);
    expect(table.entry(1n)).not.toEqual(fresh);
    expect([...table.expire(100)]).toEqual([1n]);
    // Its row comes again when enough rows wait, or memory ends: whatever row it gets is a fresh one.
    const again = table.observeOne(1n, 100);
    expect(table.entry(1n)).toEqual({ ...fresh, row: again, seenSeconds: 100 });
    const others = keysFrom(10_000, (i) => i + 10n);
    observeAll(table, others, 100);
    table.expire(200);
    expect(new Set(observeAll(table, others, 200))).toContain(row);
  });
});

describe("initial values", () => {
  it("depend on the id and the seed alone, and equal the twin's", () => {
    for (const kind of ["uniform", "normal"] as const) {
      const one = makeTable({ initialiser: { kind, scale: 0.1 }, seed: 99n }).table;
      const other = makeTable({ initialiser: { kind, scale: 0.1 }, seed: 99n }).table;
      for (let key = 0n; key < 50n; key++) one.observeOne(key, 1);
      for (let key = 49n; key >= 0n; key--) other.observeOne(key, 1);
      for (let key = 0n; key < 50n; key++) {
        const vector = one.vectorOf(one.findOne(key));
        expect(vector).toEqual(other.vectorOf(other.findOne(key)));
        expect(vector).toEqual(twin.initialVector(key, { dim: 8, seed: 99n, kind, scale: 0.1 }));
      }
    }
  });

  it("have the mean, spread and bounds that were asked for", () => {
    for (const kind of ["uniform", "normal"] as const) {
      const { table } = makeTable({ dim: 16, initialiser: { kind, scale: 2 } });
      const values: number[] = [];
      for (let key = 0n; key < 5000n; key++)
        values.push(...table.vectorOf(table.observeOne(key, 1)));
      const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
      const variance = values.reduce((sum, v) => sum + v * v, 0) / values.length;
      const expected = kind === "uniform" ? 4 / 3 : 4;
      // 80,000 values: five standard errors.
      expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(expected / values.length));
      expect(Math.abs(variance / expected - 1)).toBeLessThan(0.03);
      if (kind === "uniform") expect(values.every((v) => v >= -2 && v < 2)).toBe(true);
    }
    const constant = makeTable({ initialiser: { kind: "constant", value: 0.5 } }).table;
    expect([...constant.vectorOf(constant.observeOne(1n, 1))]).toEqual(new Array(8).fill(0.5));
    const zeros = makeTable({ initialiser: { kind: "zeros" } }).table;
    expect([...zeros.vectorOf(zeros.observeOne(1n, 1))]).toEqual(new Array(8).fill(0));
  });
});

describe("options", () => {
  it("out of range are refused by name", () => {
    const wrong: [string, Partial<TableOptions>][] = [
      ["dim", { dim: 3 }],
      ["dim", { dim: 132 }],
      ["admitAfter", { admitAfter: 0 }],
      ["ttlSeconds", { ttlSeconds: -1 }],
      [
        "initialAccumulator",
        { optimiser: { kind: "adagrad", learningRate: 0.1, initialAccumulator: 0 } },
      ],
      ["linear.initialAccumulator", { linear: { initialAccumulator: Number.NaN } }],
      ["linear.alpha", { linear: { alpha: 0 } }],
      ["idCountMax", { idCountMax: 0 }],
      ["idCountMax", { whenFull: "evictOldest" }],
      ["optimiser", { format: "f16", optimiser: { kind: "adagrad", learningRate: 0.1 } }],
      ["initialiser", { format: "int8", initialiser: { kind: "normal", scale: 1 } }],
      ["initialiser", { initialiser: { kind: "normal", scale: Infinity } }],
    ];
    for (const [name, options] of wrong) {
      expect(() => makeTable(options)).toThrow(
        expect.objectContaining({
          code: "CONFIG_INVALID",
          details: expect.objectContaining({ name }),
        }),
      );
    }
    expect(() => Arena.create({ sizeBytesMax: 5_000_000_000 })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
    expect(() => makeTable({ idCountExpected: 10_000_000 }, mebibyte)).toThrow(
      expect.objectContaining({ code: "TABLE_FULL" }),
    );
  });
});
