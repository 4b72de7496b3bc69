import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  auc,
  calibrationError,
  hitAt,
  logLoss,
  logLossOfLogit,
  ndcgAt,
  reciprocalRank,
  sigmoid,
} from "./metrics.ts";

describe("area under the ROC curve", () => {
  it("is what counting all pairs gives", () => {
    const example = fc.record({
      score: fc.integer({ min: -5, max: 5 }),
      label: fc.constantFrom(0, 1),
    });
    fc.assert(
      fc.property(fc.array(example, { maxLength: 60 }), (examples) => {
        let won = 0;
        let pairs = 0;
        for (const positive of examples.filter(({ label }) => label === 1)) {
          for (const negative of examples.filter(({ label }) => label === 0)) {
            if (positive.score > negative.score) won += 1;
            else if (positive.score === negative.score) won += 0.5;
            pairs++;
          }
        }
        const scores = examples.map(({ score }) => score);
        const labels = examples.map(({ label }) => label);
        if (pairs === 0) expect(auc(scores, labels)).toBeNaN();
        else expect(auc(scores, labels)).toBeCloseTo(won / pairs, 12);
      }),
    );
  });

  it("does not change when scores are stretched", () => {
    const scores = [0.1, 0.4, 0.35, 0.8];
    const labels = [0, 0, 1, 1]; // the example of scikit-learn's documentation: 0.75
    expect(auc(scores, labels)).toBe(0.75);
    expect(
      auc(
        scores.map((score) => Math.exp(9 * score)),
        labels,
      ),
    ).toBe(0.75);
  });
});

describe("metrics of one prediction or ranking", () => {
  it("have the values computed by hand", () => {
    expect(logLoss(0.5, 1)).toBeCloseTo(Math.LN2, 12);
    expect(logLoss(0.9, 0)).toBeCloseTo(Math.LN10, 12);
    expect(logLoss(0, 1)).toBeCloseTo(34.538776, 5);
    expect([hitAt(0, 10), hitAt(9, 10), hitAt(10, 10), hitAt(-1, 10)]).toEqual([1, 1, 0, 0]);
    expect([ndcgAt(0, 10), ndcgAt(2, 10), ndcgAt(10, 10), ndcgAt(-1, 10)]).toEqual([1, 0.5, 0, 0]);
    expect([reciprocalRank(0), reciprocalRank(3), reciprocalRank(-1)]).toEqual([1, 0.25, 0]);
  });
});

describe("log loss by the logit", () => {
  it("is that of the prediction, also for a label that is a share", () => {
    const logit = fc.double({ min: -30, max: 30, noNaN: true });
    fc.assert(
      fc.property(logit, fc.double({ min: 0, max: 1, noNaN: true }), (z, share) => {
        const p = sigmoid(z);
        const expected = share * logLoss(p, 1) + (1 - share) * logLoss(p, 0);
        expect(logLossOfLogit(z, share)).toBeCloseTo(expected, 2); // 1 - p has few digits there
        if (Math.abs(z) < 10) expect(logLossOfLogit(z, share)).toBeCloseTo(expected, 10);
      }),
    );
  });

  it("is exact where the prediction is 0 or 1 in all its digits", () => {
    expect(logLossOfLogit(800, 0)).toBe(800);
    expect(logLossOfLogit(-800, 1)).toBe(800);
    expect(logLossOfLogit(800, 1)).toBe(0);
    expect(logLossOfLogit(40, 1)).toBeCloseTo(Math.exp(-40), 30);
  });
});

describe("calibration error", () => {
  it("is the gap between what was said and what came, by hand", () => {
    // Bin 0.9 … 1: said 0.95 twice, came once: |1.9 − 1| ; bin 0 … 0.1: said 0.05 twice, came never: 0.1.
    expect(calibrationError([0.95, 0.95, 0.05, 0.05], [1, 0, 0, 0], 10)).toBeCloseTo(
      (0.9 + 0.1) / 4,
      12,
    );
    expect(calibrationError([1, 0], [1, 0], 15)).toBe(0);
  });
});
