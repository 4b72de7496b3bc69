/** Looking into a table: one id explained, all of them, and how full it is. Reads; changes nothing. */
import { layout } from "../kernels/index.ts";
import type { Arena } from "./arena.ts";
import type { Entry, TableStats } from "./tableTypes.ts";

/** Top bit of a bucket's word: the id waits for admission. */
const pendingFlag = 2 ** 31;

/** @param slot what `tableLocate` gave: the address of the bucket plus 0 to 3. */
export function entryAt(arena: Arena, header: Uint32Array, slot: number): Entry {
  const bucket = clearLow6(slot);
  const index = slot % layout.bucketSlots;
  const key = arena.u64(bucket, layout.bucketSlots)[index];
  const word = arena.u32(bucket + layout.bucketWordsAt, layout.bucketSlots)[index];
  const stamp = arena.u32(bucket + layout.bucketStampsAt, layout.bucketSlots)[index];
  if (word >= pendingFlag) {
    return { state: "pending", key, count: stamp, seenSeconds: (word - pendingFlag) * 2 };
  }
  const dim = header[layout.tableDimAt / 4];
  const directory = header[layout.tableDirectoryAt / 4];
  const chunk = arena.u32(directory + (word >>> layout.chunkRowsLog2) * 4, 1)[0];
  const place = word % layout.chunkRows;
  const planeAt = (offset: number): number => chunk + header[offset / 4];
  const state = arena.f32(planeAt(layout.tablePlaneZAt) + place * 8, 2);
  return {
    state: "admitted",
    key,
    row: word,
    seenSeconds: stamp,
    weight: arena.f32(planeAt(layout.tablePlaneWAt) + place * 4, 1)[0],
    vector: arena.f32(chunk + place * dim * 4, dim).slice(),
    vectorAccumulator: arena.f32(planeAt(layout.tablePlaneAAt) + place * dim * 4, dim).slice(),
    ftrlZ: state[0],
    ftrlN: state[1],
  };
}

export function* entriesOf(arena: Arena, header: Uint32Array): Generator<Entry> {
  const buckets = header[layout.tableBucketsAt / 4];
  const bucketCount = bucketCountOf(header);
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const pointer = clearLow6(buckets) + bucket * layout.bucketBytes;
    const words = arena.u32(pointer + layout.bucketWordsAt, layout.bucketSlots);
    for (let slot = 0; slot < layout.bucketSlots; slot++) {
      if (words[slot] !== 0) yield entryAt(arena, header, pointer + slot);
    }
  }
}

export function statsOf(header: Uint32Array): TableStats {
  const read = (offset: number): number => header[offset / 4];
  // Counters stay far below 2^53, where numbers are exact.
  const read64 = (offset: number): number => read(offset) + read(offset + 4) * 2 ** 32;
  const idCount = read(layout.tableAdmittedAt);
  const pendingCount = read(layout.tablePendingAt);
  const bucketCount = bucketCountOf(header);
  const slotCount = bucketCount * layout.bucketSlots;
  return {
    idCount,
    pendingCount,
    slotCount,
    load: (idCount + pendingCount) / slotCount,
    freeRowCount: read(layout.tableFreeCountAt),
    bucketBytes: bucketCount * layout.bucketBytes,
    rowBytes: read(layout.tableChunksAt) * read(layout.tableChunkBytesAt),
    growthCount: read(layout.tableGrowthsAt),
    admittedTotal: read64(layout.tableAdmittedTotalAt),
    expiredTotal: read64(layout.tableExpiredTotalAt),
    pendingExpiredTotal: read64(layout.tablePendingExpiredTotalAt),
    removedTotal: read64(layout.tableRemovedTotalAt),
    displacements: Array.from({ length: layout.displacementKinds }, (_, moves) =>
      read64(layout.tableDisplacementsAt + moves * 8),
    ),
  };
}

/** Log2 of it is in the low bits of the bucket array's address. */
export function bucketCountOf(header: Uint32Array): number {
  return 2 ** (header[layout.tableBucketsAt / 4] & 63);
}

/** Addresses may be above 2^31, where JavaScript's bit operators turn negative. */
function clearLow6(pointer: number): number {
  return pointer - (pointer % 64);
}
