/** Every learner against scikit-learn 1.9.1, on the examples of bench/peers/staticModels.py, which made these figures. */
import { describe, expect, it } from "vitest";
import { type LabelledColumns, rowsOf } from "./columns.ts";
import { decisionTree } from "./decisionTree.ts";
import { gradientBoosting } from "./gradientBoosting.ts";
import { linearRegression } from "./linearRegression.ts";
import { logisticRegression } from "./logisticRegression.ts";

const golden = {
  positives: 303,
  linear: [
    0.4871618253032635, 0.6671425388388703, 0.2728303582858743, 0.7091914450808641,
    0.8309277431454676, 0.5986778970594256, 0.6954491898707055, 0.8081425530937025,
  ],
  // C = 0.01, columns standardised with the weights.
  logistic: [
    0.49445119796738446, 0.6288024843765585, 0.33558114097832825, 0.6594991231230912,
    0.7397480093979346, 0.5808511787332308, 0.651450425466961, 0.725797866555459,
  ],
  // max_depth = 4, min_samples_leaf = 5, Gini.
  tree: [
    0.14207650273224043, 0.875, 0.33544303797468356, 0.7730061349693251, 0.875, 0.6821705426356589,
    0.7730061349693251, 0.7730061349693251,
  ],
  // n_estimators = 30, learning_rate = 0.1, max_depth = 3, min_samples_leaf = 20.
  boosted: [
    0.35476349145443054, 0.5999621953915337, 0.33821569810498675, 0.6986715183907666,
    0.8965840003447918, 0.6078016471259085, 0.7891242102070419, 0.849219582964412,
  ],
};

const rowCount = 600;
const columnCount = 4;

/** The generator of Park and Miller, and the formulas of the script. */
function examples(): LabelledColumns {
  let state = 20260101;
  const next = (): number => (state = (state * 16807) % 2147483647);
  const values = Array.from({ length: columnCount }, () => new Float64Array(rowCount));
  for (let row = 0; row < rowCount; row++) {
    for (const column of values) column[row] = (next() % 200) / 100;
  }
  const labels = Float64Array.from({ length: rowCount }, (_, row) => {
    const [a, b, c] = values.map((column) => column[row]);
    return 200 * (a - 1 + 3 * (b - 1) * (c - 1) + 2) > next() % 800 ? 1 : 0;
  });
  return {
    columns: { names: ["a", "b", "c", "d"], rowCount, values },
    labels,
    weights: Float64Array.from({ length: rowCount }, (_, row) => 1 + (row % 3)),
  };
}

describe("the learners", () => {
  const training = examples();
  const asked = rowsOf(training, Uint32Array.of(0, 1, 2, 3, 4, 5, 6, 7)).columns;
  const differenceOf = (said: Float64Array, expected: readonly number[]): number =>
    Math.max(...expected.map((value, row) => Math.abs(said[row] - value)));

  it("see the examples that scikit-learn saw", () => {
    expect(training.labels.reduce((a, b) => a + b)).toBe(golden.positives);
  });

  it("are linear regression", () => {
    const model = linearRegression.fit(training, 0);
    expect(differenceOf(model.predict(asked), golden.linear)).toBeLessThan(1e-10);
  });

  it("are logistic regression with a penalty", () => {
    const model = logisticRegression.fit(training, 0.01);
    expect(differenceOf(model.predict(asked), golden.logistic)).toBeLessThan(1e-8);
  });

  it("are a decision tree", () => {
    const model = decisionTree.fit(training, 4);
    expect(differenceOf(model.predict(asked), golden.tree)).toBeLessThan(1e-12);
  });

  it("are gradient-boosted trees", () => {
    const options = { treesMax: 30, patience: 30, rate: 0.1, depthMax: 3, leafRowsMin: 20 };
    const model = gradientBoosting(options).fit(training, 30);
    expect(differenceOf(model.predict(asked), golden.boosted)).toBeLessThan(1e-10);
  });

  it("choose where the validation loss is least, and show what each fitted", () => {
    const half = Uint32Array.from({ length: rowCount / 2 }, (_, i) => 2 * i);
    const [own, other] = [
      rowsOf(training, half),
      rowsOf(
        training,
        half.map((row) => row + 1),
      ),
    ];
    for (const learner of [logisticRegression, decisionTree, gradientBoosting()]) {
      const { best, curve } = learner.choose(own, other);
      const chosen = curve.find(({ complexity }) => complexity === best);
      expect(chosen?.validationLoss).toBe(Math.min(...curve.map((point) => point.validationLoss)));
      // What may do more fits better what it was fitted to.
      const fitted = curve.map(({ trainingLoss }) => trainingLoss);
      for (let i = 1; i < fitted.length; i++) expect(fitted[i]).toBeLessThan(fitted[i - 1] + 1e-9);
      // A model fitted anew at a complexity is the one of the curve.
      const again = learner.fit(own, best).predict(other.columns);
      const loss = other.labels.reduce(
        (sum, label, i) => sum - other.weights[i] * Math.log(label === 1 ? again[i] : 1 - again[i]),
        0,
      );
      const weight = other.weights.reduce((a, b) => a + b);
      expect(loss / weight).toBeCloseTo(chosen?.validationLoss ?? Number.NaN, 10);
    }
  });
});
