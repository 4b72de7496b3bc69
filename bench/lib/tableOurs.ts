/** The embedding table as bench/table.ts uses it: the one place that names its methods. */
import { assert } from "#foldback/core";
import { Arena, EmbeddingTable, noRow } from "#foldback/embedding";
import { type Contestant, rowBytesOf } from "./tableContest.ts";

const memoryBytesMax = 2 ** 32;
const seed = 1n;
/** Any time: ids don't expire here. */
const nowSeconds = 1_700_000_000;

/** Can `makeOurs` make a table for so many ids? */
export function holds(dim: number, keyCount: number): boolean {
  return fitsOneMemory(dim, keyCount);
}

export function makeOurs(dim: number, keyCount: number): Contestant {
  const table = makeTable(dim, keyCount);
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

/** Initial vectors, accumulators and learning rate are those of table.cpp; no room is reserved. */
function makeTable(dim: number, keyCount: number): EmbeddingTable {
  assert(fitsOneMemory(dim, keyCount), "a table is asked for what it can hold");
  return EmbeddingTable.create(Arena.create({ sizeBytesMax: memoryBytesMax }), {
    dim,
    seed,
    initialiser: { kind: "uniform", scale: 0.05 },
    vectorAccumulator: 1,
  });
}

function fitsOneMemory(dim: number, keyCount: number): boolean {
  // Growing, there are two bucket arrays for a moment, the second twice as large.
  const bucketBytes = 2 ** Math.ceil(Math.log2(keyCount)) * 16 * 1.5;
  // Beside its floats a row has its id and a bit.
  return keyCount * (rowBytesOf(dim) + 9) + bucketBytes < memoryBytesMax;
}
