import { describe, expect, it } from "vitest";
import { assignmentPValue, logGamma } from "./sampleRatio.ts";

describe("assignmentPValue", () => {
  it("is 1001/1002 for two of two in one half: by hand", () => {
    // The second is drawn with 501/1001 where ½ was meant.
    expect(assignmentPValue([2, 0], [0.5, 0.5])).toBeCloseTo(1001 / 1002, 10);
  });

  it("is the inverse of a ratio that is 1 on average: over all outcomes of 7 draws", () => {
    const shares = [0.2, 0.3, 0.5];
    let mean = 0;
    for (let code = 0; code < 3 ** 7; code++) {
      const counts = [0, 0, 0];
      let ratio = 1;
      // Draw by draw: each variant as likely as its prior and what was drawn before say.
      for (let draw = 0, rest = code; draw < 7; draw++, rest = Math.floor(rest / 3)) {
        const variant = rest % 3;
        ratio *= (1000 * shares[variant] + counts[variant]++) / (1000 + draw) / shares[variant];
      }
      expect(assignmentPValue(counts, shares)).toBeCloseTo(Math.min(1, 1 / ratio), 11);
      mean += ratio * counts.reduce((product, count, i) => product * shares[i] ** count, 1);
    }
    expect(mean).toBeCloseTo(1, 12);
  });

  it("finds half a percent too few among a million, and nothing where there is nothing", () => {
    expect(assignmentPValue([497_500, 502_500], [0.5, 0.5])).toBeLessThan(0.001);
    expect(assignmentPValue([499_500, 500_500], [0.5, 0.5])).toBe(1);
    expect(assignmentPValue([0, 0], [0.5, 0.5])).toBe(1);
  });
});

describe("logGamma", () => {
  it("is the sum of logarithms at whole numbers", () => {
    let sum = 0;
    for (let n = 1; n <= 3000; n++) {
      expect(Math.abs(logGamma(n) - sum)).toBeLessThan(1e-12 * Math.max(1, sum));
      sum += Math.log(n);
    }
  });

  it("is ln √π at a half, and what the law of doubling says between", () => {
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 12);
    for (const x of [0.1, 0.7, 3.3, 19.9, 250.25]) {
      const doubled =
        logGamma(x) + logGamma(x + 0.5) + (2 * x - 1) * Math.LN2 - Math.log(Math.PI) / 2;
      expect(logGamma(2 * x)).toBeCloseTo(doubled, 9);
    }
  });
});
