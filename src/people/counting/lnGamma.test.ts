import { expect, test } from "vitest";
import { lnGamma } from "./lnGamma.ts";

test("is ln of a factorial one below", () => {
  let factorial = 0; // ln 0!
  for (let n = 1; n < 200; n++) {
    expect(lnGamma(n)).toBeCloseTo(factorial, 9);
    factorial += Math.log(n);
  }
});

test("is half ln pi at one half, and follows the reflection formula", () => {
  expect(lnGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 10);
  for (let x = 0.01; x < 1; x += 0.01) {
    const reflected = Math.log(Math.PI / Math.sin(Math.PI * x));
    expect(lnGamma(x) + lnGamma(1 - x)).toBeCloseTo(reflected, 9);
  }
});
