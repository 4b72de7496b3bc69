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
  tableDimAt,
  tableFormatAt,
  tableLinearAt,
  tableFtrlAt,
  tableOptimiserAt,
  tablePlaneSAt,
  tableStateBytesAt,
  tableStepsAt,
  tableVectorBytesAt,
} from "../layout";
import { stepsOf, touchMeta } from "./changes";
import { decodeF16, decodeInt8 } from "./formats";
import { ftrlStep } from "./ftrl";
import { optimiserStep } from "./optimisers";
import { chunkOf, isLive, metaOf, placeOf, scaleOf, weightOf } from "./planes";

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
 * One step of the table's optimiser for each row along its gradient, f32 (count, dim), in order; of
 * FTRL for its weight, where `weightGradients`, f32 (count,), is not 0.
 *
 * A row whose id is gone learns nothing.
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
      if (!isLive(table, chunk, place)) continue;
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
