/**
 * Rows: 4096 to a chunk, each part of a row in its own plane of the chunk (picture in `../layout`).
 *
 * Chunks never move and are never given back, so an address computed from a row stays right while
 * the table grows, and serving reads the vectors of a chunk as one stretch of memory.
 *
 * A removed row waits, its bytes as they were, until enough rows wait; then all of them are free to
 * be handed out again, one after the other around the table, so that each waits as long as it can.
 *
 * Readers: a row is filled before its slot shows it. When it is taken away, its slot goes first.
 * Before any row is handed out again the table's epoch is raised: who reads the epoch, finds rows,
 * uses them, and sees the same epoch, has used no other id's bytes. As rows wait together, the
 * epoch is raised once for a thousand or more of them, and readers seldom have to look again.
 *
 * ```
 * live  L 1101 0111 …   removed: its bit goes; it waits
 * free  F 0000 0000 …   a 16th of all rows wait, or 1024: epoch + 1, F = all that are not live
 *         0010 1000 …   taken: the next bit from where the last was
 * ```
 */
import {
  chunkRowsLog2,
  formatF16,
  formatF32,
  formatInt8,
  rowLinearAt,
  rowStateAt,
  rowStepsAt,
  tableChunkBytesAt,
  tableChunksAt,
  tableChunksMaxAt,
  tableDimAt,
  tableDirectoryAt,
  tableEpochAt,
  tableFormatAt,
  tableFreeCountAt,
  tableFreeCursorAt,
  tableFtrlAt,
  tableLinearAccumulatorAt,
  tableLinearAt,
  tablePlaneFAt,
  tablePlaneKAt,
  tablePlaneLAt,
  tableRowNextAt,
  tableStateBytesAt,
  tableStateStart1At,
  tableStateStartAt,
  tableVectorBytesAt,
  tableWaitCountAt,
} from "../layout";
import { arenaAllocate } from "./arena";
import { touchMeta } from "./changes";
import { maskBelow } from "./counters";
import { encodeF16, encodeInt8 } from "./formats";
import { ftrlAssign } from "./ftrl";
import { initialise } from "./initialise";
import { noteNorm } from "./norms";
import { chunkOf, liveOf, metaOf, placeOf, scaleOf, weightOf } from "./planes";

/** Rows that wait before any is handed out again: this many, or a 16th of the table's. */
const waitMin: u32 = 1024;

/** A row for this key, filled; or 0 when there is no room. */
export function rowTake(table: usize, key: u64): u32 {
  if (load<u32>(table, tableFreeCountAt) == 0) {
    const next = load<u32>(table, tableRowNextAt);
    const enough = max(waitMin, next >>> 4);
    if (load<u32>(table, tableWaitCountAt) < enough && chunkReady(table, next >>> chunkRowsLog2)) {
      fill(table, next, key);
      atomic.store<u32>(table, next + 1, tableRowNextAt);
      return next;
    }
    endWait(table);
    if (load<u32>(table, tableFreeCountAt) == 0) return 0;
  }
  const row = nextFree(table);
  fill(table, row, key);
  return row;
}

/** Vector, f32[dim], and weight, f32: of a row that was taken for them, or of a table of float32. */
export function rowWrite(table: usize, row: u32, vector: usize, weight: usize): void {
  const chunk = chunkOf(table, row);
  const place = placeOf(row);
  touchMeta(table, metaOf(table, chunk, place), row);
  const bytes = load<u32>(table, tableVectorBytesAt);
  const format = load<u32>(table, tableFormatAt);
  const dim = load<u32>(table, tableDimAt);
  const out = chunk + place * bytes;
  if (format == formatF32) {
    memory.copy(out, vector, bytes);
    noteNorm(table, row);
  } else if (format == formatF16) {
    // The scan takes every component as finite: a vector with a NaN scores nothing.
    if (encodeF16(vector, out, dim) != 0) memory.fill(out, 0, bytes);
  } else store<f32>(scaleOf(table, chunk, place), encodeInt8(vector, out, dim));
  store<f32>(weightOf(table, chunk, place), load<f32>(weight));
  if (load<u32>(table, tableLinearAt) != 0) {
    ftrlAssign(table + tableFtrlAt, load<f32>(weight), metaOf(table, chunk, place) + rowLinearAt);
  }
}

/** The caller has taken the row out of its slot. */
export function rowFree(table: usize, row: u32): void {
  const chunk = chunkOf(table, row);
  const place = placeOf(row);
  touchMeta(table, metaOf(table, chunk, place), row);
  const live = liveOf(table, chunk, place);
  atomic.store<u8>(live, load<u8>(live) & ~<u8>(<u32>1 << (place & 7)));
  noteNorm(table, row); // as it was: the scan need not look at it
  store<u32>(table, load<u32>(table, tableWaitCountAt) + 1, tableWaitCountAt);
}

/** All rows that no id has are free from now on. O(rows / 32), once for many of them. */
function endWait(table: usize): void {
  const waiting = load<u32>(table, tableWaitCountAt);
  if (waiting == 0) return;
  atomic.add<u32>(table, 1, tableEpochAt); // a barrier, too: before any of their bytes changes
  const rows = load<u32>(table, tableRowNextAt);
  for (let row: u32 = 0; row < rows; row += 32) {
    const at = chunkOf(table, row) + (placeOf(row) >>> 3);
    const live = load<u32>(at + load<u32>(table, tablePlaneLAt));
    // Not row 0, which is noRow, and not those that were never used.
    const used = maskBelow(rows - row) & ~u32(row == 0);
    store<u32>(at + load<u32>(table, tablePlaneFAt), ~live & used);
  }
  store<u32>(table, load<u32>(table, tableFreeCountAt) + waiting, tableFreeCountAt);
  store<u32>(table, 0, tableWaitCountAt);
}

/** Takes the next free row from where the last was; there is one. */
function nextFree(table: usize): u32 {
  const rows = load<u32>(table, tableRowNextAt);
  let row = load<u32>(table, tableFreeCursorAt) & ~31;
  while (true) {
    if (row >= rows) row = 0;
    const at = chunkOf(table, row) + load<u32>(table, tablePlaneFAt) + (placeOf(row) >>> 3);
    const free = load<u32>(at);
    if (free != 0) {
      store<u32>(at, free & (free - 1));
      store<u32>(table, load<u32>(table, tableFreeCountAt) - 1, tableFreeCountAt);
      store<u32>(table, row, tableFreeCursorAt);
      return row + ctz(free);
    }
    row += 32;
  }
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
  const meta = metaOf(table, chunk, place);
  touchMeta(table, meta, row);
  const vectorBytes = load<u32>(table, tableVectorBytesAt);
  initialise(table, key, chunk + place * vectorBytes, vectorBytes);
  noteNorm(table, row);
  const stateBytes = load<u32>(table, tableStateBytesAt);
  if (stateBytes != 0) {
    const bytes = load<u32>(table, tableDimAt) << 2;
    const state = meta + rowStateAt;
    splat(state, bytes, load<f32>(table, tableStateStartAt));
    if (stateBytes > bytes) splat(state + bytes, bytes, load<f32>(table, tableStateStart1At));
  }
  store<f32>(weightOf(table, chunk, place), 0);
  if (load<u32>(table, tableLinearAt) != 0) {
    store<f32>(meta, 0, rowLinearAt);
    store<f32>(meta, load<f32>(table, tableLinearAccumulatorAt), rowLinearAt + 4);
    store<u32>(meta, 0, rowStepsAt);
  }
  if (load<u32>(table, tableFormatAt) == formatInt8) {
    store<f32>(scaleOf(table, chunk, place), 0);
  }
  store<u64>(chunk + load<u32>(table, tablePlaneKAt) + (place << 3), key);
  const live = liveOf(table, chunk, place);
  atomic.store<u8>(live, load<u8>(live) | <u8>(<u32>1 << (place & 7)));
}

@inline
function splat(at: usize, bytes: u32, value: f32): void {
  const four = f32x4.splat(value);
  for (let d: u32 = 0; d < bytes; d += 16) v128.store(at + d, four);
}
