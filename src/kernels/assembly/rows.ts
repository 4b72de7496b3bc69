/**
 * Rows: 4096 to a chunk, each part of a row in its own plane of the chunk (picture in `../layout`).
 *
 * Chunks never move and are never given back, so an address computed from a row stays right while
 * the bucket array grows, and serving reads the vectors of a chunk as one stretch of memory.
 *
 * Removed rows queue up, first in, first out, so that each waits as long as it can before it is
 * used again; the link to the next lies in the row's own place in plane K. All other bytes of a
 * removed row are zero: it starts again as if it were new, and snapshots have no old bytes.
 *
 * Readers: a row is filled before its slot shows it. When it is taken away, its slot goes first,
 * then the table's epoch is raised, then its bytes are overwritten: who reads the epoch, finds
 * rows, uses them, and sees the same epoch, has used no other id's bytes.
 */
import {
  chunkRows,
  chunkRowsLog2,
  tableChunkBytesAt,
  tableChunksAt,
  tableChunksMaxAt,
  tableDimAt,
  tableDirectoryAt,
  tableEpochAt,
  tableFreeCountAt,
  tableFreeHeadAt,
  tableFreeTailAt,
  tableLinearAccumulatorAt,
  tablePlaneAAt,
  tablePlaneKAt,
  tablePlaneLAt,
  tablePlaneWAt,
  tablePlaneZAt,
  tableRowNextAt,
  tableVectorAccumulatorAt,
} from "../layout";
import { arenaAllocate } from "./arena";
import { initialise } from "./initialise";

@inline
export function chunkOf(table: usize, row: u32): usize {
  return load<u32>(<usize>load<u32>(table, tableDirectoryAt) + ((row >>> chunkRowsLog2) << 2));
}

@inline
export function placeOf(row: u32): u32 {
  return row & (chunkRows - 1);
}

@inline
export function keyOfRow(table: usize, row: u32): usize {
  return chunkOf(table, row) + load<u32>(table, tablePlaneKAt) + (placeOf(row) << 3);
}

/** A row for this key, filled; or 0 when there is no room. */
export function rowTake(table: usize, key: u64): u32 {
  let row = load<u32>(table, tableFreeHeadAt);
  if (row != 0) {
    const next = <u32>load<u64>(keyOfRow(table, row));
    store<u32>(table, next, tableFreeHeadAt);
    if (next == 0) store<u32>(table, 0, tableFreeTailAt);
    store<u32>(table, load<u32>(table, tableFreeCountAt) - 1, tableFreeCountAt);
    fill(table, row, key);
    return row;
  }
  row = load<u32>(table, tableRowNextAt);
  if (!chunkReady(table, row >>> chunkRowsLog2)) return 0;
  fill(table, row, key);
  atomic.store<u32>(table, row + 1, tableRowNextAt);
  return row;
}

/** The caller has taken the row out of its slot. */
export function rowFree(table: usize, row: u32): void {
  atomic.add<u32>(table, 1, tableEpochAt); // a barrier, too: before any byte below changes
  const chunk = chunkOf(table, row);
  const place = placeOf(row);
  const vectorBytes = load<u32>(table, tableDimAt) << 2;
  const live = chunk + load<u32>(table, tablePlaneLAt) + (place >>> 3);
  store<u8>(live, load<u8>(live) & ~<u8>(<u32>1 << (place & 7)));
  memory.fill(chunk + place * vectorBytes, 0, vectorBytes);
  memory.fill(chunk + load<u32>(table, tablePlaneAAt) + place * vectorBytes, 0, vectorBytes);
  store<u32>(chunk + load<u32>(table, tablePlaneWAt) + (place << 2), 0);
  store<u64>(chunk + load<u32>(table, tablePlaneZAt) + (place << 3), 0);
  store<u64>(chunk + load<u32>(table, tablePlaneKAt) + (place << 3), 0);
  const tail = load<u32>(table, tableFreeTailAt);
  if (tail != 0) store<u64>(keyOfRow(table, tail), row);
  else store<u32>(table, row, tableFreeHeadAt);
  store<u32>(table, row, tableFreeTailAt);
  store<u32>(table, load<u32>(table, tableFreeCountAt) + 1, tableFreeCountAt);
}

/** Makes sure that the chunk is there; false when there is no room. */
export function chunkReady(table: usize, index: u32): bool {
  if (index < load<u32>(table, tableChunksAt)) return true;
  if (index >= load<u32>(table, tableChunksMaxAt)) return false;
  const chunk = arenaAllocate(load<u32>(table, tableChunkBytesAt));
  if (chunk == 0) return false;
  store<u32>(<usize>load<u32>(table, tableDirectoryAt) + (index << 2), <u32>chunk);
  store<u32>(table, index + 1, tableChunksAt);
  return true;
}

function fill(table: usize, row: u32, key: u64): void {
  const dim = load<u32>(table, tableDimAt);
  const chunk = chunkOf(table, row);
  const place = placeOf(row);
  const vector = chunk + place * (dim << 2);
  initialise(table, key, vector);
  const accumulator = vector + load<u32>(table, tablePlaneAAt);
  const start = f32x4.splat(load<f32>(table, tableVectorAccumulatorAt));
  for (let d: u32 = 0; d < dim << 2; d += 16) v128.store(accumulator + d, start);
  // z and the weight are 0, as every row starts out.
  store<f32>(
    chunk + load<u32>(table, tablePlaneZAt) + (place << 3),
    load<f32>(table, tableLinearAccumulatorAt),
    4,
  );
  store<u64>(chunk + load<u32>(table, tablePlaneKAt) + (place << 3), key);
  const live = chunk + load<u32>(table, tablePlaneLAt) + (place >>> 3);
  atomic.store<u8>(live, load<u8>(live) | <u8>(<u32>1 << (place & 7)));
}
