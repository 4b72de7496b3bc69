import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instantiateKernels, type Kernels, layout, twin, webAssembly } from "./index.ts";

const pageBytes = 65_536;

function kernelsOn(pageCountMax: number): { kernels: Kernels; bytes: () => Uint8Array } {
  const memory = new webAssembly.Memory({ initial: 1, maximum: pageCountMax, shared: true });
  const kernels = instantiateKernels(memory);
  kernels.arenaCreate(pageCountMax * pageBytes);
  return { kernels, bytes: () => new Uint8Array(memory.buffer) };
}

const { kernels } = kernelsOn(1);
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe("math in float64", () => {
  it("agrees with the host to the last digits, and with its twin to the bit", () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        const exact = Math.exp(x);
        expect(Math.abs(kernels.exp(x) - exact)).toBeLessThanOrEqual(exact * 4.5e-16);
        expect(kernels.exp(x)).toBe(twin.exp(x));
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        const exact = Math.log(x);
        expect(Math.abs(kernels.log(x) - exact)).toBeLessThanOrEqual(Math.abs(exact) * 4.5e-16);
        expect(kernels.log(x)).toBe(twin.log(x));
      }),
    );
    fc.assert(
      fc.property(finite, (x) => {
        expect(kernels.sigmoid(x)).toBe(twin.sigmoid(x));
      }),
    );
  });

  it("keeps its head at the ends of the range", () => {
    expect([kernels.exp(0), kernels.exp(1000), kernels.exp(-1000)]).toEqual([1, Infinity, 0]);
    expect(kernels.exp(709.7)).toBeCloseTo(Math.exp(709.7), -300);
    expect(kernels.exp(Number.NaN)).toBeNaN();
    expect(kernels.log(1)).toBe(0);
    expect([kernels.sigmoid(0), kernels.sigmoid(800), kernels.sigmoid(-800)]).toEqual([0.5, 1, 0]);
  });
});

describe("mix64", () => {
  it("equals its twin", () => {
    const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(word, word, (key, seed) => {
        expect(BigInt.asUintN(64, kernels.mix64(key, seed))).toBe(twin.mix64(key, seed));
      }),
    );
  });

  it("changes each bit of the result for half of the keys, whichever bit of the key is flipped", () => {
    const keys = Array.from({ length: 256 }, (_, i) => BigInt(i));
    for (let flipped = 0n; flipped < 64n; flipped++) {
      const changes = new Array<number>(64).fill(0);
      for (const key of keys) {
        let difference = BigInt.asUintN(
          64,
          kernels.mix64(key, 1n) ^ kernels.mix64(key ^ (1n << flipped), 1n),
        );
        for (let bit = 0; difference > 0n; bit++, difference >>= 1n)
          changes[bit] += Number(difference & 1n);
      }
      // 256 fair coins: 128 ± 8; 6 standard deviations each way over 4,096 pairs of bits.
      for (const count of changes) expect(Math.abs(count - 128)).toBeLessThan(48);
    }
  });
});

describe("the arena's memory", () => {
  it("hands out regions that never overlap, are zero, and join again when given back", () => {
    const operation = fc.record({ sizeBytes: fc.integer({ min: 0, max: 9000 }), free: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 100 }), (operations) => {
        const { kernels, bytes } = kernelsOn(32);
        const held: { pointer: number; sizeBytes: number }[] = [];
        for (const { sizeBytes, free } of operations) {
          if (free < held.length) {
            const [region] = held.splice(free, 1);
            kernels.arenaFree(region.pointer, region.sizeBytes);
          }
          const pointer = kernels.arenaAllocate(sizeBytes);
          expect(pointer % layout.arenaAlign).toBe(0);
          expect(pointer).toBeGreaterThanOrEqual(layout.arenaStart);
          const region = bytes().subarray(pointer, pointer + sizeBytes);
          expect(region.every((byte) => byte === 0)).toBe(true);
          region.fill(0xff);
          for (const other of held) {
            expect(
              pointer >= other.pointer + other.sizeBytes || other.pointer >= pointer + sizeBytes,
            ).toBe(true);
          }
          held.push({ pointer, sizeBytes });
        }
        for (const region of held) kernels.arenaFree(region.pointer, region.sizeBytes);
        const words = new Uint32Array(bytes().buffer);
        const first = words[layout.arenaFreeAt / 4];
        expect(words[layout.arenaUsedBytesAt / 4]).toBe(0);
        expect(first).toBe(layout.arenaStart);
        expect(words[first / 4]).toBe(0);
        expect(words[first / 4 + 1]).toBe(words[layout.arenaTopAt / 4] - layout.arenaStart);
      }),
      { numRuns: 30 },
    );
  });

  it("says 0 at its limit, and still has all it handed out", () => {
    const { kernels } = kernelsOn(2);
    expect(kernels.arenaAllocate(3 * pageBytes)).toBe(0);
    const most = 2 * pageBytes - layout.arenaStart;
    const pointer = kernels.arenaAllocate(most);
    expect(pointer).toBe(layout.arenaStart);
    expect(kernels.arenaAllocate(1)).toBe(0);
    kernels.arenaFree(pointer, most);
    expect(kernels.arenaAllocate(1)).toBe(layout.arenaStart);
  });
});
