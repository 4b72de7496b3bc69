/**
 * What a split by labels (*stratified*) is good for: where positives are rare, a part drawn without looking holds many
 * of them or few, by luck, and what is measured on it varies with that.
 */
import { Random } from "../../core/index.ts";
import { auc } from "../../model/index.ts";
import { type LabelledColumns, rowsOf } from "./columns.ts";
import { drawn, plainSplit, type Split, stratifiedSplit } from "./splits.ts";
import { meanLoss, type StaticLearner } from "./staticModel.ts";

export interface StratificationReport {
  /** Of the examples that are split again and again. */
  readonly rows: number;
  readonly positives: number;
  readonly splits: number;
  readonly stratified: SplitSpread;
  readonly plain: SplitSpread;
}

/** Standard deviations over the splits. */
export interface SplitSpread {
  /** Of the share of positives in the validation part. */
  readonly positiveShare: number;
  /** Of the validation part's log loss and AUC; AUC over the splits that have one. */
  readonly logLoss: number;
  readonly auc: number;
  /** Splits whose validation part had no positive at all. */
  readonly withoutPositives: number;
}

export interface StratificationTask {
  readonly learner: StaticLearner;
  readonly complexity: number;
  readonly examples: LabelledColumns;
  readonly seed: number;
}

/** Few, as they are where it matters; 1 % of them positive. */
const rowsMax = 2000;
const rareShare = 0.01;
const validationShare = 0.2;
const splits = 100;

/** Undefined where there are too few examples: 2,000 with 20 positives. O(splits) fits. */
export function stratificationStudy(task: StratificationTask): StratificationReport | undefined {
  const { learner, complexity, seed } = task;
  const random = new Random(seed);
  const { labels } = task.examples;
  const all = Uint32Array.from(labels, (_, row) => row);
  const positives = all.filter((row) => labels[row] >= 0.5);
  const negatives = all.filter((row) => labels[row] < 0.5);
  const positiveCount = rowsMax * rareShare;
  if (positives.length < positiveCount || negatives.length < rowsMax - positiveCount) {
    return undefined;
  }
  const examples = rowsOf(
    task.examples,
    Uint32Array.of(
      ...drawn(positives, positiveCount, random),
      ...drawn(negatives, rowsMax - positiveCount, random),
    ),
  );
  const spreadOf = (split: typeof plainSplit): SplitSpread => {
    const measured = Array.from({ length: splits }, () => {
      const { training, validation } = split(examples.labels, validationShare, random);
      return judge(learner, complexity, examples, { training, validation });
    });
    const aucs = measured.map((one) => one.auc).filter((value) => !Number.isNaN(value));
    return {
      positiveShare: deviation(measured.map((one) => one.positiveShare)),
      logLoss: deviation(measured.map((one) => one.logLoss)),
      auc: deviation(aucs),
      withoutPositives: measured.filter((one) => one.positiveShare === 0).length,
    };
  };
  return {
    rows: rowsMax,
    positives: positiveCount,
    splits,
    stratified: spreadOf(stratifiedSplit),
    plain: spreadOf(plainSplit),
  };
}

function judge(
  learner: StaticLearner,
  complexity: number,
  examples: LabelledColumns,
  split: Split,
): { readonly positiveShare: number; readonly logLoss: number; readonly auc: number } {
  const model = learner.fit(rowsOf(examples, split.training), complexity);
  const validation = rowsOf(examples, split.validation);
  const predictions = model.predict(validation.columns);
  const classes = validation.labels.map((label) => (label >= 0.5 ? 1 : 0));
  return {
    positiveShare: classes.reduce((sum, value) => sum + value, 0) / classes.length,
    logLoss: meanLoss(predictions, validation),
    auc: auc(predictions, classes),
  };
}

/** Of a sample: over n − 1. */
function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
