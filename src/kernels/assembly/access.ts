/**
 * Rows as callers see them: float32 vectors and weights, whatever the table keeps.
 *
 * Reading is any thread's, writing the writer's.
 */
import {
  formatF16,
  formatF32,
  noRow,
  rowLinearAt,
  tableDimAt,
  tableFormatAt,
  tableLinearAt,
  tableFtrlAt,
  tableOptimiserAt,
  tablePlaneEAt,
  tablePlaneSAt,
  tablePlaneWAt,
  tableStateBytesAt,
  tableStepsAt,
  tableVectorBytesAt,
} from "../layout";
import { stepsOf, touchMeta } from "./changes";
import { decodeF16, decodeInt8, encodeF16, encodeInt8 } from "./formats";
import { ftrlStep } from "./ftrl";
import { optimiserStep } from "./optimisers";
import { chunkOf, keyOfRow, metaOf, placeOf } from "./planes";
import { rowFree, rowTake } from "./rows";
import { tableReplaceRow } from "./table";

/** Rows that are on their way from memory at once. */
const group: u32 = 16;

/** Copies vectors, f32 (count, dim), and weights, f32 (count,); zeros for `noRow`. */
export function tableGather(
  table: usize,
  rows: usize,
  count: u32,
  vectors: usize,
  weights: usize,
): void {
  const dim = load<u32>(table, tableDimAt);
  const format = load<u32>(table, tableFormatAt);
  const bytes = load<u32>(table, tableVectorBytesAt);
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(rows + (i << 2));
    const out = vectors + i * (dim << 2);
    if (row == noRow) {
      memory.fill(out, 0, dim << 2);
      store<f32>(weights + (i << 2), 0);
      continue;
    }
    const chunk = chunkOf(table, row);
    const place = placeOf(row);
    const vector = chunk + place * bytes;
    if (format == formatF32) memory.copy(out, vector, bytes);
    else if (format == formatF16) decodeF16(vector, out, dim);
    else decodeInt8(vector, out, dim, load<f32>(scaleOf(table, chunk, place)));
    store<f32>(weights + (i << 2), load<f32>(weightOf(table, chunk, place)));
  }
}

/**
 * Writes vectors, f32 (count, dim), and weights, f32 (count,), to rows that the keys have.
 *
 * Of tables in other formats than float32 each key gets another row, so that a reader never takes a
 * half-written vector, or a new scale for an old one. Returns how many were done: fewer than
 * `count` if there was no room.
 */
export function tableWrite(
  table: usize,
  rows: usize,
  count: u32,
  vectors: usize,
  weights: usize,
): u32 {
  const dim = load<u32>(table, tableDimAt);
  const format = load<u32>(table, tableFormatAt);
  const bytes = load<u32>(table, tableVectorBytesAt);
  for (let i: u32 = 0; i < count; i++) {
    const old = load<u32>(rows + (i << 2));
    const key = load<u64>(keyOfRow(table, old));
    const row = format == formatF32 ? old : rowTake(table, key);
    if (row == noRow) return i;
    const chunk = chunkOf(table, row);
    const place = placeOf(row);
    touchMeta(table, metaOf(table, chunk, place), row);
    const source = vectors + i * (dim << 2);
    const vector = chunk + place * bytes;
    store<f32>(weightOf(table, chunk, place), load<f32>(weights + (i << 2)));
    if (format == formatF32) {
      memory.copy(vector, source, bytes);
      continue;
    }
    if (format == formatF16) encodeF16(source, vector, dim);
    else store<f32>(scaleOf(table, chunk, place), encodeInt8(source, vector, dim));
    tableReplaceRow(table, key, row);
    rowFree(table, old);
    store<u32>(rows + (i << 2), row);
  }
  return count;
}

/**
 * One step of the table's optimiser for each row along its gradient, f32 (count, dim), in order; of
 * FTRL for its weight, where `weightGradients`, f32 (count,), is not 0.
 */
export function tableUpdate(
  table: usize,
  rows: usize,
  count: u32,
  gradients: usize,
  weightGradients: usize,
  rate: f32,
  scratch: usize,
): void {
  const dimBytes = load<u32>(table, tableDimAt) << 2;
  const stateBytes = load<u32>(table, tableStateBytesAt);
  const planeS = load<u32>(table, tablePlaneSAt);
  const hasSteps = load<u32>(table, tableStepsAt) != 0;
  const optimiser = table + tableOptimiserAt;
  for (let from: u32 = 0; from < count; from += group) {
    const end = min(from + group, count);
    warm(table, rows, from, end, scratch);
    for (let i = from; i < end; i++) {
      const row = load<u32>(rows + (i << 2));
      if (row == noRow) continue;
      const chunk = chunkOf(table, row);
      const place = placeOf(row);
      const meta = metaOf(table, chunk, place);
      touchMeta(table, meta, row);
      optimiserStep(
        optimiser,
        chunk + place * dimBytes,
        chunk + planeS + place * stateBytes,
        gradients + i * dimBytes,
        dimBytes,
        rate,
        hasSteps ? nextStep(stepsOf(table, chunk, place)) : 1,
      );
      if (weightGradients == 0 || load<u32>(table, tableLinearAt) == 0) continue;
      ftrlStep(
        table + tableFtrlAt,
        weightOf(table, chunk, place),
        meta + rowLinearAt,
        <f64>load<f32>(weightGradients + (i << 2)),
      );
    }
  }
}

/** Counts a step; after 2^32 - 1 it stays there, where Adam's correction has long been 1. */
@inline
function nextStep(steps: usize): u32 {
  const step = load<u32>(steps);
  const next = step + u32(step != 0xffffffff);
  store<u32>(steps, next);
  return next;
}

/** Starts fetching the lines of some rows; what it writes to `scratch` keeps the reads alive. */
function warm(table: usize, rows: usize, from: u32, end: u32, scratch: usize): void {
  const dimBytes = load<u32>(table, tableDimAt) << 2;
  const stateBytes = load<u32>(table, tableStateBytesAt);
  const planeS = load<u32>(table, tablePlaneSAt);
  let any: u32 = 0;
  for (let i = from; i < end; i++) {
    const row = load<u32>(rows + (i << 2));
    const chunk = chunkOf(table, row);
    const place = placeOf(row);
    any ^= load<u32>(metaOf(table, chunk, place));
    const vector = chunk + place * dimBytes;
    for (let d: u32 = 0; d < dimBytes; d += 64) any ^= load<u32>(vector + d);
    const state = chunk + planeS + place * stateBytes;
    for (let d: u32 = 0; d < stateBytes; d += 64) any ^= load<u32>(state + d);
  }
  store<u32>(scratch, any);
}

@inline
function weightOf(table: usize, chunk: usize, place: u32): usize {
  return chunk + load<u32>(table, tablePlaneWAt) + (place << 2);
}

@inline
function scaleOf(table: usize, chunk: usize, place: u32): usize {
  return chunk + load<u32>(table, tablePlaneEAt) + (place << 2);
}
