/** Who gets a row, and when: by exact counts, or by chance with a known law. */
import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { MemorySnapshot } from "../testing/memorySnapshot.ts";
import { Arena, EmbeddingTable, noRow, type TableOptions } from "./index.ts";

function makeTable(options: Partial<TableOptions>): EmbeddingTable {
  const arena = Arena.create({ sizeBytesMax: 128 * 1_048_576 });
  return EmbeddingTable.create(arena, { dim: 0, seed: 11n, optimiser: "none", ...options });
}

function sequential(count: number): BigUint64Array {
  return BigUint64Array.from({ length: count }, (_, i) => BigInt(i));
}

function random(count: number): BigUint64Array {
  const keys = new BigUint64Array(count);
  const source = new Random(99);
  const halves = new Uint32Array(keys.buffer);
  for (let i = 0; i < halves.length; i++) halves[i] = source.uint32();
  return keys;
}

describe("exact admission", () => {
  // Monolith counts in 4 bits, so that 16 or more never admits, and admits on sighting k + 1.
  for (const admitAfter of [1, 2, 3, 15, 16, 17, 1000]) {
    it(`gives a row on sighting ${admitAfter}, and not on sighting ${admitAfter - 1}`, () => {
      const table = makeTable({ admitAfter });
      const keys = sequential(500);
      const rows = new Uint32Array(keys.length);
      for (let sighting = 1; sighting < admitAfter; sighting++) {
        table.observe(keys, rows, 1);
        if (rows.some((row) => row !== noRow)) throw new Error(`admitted on ${sighting}`);
      }
      expect(table.stats()).toMatchObject({ idCount: 0, pendingCount: admitAfter > 1 ? 500 : 0 });
      table.observe(keys, rows, 1);
      expect(new Set(rows).size).toBe(500);
      expect(rows).not.toContain(noRow);
      expect(table.stats()).toMatchObject({ idCount: 500, pendingCount: 0, admittedTotal: 500 });
    });
  }

  // Monolith's filter ignores 17 bits of an id, so that neighbours count for each other.
  it("admits none of 200,000 sequential ids on their first sighting of two", () => {
    const table = makeTable({ admitAfter: 2 });
    const keys = sequential(200_000);
    const rows = new Uint32Array(keys.length);
    table.observe(keys, rows, 1);
    expect(rows.every((row) => row === noRow)).toBe(true);
    expect(table.stats()).toMatchObject({ idCount: 0, pendingCount: 200_000, admittedTotal: 0 });
    table.observe(keys, rows, 1);
    expect(new Set(rows).size).toBe(200_000);
  });

  it("counts on through a snapshot", () => {
    const table = makeTable({ admitAfter: 17 });
    for (let sighting = 1; sighting < 16; sighting++) table.observeOne(5n, sighting);
    const snapshot = new MemorySnapshot();
    table.save(snapshot, "");
    const other = makeTable({ admitAfter: 17 });
    other.restore(snapshot, "");
    expect(other.observeOne(5n, 16)).toBe(noRow);
    expect(other.observeOne(5n, 17)).not.toBe(noRow);
  });
});

describe("probabilistic admission", () => {
  const idCount = 40_000;
  const sightingsMax = 25;

  for (const [name, keys] of [
    ["sequential", sequential(idCount)],
    ["random", random(idCount)],
  ] as const) {
    for (const k of [2, 7, 20]) {
      it(`admits 1 − (1 − q)^c of ${name} ids after c sightings, q = 1 − 0.05^(1/${k})`, () => {
        const q = 1 - 0.05 ** (1 / k);
        const table = makeTable({ admission: "probabilistic", admitAfter: k });
        const rows = new Uint32Array(keys.length);
        for (let c = 1; c <= sightingsMax; c++) {
          const before = rows.slice();
          table.observe(keys, rows, c);
          // Whoever has a row keeps it.
          expect(before.every((row, i) => row === noRow || row === rows[i])).toBe(true);
          const share = rows.reduce((sum, row) => sum + (row === noRow ? 0 : 1), 0) / idCount;
          const expected = 1 - (1 - q) ** c;
          const error = Math.sqrt((expected * (1 - expected)) / idCount);
          expect(Math.abs(share - expected), `${share} for c = ${c}`).toBeLessThan(
            5 * error + 1e-9,
          );
        }
        expect(table.stats().pendingCount).toBe(0);
      });
    }
  }

  it("draws anew for each sighting, also of ids that come many times in a row", () => {
    // If the draw were the id's alone, or the time's, an id would be admitted at once or never.
    const q = 1 - 0.05 ** (1 / 7);
    const table = makeTable({ admission: "probabilistic", admitAfter: 7 });
    const waits: number[] = [];
    for (let key = 0n; key < 20_000n; key++) {
      let wait = 1;
      while (table.observeOne(key, 1) === noRow) wait += 1;
      waits.push(wait);
    }
    // Geometric: mean 1/q, deviation √(1 − q)/q.
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    const error = Math.sqrt(1 - q) / q / Math.sqrt(waits.length);
    expect(Math.abs(mean - 1 / q)).toBeLessThan(5 * error);
  });

  it("admits the same ids on a replay, also from a snapshot on, and others under another seed", () => {
    const options = { admission: "probabilistic", admitAfter: 7 } as const;
    const keys = random(5000);
    const observeTwice = (table: EmbeddingTable): Uint32Array => {
      const rows = new Uint32Array(keys.length);
      for (let c = 0; c < 2; c++) table.observe(keys, rows, 1);
      return rows;
    };
    const [first, again, otherSeed] = [{}, {}, { seed: 12n }].map((own) =>
      makeTable({ ...options, ...own }),
    );
    const early = observeTwice(first);
    expect(observeTwice(again)).toEqual(early);
    const others = observeTwice(otherSeed);
    expect(others.some((row, i) => (row === noRow) !== (early[i] === noRow))).toBe(true);
    const snapshot = new MemorySnapshot();
    first.save(snapshot, "");
    const restored = makeTable(options);
    restored.restore(snapshot, "");
    const late = observeTwice(first);
    expect(late).not.toEqual(early);
    expect(observeTwice(restored)).toEqual(late);
  });
});
