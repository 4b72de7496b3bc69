/** Ids chosen against the hash, and many of them: no two share a row, and looking adds none. */
import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { Arena, EmbeddingTable, noRow } from "./index.ts";

const mebibyte = 1_048_576;

function makeTable(sizeBytesMax: number, seed = 7n): EmbeddingTable {
  const arena = Arena.create({ sizeBytesMax });
  return EmbeddingTable.create(arena, { dim: 0, seed, optimiser: "none" });
}

/** How many of the rows are `noRow` or had by an earlier key of the list. */
function sharedCount(rows: Uint32Array): number {
  const seen = new Uint8Array(rows.reduce((most, row) => Math.max(most, row), 0) + 1);
  seen[noRow] = 1;
  let count = 0;
  for (const row of rows) count += seen[row]++ === 0 ? 0 : 1;
  return count;
}

function differenceCount(one: BigUint64Array, other: BigUint64Array): number {
  const a = new Uint32Array(one.buffer);
  const b = new Uint32Array(other.buffer);
  let count = Math.abs(a.length - b.length);
  for (let i = 0; i < a.length; i++) count += a[i] === b[i] ? 0 : 1;
  return count;
}

function expectAllHaveTheirRow(table: EmbeddingTable, keys: BigUint64Array): void {
  const rows = new Uint32Array(keys.length);
  table.observe(keys, rows, 1);
  expect(table.stats().idCount).toBe(keys.length);
  expect(sharedCount(rows)).toBe(0);
  const found = new Uint32Array(keys.length);
  table.find(keys, found);
  expect(Buffer.compare(bytesOf(found), bytesOf(rows))).toBe(0);
  expect(differenceCount(table.keysOf(rows), keys)).toBe(0);
}

function bytesOf(rows: Uint32Array): Uint8Array {
  return new Uint8Array(rows.buffer);
}

const patterns: Record<string, (i: bigint) => bigint> = {
  "counting up": (i) => i,
  "counting down from 2^64 - 1": (i) => 2n ** 64n - 1n - i,
  "with equal low 32 bits": (i) => (i << 32n) | 0xdead_beefn,
  "with equal low 44 bits": (i) => BigInt.asUintN(64, i << 44n) | 5n,
  "with equal high 40 bits": (i) => (0xab_cdef_0123n << 24n) | i,
  "with a bit in each half": (i) => (i << 32n) | i,
  "of the same two halves, crossed": (i) => ((i & 1023n) << 32n) | (i >> 10n),
  "2^20 apart": (i) => i << 20n,
};

describe("ids", () => {
  for (const [name, key] of Object.entries(patterns)) {
    it(`${name} have a row each`, () => {
      // 2^20 of them where so many fit: as many buckets as the hash has to spread them over.
      const keys = BigUint64Array.from({ length: 262_144 }, (_, i) => key(BigInt(i)));
      expectAllHaveTheirRow(makeTable(64 * mebibyte), keys);
    });
  }

  it("of one bit, and of all but one, have a row each under any seed", () => {
    const keys = BigUint64Array.from({ length: 128 }, (_, i) =>
      i < 64 ? 1n << BigInt(i) : 2n ** 64n - 1n - (1n << BigInt(i - 64)),
    );
    for (const seed of [0n, 1n, 2n ** 63n, 2n ** 64n - 1n, 0x9fb2_1c65_1e98_df25n]) {
      expectAllHaveTheirRow(makeTable(mebibyte, seed), keys);
    }
  });

  it("drawn at random, 10 million of them, have a row each; looking up others adds none", () => {
    const count = 10_000_000;
    const keys = new BigUint64Array(count);
    const halves = new Uint32Array(keys.buffer);
    const random = new Random(20_260_731);
    for (let i = 0; i < halves.length; i++) halves[i] = random.uint32();
    const table = makeTable(1024 * mebibyte);
    expectAllHaveTheirRow(table, keys);
    const before = table.stats();
    // Every key with one bit flipped: as good as certainly nobody's.
    for (let i = 0; i < halves.length; i += 2) halves[i] ^= 1 << (i & 31);
    const rows = new Uint32Array(count).fill(1);
    table.find(keys, rows);
    expect(rows.every((row) => row === noRow)).toBe(true);
    expect(table.stats()).toEqual(before);
  }, 60_000);

  it("that wait for admission are not found, and looking does not count them", () => {
    const arena = Arena.create({ sizeBytesMax: 16 * mebibyte });
    const table = EmbeddingTable.create(arena, { dim: 0, seed: 1n, admitAfter: 2 });
    const keys = BigUint64Array.from({ length: 10_000 }, (_, i) => BigInt(i));
    const rows = new Uint32Array(keys.length);
    table.observe(keys, rows, 1);
    for (let look = 0; look < 3; look++) {
      table.find(keys, rows);
      expect(rows.every((row) => row === noRow)).toBe(true);
    }
    expect(table.entry(77n)).toMatchObject({ state: "pending", count: 1 });
  });
});
