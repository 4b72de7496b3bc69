import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../core/index.ts";
import { drawn, plainSplit, stratifiedSplit } from "./splits.ts";

describe("a split", () => {
  const drawnLabels = fc.array(fc.constantFrom(0, 0, 0, 0.4, 0.5, 1), {
    minLength: 1,
    maxLength: 200,
  });

  it("has every row in one part, in order, and the share of each class where it is stratified", () => {
    fc.assert(
      fc.property(fc.nat(), drawnLabels, (seed, list) => {
        const labels = Float64Array.from(list);
        for (const split of [stratifiedSplit, plainSplit]) {
          const { training, validation } = split(labels, 0.25, new Random(seed));
          expect([...training, ...validation].sort((a, b) => a - b)).toEqual([...labels.keys()]);
          expect([...training].sort((a, b) => a - b)).toEqual([...training]);
          expect([...validation].sort((a, b) => a - b)).toEqual([...validation]);
          if (split === plainSplit) {
            expect(validation.length).toBe(Math.round(0.25 * labels.length));
            continue;
          }
          const positives = labels.filter((label) => label >= 0.5).length;
          const own = validation.filter((row) => labels[row] >= 0.5).length;
          expect(own).toBe(Math.round(0.25 * positives));
          expect(validation.length - own).toBe(Math.round(0.25 * (labels.length - positives)));
        }
      }),
    );
  });

  it("draws every row equally often", () => {
    const random = new Random(1);
    const rows = Uint32Array.of(10, 20, 30, 40, 50);
    const counts = new Map<number, number>();
    for (let i = 0; i < 20_000; i++) {
      const [one, other] = drawn(rows, 2, random);
      if (one === other) expect.fail("none is drawn twice");
      for (const row of [one, other]) counts.set(row, (counts.get(row) ?? 0) + 1);
    }
    // 8,000 each, with a standard deviation of 69.
    for (const row of rows) expect(Math.abs((counts.get(row) ?? 0) - 8000)).toBeLessThan(350);
  });
});
