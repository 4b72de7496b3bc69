/** Looking into a table: one id explained, all of them, how full it is; and the state of a row put back. */
import { assert } from "../core/index.ts";
import { layout } from "../kernels/index.ts";
import type { Arena } from "./arena.ts";
import type { Entry, TableStats } from "./tableTypes.ts";

/** Top bit of a bucket's word: the id waits for admission. */
const pendingFlag = 2 ** 31;

/** @param slot what `tableLocate` gave: the address of the bucket plus 0 to 3. */
export function entryAt(
  arena: Arena,
  header: Uint32Array,
  slot: number,
  vectorOf: (row: number) => Float32Array,
): Entry {
  const bucket = slot - (slot % 64);
  const index = slot % layout.bucketSlots;
  const key = arena.u64(bucket, layout.bucketSlots)[index];
  const word = arena.u32(bucket + layout.bucketWordsAt, layout.bucketSlots)[index];
  const stamp = arena.u32(bucket + layout.bucketStampsAt, layout.bucketSlots)[index];
  if (word >= pendingFlag) {
    return { state: "pending", key, count: stamp, seenSeconds: (word - pendingFlag) * 2 };
  }
  const { weight, vectorState, linear, steps } = rowPlaces(arena, header, word);
  return {
    state: "admitted",
    key,
    row: word,
    seenSeconds: stamp,
    weight: weight[0],
    vector: vectorOf(word),
    vectorState: vectorState.map((part) => part.slice()),
    stepCount: steps?.[0] ?? 0,
    ftrlZ: linear?.[0] ?? 0,
    ftrlN: linear?.[1] ?? 0,
  };
}

/** Writes the state of the optimisers that an id had, into a row of this thread that was touched already. */
export function putState(
  arena: Arena,
  header: Uint32Array,
  row: number,
  entry: Extract<Entry, { readonly state: "admitted" }>,
): void {
  const { vectorState, linear, steps } = rowPlaces(arena, header, row);
  assert(
    vectorState.length === entry.vectorState.length,
    "an entry is of a table of this optimiser",
  );
  for (const [i, part] of vectorState.entries()) part.set(entry.vectorState[i]);
  linear?.set([entry.ftrlZ, entry.ftrlN]);
  steps?.set([entry.stepCount]);
}

/** What a row has beside its vector, in place. */
function rowPlaces(arena: Arena, header: Uint32Array, row: number) {
  const dim = header[layout.tableDimAt / 4];
  const directory = header[layout.tableDirectoryAt / 4];
  const chunk = arena.u32(directory + (row >>> layout.chunkRowsLog2) * 4, 1)[0];
  const place = row % layout.chunkRows;
  const planeAt = (offset: number): number => chunk + header[offset / 4];
  const stateBytes = header[layout.tableStateBytesAt / 4];
  const rowS = planeAt(layout.tablePlaneSAt) + place * header[layout.tableRowSBytesAt / 4];
  const stateAt = rowS + layout.rowStateAt;
  const states = dim === 0 ? 0 : stateBytes / (dim * 4);
  const hasLinear = header[layout.tableLinearAt / 4] === 1;
  const hasSteps = header[layout.tableStepsAt / 4] === 1;
  return {
    weight: arena.f32(planeAt(layout.tablePlaneWAt) + place * 4, 1),
    vectorState: Array.from({ length: states }, (_, i) => arena.f32(stateAt + i * dim * 4, dim)),
    linear: hasLinear ? arena.f32(rowS + layout.rowLinearAt, 2) : undefined,
    steps: hasSteps ? arena.u32(rowS + layout.rowStepsAt, 1) : undefined,
  };
}

/** Where every entry is, in the order of the buckets. */
export function* slotsOf(arena: Arena, header: Uint32Array): Generator<number> {
  const segments = header[layout.tableSegmentsAt / 4];
  const bucketCount = header[layout.tableBucketCountAt / 4];
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const segment = arena.u32(segments + (bucket >>> layout.segmentBucketsLog2) * 4, 1)[0];
    const pointer = segment + (bucket % layout.segmentBuckets) * layout.bucketBytes;
    const words = arena.u32(pointer + layout.bucketWordsAt, layout.bucketSlots);
    for (let slot = 0; slot < layout.bucketSlots; slot++) {
      if (words[slot] !== 0) yield pointer + slot;
    }
  }
}

export function statsOf(header: Uint32Array): TableStats {
  const read = (offset: number): number => header[offset / 4];
  // Counters stay far below 2^53, where numbers are exact.
  const read64 = (offset: number): number => read(offset) + read(offset + 4) * 2 ** 32;
  const idCount = read(layout.tableAdmittedAt);
  const pendingCount = read(layout.tablePendingAt);
  const slotCount = read(layout.tableBucketCountAt) * layout.bucketSlots;
  return {
    idCount,
    pendingCount,
    slotCount,
    load: (idCount + pendingCount) / slotCount,
    freeRowCount: read(layout.tableFreeCountAt),
    waitingRowCount: read(layout.tableWaitCountAt),
    bucketBytes: read(layout.tableSegmentCountAt) * layout.segmentBytes,
    rowBytes: read(layout.tableChunksAt) * read(layout.tableChunkBytesAt),
    snapshotPoolBytes: read(layout.tablePoolBytesAt),
    growthCount: read(layout.tableGrowthsAt),
    sightingTotal: read64(layout.tableSightingsAt),
    admittedTotal: read64(layout.tableAdmittedTotalAt),
    expiredTotal: read64(layout.tableExpiredTotalAt),
    pendingExpiredTotal: read64(layout.tablePendingExpiredTotalAt),
    removedTotal: read64(layout.tableRemovedTotalAt),
    evictedTotal: read64(layout.tableEvictedTotalAt),
    displacements: Array.from({ length: layout.displacementKinds }, (_, moves) =>
      read64(layout.tableDisplacementsAt + moves * 8),
    ),
  };
}
