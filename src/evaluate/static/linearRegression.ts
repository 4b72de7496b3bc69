import MultivariateLinearRegression from "ml-regression-multivariate-linear";
import type { Columns, LabelledColumns } from "./columns.ts";
import {
  choiceOf,
  clipped,
  meanLoss,
  type StaticLearner,
  type StaticModel,
} from "./staticModel.ts";

/**
 * Least squares on the labels, Σ weight · (label − x · b)², with an intercept: the library's, which solves the normal
 * equations by pseudo-inverse, so columns may depend on each other. What it says is no probability, and is
 * clipped to one.
 */
export const linearRegression: StaticLearner = {
  name: "linear regression",
  choose(training, validation) {
    const model = fit(training);
    return choiceOf([
      {
        complexity: 0,
        trainingLoss: meanLoss(model.predict(training.columns), training),
        validationLoss: meanLoss(model.predict(validation.columns), validation),
      },
    ]);
  },
  fit,
};

function fit({ columns, labels, weights }: LabelledColumns): StaticModel {
  // The library knows no weights: a row times √w counts w times. The intercept is a column, so that it is, too.
  const rows = rowsWithOne(columns);
  const inputs = rows.map((row, i) => row.map((value) => value * Math.sqrt(weights[i])));
  const outputs = Array.from(labels, (label, i) => [label * Math.sqrt(weights[i])]);
  const model = new MultivariateLinearRegression(inputs, outputs, {
    intercept: false,
    statistics: false,
  });
  const coefficients = model.weights.map(([weight]) => weight);
  return {
    predict(asked) {
      const sums = new Float64Array(asked.rowCount).fill(coefficients[asked.values.length]);
      for (const [at, column] of asked.values.entries()) {
        for (let row = 0; row < sums.length; row++) sums[row] += coefficients[at] * column[row];
      }
      return sums.map(clipped);
    },
  };
}

function rowsWithOne({ rowCount, values }: Columns): number[][] {
  return Array.from({ length: rowCount }, (_, row) => [...values.map((column) => column[row]), 1]);
}
