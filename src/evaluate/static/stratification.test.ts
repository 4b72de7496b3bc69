import { describe, expect, it } from "vitest";
import { Random } from "../../core/index.ts";
import type { LabelledColumns } from "./columns.ts";
import type { StaticLearner } from "./staticModel.ts";
import { stratificationStudy } from "./stratification.ts";

const rowCount = 3000;

function drawn(positives: number): LabelledColumns {
  const random = new Random(2);
  const labels = Float64Array.from({ length: rowCount }, (_, row) => (row < positives ? 1 : 0));
  const column = labels.map((label) => label + 3 * random.uniform());
  return {
    columns: { names: ["a"], rowCount, values: [column] },
    labels,
    weights: new Float64Array(rowCount).fill(1),
  };
}

/** Says the share of positives that it was fitted to, of every row; and notes what that was. */
function meanLearner(): StaticLearner & { readonly shares: number[] } {
  const shares: number[] = [];
  return {
    name: "mean",
    shares,
    choose: () => ({ best: 0, curve: [] }),
    fit({ labels }) {
      const share = labels.reduce((sum, label) => sum + label, 0) / labels.length;
      shares.push(share);
      return { predict: ({ rowCount: count }) => new Float64Array(count).fill(share) };
    },
  };
}

describe("the study of splits", () => {
  it("finds no spread of the share of positives where splits are stratified, and the one of chance where not", () => {
    const learner = meanLearner();
    const report = stratificationStudy({ learner, complexity: 0, examples: drawn(300), seed: 1 });
    expect(report).toMatchObject({ rows: 2000, positives: 20, splits: 100 });
    expect(learner.shares.length).toBe(200);
    expect(report?.stratified.positiveShare).toBeLessThan(1e-12);
    expect(report?.stratified.logLoss).toBeLessThan(1e-12);
    expect(new Set(learner.shares.slice(0, 100)).size).toBe(1);
    // 400 of 2,000 without putting back, 1 % of them positive: a standard deviation of √(400 p (1 − p) 0.8) / 400.
    const chance = Math.sqrt(400 * 0.01 * 0.99 * (1600 / 1999)) / 400;
    const spread = report?.plain.positiveShare ?? 0;
    expect(spread / chance).toBeGreaterThan(0.75); // of 100 draws: within 7 % mostly
    expect(spread / chance).toBeLessThan(1.25);
    expect(report?.plain.logLoss).toBeGreaterThan(0.01);
  });

  it("is not made of too few examples", () => {
    const study = (positives: number) =>
      stratificationStudy({
        learner: meanLearner(),
        complexity: 0,
        examples: drawn(positives),
        seed: 1,
      });
    expect(study(19)).toBeUndefined();
    expect(study(20)).toBeDefined();
    expect(study(1100)).toBeUndefined();
  });
});
