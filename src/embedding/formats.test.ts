/** Copies that only serve, in half or a quarter of the bytes: how far off, and never half-written. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { Arena, EmbeddingTable, noRow, type VectorFormat } from "./index.ts";

function makeTable(format: VectorFormat, dim: number): EmbeddingTable {
  const arena = Arena.create({ sizeBytesMax: 32 * 1_048_576 });
  return EmbeddingTable.create(arena, { dim, seed: 7n, format, optimiser: "none" });
}

/** How far a component may be off: float32's own rounding on top. */
const bounds: Record<"f16" | "int8", (value: number, vector: Float32Array) => number> = {
  // Half a step of the last of 11 digits, or of a denormal; beyond 65504 it is that.
  f16: (value) =>
    Math.abs(value) > 65_504
      ? Math.abs(value) - 65_504
      : Math.max(Math.abs(value) * 2 ** -11, 2 ** -25),
  int8: (_, vector) => {
    const largest = vector.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    // As good as zeros where the scale would be a denormal.
    return (largest / 127 < 2 ** -126 ? largest : largest / 254) * (1 + 2 ** -20);
  },
};

// In int8 the last float32 before infinity may come back as infinity: the scale was rounded up.
const largest = Math.fround(3.4e38);
const component = fc.oneof(
  fc.float({ min: -largest, max: largest, noNaN: true }),
  fc.float({ min: -1, max: 1, noNaN: true }),
  fc.constantFrom(0, -0, 65_504, 65_520, -65_505, 2 ** -14, 2 ** -24, 2 ** -25, 1 + 2 ** -11),
);

describe("what is assigned comes back", () => {
  for (const format of ["f16", "int8"] as const) {
    it(`within the bound of ${format}, by gather, vectorOf and entry alike`, () => {
      const vectors = fc.constantFrom(4, 12, 128).chain((dim) =>
        fc.tuple(
          fc.constant(dim),
          fc.array(fc.array(component, { minLength: dim, maxLength: dim }), {
            minLength: 1,
            maxLength: 20,
          }),
        ),
      );
      fc.assert(
        fc.property(vectors, ([dim, list]) => {
          const table = makeTable(format, dim);
          const flat = Float32Array.from(list.flat());
          const keys = BigUint64Array.from(list, (_, i) => BigInt(i));
          const weights = Float32Array.from(list, (_, i) => i / 3);
          table.assign(keys, flat, weights, 1);
          const rows = new Uint32Array(keys.length);
          table.find(keys, rows);
          const gathered = new Float32Array(flat.length);
          const gatheredWeights = new Float32Array(rows.length);
          table.gather(rows, gathered, gatheredWeights);
          expect(gatheredWeights).toEqual(weights);
          for (const [i, key] of keys.entries()) {
            const own = flat.slice(i * dim, (i + 1) * dim);
            const back = gathered.slice(i * dim, (i + 1) * dim);
            expect(table.vectorOf(rows[i])).toEqual(back);
            expect(table.entry(key)).toMatchObject({ vector: back, vectorState: [] });
            for (const [d, value] of own.entries()) {
              const error = Math.abs(back[d] - value);
              expect(error, `${value} as ${back[d]}`).toBeLessThanOrEqual(
                bounds[format](value, own),
              );
            }
          }
        }),
        { numRuns: 100 },
      );
    });
  }

  it("exactly, where the format can hold it", () => {
    const cases = {
      f16: [1, -0.5, 2048, 65_504, 2 ** -24, 1 + 2 ** -10, 0, -3.140625],
      int8: [127, -127, 64, 1, 0, -1, 100, -50].map((q) => q / 32),
    };
    for (const [format, values] of Object.entries(cases)) {
      const table = makeTable(format as VectorFormat, 8);
      table.assign(BigUint64Array.of(5n), Float32Array.from(values), Float32Array.of(1), 1);
      expect([...table.vectorOf(table.findOne(5n))]).toEqual(values);
    }
  });

  it("with the last of its vectors, where a key comes twice in a call", () => {
    for (const format of ["f32", "f16", "int8"] as const) {
      const table = makeTable(format, 4);
      const values = Float32Array.from({ length: 16 }, (_, i) => Math.floor(i / 4) + 1);
      table.assign(BigUint64Array.of(2n, 7n, 2n, 2n), values, Float32Array.of(1, 2, 3, 4), 1);
      expect([...table.vectorOf(table.findOne(2n))]).toEqual([4, 4, 4, 4]);
      expect(table.weightOf(table.findOne(2n))).toBe(4);
      // Each id once, and no row twice among those that are free.
      const top = table.scanTop(new Float32Array(4).fill(1), 10, { useWeight: false });
      expect([...table.keysOf(top.rows)]).toEqual([2n, 7n]);
      const fresh = BigUint64Array.from({ length: 3000 }, (_, i) => BigInt(100 + i));
      table.assign(fresh, new Float32Array(12_000).fill(1), new Float32Array(3000), 1);
      const rows = new Uint32Array(3000);
      table.find(fresh, rows);
      expect(new Set(rows).size).toBe(3000);
    }
  });

  it("in an id's old row or in none, where memory ends", () => {
    for (const format of ["f32", "f16", "int8"] as const) {
      const arena = Arena.create({ sizeBytesMax: 2 * 1_048_576 });
      const table = EmbeddingTable.create(arena, { dim: 64, seed: 1n, format, optimiser: "none" });
      const count = 20_000;
      const keys = BigUint64Array.from({ length: count }, (_, i) => BigInt(i));
      const ones = new Float32Array(count * 64).fill(1);
      let index = count;
      try {
        table.assign(keys, ones, new Float32Array(count).fill(1), 1);
      } catch (error) {
        expect(error).toMatchObject({ code: "TABLE_FULL" });
        ({ index } = (error as { details: { index: number } }).details);
      }
      expect(index).toBeGreaterThan(3000);
      expect(index).toBeLessThan(count);
      expect(table.stats().idCount).toBe(index);
      for (const entry of table.entries()) {
        if (entry.state !== "admitted") throw new Error("all were assigned");
        expect(entry.vector[63] + entry.weight).toBe(2);
      }
      expect(table.findOne(BigInt(index))).toBe(noRow);
    }
  });
});

describe("scanTop", () => {
  for (const format of ["f16", "int8"] as const) {
    it(`of ${format} is what a search of the decoded vectors finds`, () => {
      const random = new Random(9);
      for (const dim of [4, 16, 20, 64]) {
        const table = makeTable(format, dim);
        const count = 5000;
        const keys = BigUint64Array.from({ length: count }, (_, i) => BigInt(i));
        // Coarse numbers: many equal scores.
        const coarse = (): number => Math.round((random.uniform() - 0.5) * 16) / 4;
        const vectors = Float32Array.from({ length: count * dim }, coarse);
        const weights = Float32Array.from({ length: count }, coarse);
        table.assign(keys, vectors, weights, 1);
        table.assign(
          keys.subarray(0, 900),
          vectors.subarray(0, 900 * dim),
          weights.subarray(0, 900),
          1,
        );
        for (let key = 0n; key < 5000n; key += 7n) table.remove(key);
        for (const useWeight of [true, false]) {
          const query = Float32Array.from({ length: dim }, coarse);
          const { rows, scores } = table.scanTop(query, 50, { useWeight });
          const scored = [...table.entries()].flatMap((entry) => {
            if (entry.state !== "admitted") return [];
            const dot = entry.vector.reduce((sum, v, d) => sum + v * query[d], 0);
            return [{ row: entry.row, score: dot + (useWeight ? entry.weight : 0) }];
          });
          const scoreOf = new Map(scored.map(({ row, score }) => [row, score]));
          scored.sort((a, b) => b.score - a.score || a.row - b.row);
          expect(rows.length).toBe(50);
          expect(new Set(rows).size).toBe(50);
          // Sums in float32, in another order: equal but for their rounding.
          for (const [i, row] of rows.entries()) {
            expect(scores[i]).toBeCloseTo(scoreOf.get(row) ?? Number.NaN, 3);
            expect(scores[i]).toBeCloseTo(scored[i].score, 3);
          }
        }
      }
    });
  }
});

describe("an id that is assigned again", () => {
  it("gets another row in f16 and int8, its old one staying as it was; the same row in f32", () => {
    for (const format of ["f32", "f16", "int8"] as const) {
      const table = makeTable(format, 4);
      const key = BigUint64Array.of(9n);
      table.assign(key, new Float32Array(4).fill(1), Float32Array.of(1), 1);
      const before = table.findOne(9n);
      table.assign(key, new Float32Array(4).fill(2), Float32Array.of(2), 1);
      const after = table.findOne(9n);
      expect(after === before).toBe(format === "f32");
      expect([...table.vectorOf(after), table.weightOf(after)]).toEqual([2, 2, 2, 2, 2]);
      if (format === "f32") continue;
      // Who found the row before may go on to read it, until the epoch changes.
      const { epoch } = table;
      expect([...table.vectorOf(before), table.weightOf(before)]).toEqual([1, 1, 1, 1, 1]);
      expect(table.stats()).toMatchObject({ idCount: 1, waitingRowCount: 1 });
      for (let i = 0; i < 5000 && table.epoch === epoch; i++) {
        expect([...table.vectorOf(before)]).toEqual([1, 1, 1, 1]);
        table.assign(key, new Float32Array(4).fill(3), Float32Array.of(3), 1);
      }
      expect(table.epoch).not.toBe(epoch);
    }
  });

  it("can give way and come again at the maximum, as often as it likes", () => {
    for (const format of ["f32", "f16", "int8"] as const) {
      const arena = Arena.create({ sizeBytesMax: 4 * 1_048_576 });
      const table = EmbeddingTable.create(arena, {
        ...{ dim: 4, seed: 1n, format, optimiser: "none" },
        ...{ idCountMax: 8, whenFull: "evictOldest" },
      });
      for (let now = 0; now < 5000; now++) {
        const keys = BigUint64Array.of(BigInt(now), BigInt(now % 5) + 1_000_000n);
        // Twice: the second time they have a row.
        for (const value of [now % 100, 7]) {
          table.assign(keys, new Float32Array(8).fill(value), new Float32Array(2), now);
        }
      }
      const left = [...table.entries()].map(({ key }) => key);
      // The four last calls: with the fifth of the ids that come again gone for now.
      const expected = [4999n, 4998n, 4997n, 4996n].flatMap((key) => [
        key,
        (key % 5n) + 1_000_000n,
      ]);
      expect(new Set(left)).toEqual(new Set(expected));
    }
  });
});
