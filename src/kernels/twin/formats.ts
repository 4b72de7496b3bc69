/**
 * Twins of assembly/formats.ts, one component at a time, on arrays: f16 as its 16 bits.
 *
 * Sums run in the kernels' order, rounded to float32 where they are, so results are equal to the bit.
 */
const { abs, fround } = Math;

const f16Max = 65_504;

/** The f16 nearest to each float32, ties to even; beyond ±65504 that. Shape (dim,) to (dim,). */
export function encodeF16(vector: Float32Array): Uint16Array {
  return Uint16Array.from(vector, (v) => {
    const sign = v < 0 || Object.is(v, -0) ? 0x8000 : 0;
    const size = Math.min(abs(v), f16Max);
    if (Number.isNaN(size)) return 0x7e00;
    // Numbers of this exponent are 2^(exponent − 10) apart, those below 2^-14 as those of 2^-14.
    const exponent = size < 2 ** -14 ? -14 : exponentOf(size);
    const steps = roundToEven(size / 2 ** (exponent - 10));
    // 1024 steps are the power of 2 itself; a carry into the next exponent is right as it is.
    return sign | ((exponent + 14) * 1024 + steps);
  });
}

/** Exact. Shape (dim,) to (dim,). */
export function decodeF16(words: Uint16Array): Float32Array {
  return Float32Array.from(words, (word) => {
    const sign = word & 0x8000 ? -1 : 1;
    const exponent = (word >>> 10) & 31;
    const fraction = word & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
}

/** A vector (dim,) as scale × codes. */
export interface Int8Row {
  readonly scale: number;
  /** (dim,), from −127 to 127. */
  readonly codes: Int8Array;
}

/** Symmetric, scale = max|v|/127, ties to even; scale 0 where it would be below 2^-126. */
export function encodeInt8(vector: Float32Array): Int8Row {
  const scale = fround(Math.max(0, ...vector.map(abs)) / 127);
  if (scale < 2 ** -126) return { scale: 0, codes: new Int8Array(vector.length) };
  return { scale, codes: Int8Array.from(vector, (v) => roundToEven(fround(v / scale))) };
}

export function decodeInt8({ scale, codes }: Int8Row): Float32Array {
  return Float32Array.from(codes, (code) => code * scale);
}

/** The product of finite f16 (dim,) with a float32 query (dim,). */
export function dotF16(words: Uint16Array, query: Float32Array): number {
  return dot(decodeF16(words), query);
}

export function dotInt8({ scale, codes }: Int8Row, query: Float32Array): number {
  return fround(dot(Float32Array.from(codes), query) * scale);
}

/** By lane over the blocks of 4, then lanes (0 + 2) + (1 + 3). */
function dot(vector: Float32Array, query: Float32Array): number {
  const lane = new Float32Array(4);
  for (let d = 0; d < query.length; d++) lane[d % 4] += fround(vector[d] * query[d]);
  return fround(fround(lane[0] + lane[2]) + fround(lane[1] + lane[3]));
}

/** The largest e with 2^e ≤ size, of a normal number. */
function exponentOf(size: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, size);
  return (view.getUint16(0) >>> 4) - 1023;
}

/** Of numbers below 2^52 in size: float64 has no halves above, and rounds to even. */
function roundToEven(x: number): number {
  const shift = x < 0 ? -(2 ** 52) : 2 ** 52;
  return x + shift - shift;
}
