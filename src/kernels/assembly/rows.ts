/**
 * Rows: 4096 to a chunk, each part of a row in its own plane of the chunk (picture in `../layout`).
 *
 * Chunks never move and are never given back, so an address computed from a row stays right while
 * the table grows, and serving reads the vectors of a chunk as one stretch of memory.
 *
 * A removed row waits, its bytes as they were, until enough rows wait; then all of them may be
 * handed out again, first in, first out. The links are in plane N, which no reader reads.
 *
 * Readers: a row is filled before its slot shows it. When it is taken away, its slot goes first.
 * Before any row is handed out again the table's epoch is raised: who reads the epoch, finds rows,
 * uses them, and sees the same epoch, has used no other id's bytes. As rows wait together, the
 * epoch is raised once for a thousand or more of them, and readers seldom have to look again.
 *
 * ```
 * removed ──► wait: 9 → 4 → 7 → …   (to a 16th of all rows, or 1024)
 *                  │ epoch + 1
 * taken   ◄── free: 2 → 5
 * ```
 */
import {
  chunkRowsLog2,
  formatF16,
  formatF32,
  formatInt8,
  tableChunkBytesAt,
  tableChunksAt,
  tableChunksMaxAt,
  tableDimAt,
  tableDirectoryAt,
  tableEpochAt,
  tableFormatAt,
  tableFreeCountAt,
  tableFreeHeadAt,
  tableFreeTailAt,
  tableLinearAccumulatorAt,
  tableLinearAt,
  tablePlaneEAt,
  tablePlaneKAt,
  tablePlaneNAt,
  tablePlaneSAt,
  tablePlaneWAt,
  tablePlaneZAt,
  tableRowNextAt,
  tableStateBytesAt,
  tableStateStart1At,
  tableStateStartAt,
  tableVectorBytesAt,
  tableWaitCountAt,
  tableWaitHeadAt,
  tableWaitTailAt,
} from "../layout";
import { arenaAllocate } from "./arena";
import { liveOf, touchPlace, touchRow } from "./changes";
import { encodeF16, encodeInt8 } from "./formats";
import { initialise } from "./initialise";
import { chunkOf, linkOfRow, placeOf, scaleOf, weightOf } from "./planes";

/** Rows that wait before any is handed out again: this many, or a 16th of the table's. */
const waitMin: u32 = 1024;

/** A row for this key, filled; or 0 when there is no room. */
export function rowTake(table: usize, key: u64): u32 {
  let row = load<u32>(table, tableFreeHeadAt);
  if (row == 0) {
    const next = load<u32>(table, tableRowNextAt);
    const enough = max(waitMin, next >>> 4);
    if (load<u32>(table, tableWaitCountAt) >= enough || !chunkReady(table, next >>> chunkRowsLog2)) {
      endWait(table);
      row = load<u32>(table, tableFreeHeadAt);
      if (row == 0) return 0;
    }
  }
  if (row != 0) {
    const next = load<u32>(linkOfRow(table, row));
    store<u32>(table, next, tableFreeHeadAt);
    if (next == 0) store<u32>(table, 0, tableFreeTailAt);
    store<u32>(table, load<u32>(table, tableFreeCountAt) - 1, tableFreeCountAt);
    fill(table, row, key);
    return row;
  }
  row = load<u32>(table, tableRowNextAt);
  fill(table, row, key);
  atomic.store<u32>(table, row + 1, tableRowNextAt);
  return row;
}

/** Vector, f32[dim], and weight, f32: of a row that was taken for them, or of a table of float32. */
export function rowWrite(table: usize, row: u32, vector: usize, weight: usize): void {
  const chunk = chunkOf(table, row);
  const place = placeOf(row);
  touchPlace(table, chunk, row);
  const bytes = load<u32>(table, tableVectorBytesAt);
  const format = load<u32>(table, tableFormatAt);
  const dim = load<u32>(table, tableDimAt);
  const out = chunk + place * bytes;
  if (format == formatF32) memory.copy(out, vector, bytes);
  else if (format == formatF16) encodeF16(vector, out, dim);
  else store<f32>(scaleOf(table, chunk, place), encodeInt8(vector, out, dim));
  store<f32>(weightOf(table, chunk, place), load<f32>(weight));
}

/** The caller has taken the row out of its slot. */
export function rowFree(table: usize, row: u32): void {
  const chunk = chunkOf(table, row);
  const place = placeOf(row);
  touchPlace(table, chunk, row);
  const live = liveOf(table, chunk, place);
  atomic.store<u8>(live, load<u8>(live) & ~<u8>(<u32>1 << (place & 7)));
  store<u32>(linkOfRow(table, row), 0);
  const tail = load<u32>(table, tableWaitTailAt);
  if (tail != 0) {
    touchRow(table, tail);
    store<u32>(linkOfRow(table, tail), row);
  } else {
    store<u32>(table, row, tableWaitHeadAt);
  }
  store<u32>(table, row, tableWaitTailAt);
  store<u32>(table, load<u32>(table, tableWaitCountAt) + 1, tableWaitCountAt);
}

/** All that wait may be handed out, after those that may already. */
function endWait(table: usize): void {
  const head = load<u32>(table, tableWaitHeadAt);
  if (head == 0) return;
  atomic.add<u32>(table, 1, tableEpochAt); // a barrier, too: before any of their bytes changes
  const tail = load<u32>(table, tableFreeTailAt);
  if (tail != 0) {
    touchRow(table, tail);
    store<u32>(linkOfRow(table, tail), head);
  } else {
    store<u32>(table, head, tableFreeHeadAt);
  }
  store<u32>(table, load<u32>(table, tableWaitTailAt), tableFreeTailAt);
  const count = load<u32>(table, tableFreeCountAt) + load<u32>(table, tableWaitCountAt);
  store<u32>(table, count, tableFreeCountAt);
  store<u32>(table, 0, tableWaitHeadAt);
  store<u32>(table, 0, tableWaitTailAt);
  store<u32>(table, 0, tableWaitCountAt);
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

/** Everything of a row as a new one has it, whatever was there. */
function fill(table: usize, row: u32, key: u64): void {
  const chunk = chunkOf(table, row);
  const place = placeOf(row);
  touchPlace(table, chunk, row);
  const vectorBytes = load<u32>(table, tableVectorBytesAt);
  initialise(table, key, chunk + place * vectorBytes, vectorBytes);
  const stateBytes = load<u32>(table, tableStateBytesAt);
  if (stateBytes != 0) {
    const bytes = load<u32>(table, tableDimAt) << 2;
    const state = chunk + load<u32>(table, tablePlaneSAt) + place * stateBytes;
    splat(state, bytes, load<f32>(table, tableStateStartAt));
    if (stateBytes > bytes) splat(state + bytes, bytes, load<f32>(table, tableStateStart1At));
  }
  store<u32>(chunk + load<u32>(table, tablePlaneWAt) + (place << 2), 0);
  if (load<u32>(table, tableLinearAt) != 0) {
    const z = chunk + load<u32>(table, tablePlaneZAt) + (place << 3);
    store<f32>(z, 0);
    store<f32>(z, load<f32>(table, tableLinearAccumulatorAt), 4);
  }
  if (load<u32>(table, tableFormatAt) == formatInt8) {
    store<f32>(chunk + load<u32>(table, tablePlaneEAt) + (place << 2), 0);
  }
  store<u32>(chunk + load<u32>(table, tablePlaneNAt) + (place << 2), 0);
  store<u64>(chunk + load<u32>(table, tablePlaneKAt) + (place << 3), key);
  const live = liveOf(table, chunk, place);
  atomic.store<u8>(live, load<u8>(live) | <u8>(<u32>1 << (place & 7)));
}

@inline
function splat(at: usize, bytes: u32, value: f32): void {
  const four = f32x4.splat(value);
  for (let d: u32 = 0; d < bytes; d += 16) v128.store(at + d, four);
}
