/** A table fills up before it grows, and grows a little at a time. */
import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { layout } from "../kernels/index.ts";
import { Arena, EmbeddingTable } from "./index.ts";

interface Growth {
  /** Ids and buckets before the first new bucket of this growth. */
  readonly idCount: number;
  readonly load: number;
  /** Not for the load, but since a key found no way to a free slot. */
  readonly isForced: boolean;
}

/** Inserts ids one by one, and says where the table began to grow, and the most buckets of one insertion. */
function grow(
  seed: bigint,
  idCountMax: number,
  keyOf: (i: number) => bigint,
  dim = 0,
): { growths: Growth[]; most: number } {
  const arena = Arena.create({ sizeBytesMax: 128 * 1_048_576 });
  const table = EmbeddingTable.create(arena, {
    dim,
    seed,
    optimiser: "none",
    idCountExpected: 1,
  });
  const header = arena.u32(table.pointer, layout.tableHeaderBytes / 4);
  const growths: Growth[] = [];
  let most = 0;
  let until = table.bucketCount;
  for (let idCount = 0; idCount < idCountMax; idCount++) {
    const before = table.bucketCount;
    const growthCount = header[layout.tableGrowthsAt / 4];
    table.observeOne(keyOf(idCount), 1);
    const after = table.bucketCount;
    most = Math.max(most, after - before);
    if (after <= until) continue;
    const isForced = header[layout.tableGrowthsAt / 4] === growthCount;
    growths.push({ idCount, load: idCount / (before * layout.bucketSlots), isForced });
    until = Math.max(after, header[layout.tableBucketTargetAt / 4]);
  }
  return { growths, most };
}

describe("growth", () => {
  const random = new Random(5);
  const keys: Record<string, (i: number) => bigint> = {
    "count up": (i) => BigInt(i),
    "are random": () => (BigInt(random.uint32()) << 32n) | BigInt(random.uint32()),
    "differ in high bits": (i) => BigInt(i) << 40n,
  };
  for (const [name, keyOf] of Object.entries(keys)) {
    // 100 to 15,000 by doubling, 7 times, then to 300,000 by two fifths, 9 times, or by doubling, 4 times.
    for (const [rows, dim, growthCountMin] of [
      ["short", 0, 15],
      ["long", 28, 10],
    ] as const) {
      it(`of ${rows} rows begins at a load of 0.90 or more, from 100 ids on, when ids ${name}`, () => {
        for (const seed of [1n, 0xfeed_beefn]) {
          const { growths } = grow(seed, 300_000, keyOf, dim);
          const begun = growths.filter(({ idCount, isForced }) => idCount >= 100 && !isForced);
          expect(begun.length).toBeGreaterThanOrEqual(growthCountMin);
          for (const growth of begun) expect(growth.load).toBeGreaterThanOrEqual(0.9);
          // From 2,000 ids on it is never forced.
          for (const growth of growths.filter(({ idCount }) => idCount > 2000)) {
            expect(growth).toMatchObject({ isForced: false });
          }
        }
      });
    }
  }

  it("is forced in a small table now and then, by a few buckets", () => {
    // While some buckets are split and others not yet, all that a key can reach may be full.
    let forced = 0;
    for (let seed = 0n; seed < 100n; seed++) {
      const { growths, most } = grow(seed, 2000, (i) => BigInt(i));
      for (const { idCount, load, isForced } of growths) {
        if (idCount < 100 || !isForced) continue;
        forced += 1;
        expect(load).toBeGreaterThan(0.6);
      }
      expect(most).toBeLessThanOrEqual(16);
    }
    expect(forced).toBeLessThan(200);
  });

  it("is at most 8 buckets an insertion, so that none waits for the whole table", () => {
    for (const dim of [0, 28]) {
      const { growths, most } = grow(3n, 300_000, (i) => BigInt(i), dim);
      expect(growths.length).toBeGreaterThan(10);
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThanOrEqual(8);
    }
  });

  it("takes memory a segment at a time, and never gives back or moves what it has", () => {
    const arena = Arena.create({ sizeBytesMax: 64 * 1_048_576 });
    const table = EmbeddingTable.create(arena, { dim: 0, seed: 1n, optimiser: "none" });
    const address = () => {
      const segments = arena.u32(table.pointer + layout.tableSegmentsAt, 1)[0];
      return [...arena.u32(segments, 8)];
    };
    let before = address();
    let { bucketBytes } = table.stats();
    for (let key = 0n; key < 60_000n; key++) {
      table.observeOne(key, 1);
      const { bucketBytes: now } = table.stats();
      if (now === bucketBytes) continue;
      expect(now - bucketBytes).toBe(layout.segmentBytes);
      const after = address();
      for (const [i, segment] of before.entries()) if (segment > 0) expect(after[i]).toBe(segment);
      before = after;
      bucketBytes = now;
    }
    expect(bucketBytes).toBeGreaterThan(3 * layout.segmentBytes);
    expect(arena.stats().freeBytes).toBe(0);
  });
});
