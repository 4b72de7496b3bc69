import { describe, expect, it } from "vitest";
import { progressiveQuality } from "./progressive.ts";

describe("progressiveQuality", () => {
  it("gives mean log loss and AUC over all, and over the second half alone", () => {
    const predictions = Float64Array.of(0.2, 0.8, 0.9, 0.4, 0.6, 0.3);
    const labels = Uint8Array.of(1, 0, 1, 0, 1, 1);
    const { whole, secondHalf } = progressiveQuality(predictions, labels);
    // By hand: −ln of what each prediction gave its label.
    const losses = [0.2, 0.2, 0.9, 0.6, 0.6, 0.3].map((given) => -Math.log(given));
    expect(whole.logLoss).toBeCloseTo(losses.reduce((a, b) => a + b) / 6, 12);
    expect(secondHalf.logLoss).toBeCloseTo((losses[3] + losses[4] + losses[5]) / 3, 12);
    // Pairs of a positive and a negative that are in order: of 0.9 two, of 0.6 one; of 0.2 and 0.3 none.
    expect(whole.auc).toBeCloseTo(3 / 8, 12);
    expect(secondHalf.auc).toBeCloseTo(1 / 2, 12);
  });
});
