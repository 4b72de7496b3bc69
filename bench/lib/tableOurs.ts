/** The embedding table as bench/table.ts uses it: the one place that names its methods. */
import { Arena, EmbeddingTable, noRow, ShardedTable, type TableOptions } from "#foldback/embedding";
import { type Contestant, rowBytesOf } from "./tableContest.ts";

const memoryBytesMax = 2 ** 32;
const seed = 1n;
/** Of an id: its slot, its key beside the row, bits and links; and what is not full. */
const bytesBesideRow = 48;
/** Any time: ids don't expire here. */
const nowSeconds = 1_700_000_000;

export function makeOurs(dim: number, keyCount: number): Contestant {
  const table = makeTable(dim, keyCount);
  let placed = 0;
  return {
    find: (keys, rows) => table.find(keys, rows),
    observe: (keys, rows) => table.observe(keys, rows, nowSeconds),
    update: (rows, gradients) => {
      const place = table.gradientPlace(rows.length);
      // Once, as C++ has them in its memory from the start: they are the same in every call.
      if (placed < gradients.length) {
        place.set(gradients);
        placed = gradients.length;
      }
      table.update(rows, place);
    },
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
function makeTable(dim: number, keyCount: number): EmbeddingTable | ShardedTable {
  const options: TableOptions = {
    dim,
    seed,
    initialiser: { kind: "uniform", scale: 0.05 },
    optimiser: { kind: "adagrad", learningRate: 0.02, initialAccumulator: 1 },
  };
  const sizeBytes = keyCount * (rowBytesOf(dim) + bytesBesideRow);
  if (sizeBytes < memoryBytesMax) {
    return EmbeddingTable.create(Arena.create({ sizeBytesMax: memoryBytesMax }), options);
  }
  const shardCount = Math.ceil(sizeBytes / memoryBytesMax);
  return ShardedTable.create({ ...options, shardCount, shardBytesMax: memoryBytesMax });
}
