/**
 * Rows as callers see them: float32 vectors and weights, whatever the table keeps; and their steps.
 *
 * Reading is any thread's, stepping the writer's.
 */
import {
  formatF16,
  formatF32,
  noRow,
  rowLinearAt,
  rowStateAt,
  rowStepsAt,
  tableDimAt,
  tableFormatAt,
  tableLinearAt,
  tableFtrlAt,
  tableOptimiserAt,
  tableRowSBytesAt,
  tableStepsAt,
  tableVectorBytesAt,
} from "../layout";
import { touchMeta } from "./changes";
import { decodeF16, decodeInt8 } from "./formats";
import { ftrlStep } from "./ftrl";
import { noteNorm } from "./norms";
import { optimiserStep } from "./optimisers";
import { chunkOf, isLive, metaOf, placeOf, scaleOf, weightOf } from "./planes";

/** Rows that are on their way from memory at once. */
const group: u32 = 64;
/** Of a row in scratch: where its vector is, and its part of plane S. `group` × this + 4 bytes. */
const placesBytes: u32 = 8;

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
 * One step of the table's optimiser for each row along its gradient, in order: of `gradients`, f32 (n, dim),
 * the one that `indices`, u32 (count,), names, or, where that is 0, the one at its place; of FTRL for its
 * weight, where `weightGradients`, f32 (n,), is not 0.
 *
 * A row whose id is gone may learn: it is filled anew before another id has it, and to ask each row
 * whether it lives would cost as much as its step. `scratch`: 516 bytes of this thread's own.
 */
export function tableUpdate(
  table: usize,
  rows: usize,
  count: u32,
  indices: usize,
  gradients: usize,
  weightGradients: usize,
  rate: f32,
  scratch: usize,
): void {
  const dimBytes = load<u32>(table, tableDimAt) << 2;
  for (let from: u32 = 0; from < count; from += group) {
    const end = min(from + group, count);
    locate(table, rows, from, end, scratch);
    fetch(table, scratch, end - from);
    for (let i = from; i < end; i++) {
      const row = load<u32>(rows + (i << 2));
      if (row == noRow) continue;
      const index = indices == 0 ? i : load<u32>(indices + (i << 2));
      const weightGradient = weightGradients == 0 ? 0 : weightGradients + (index << 2);
      const places = scratch + (i - from) * placesBytes;
      step(table, row, places, gradients + index * dimBytes, weightGradient, rate);
    }
  }
}

/** Writes where the two parts of each row are. */
function locate(table: usize, rows: usize, from: u32, end: u32, places: usize): void {
  const dimBytes = load<u32>(table, tableDimAt) << 2;
  for (let i = from; i < end; i++) {
    const row = load<u32>(rows + (i << 2));
    const chunk = chunkOf(table, row);
    const place = placeOf(row);
    store<u32>(places, <u32>(chunk + place * dimBytes));
    store<u32>(places, <u32>metaOf(table, chunk, place), 4);
    places += placesBytes;
  }
}

/**
 * Starts fetching their lines, by nothing but loads; what it stores only keeps them alive. First one of each
 * part, so that the pages of many rows are looked up at once, which is what takes longest.
 */
function fetch(table: usize, places: usize, count: u32): void {
  const dimBytes = load<u32>(table, tableDimAt) << 2;
  const rowSBytes = load<u32>(table, tableRowSBytesAt);
  let any: u32 = 0;
  for (let at = places; at < places + count * placesBytes; at += placesBytes) {
    any |= load<u32>(load<u32>(at)) | load<u32>(load<u32>(at, 4));
  }
  for (let at = places; at < places + count * placesBytes; at += placesBytes) {
    const vector: usize = load<u32>(at);
    const meta: usize = load<u32>(at, 4);
    for (let d: u32 = 64; d < dimBytes; d += 64) any |= load<u32>(vector + d);
    for (let d: u32 = 64; d < rowSBytes; d += 64) any |= load<u32>(meta + d);
  }
  store<u32>(places + group * placesBytes, any);
}

@inline
function step(
  table: usize,
  row: u32,
  places: usize,
  gradient: usize,
  weightGradient: usize,
  rate: f32,
): void {
  const meta: usize = load<u32>(places, 4);
  touchMeta(table, meta, row);
  const hasSteps = load<u32>(table, tableStepsAt) != 0;
  optimiserStep(
    table + tableOptimiserAt,
    load<u32>(places),
    meta + rowStateAt,
    gradient,
    load<u32>(table, tableDimAt) << 2,
    rate,
    hasSteps ? nextStep(meta + rowStepsAt) : 1,
  );
  noteNorm(table, row);
  if (weightGradient == 0 || load<u32>(table, tableLinearAt) == 0) return;
  const weight = weightOf(table, chunkOf(table, row), placeOf(row));
  const g = <f64>load<f32>(weightGradient);
  ftrlStep(table + tableFtrlAt, weight, meta + rowLinearAt, g);
}

/** Counts a step; after 2^32 - 1 it stays there, where Adam's correction has long been 1. */
@inline
function nextStep(steps: usize): u32 {
  const step = load<u32>(steps);
  const next = step + u32(step != 0xffffffff);
  store<u32>(steps, next);
  return next;
}
