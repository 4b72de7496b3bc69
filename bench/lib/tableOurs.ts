/** The embedding table as bench/table.ts uses it: the one place that names its methods. */
import { Arena, EmbeddingTable, noRow } from "#foldback/embedding";
import { type Contestant, rowBytesOf } from "./tableContest.ts";

const memoryBytesMax = 2 ** 32;
const seed = 1n;
/** Any time: ids don't expire here. */
const nowSeconds = 1_700_000_000;

/** Can `makeOurs` make a table for so many ids? */
export function holds(dim: number, keyCount: number): boolean {
  // Growing, there are two bucket arrays for a moment, the second twice as large.
  const bucketBytes = 2 ** Math.ceil(Math.log2(keyCount)) * 16 * 1.5;
  return keyCount * (rowBytesOf(dim) + 9) + bucketBytes < memoryBytesMax;
}

/** Initial vectors, accumulators and learning rate are those of table.cpp; no room is reserved. */
export function makeOurs(dim: number): Contestant {
  const arena = Arena.create({ sizeBytesMax: memoryBytesMax });
  const table = EmbeddingTable.create(arena, {
    dim,
    seed,
    initialiser: { kind: "uniform", scale: 0.05 },
    vectorAccumulator: 1,
  });
  return {
    find: (keys, rows) => table.find(keys, rows),
    observe: (keys, rows) => table.observe(keys, rows, nowSeconds),
    keysOf: (rows) => table.keysOf(rows),
    vectorOf: (key) => {
      const row = table.findOne(key);
      return row === noRow ? undefined : table.vectorOf(row);
    },
    footprint: () => {
      const { idCount, bucketBytes, rowBytes } = table.stats();
      return { idCount, sizeBytes: bucketBytes + rowBytes };
    },
  };
}
