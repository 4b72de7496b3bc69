import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { layout, noRow, twin } from "../kernels/index.ts";
import { copyOf, moveRow } from "../testing/rowsInPlace.ts";
import { Arena, EmbeddingTable, MemorySections, type TableOptions } from "./index.ts";

function makeTable(dim: number, idCount: number) {
  const arena = Arena.create({ sizeBytesMax: 64 * 1_048_576 });
  // A coarse constant and a few rows that were moved: many equal scores, so that ties are met.
  const table = EmbeddingTable.create(arena, {
    dim,
    seed: 1n,
    initialiser: { kind: "constant", value: 0.5 },
  });
  for (let i = 0; i < idCount; i++) table.observeOne(BigInt(i), 1);
  for (let i = 0; i < Math.min(idCount, 60); i += 2)
    moveRow(arena, table, table.findOne(BigInt(i)), 0.1 * ((i % 5) - 2));
  for (let i = 0; i < idCount; i += 9) table.remove(BigInt(i));
  return { arena, table };
}

/** What may happen to a row of a table that learns by itself. */
const change = fc.record({
  kind: fc.constantFrom("observe", "update", "assign", "remove", "expire", "restore"),
  from: fc.nat(300),
  length: fc.integer({ min: 1, max: 120 }),
  size: fc.constantFrom(0, 1e-30, 1e-3, 1, 50, 1e18),
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** Applies them, each to a stretch of ids, with numbers that follow from it. */
function changed(options: TableOptions, changes: readonly Change[]) {
  const arena = Arena.create({ sizeBytesMax: 64 * 1_048_576 });
  let table = EmbeddingTable.create(arena, options);
  const random = new Random(7);
  changes.forEach(({ kind, from, length, size }, second) => {
    const keys = BigUint64Array.from({ length }, (_, i) => BigInt(from + i));
    const numbers = (count: number): Float32Array =>
      new Float32Array(count).map(() => size * (random.uniform() - 0.5));
    if (kind === "observe") table.observe(keys, new Uint32Array(length), second);
    else if (kind === "remove") for (const key of keys) table.remove(key);
    else if (kind === "expire") table.expire(second);
    else if (kind === "assign")
      table.assign(keys, numbers(length * options.dim), numbers(length), second);
    else if (kind === "update") {
      const rows = new Uint32Array(length);
      table.find(keys, rows);
      const found = rows.filter((row) => row !== noRow);
      table.update(found, numbers(found.length * options.dim), {
        weightGradients: numbers(found.length),
      });
    } else {
      const sections = new MemorySections();
      table.save(sections, "t.");
      table = EmbeddingTable.create(arena, options);
      table.restore(sections, "t.");
    }
  });
  return { arena, table, random };
}

describe("scanTop", () => {
  it("finds the same by norms as without, whatever happened to the rows", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4, 16, 20),
        fc.array(change, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(1, 3, 40),
        fc.boolean(),
        fc.constantFrom(0, 1e-30, 1, 1e10),
        (dim, changes, k, useWeight, size) => {
          const options = {
            dim,
            seed: 1n,
            ttlSeconds: 20,
            norms: true,
            initialiser: { kind: "normal", scale: 0.1 },
          } as const;
          const { arena, table, random } = changed(options, changes);
          const query = new Float32Array(dim).map(() => size * (random.uniform() - 0.5));
          const { rows, scores } = table.scanTop(query, k, { useWeight });
          const memory = copyOf(arena);
          const expected = twin.twinScanTop(memory, table.pointer, query, { k, useWeight });
          expect([...rows]).toEqual(expected.rows);
          expect([...scores].map((s) => s + 0)).toEqual(expected.scores.map((s) => s + 0));
        },
      ),
      { numRuns: 150 },
    );
  }, 30_000);

  it("equals its twin, ties by growing row, free rows left out", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 4, 16, 20, 64),
        fc.constantFrom(0, 1, 3, 100, 501),
        fc.constantFrom(0, 1, 2, 10, 600),
        fc.boolean(),
        fc.infiniteStream(fc.float({ min: -1, max: 1, noNaN: true })),
        (dim, idCount, k, useWeight, numbers) => {
          const { arena, table } = makeTable(dim, idCount);
          const query = Float32Array.from({ length: dim }, () => numbers.next().value ?? 0);
          const memory = copyOf(arena);
          const { rows, scores } = table.scanTop(query, k, { useWeight });
          const expected = twin.twinScanTop(memory, table.pointer, query, { k, useWeight });
          expect([...rows]).toEqual(expected.rows);
          // 0 and -0 are the same score.
          expect([...scores].map((s) => s + 0)).toEqual(expected.scores.map((s) => s + 0));
        },
      ),
      { numRuns: 80 },
    );
  }, 30_000);

  it("leaves out a row that another thread has filled, and whose number it has not given out yet", () => {
    for (const idCount of [1, 2, 3, 4, 5, 30, 31, 32, 33]) {
      const { arena, table } = makeTable(4, 0);
      for (let i = 0; i < idCount; i++) table.observeOne(BigInt(i), 1);
      // As it is between the two: the last row has its id and its bytes.
      const header = arena.u32(table.pointer, layout.tableHeaderBytes / 4);
      header[layout.tableRowNextAt / 4]--;
      const { rows } = table.scanTop(new Float32Array(4).fill(1), 100);
      expect([...rows]).toEqual(Array.from({ length: idCount - 1 }, (_, i) => i + 1));
    }
  });

  it("finds the one best row among many chunks", () => {
    const { table } = makeTable(16, 3);
    const arena = Arena.create({ sizeBytesMax: 64 * 1_048_576 });
    const many = EmbeddingTable.create(arena, {
      dim: 16,
      seed: 4n,
      initialiser: { kind: "normal", scale: 1 },
    });
    for (let key = 0n; key < 30_000n; key++) many.observeOne(key, 1);
    for (const key of [0n, 12_345n, 29_999n]) {
      const row = many.findOne(key);
      const query = many.vectorOf(row);
      const top = many.scanTop(query, 1);
      const ownScore = query.reduce((sum, v) => sum + v * v, 0);
      expect(top.scores[0]).toBeGreaterThanOrEqual(ownScore - 1e-4);
    }
    expect(table.keysOf(table.scanTop(new Float32Array(16), 10).rows)).toEqual(
      new BigUint64Array([1n, 2n]),
    );
  });
});
