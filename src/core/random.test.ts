import { describe, expect, it } from "vitest";
import { hash32, hash64 } from "./hash.ts";
import { Random } from "./random.ts";

describe("seeded random numbers", () => {
  it("are the same again after the same seed, and others after another", () => {
    const draw = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 8 }, () => random.uint32());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(7)).not.toEqual(draw(7 + 2 ** 32)); // the high bits count
  });

  it("fill [0, 1) evenly, also over neighbouring seeds", () => {
    const countByBin = new Array<number>(16).fill(0);
    const random = new Random(0);
    for (let seed = 0; seed < 16_000; seed++) {
      random.seed(seed);
      countByBin[random.below(16)]++;
    }
    // Chi-square with 15 degrees of freedom: above 44.3 once in 10,000 seeds' draws; the seeds are fixed.
    const chiSquare = countByBin.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(44.3);
  });
});

describe("hashes of strings", () => {
  it("are xxHash, whose published values they give", () => {
    // Published by the xxHash specification for the empty input and seed 0.
    expect(hash64("")).toBe(0xef46db3751d8e999n);
    expect(hash32("")).toBe(0x02cc5d05);
    expect(hash64("a", 1n)).not.toBe(hash64("a"));
  });
});
