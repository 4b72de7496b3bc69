import { logLoss } from "../../model/index.ts";
import type { Columns, LabelledColumns } from "./columns.ts";

/** A way to fit a model to examples that lie still. */
export interface StaticLearner {
  readonly name: string;
  /** What makes its models more or less complex: `depth`, `trees`, …; undefined where there is nothing to choose. */
  readonly knob?: string;
  /** Fits at growing complexity, and says how well each does on what it was, and was not, fitted to. */
  choose(training: LabelledColumns, validation: LabelledColumns): Choice;
  /** The model of one complexity; of a learner without a knob, whatever it is. */
  fit(training: LabelledColumns, complexity: number): StaticModel;
}

export interface StaticModel {
  /** Probabilities, (rows,). */
  predict(columns: Columns): Float64Array;
}

export interface Choice {
  /** The complexity whose validation loss is least; of equal ones the least complex. */
  readonly best: number;
  /** From the least complex to the most. */
  readonly curve: readonly CurvePoint[];
}

/** Mean log losses, weighted. */
export interface CurvePoint {
  readonly complexity: number;
  readonly trainingLoss: number;
  readonly validationLoss: number;
}

export function choiceOf(curve: readonly CurvePoint[]): Choice {
  const best = curve.reduce((a, b) => (b.validationLoss < a.validationLoss ? b : a));
  return { best: best.complexity, curve };
}

/** Mean log loss of probabilities, weighted; of a share between 0 and 1, the cross-entropy. */
export function meanLoss(
  probabilities: Float64Array,
  { labels, weights }: Pick<LabelledColumns, "labels" | "weights">,
): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    sum += weights[i] * crossEntropy(probabilities[i], labels[i]);
    total += weights[i];
  }
  return sum / total;
}

export function crossEntropy(probability: number, label: number): number {
  return (
    (label === 0 ? 0 : label * logLoss(probability, 1)) +
    (label === 1 ? 0 : (1 - label) * logLoss(probability, 0))
  );
}

/** Models that may say 0 or 1 of what is uncertain are kept this far away: a wrong one then costs 6.9. */
const probabilityMin = 1e-3;

export function clipped(probability: number): number {
  return Math.min(1 - probabilityMin, Math.max(probabilityMin, probability));
}
