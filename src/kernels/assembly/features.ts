/**
 * From features (table, row, value) to addresses: once an example, since every pass needs them.
 *
 * ```
 * scratch   0   Σ v x, f32[dim], at most 512 bytes
 *         512   a feature, 24 bytes: vector │ accumulator │ weight │ z, n │ value │ clock, by which
 *               a row's tells that it has changed already
 *         536   the next …
 * ```
 *
 * Features without a row, or with the value 0, are left out: they add nothing and learn nothing.
 */
import {
  featureBytes,
  featureRowAt,
  featureTableAt,
  featureValueAt,
  noRow,
  resolvedAt,
  resolvedBytes,
  rowLinearAt,
  rowStateAt,
  tableClockAt,
  tableDimAt,
  tableEvictAt,
  tablePlaneNAt,
  tablePlaneWAt,
} from "../layout";
import { touchRow } from "./changes";
import { noteNorm } from "./norms";
import { chunkOf, metaOf, placeOf } from "./planes";
import { full, group, observe, warm } from "./table";

/**
 * Neighbours of one table from which on their buckets are fetched together, which costs a second hash of
 * each: 1 to 3 a table, as the features of an example are, took half the time without.
 */
const warmMin: u32 = 4;

/**
 * Finds or inserts the key of each feature in its table, in order, as `tableObserve` does, and writes
 * the rows into the list. Returns how many were done: fewer than `count` if there was no room. No key
 * may give way: the tables have no maximum of ids, or refuse at it.
 */
export function featuresObserve(features: usize, keys: usize, count: u32, now: u32): u32 {
  let i: u32 = 0;
  while (i < count) {
    const table = tableOf(features, i);
    if (load<u32>(table, tableEvictAt) != 0) unreachable();
    const from = i;
    let end = from + 1;
    while (end < count && end - from < group && tableOf(features, end) == table) end++;
    if (end - from >= warmMin) warm(table, keys, from, end);
    for (; i < end; i++) {
      const row = observe(table, load<u64>(keys + (i << 3)), now, 0);
      if (row == full) return i;
      store<u32>(features + <usize>i * featureBytes, row, featureRowAt);
    }
  }
  return count;
}

@inline
function tableOf(features: usize, index: u32): usize {
  return load<u32>(features + <usize>index * featureBytes, featureTableAt);
}

/** Returns the end of the list. */
export function resolve(features: usize, count: u32, scratch: usize): usize {
  let at = scratch + resolvedAt;
  const end = features + <usize>count * featureBytes;
  for (let feature = features; feature < end; feature += featureBytes) {
    const row = load<u32>(feature, featureRowAt);
    const value = load<f32>(feature, featureValueAt);
    if (row == noRow || value == 0) continue;
    const table: usize = load<u32>(feature, featureTableAt);
    const chunk = chunkOf(table, row);
    const place = placeOf(row);
    const meta = metaOf(table, chunk, place);
    const vector = chunk + place * (load<u32>(table, tableDimAt) << 2);
    store<u32>(at, <u32>vector);
    store<u32>(at, <u32>meta + rowStateAt, 4);
    store<u32>(at, <u32>chunk + load<u32>(table, tablePlaneWAt) + (place << 2), 8);
    store<u32>(at, <u32>meta + rowLinearAt, 12);
    store<f32>(at, value, 16);
    // A row of a table with norms is told of every change; no clock gets so far.
    const isToldAlways = load<u32>(table, tablePlaneNAt) != 0;
    store<u32>(at, isToldAlways ? 0xffffffff : load<u32>(table, tableClockAt), 20);
    at += resolvedBytes;
  }
  return at;
}

/**
 * Before a step: starts fetching the lines of each feature's row, all of them at once, by nothing but
 * loads (WebAssembly has no prefetch); and says of the rows that they change.
 */
@inline
export function prepare(features: usize, count: u32, scratch: usize, end: usize): void {
  let any: u32 = 0;
  let changed: u32 = 0;
  for (let at = scratch + resolvedAt; at < end; at += resolvedBytes) {
    any |= load<u32>(resolvedVector(at)) | load<u32>(resolvedAccumulator(at));
    any |= load<u32>(resolvedWeight(at));
    changed |= load<u32>(resolvedState(at) - rowLinearAt) ^ load<u32>(at, 20);
  }
  store<u32>(end, any); // keeps the loads alive
  // As a rule all of them have changed since the table's clock last did.
  if (changed != 0) touchAll(features, count);
}

/** Says of the features' rows that they have changed. */
export function noteAll(features: usize, count: u32): void {
  const end = features + <usize>count * featureBytes;
  for (let feature = features; feature < end; feature += featureBytes) {
    const row = load<u32>(feature, featureRowAt);
    if (row != noRow) noteNorm(load<u32>(feature, featureTableAt), row);
  }
}

/** Says of the features' rows that they change. */
export function touchAll(features: usize, count: u32): void {
  const end = features + <usize>count * featureBytes;
  for (let feature = features; feature < end; feature += featureBytes) {
    const row = load<u32>(feature, featureRowAt);
    if (row != noRow) touchRow(load<u32>(feature, featureTableAt), row);
  }
}

@inline
export function resolvedVector(at: usize): usize {
  return load<u32>(at);
}

@inline
export function resolvedAccumulator(at: usize): usize {
  return load<u32>(at, 4);
}

@inline
export function resolvedWeight(at: usize): usize {
  return load<u32>(at, 8);
}

@inline
export function resolvedState(at: usize): usize {
  return load<u32>(at, 12);
}

@inline
export function resolvedValue(at: usize): f32 {
  return load<f32>(at, 16);
}
