import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { layout } from "../kernels/index.ts";
import { MemorySnapshot } from "../testing/memorySnapshot.ts";
import { Arena, EmbeddingTable, FeatureList, type TableOptions } from "./index.ts";

const now = 1_700_000_000;
const common = { dim: 4, seed: 3n } as const;

interface World {
  readonly arena: Arena;
  readonly tables: readonly EmbeddingTable[];
}

function makeWorld(options: readonly TableOptions[], sizeBytesMax = 16 * 1024 * 1024): World {
  const arena = Arena.create({ sizeBytesMax });
  return { arena, tables: options.map((of) => EmbeddingTable.create(arena, of)) };
}

function listOf({ arena }: World): FeatureList {
  return new FeatureList(arena, { dim: common.dim, countMax: 80 });
}

function rowAt({ arena }: World, list: FeatureList, index: number): number {
  const words = arena.u32(list.pointer + index * layout.featureBytes, layout.featureBytes / 4);
  return words[layout.featureRowAt / 4];
}

/** All of a table but where its memory lies. */
function saved(table: EmbeddingTable): MemorySnapshot {
  const snapshot = new MemorySnapshot();
  table.save(snapshot, "");
  return snapshot;
}

describe("a list of features", () => {
  it("finds and inserts the ids of several tables as each table does, one by one", () => {
    const options = [common, { ...common, admitAfter: 3, ttlSeconds: 50 }];
    const [together, apart] = [makeWorld(options), makeWorld(options)];
    const list = listOf(together);
    const random = new Random(4);
    for (let step = 0; step < 300; step++) {
      // Tables by turns, and in runs, of which the longest are looked up in parts.
      const runLength = 1 + random.below(40);
      const keys = Array.from({ length: random.below(81) }, (_, i) => ({
        table: Math.floor(i / runLength) % 2,
        key: BigInt(random.below(300)),
      }));
      for (const [i, { table, key }] of keys.entries()) {
        list.setKey(i, together.tables[table], key, 1);
      }
      list.observe(keys.length, now + step);
      for (const [i, { table, key }] of keys.entries()) {
        expect(rowAt(together, list, i)).toBe(apart.tables[table].observeOne(key, now + step));
      }
    }
    for (const [i, table] of together.tables.entries()) {
      expect(saved(table).sections).toEqual(saved(apart.tables[i]).sections);
      expect(table.stats()).toEqual(apart.tables[i].stats());
    }
  });

  it("says how many ids were done when memory ends, and those keep their rows", () => {
    const world = makeWorld([{ ...common, dim: 128 }], 1024 * 1024);
    const list = new FeatureList(world.arena, { dim: 128, countMax: 8 });
    let key = 0n;
    const fill = (): void => {
      // 2,048 rows of 1 KiB are more than there is memory for.
      for (; key < 2048n; key += 8n) {
        for (let i = 0; i < 8; i++) list.setKey(i, world.tables[0], key + BigInt(i), 1);
        list.observe(8, now);
      }
    };
    const { code, details } = thrownBy(fill);
    expect(code).toBe("TABLE_FULL");
    expect(details.index).toBeGreaterThanOrEqual(0);
    expect(details.index).toBeLessThan(8);
    expect(world.tables[0].stats().idCount).toBe(Number(key) + details.index);
    expect(rowAt(world, list, 0)).toBe(
      details.index === 0 ? layout.noRow : world.tables[0].findOne(key),
    );
  });

  it("refuses a time that is none, and tables whose ids give way", () => {
    const world = makeWorld([common, { ...common, idCountMax: 2, whenFull: "evictOldest" }]);
    const list = listOf(world);
    list.setKey(0, world.tables[0], 1n, 1);
    expect(() => list.observe(1, 1.5)).toThrow(/whole epoch seconds/);
    expect(() => list.observe(81, now)).toThrow(/within their list/);
    list.setKey(0, world.tables[1], 1n, 1);
    expect(() => list.observe(1, now)).toThrow(/unreachable/);
    expect(world.tables.map((table) => table.stats().idCount)).toEqual([0, 0]);
  });
});

/** What a FoldbackError says; an error of another kind has neither. */
function thrownBy(act: () => void): { code?: string; details: { index: number } } {
  try {
    act();
  } catch (error) {
    return error as ReturnType<typeof thrownBy>;
  }
  throw new Error("nothing was thrown");
}
