import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FixedSums, fractionUnits } from "./fixedSums.ts";

/** The sum of float64s as a whole number of 2^-1100ths: no rounding at all. */
function exactly(values: readonly number[]): bigint {
  let sum = 0n;
  for (const value of values) {
    let units = value;
    let places = 0;
    while (!Number.isInteger(units)) {
      units *= 2;
      places++;
    }
    sum += BigInt(units) << BigInt(1100 - places);
  }
  return sum;
}

const exact = fc.oneof(
  fc.integer({ min: -1_000_000, max: 1_000_000 }),
  fc.integer({ min: -100_000_000, max: 100_000_000 }).map((cents) => cents / 100),
  fc.integer({ min: -1000, max: 1000 }).map((parts) => parts / 1024),
);
const amounts = fc.oneof(
  exact,
  fc.integer({ min: -9, max: 9 }).map((parts) => parts * 2 ** -81), // halves of the smallest unit
);

describe("FixedSums", () => {
  it("reads what was added as it came", () => {
    const sums = new FixedSums();
    for (const [at, value] of [0.1, 19.99, -0.3, 1.7, 123_456.789, 1e-5, 0].entries()) {
      sums.add(at, value);
      expect(sums.at(at)).toBe(value);
    }
  });

  it("sums without error, to the nearest float64", () => {
    fc.assert(
      fc.property(fc.array(exact, { maxLength: 50 }), (values) => {
        const sums = new FixedSums(1);
        for (const value of values) sums.add(0, value);
        const error = exactly([sums.at(0)]) - exactly(values);
        const size = Math.max(Math.abs(sums.at(0)), 2 ** -20);
        const ulp = 2 ** (Math.floor(Math.log2(size)) - 52);
        expect(error < 0n ? -error : error).toBeLessThanOrEqual(exactly([ulp]));
      }),
    );
  });

  it("is the same in any order, in parts, and after what is taken back", () => {
    fc.assert(
      fc.property(fc.array(amounts), fc.array(amounts), (kept, gone) => {
        const one = new FixedSums(1);
        const [left, right] = [new FixedSums(1), new FixedSums(1)];
        for (const value of [...kept, ...gone]) one.add(0, value);
        for (const value of gone.reverse()) one.subtract(0, value);
        for (const [index, value] of kept.reverse().entries()) {
          (index % 2 === 0 ? left : right).add(0, value);
        }
        left.addAll(right);
        expect(one.at(0)).toBe(left.at(0));
        for (const value of kept) one.subtract(0, value);
        expect(one.isZero(0)).toBe(true);
      }),
    );
  });

  it("adds units of 2^-40", () => {
    const sums = new FixedSums(1);
    for (let at = 0; at < 3; at++) sums.addUnits(0, fractionUnits / 2 + 1);
    expect(sums.at(0)).toBe(1.5 + 3 / fractionUnits);
  });
});
