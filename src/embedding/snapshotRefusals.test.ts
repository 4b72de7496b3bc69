/** A snapshot that is another table's, cut off or altered is refused, and the table stays as it was. */
import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { layout } from "../kernels/index.ts";
import type { SnapshotSource } from "../storage/index.ts";
import { LateSnapshot, MemorySnapshot, onBase } from "../testing/memorySnapshot.ts";
import { Arena, EmbeddingTable, ShardedTable, type TableOptions } from "./index.ts";

const mebibyte = 1_048_576;
const options: TableOptions = { dim: 8, seed: 5n, admitAfter: 2, ttlSeconds: 300 };

function makeTable(own: Partial<TableOptions> = {}, sizeBytesMax = 32 * mebibyte): EmbeddingTable {
  return EmbeddingTable.create(Arena.create({ sizeBytesMax }), { ...options, ...own });
}

function live(table: EmbeddingTable, from: number, to: number): void {
  for (let step = from; step < to; step++) {
    table.observeOne(BigInt((step * 31) % 4001), 1000 + step);
    table.observeOne(BigInt((step * 17) % 4001), 1000 + step);
    if (step % 11 === 0) table.remove(BigInt(step % 4001));
  }
}

function saved(table: EmbeddingTable, changesOnly = false): MemorySnapshot {
  const snapshot = new MemorySnapshot();
  table.save(snapshot, "t.", { changesOnly });
  return snapshot;
}

function digest(table: EmbeddingTable): string[] {
  return [...saved(table).sections].map(
    ([name, bytes]) => `${name} ${createHash("sha256").update(bytes).digest("hex")}`,
  );
}

function withSection(snapshot: MemorySnapshot, name: string, bytes: Uint8Array): MemorySnapshot {
  return new MemorySnapshot(new Map(snapshot.sections).set(`t.${name}`, bytes));
}

/** The snapshot with this word of its header. */
function withWord(snapshot: MemorySnapshot, at: number, value: number): MemorySnapshot {
  const words = new Uint32Array(snapshot.read("t.header").slice().buffer);
  words[at / 4] = value;
  return withSection(snapshot, "header", new Uint8Array(words.buffer));
}

let table: EmbeddingTable;
let whole: MemorySnapshot;
let changes: MemorySnapshot;
let before: string[];

beforeEach(() => {
  const other = makeTable();
  live(other, 0, 8000);
  whole = saved(other);
  live(other, 8000, 9000);
  changes = saved(other, true);
  table = makeTable();
  live(table, 20_000, 23_000);
  before = digest(table);
});

function expectRefused(source: SnapshotSource, expected: { code: string; name?: string }): void {
  const { code, name } = expected;
  const details = name === undefined ? {} : { details: expect.objectContaining({ name }) };
  expect(() => table.restore(source, "t.")).toThrow(expect.objectContaining({ code, ...details }));
  expect(digest(table)).toEqual(before);
}

describe("a snapshot is refused, and changes nothing,", () => {
  it("where it is of a table with another dim, seed, format or optimiser: by name", () => {
    const others: [name: string, own: Partial<TableOptions>][] = [
      ["dim", { dim: 16 }],
      ["seed", { seed: 6n }],
      ["seed", { seed: 5n | (1n << 63n) }],
      ["format", { format: "int8", optimiser: "none" }],
      ["format", { format: "f16", optimiser: "none" }],
      ["optimiser", { optimiser: "none" }],
      ["optimiser", { optimiser: { kind: "adam", learningRate: 0.1 } }],
      // As many bytes of state as Adagrad has.
      ["optimiser", { optimiser: { kind: "rmsprop", learningRate: 0.1 } }],
      ["optimiser", { optimiser: { kind: "sgd", learningRate: 0.1, momentum: 0.9 } }],
    ];
    for (const [name, own] of others) {
      const other = makeTable(own);
      other.assign(
        BigUint64Array.of(1n),
        new Float32Array(own.dim ?? options.dim),
        new Float32Array(1),
        1,
      );
      expectRefused(saved(other), { code: "CONFIG_INVALID", name });
    }
    // What may change: rates, admission, times to live.
    const allowed = makeTable({
      admitAfter: 5,
      ttlSeconds: 1,
      optimiser: { kind: "adagrad", learningRate: 1, weightDecay: 1 },
    });
    allowed.restore(whole, "t.");
    expect(allowed.stats().idCount).toBeGreaterThan(1000);
  });

  it("where its records are cut off, wherever", () => {
    const records = whole.read("t.records");
    expect(records.length).toBeGreaterThan(262_144); // several parts
    const cuts = [0, 1, 4, 8, 67, 68, 69, 100_000, 262_143, 262_144, 262_145, records.length - 8];
    for (let cut = 262_144 + 5000; cut < records.length; cut += 40_007) cuts.push(cut);
    for (const cut of [...cuts, records.length - 4, records.length - 1]) {
      const torn = withSection(whole, "records", records.subarray(0, cut));
      expectRefused(torn, { code: "DATA_CORRUPT" });
    }
    const longer = new Uint8Array(records.length + 8);
    longer.set(records);
    expectRefused(withSection(whole, "records", longer), { code: "DATA_CORRUPT" });
    // A part from the middle is missing.
    const less = new Uint8Array(records.length - 262_144);
    less.set(records.subarray(262_144));
    expectRefused(withSection(whole, "records", less), { code: "DATA_CORRUPT" });
  });

  it("where a record is of a row or a bucket that the table has not", () => {
    for (const tag of [0x7fff_ffff, 0xffff_fffe, 0x8000_0000 + 5_000_000]) {
      const records = whole.read("t.records").slice();
      new Uint32Array(records.buffer)[0] = tag;
      expectRefused(withSection(whole, "records", records), { code: "DATA_CORRUPT" });
    }
  });

  it("where its header was altered so that nothing fits any more", () => {
    const corrupt: [at: number, value: number][] = [
      [layout.tableMagicAt, 0],
      [layout.tableMagicAt, layout.tableMagic - 1],
      [layout.tableBucketCountAt, 0],
      [layout.tableBucketCountAt, 5], // records of more follow
      [layout.tableRowNextAt, 0],
      [layout.tableRowNextAt, 10],
    ];
    for (const [at, value] of corrupt) {
      expectRefused(withWord(whole, at, value), { code: "DATA_CORRUPT" });
    }
    for (const at of [layout.tableBucketCountAt, layout.tableRowNextAt]) {
      expectRefused(withWord(whole, at, 0x7fff_fffc), { code: "TABLE_FULL" });
    }
    for (const [name, sizeBytes] of [
      ["header", 511],
      ["header", 0],
      ["chain", 15],
      ["chain", 0],
      ["removed", 9],
    ] as const) {
      const altered = withSection(whole, name, new Uint8Array(sizeBytes));
      expectRefused(altered, { code: "DATA_CORRUPT" });
    }
    for (const name of ["header", "chain", "removed", "records"]) {
      const less = new Map(whole.sections);
      less.delete(`t.${name}`);
      expectRefused(new MemorySnapshot(less), { code: "DATA_CORRUPT" });
    }
  });

  it("where it holds the changes to another that is missing, another one, or itself torn", () => {
    expectRefused(changes, { code: "DATA_CORRUPT" });
    const stranger = makeTable();
    live(stranger, 0, 3000);
    expectRefused(onBase(changes, saved(stranger)), { code: "DATA_CORRUPT" });
    expectRefused(onBase(changes, changes), { code: "DATA_CORRUPT" });
    const records = whole.read("t.records");
    const torn = withSection(whole, "records", records.subarray(0, 300_000));
    expectRefused(onBase(changes, torn), { code: "DATA_CORRUPT" });
    table.restore(onBase(changes, whole), "t.");
    expect(digest(table)).not.toEqual(before);
  });

  it("where it has more than the table, or its memory, has room for", () => {
    table = makeTable({}, 2 * mebibyte);
    live(table, 0, 500);
    before = digest(table);
    const large = makeTable({ admitAfter: 1 });
    live(large, 0, 20_000);
    large.observe(
      BigUint64Array.from({ length: 60_000 }, (_, i) => BigInt(i + 10_000)),
      new Uint32Array(60_000),
      1,
    );
    expectRefused(saved(large), { code: "TABLE_FULL" });
    for (const whenFull of ["refuse", "evictOldest"] as const) {
      table = makeTable({ idCountMax: 100, whenFull });
      live(table, 0, 100);
      before = digest(table);
      expectRefused(whole, { code: "TABLE_FULL" });
    }
  });
});

describe("restoring", () => {
  it("is a bug while a snapshot of the table is written, or after someone follows it", () => {
    const late = new LateSnapshot();
    table.save(late, "t.");
    expect(() => table.restore(whole, "t.")).toThrow(/written/);
    late.giveUp();
    table.restore(whole, "t.");
    table.restore(whole, "t.");
    table.follow();
    expect(() => table.restore(whole, "t.")).toThrow(/followed/);
  });

  it("of shards refuses another number of them", () => {
    const [two, three] = [2, 3].map((shardCount) =>
      ShardedTable.create({ ...options, shardCount, shardBytesMax: 4 * mebibyte }),
    );
    const snapshot = new MemorySnapshot();
    two.save(snapshot, "t.");
    expect(() => three.restore(snapshot, "t.")).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });
});
