/** f16 and int8 against what they mean in float64, and against their twins to the bit. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { uniformsOf } from "../testing/uniforms.ts";
import { instantiateKernels, twin, webAssembly } from "./index.ts";

const memory = new webAssembly.Memory({ initial: 16, maximum: 16, shared: true });
const kernels = instantiateKernels(memory);
const [sourceAt, targetAt, queryAt, scoresAt, scalesAt] = [0, 524_288, 4096, 8192, 12_288];

const f32At = (at: number, length: number) => new Float32Array(memory.buffer, at, length);
const u16At = (at: number, length: number) => new Uint16Array(memory.buffer, at, length);
const i8At = (at: number, length: number) => new Int8Array(memory.buffer, at, length);

function encodedF16(vector: ArrayLike<number>): Uint16Array {
  f32At(sourceAt, vector.length).set(vector);
  kernels.encodeF16(sourceAt, targetAt, vector.length);
  return u16At(targetAt, vector.length).slice();
}

function encodedInt8(vector: ArrayLike<number>): { scale: number; codes: Int8Array } {
  f32At(sourceAt, vector.length).set(vector);
  const scale = kernels.encodeInt8(sourceAt, targetAt, vector.length);
  return { scale, codes: i8At(targetAt, vector.length).slice() };
}

/** IEEE 754, 3.4: (−1)^S × 2^(E − 15) × (1 + T/2^10), or 2^-14 × T/2^10 where E is 0. */
function meaningOf(word: number): number {
  const bits = word.toString(2).padStart(16, "0");
  const exponent = Number.parseInt(bits.slice(1, 6), 2);
  const fraction = Number.parseInt(bits.slice(6), 2) / 2 ** 10;
  const sign = (-1) ** Number(bits[0]);
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? 2 ** -14 * fraction : 2 ** (exponent - 15) * (1 + fraction));
}

const words = Array.from({ length: 65_536 }, (_, i) => i);
/** By growing value: the bits of the finite ones that are not negative. */
const sizes = words.filter((word) => word < 0x7c00).map(meaningOf);

/** By search: the nearest of all finite f16, of two the one with even bits. */
function nearestF16(v: number): number {
  const sign = v < 0 || Object.is(v, -0) ? 0x8000 : 0;
  const size = Math.abs(v);
  let low = 0;
  let high = sizes.length - 1;
  if (size >= sizes[high]) return sign | high;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (sizes[middle] <= size) low = middle;
    else high = middle;
  }
  // Differences of float32 and f16 of like size are exact in float64.
  const [below, above] = [size - sizes[low], sizes[high] - size];
  const isLow = below < above || (below === above && low % 2 === 0);
  return sign | (isLow ? low : high);
}

describe("f16", () => {
  it("means what IEEE 754 says, all 65,536 of them", () => {
    u16At(targetAt, words.length).set(words);
    kernels.decodeF16(targetAt, sourceAt, words.length);
    // toEqual tells 0 from -0, and finds NaN equal to NaN.
    expect([...f32At(sourceAt, words.length)]).toEqual(words.map(meaningOf));
    expect([...twin.decodeF16(Uint16Array.from(words))]).toEqual(words.map(meaningOf));
  });

  it("gives back the bits of each when it is encoded again; NaN as one NaN, infinity clamped", () => {
    const expected = words.map((word) => {
      if ((word & 0x7fff) > 0x7c00) return (word & 0x8000) | 0x7e00;
      return (word & 0x7fff) === 0x7c00 ? word - 1 : word;
    });
    expect(
      [...encodedF16(words.map(meaningOf))].map((word, i) => {
        // The sign of a NaN that went through a float64 is not kept by every engine.
        return (expected[i] & 0x7fff) === 0x7e00 ? word | (expected[i] & 0x8000) : word;
      }),
    ).toEqual(expected);
  });

  it("rounds every half way between two to the even one, and what is beside it to the nearer", () => {
    const bits = new Int32Array(1);
    const float = new Float32Array(bits.buffer);
    const beside = (v: number, step: number) => {
      float[0] = v;
      bits[0] += step;
      return float[0];
    };
    // Half ways have 11 bits of fraction: float32 holds them all.
    const halves = sizes.slice(1).map((size, i) => (size + sizes[i]) / 2);
    for (const values of [
      halves,
      halves.map((v) => -v),
      halves.map((v) => beside(v, 1)),
      halves.map((v) => beside(v, -1)),
    ]) {
      const padded = [...values, 0, 0, 0].slice(0, values.length + (-values.length & 3));
      expect([...encodedF16(padded)]).toEqual(padded.map(nearestF16));
    }
  });

  it("is the nearest of all f16 to any float32, in the kernel and in its twin", () => {
    // Any bits, and any number: the first are mostly out of range, the second mostly in it.
    const any = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((bits) => {
      return new Float32Array(Uint32Array.of(bits).buffer)[0];
    });
    const usual = fc.float({ min: -70_000, max: 70_000, noNaN: true });
    const small = fc.float({ min: -(2 ** -13), max: 2 ** -13, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(any, usual, small), { minLength: 64, maxLength: 64 }),
        (vector) => {
          const encoded = encodedF16(vector);
          expect(encoded.map((word) => ((word & 0x7fff) > 0x7c00 ? 0x7e00 : word))).toEqual(
            Uint16Array.from(vector, (v) => (Number.isNaN(v) ? 0x7e00 : nearestF16(v))),
          );
          const numbers = vector.map((v) => (Number.isNaN(v) ? 1 : v));
          expect(twin.encodeF16(Float32Array.from(numbers))).toEqual(encodedF16(numbers));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("clamps what is beyond its range, and says whether there is a NaN", () => {
    const beyond = [65_504, 65_519, 65_520, 1e30, Infinity, -65_505, -1e38, -Infinity];
    const clamped = beyond.map((v) => (v > 0 ? 0x7bff : 0xfbff));
    expect([...encodedF16(beyond)]).toEqual(clamped);
    for (const d of [0, 3, 5, 7]) {
      f32At(sourceAt, 8).set(beyond);
      expect(kernels.encodeF16(sourceAt, targetAt, 8)).toBe(0);
      f32At(sourceAt, 8)[d] = Number.NaN;
      expect(kernels.encodeF16(sourceAt, targetAt, 8)).toBe(1);
      expect(meaningOf(u16At(targetAt, 8)[d])).toBeNaN();
      expect(u16At(targetAt, 8)[(d + 1) % 8]).toBe(clamped[(d + 1) % 8]);
    }
  });
});

describe("int8", () => {
  const number = fc.float({ min: -(2 ** 100), max: 2 ** 100, noNaN: true });
  const dims = fc.constantFrom(4, 8, 12, 20, 64, 128);

  it("is within half a step of every component, and equals its twin", () => {
    fc.assert(
      fc.property(dims, fc.integer({ min: -118, max: 60 }), fc.nat(), (dim, exponent, seed) => {
        const random = uniformsOf(seed);
        const vector = Float32Array.from({ length: dim }, () => {
          return (random() - 0.5) * 2 ** exponent;
        });
        const { scale, codes } = encodedInt8(vector);
        expect({ scale, codes }).toEqual(twin.encodeInt8(vector));
        const largest = Math.max(...vector.map(Math.abs));
        expect(Math.abs(scale * 127 - largest)).toBeLessThanOrEqual(
          scale === 0 ? 127 * 2 ** -126 : largest * 2 ** -23,
        );
        if (scale === 0) return;
        kernels.decodeInt8(targetAt, sourceAt, dim, scale);
        const decoded = f32At(sourceAt, dim);
        expect(decoded).toEqual(twin.decodeInt8({ scale, codes }));
        for (const [d, v] of vector.entries()) {
          // Half a step, and three roundings of up to 127 steps: of the scale, v/scale, q·scale.
          const slack = scale * 127 * 3 * 2 ** -24;
          expect(Math.abs(decoded[d] - v)).toBeLessThanOrEqual(scale / 2 + slack);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("equals its twin on numbers of any size in one row", () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 16, maxLength: 16 }), (numbers) => {
        expect(encodedInt8(numbers)).toEqual(twin.encodeInt8(Float32Array.from(numbers)));
      }),
    );
  });

  it("uses all of its range, and rounds ties to even", () => {
    // The scale is 1: steps and values are the same.
    const { scale, codes } = encodedInt8([127, -127, 0.5, 1.5, -0.5, -1.5, 126.5, -126.49]);
    expect(scale).toBe(1);
    expect([...codes]).toEqual([127, -127, 0, 2, 0, -2, 126, -126]);
  });

  it("is zeros with scale 0 for a row of zeros, or of as good as zeros", () => {
    const zeros = { scale: 0, codes: new Int8Array(8) };
    i8At(targetAt, 9).fill(1);
    expect(encodedInt8([0, -0, 0, 0, 0, 0, 0, 0])).toEqual(zeros);
    expect(i8At(targetAt, 9)[8]).toBe(1);
    expect(encodedInt8([1e-40, -1e-45, 0, 1.4e-36, 0, 0, 0, 0])).toEqual(zeros);
    expect(encodedInt8([0, 0, 0, 0, 0, 0, 0, 1.5e-36]).codes[7]).toBe(127);
  });

  it("has a scale that is no number if a component is none", () => {
    expect(encodedInt8([1, 2, 3, 4, 5, Number.NaN, 7, 8]).scale).toBeNaN();
    expect(encodedInt8([1, 2, 3, 4, 5, -Infinity, 7, 8])).toEqual({
      scale: Infinity,
      codes: new Int8Array(8),
    });
  });
});

describe("scores of rows with a query", () => {
  for (const dim of [4, 8, 16, 20, 64, 128]) {
    const random = uniformsOf(dim);
    const rowCount = 12;
    const rows = Array.from({ length: rowCount }, () => {
      // From 1 down to what f16 holds as denormals.
      const scale = 2 ** (-20 * random());
      return Float32Array.from({ length: dim }, () => (random() - 0.5) * scale);
    });
    const query = Float32Array.from({ length: dim }, () => random() * 4 - 2);
    /** In float64, with a bound on what float32 may be off: the sizes of all terms, rounded each time. */
    const exact = (vector: ArrayLike<number>) => {
      const terms = Array.from(query, (q, d) => q * vector[d]);
      const sum = terms.reduce((a, b) => a + b, 0);
      const size = terms.reduce((a, b) => a + Math.abs(b), 0);
      return { sum, bound: size * (dim / 4 + 4) * 2 ** -24 };
    };

    it(`of f16 are the exact ones but for float32, and the twin's: dim ${dim}`, () => {
      f32At(queryAt, dim).set(query);
      // An odd address: nothing may rely on alignment.
      const at = targetAt + 1;
      const encoded = rows.map(encodedF16);
      for (const [i, row] of encoded.entries())
        new Uint8Array(memory.buffer, at + i * dim * 2).set(new Uint8Array(row.buffer));
      kernels.scoresF16(at, queryAt, dim, rowCount, scoresAt);
      const scores = f32At(scoresAt, rowCount);
      for (const [i, row] of encoded.entries()) {
        expect(scores[i]).toBe(twin.dotF16(row, query));
        const { sum, bound } = exact(Array.from(row, meaningOf));
        expect(Math.abs(scores[i] - sum)).toBeLessThanOrEqual(bound);
      }
    });

    it(`of int8 are the exact ones but for float32, and the twin's: dim ${dim}`, () => {
      f32At(queryAt, dim).set(query);
      const at = targetAt + 1;
      const encoded = rows.map(encodedInt8);
      for (const [i, { scale, codes }] of encoded.entries()) {
        i8At(at + i * dim, dim).set(codes);
        f32At(scalesAt, rowCount)[i] = scale;
      }
      kernels.scoresInt8(at, scalesAt, queryAt, dim, rowCount, scoresAt);
      const scores = f32At(scoresAt, rowCount);
      for (const [i, row] of encoded.entries()) {
        expect(scores[i]).toBe(twin.dotInt8(row, query));
        const { sum, bound } = exact(Array.from(row.codes, (code) => code * row.scale));
        expect(Math.abs(scores[i] - sum)).toBeLessThanOrEqual(bound);
      }
    });
  }

  it("of an int8 row whose scale is no number are NaN", () => {
    f32At(queryAt, 4).fill(1);
    i8At(targetAt, 16).fill(1).fill(0, 8, 12);
    f32At(scalesAt, 4).set([1, Number.NaN, Infinity, 0.5]);
    kernels.scoresInt8(targetAt, scalesAt, queryAt, 4, 4, scoresAt);
    expect([...f32At(scoresAt, 4)]).toEqual([4, Number.NaN, Number.NaN, 2]);
  });
});
