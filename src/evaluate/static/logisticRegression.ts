import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { assert } from "../../core/index.ts";
import { sigmoid } from "../../model/index.ts";
import { type Columns, type LabelledColumns, weightedMean } from "./columns.ts";
import { choiceOf, meanLoss, type StaticLearner, type StaticModel } from "./staticModel.ts";

/** Reciprocals of the penalty, from hardly any freedom to hardly any penalty. */
const freedoms = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10];
/** Newton's steps double the digits: from 0, 6 to 8 are enough for float64. */
const stepsMax = 30;
const tolerance = 1e-10;
const halvingsMax = 30;

/**
 * Logistic regression with an L2 penalty on the weights b of the standardised columns z, none on the intercept:
 *
 * ```
 * Σ weight · logLoss(σ(b0 + z · b), label) + |b|² / (2 · freedom)         z = (x − mean) / deviation
 * ```
 *
 * found by Newton's method (iteratively reweighted least squares), whose equations ml-matrix solves. The freedom
 * is scikit-learn's C.
 *
 * Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2009, section 4.4.1.
 */
export const logisticRegression: StaticLearner = {
  name: "logistic regression",
  knob: "freedom (1 / penalty)",
  choose(training, validation) {
    return choiceOf(
      freedoms.map((freedom) => {
        const model = fit(training, freedom);
        return {
          complexity: freedom,
          trainingLoss: meanLoss(model.predict(training.columns), training),
          validationLoss: meanLoss(model.predict(validation.columns), validation),
        };
      }),
    );
  },
  fit,
};

function fit(training: LabelledColumns, freedom: number): StaticModel {
  const scale = standardOf(training);
  const inputs = standardised(training.columns, scale);
  const weights = newton(inputs, training, 1 / freedom);
  return { predict: (asked) => logits(standardised(asked, scale), weights).map(sigmoid) };
}

interface Standard {
  /** (columns,) each. */
  readonly means: Float64Array;
  readonly deviations: Float64Array;
}

function standardOf({ columns, weights }: LabelledColumns): Standard {
  const means = Float64Array.from(columns.values, (column) => weightedMean(column, weights));
  const deviations = Float64Array.from(columns.values, (column, at) => {
    const squares = column.map((value) => (value - means[at]) ** 2);
    const deviation = Math.sqrt(weightedMean(squares, weights));
    return deviation === 0 ? 1 : deviation; // a constant column becomes 0, whatever it is divided by
  });
  return { means, deviations };
}

/** With a column of ones last, for the intercept. */
function standardised({ values, rowCount }: Columns, scale: Standard): Float64Array[] {
  return [
    ...values.map((column, at) =>
      column.map((value) => (value - scale.means[at]) / scale.deviations[at]),
    ),
    new Float64Array(rowCount).fill(1),
  ];
}

function logits(inputs: readonly Float64Array[], weights: Float64Array): Float64Array {
  const sums = new Float64Array(inputs[0].length);
  for (const [at, column] of inputs.entries()) {
    for (let row = 0; row < sums.length; row++) sums[row] += weights[at] * column[row];
  }
  return sums;
}

/** @returns (columns + 1,), the intercept last. O(steps · rows · columns²). */
function newton(
  inputs: readonly Float64Array[],
  training: LabelledColumns,
  penalty: number,
): Float64Array {
  const { labels, weights: rowWeights } = training;
  const width = inputs.length;
  const penaltyOf = (at: number): number => (at === width - 1 ? 0 : penalty);
  const weights = new Float64Array(width);
  let loss = objective(inputs, training, penalty, weights);
  for (let step = 0; step < stepsMax; step++) {
    const errors = new Float64Array(labels.length);
    const curvatures = new Float64Array(labels.length);
    for (const [row, logit] of logits(inputs, weights).entries()) {
      const probability = sigmoid(logit);
      errors[row] = rowWeights[row] * (labels[row] - probability);
      // Where the model is certain the equations would lose their rank.
      curvatures[row] = rowWeights[row] * Math.max(1e-9, probability * (1 - probability));
    }
    const gradient = inputs.map((column, at) => dot(column, errors) - penaltyOf(at) * weights[at]);
    const hessian = new Matrix(width, width);
    for (let a = 0; a < width; a++) {
      const curved = inputs[a].map((value, row) => value * curvatures[row]);
      for (let b = a; b < width; b++) {
        const entry = dot(curved, inputs[b]) + (a === b ? penaltyOf(a) : 0);
        hessian.set(a, b, entry);
        hessian.set(b, a, entry);
      }
    }
    const change = new CholeskyDecomposition(hessian)
      .solve(Matrix.columnVector(gradient))
      .to1DArray();
    loss = shorten(change, weights, loss, (moved) => objective(inputs, training, penalty, moved));
    for (let at = 0; at < width; at++) weights[at] += change[at];
    if (Math.max(...change.map(Math.abs)) < tolerance) return weights;
  }
  assert(weights.every(Number.isFinite), "Newton's method stays finite: the penalty bounds it");
  return weights;
}

/** Halves the change until the objective does not grow: far from the optimum Newton's steps overshoot. */
function shorten(
  change: number[],
  weights: Float64Array,
  loss: number,
  objectiveAt: (weights: Float64Array) => number,
): number {
  for (let halving = 0; halving < halvingsMax; halving++) {
    const reached = objectiveAt(weights.map((weight, at) => weight + change[at]));
    if (reached <= loss) return reached;
    for (let at = 0; at < change.length; at++) change[at] /= 2;
  }
  change.fill(0); // only rounding is left to win
  return loss;
}

function objective(
  inputs: readonly Float64Array[],
  target: LabelledColumns,
  penalty: number,
  weights: Float64Array,
): number {
  let sum = 0;
  for (const [row, logit] of logits(inputs, weights).entries()) {
    // −y ln p − (1 − y) ln(1 − p), finite also far out.
    const loss =
      Math.max(logit, 0) - logit * target.labels[row] + Math.log1p(Math.exp(-Math.abs(logit)));
    sum += target.weights[row] * loss;
  }
  const penalised = weights.subarray(0, weights.length - 1);
  return sum + (penalty / 2) * dot(penalised, penalised);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
