/**
 * Vectors of copies that only serve: half or a quarter of the bytes, for a small, known error.
 *
 * f16   IEEE 754 binary16: 10 bits of fraction, so |error| ≤ 2^-11·|v| from 2^-14 on and ≤ 2^-25
 *       below. Rounded to nearest, ties to even; denormals kept; what is beyond ±65504, infinities
 *       too, becomes ±65504.
 * int8  A row is scale × q, q from −127 to 127, scale = max|v|/127, so |error| ≤ scale/2 but for
 *       float32's own. v/scale is rounded to nearest, ties to even. A row with a scale below 2^-126
 *       (all zeros, or as good as) is all zeros with scale 0.
 *
 * A row with a NaN must not pass for numbers: in f16 the component stays NaN, and the encoder says
 * so; in int8 the scale is NaN (with an infinity, infinite over zeros), and every score NaN. `dim`
 * is a multiple of 4 throughout; rows may lie at any address.
 */
import { transposedSum } from "./lanes";

const signMask: i32 = 0x80000000;
/** 65504, the largest f16, as the bits of an f32. */
const f16MaxBits: i32 = 0x477fe000;
/** 2^-14, the smallest f16 that is no denormal, as the bits of an f32. */
const f16NormalBits: i32 = 0x38800000;
/** The exponent's bias of f32 over that of f16. */
const biasBits: i32 = 112 << 23;
/** 2^112: takes an f16's exponent, put where an f32 has its own, to what it means. */
const biasFactor: f32 = reinterpret<f32>(239 << 23);
const infinityBits: i32 = 0x7f800000;
const f16ExponentBits: i32 = 0x7c00;
/** Sign, and what was moved by 13: not the copies of the sign between. */
const movedMask: i32 = 0x8fffe000;

/** f32[dim] to f16[dim]; returns 1 if a component is NaN, else 0. */
export function encodeF16(source: usize, target: usize, dim: u32): u32 {
  let nans = i32x4.splat(0);
  for (let d: u32 = 0; d < dim; d += 4) {
    const v = v128.load(source + (d << 2));
    nans = v128.or(nans, f32x4.ne(v, v));
    v128.store64_lane(target + (d << 1), f16Of(v), 0);
  }
  return v128.any_true(nans) ? 1 : 0;
}

/** f16[dim] to f32[dim], exactly. */
export function decodeF16(source: usize, target: usize, dim: u32): void {
  for (let d: u32 = 0; d < dim; d += 4) {
    v128.store(target + (d << 2), f32OfF16(source + (d << 1)));
  }
}

/** Four f16 in the low half, from four f32. */
@inline
function f16Of(v: v128): v128 {
  const sign = v128.and(v, i32x4.splat(signMask));
  const size = v128.xor(v, sign);
  const clamped = i32x4.min_s(size, i32x4.splat(f16MaxBits));
  // Half of what is cut off is added, less 1 if what stays would be even: a carry into the exponent
  // is what rounding up means there.
  const odd = v128.and(i32x4.shr_u(clamped, 13), i32x4.splat(1));
  const rounding = i32x4.add(odd, i32x4.splat(0xfff - biasBits));
  const normal = i32x4.shr_u(i32x4.add(clamped, rounding), 13);
  // The float32 just above 0.5 are 2^-24 apart, as the denormals are: the addition rounds.
  const half = f32x4.splat(0.5);
  const denormal = i32x4.sub(f32x4.add(clamped, half), half);
  const isDenormal = i32x4.lt_s(clamped, i32x4.splat(f16NormalBits));
  const isNan = f32x4.ne(v, v);
  const finite = v128.bitselect(denormal, normal, isDenormal);
  const magnitude = v128.bitselect(i32x4.splat(0x7e00), finite, isNan);
  const words = v128.or(magnitude, i32x4.shr_u(sign, 16));
  return i16x8.narrow_i32x4_u(words, words);
}

/** Four f32 from the four f16 at `source`, infinities and NaN included. */
@inline
function f32OfF16(source: usize): v128 {
  const words = v128.load_ext<i16>(source);
  // The largest exponent means infinity and NaN, in both formats.
  const exponent = v128.and(words, i32x4.splat(f16ExponentBits));
  const isInfinite = i32x4.eq(exponent, i32x4.splat(f16ExponentBits));
  return v128.or(f32OfFiniteF16(source), v128.and(isInfinite, i32x4.splat(infinityBits)));
}

/**
 * Four f32 from the four f16 at `source`, which are finite: the bits of an f16, moved to where an
 * f32 has its exponent and fraction, are the number × 2^-112, denormals included.
 */
@inline
function f32OfFiniteF16(source: usize): v128 {
  const words = i32x4.shl(v128.load_ext<i16>(source), 13);
  return f32x4.mul(v128.and(words, i32x4.splat(movedMask)), f32x4.splat(biasFactor));
}

/** f32[dim] to i8[dim]; returns the scale. */
export function encodeInt8(source: usize, target: usize, dim: u32): f32 {
  let largest = f32x4.splat(0);
  for (let d: u32 = 0; d < dim; d += 4) {
    largest = f32x4.max(largest, f32x4.abs(v128.load(source + (d << 2))));
  }
  const scale =
    max(
      max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
      max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
    ) / 127;
  // A denormal scale has lost digits, and v/scale may be beyond 127.
  if (scale < f32.MIN_NORMAL_VALUE) {
    memory.fill(target, 0, dim);
    return 0;
  }
  const scales = f32x4.splat(scale);
  for (let d: u32 = 0; d < dim; d += 4) {
    const steps = f32x4.nearest(f32x4.div(v128.load(source + (d << 2)), scales));
    const words = i32x4.trunc_sat_f32x4_s(steps);
    const halves = i16x8.narrow_i32x4_s(words, words);
    v128.store32_lane(target + d, i8x16.narrow_i16x8_s(halves, halves), 0);
  }
  return scale;
}

/** i8[dim] to f32[dim]: q·scale. */
export function decodeInt8(source: usize, target: usize, dim: u32, scale: f32): void {
  const scales = f32x4.splat(scale);
  for (let d: u32 = 0; d < dim; d += 4) {
    v128.store(target + (d << 2), f32x4.mul(f32OfInt8(source + d), scales));
  }
}

/** Four f32 from the four i8 at `source`. */
@inline
function f32OfInt8(source: usize): v128 {
  const bytes = v128.load32_zero(source);
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(bytes)));
}

/** The scores of `count` rows, a multiple of 4, one after another from `vectors` on. */
export function scoresF16(
  vectors: usize,
  query: usize,
  dim: u32,
  count: u32,
  scores: usize,
): void {
  for (let row: u32 = 0; row < count; row += 4) {
    v128.store(scores + (row << 2), dotsF16(vectors + ((row * dim) << 1), query, dim));
  }
}

/** The same for rows of int8, whose scales are f32[count]. */
export function scoresInt8(
  vectors: usize,
  scales: usize,
  query: usize,
  dim: u32,
  count: u32,
  scores: usize,
): void {
  for (let row: u32 = 0; row < count; row += 4) {
    const four = dotsInt8(vectors + row * dim, scales + (row << 2), query, dim);
    v128.store(scores + (row << 2), four);
  }
}

/**
 * Four rows' products with the query f32[dim], one in each lane. Every component is widened and
 * multiplied in float32; sums run by lane over the blocks of 4 components, then lanes (0 + 2) +
 * (1 + 3), as in `scan.ts`.
 *
 * Looking for NaN here would double the time: a row in which the encoder found one must not come
 * here, as its NaN would count as 98,304.
 */
@inline
export function dotsF16(vectors: usize, query: usize, dim: u32): v128 {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  const bytes = dim << 1;
  for (let at: u32 = 0; at < bytes; at += 8) {
    const q = v128.load(query + (at << 1));
    const vector = vectors + at;
    a = f32x4.add(a, f32x4.mul(f32OfFiniteF16(vector), q));
    b = f32x4.add(b, f32x4.mul(f32OfFiniteF16(vector + bytes), q));
    c = f32x4.add(c, f32x4.mul(f32OfFiniteF16(vector + (bytes << 1)), q));
    d = f32x4.add(d, f32x4.mul(f32OfFiniteF16(vector + bytes * 3), q));
  }
  return transposedSum(a, b, c, d);
}

/**
 * The same for rows of int8; `scales`: those of the four rows, f32[4], and each sum is scaled once,
 * at its end.
 */
@inline
export function dotsInt8(vectors: usize, scales: usize, query: usize, dim: u32): v128 {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (let at: u32 = 0; at < dim; at += 4) {
    const q = v128.load(query + (at << 2));
    const vector = vectors + at;
    a = f32x4.add(a, f32x4.mul(f32OfInt8(vector), q));
    b = f32x4.add(b, f32x4.mul(f32OfInt8(vector + dim), q));
    c = f32x4.add(c, f32x4.mul(f32OfInt8(vector + (dim << 1)), q));
    d = f32x4.add(d, f32x4.mul(f32OfInt8(vector + dim * 3), q));
  }
  return f32x4.mul(transposedSum(a, b, c, d), v128.load(scales));
}
