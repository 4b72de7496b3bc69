/**
 * The best k of all live rows by weight + query · vector, exactly.
 *
 * Idea: read the plane of vectors of each chunk from end to end, four rows at a time, and compare
 * their four scores at once with the worst of the best so far; only the few that pass are looked at
 * singly. So it runs as fast as the vectors come out of memory.
 *
 * Where rows have norms (norms.ts) most vectors need not come out of memory at all: four whose norm times the
 * query's, plus their weight, is no more than the worst of the best so far are passed over. That leaves out no
 * row: the bound is no less than the score, in float32, and an equal score would not get in either.
 *
 * The best so far are a heap with the worst on top (lowest score; of equal ones the largest row).
 * Rows come in growing order, so an equal score never replaces, and ties go to the smaller row.
 *
 * Sums, which the twin repeats to the bit: by lane over the blocks of 4 components, then lanes
 * (0 + 2) + (1 + 3), then the weight.
 */
import {
  chunkRows,
  formatF16,
  formatF32,
  tableDimAt,
  tableFormatAt,
  tablePlaneEAt,
  tablePlaneLAt,
  tablePlaneNAt,
  tablePlaneWAt,
  tableRowNextAt,
  tableVectorBytesAt,
} from "../layout";
import { dotsF16, dotsInt8 } from "./formats";
import { transposedSum } from "./lanes";
import { queryNormOf } from "./norms";
import { chunkOf } from "./planes";

/** Score f32, row u32. */
const entryBytes: u32 = 8;

/** Writes rows and scores, best first, and returns how many: at most k. `heap`: k × 8 bytes. */
export function scanTop(
  table: usize,
  query: usize,
  k: u32,
  useWeight: u32,
  heap: usize,
  rows: usize,
  scores: usize,
): u32 {
  const rowNext = atomic.load<u32>(table, tableRowNextAt);
  if (rowNext <= 1) return 0; // row 0 is noRow: nothing was ever admitted, and no chunk is there
  let length: u32 = 0;
  const queryNorm = queryNormOf(query, load<u32>(table, tableDimAt));
  for (let from: u32 = 0; from < rowNext; from += chunkRows) {
    const count = min(rowNext - from, chunkRows);
    length = scanChunk(table, query, queryNorm, from, count, k, useWeight, heap, length);
  }
  for (let left = length; left > 0; left--) {
    store<u32>(rows + ((left - 1) << 2), load<u32>(heap, 4));
    store<f32>(scores + ((left - 1) << 2), load<f32>(heap));
    const last = heap + (left - 1) * entryBytes;
    sink(heap, left - 1, load<f32>(last), load<u32>(last, 4));
  }
  return length;
}

function scanChunk(
  table: usize,
  query: usize,
  queryNorm: f32,
  from: u32,
  count: u32,
  k: u32,
  useWeight: u32,
  heap: usize,
  length: u32,
): u32 {
  const chunk = chunkOf(table, from);
  const dim = load<u32>(table, tableDimAt);
  const format = load<u32>(table, tableFormatAt);
  const bytes = load<u32>(table, tableVectorBytesAt);
  const weights = chunk + load<u32>(table, tablePlaneWAt);
  const live = chunk + load<u32>(table, tablePlaneLAt);
  let worst: f32 = length < k ? -Infinity : load<f32>(heap);
  let worstLanes = f32x4.splat(worst);
  const scales = chunk + load<u32>(table, tablePlaneEAt);
  const normsAt = load<u32>(table, tablePlaneNAt);
  const norms = chunk + normsAt;
  const queryNorms = f32x4.splat(queryNorm);
  for (let r: u32 = 0; r < count; r += 4) {
    if (normsAt != 0) {
      // Most often none of 16 rows can get in. Rows after the last are zeros, and the chunk has room for them.
      if ((r & 15) == 0) {
        while (r < count && areOut16(norms, weights, r, queryNorms, worstLanes, useWeight)) r += 16;
        if (r >= count) break;
      }
      if (v128.all_true<i32>(areOut(norms, weights, r, queryNorms, worstLanes, useWeight))) continue;
    }
    // Before the vectors are read: a row that gets its id meanwhile may be read half written, and
    // does not count yet. One that loses its id keeps its bytes until the epoch is raised.
    const alive = atomic.load<u32>(live + ((r >>> 5) << 2)) >>> (r & 31);
    const vectors = chunk + r * bytes;
    let four =
      format == formatF32
        ? dim == 16
          ? dotsOf16(vectors, query)
          : dots(vectors, query, bytes)
        : format == formatF16
          ? dotsF16(vectors, query, dim)
          : dotsInt8(vectors, scales + (r << 2), query, dim);
    if (useWeight != 0) four = f32x4.add(four, v128.load(weights + (r << 2)));
    let passed = i32x4.bitmask(f32x4.gt(four, worstLanes));
    if (passed == 0) continue;
    passed &= <i32>alive & 15;
    // A row that got its id since the scan began: its number is not given out yet.
    if (count - r < 4) passed &= (1 << (count - r)) - 1;
    while (passed != 0) {
      const lane = ctz(passed);
      passed &= passed - 1;
      const score = laneOf(four, lane);
      if (!(score > worst)) continue;
      if (length < k) {
        rise(heap, length, score, from + r + lane);
        length += 1;
      } else {
        sink(heap, length, score, from + r + lane);
      }
      if (length == k) worst = load<f32>(heap);
    }
    worstLanes = f32x4.splat(worst);
  }
  return length;
}

@inline
function areOut16(
  norms: usize,
  weights: usize,
  row: u32,
  queryNorms: v128,
  worst: v128,
  useWeight: u32,
): bool {
  const first = v128.and(
    areOut(norms, weights, row, queryNorms, worst, useWeight),
    areOut(norms, weights, row + 4, queryNorms, worst, useWeight),
  );
  const last = v128.and(
    areOut(norms, weights, row + 8, queryNorms, worst, useWeight),
    areOut(norms, weights, row + 12, queryNorms, worst, useWeight),
  );
  return v128.all_true<i32>(v128.and(first, last));
}

/** Of each of four rows: whether it can't get in, all bits or none. Never of one whose norm is unknown. */
@inline
function areOut(
  norms: usize,
  weights: usize,
  row: u32,
  queryNorms: v128,
  worst: v128,
  useWeight: u32,
): v128 {
  let most = f32x4.mul(v128.load(norms + (row << 2)), queryNorms);
  if (useWeight != 0) most = f32x4.add(most, v128.load(weights + (row << 2)));
  return f32x4.le(most, worst);
}

/** Four rows' products with the query, one in each lane; rows of 16 components. */
@inline
function dotsOf16(vectors: usize, query: usize): v128 {
  const q0 = v128.load(query);
  const q1 = v128.load(query, 16);
  const q2 = v128.load(query, 32);
  const q3 = v128.load(query, 48);
  return transposedSum(
    dotOf16(vectors, q0, q1, q2, q3),
    dotOf16(vectors + 64, q0, q1, q2, q3),
    dotOf16(vectors + 128, q0, q1, q2, q3),
    dotOf16(vectors + 192, q0, q1, q2, q3),
  );
}

@inline
function dotOf16(vector: usize, q0: v128, q1: v128, q2: v128, q3: v128): v128 {
  let sum = f32x4.mul(v128.load(vector), q0);
  sum = f32x4.add(sum, f32x4.mul(v128.load(vector, 16), q1));
  sum = f32x4.add(sum, f32x4.mul(v128.load(vector, 32), q2));
  return f32x4.add(sum, f32x4.mul(v128.load(vector, 48), q3));
}

@inline
function dots(vectors: usize, query: usize, bytes: u32): v128 {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (let at: u32 = 0; at < bytes; at += 16) {
    const q = v128.load(query + at);
    const vector = vectors + at;
    a = f32x4.add(a, f32x4.mul(v128.load(vector), q));
    b = f32x4.add(b, f32x4.mul(v128.load(vector + bytes), q));
    c = f32x4.add(c, f32x4.mul(v128.load(vector + (bytes << 1)), q));
    d = f32x4.add(d, f32x4.mul(v128.load(vector + bytes * 3), q));
  }
  return transposedSum(a, b, c, d);
}

@inline
function laneOf(four: v128, lane: u32): f32 {
  if (lane == 0) return f32x4.extract_lane(four, 0);
  if (lane == 1) return f32x4.extract_lane(four, 1);
  if (lane == 2) return f32x4.extract_lane(four, 2);
  return f32x4.extract_lane(four, 3);
}

/** Is the first worse: nearer to the top? */
@inline
function isWorse(score: f32, row: u32, otherScore: f32, otherRow: u32): bool {
  return score < otherScore || (score == otherScore && row > otherRow);
}

/** Adds an entry at the end of a heap of `at` entries. */
function rise(heap: usize, at: u32, score: f32, row: u32): void {
  while (at > 0) {
    const parent = heap + ((at - 1) >>> 1) * entryBytes;
    if (!isWorse(score, row, load<f32>(parent), load<u32>(parent, 4))) break;
    store<u64>(heap + at * entryBytes, load<u64>(parent));
    at = (at - 1) >>> 1;
  }
  store<f32>(heap + at * entryBytes, score);
  store<u32>(heap + at * entryBytes, row, 4);
}

/** Puts an entry in the place of the top of a heap of `length` entries. */
function sink(heap: usize, length: u32, score: f32, row: u32): void {
  let at: u32 = 0;
  while (true) {
    let child: u32 = 2 * at + 1;
    if (child >= length) break;
    let entry = heap + child * entryBytes;
    if (child + 1 < length) {
      const right = entry + entryBytes;
      if (isWorse(load<f32>(right), load<u32>(right, 4), load<f32>(entry), load<u32>(entry, 4))) {
        child += 1;
        entry = right;
      }
    }
    if (!isWorse(load<f32>(entry), load<u32>(entry, 4), score, row)) break;
    store<u64>(heap + at * entryBytes, load<u64>(entry));
    at = child;
  }
  if (length == 0) return;
  store<f32>(heap + at * entryBytes, score);
  store<u32>(heap + at * entryBytes, row, 4);
}
