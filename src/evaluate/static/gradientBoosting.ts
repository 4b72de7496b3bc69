/**
 * Gradient-boosted trees for log loss: no library for Node has them in a form that can be used here
 * (docs/STATIC.md says what was tried), and over regression trees they are short.
 *
 * ```
 * F0 = ln(p̄ / (1 − p̄))                                    p̄: the mean label
 * tree m: least squares on label − σ(F), a leaf says Σ w (label − p) / Σ w p (1 − p)
 * F += rate · tree m
 * ```
 *
 * Source: Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 2001,
 * Algorithm 5 with one Newton step a leaf.
 */
import { sigmoid } from "../../model/index.ts";
import { binned } from "./binning.ts";
import { type Columns, type LabelledColumns, weightedMean } from "./columns.ts";
import {
  type Choice,
  type CurvePoint,
  choiceOf,
  meanLoss,
  type StaticLearner,
} from "./staticModel.ts";
import { growTree, nodesOf, type TreeNode } from "./tree.ts";

export interface BoostingOptions {
  readonly treesMax: number;
  /** Trees without a smaller validation loss after which it is over (*early stopping*). */
  readonly patience: number;
  /** Above 0, to 1. */
  readonly rate: number;
  readonly depthMax: number;
  readonly leafRowsMin: number;
}

/** 0.1 is what scikit-learn and XGBoost's users start from; four levels say what three columns are worth together. */
const defaults: BoostingOptions = {
  treesMax: 200,
  patience: 15,
  rate: 0.1,
  depthMax: 4,
  leafRowsMin: 20,
};

interface BoostedTree {
  readonly nodes: readonly TreeNode[];
  /** What a row that comes to the node adds to the logit, (nodes,); 0 but for leaves. */
  readonly steps: Float64Array;
}

export function gradientBoosting(options: BoostingOptions = defaults): StaticLearner {
  return {
    name: "gradient-boosted trees",
    knob: "trees",
    choose: (training, validation) => choose(training, validation, options),
    fit(training, treeCount) {
      const boosting = new Boosting(training, options);
      const trees = Array.from({ length: treeCount }, () => boosting.next());
      return {
        predict(asked) {
          const logits = new Float64Array(asked.rowCount).fill(boosting.start);
          for (const tree of trees) addTree(logits, tree, asked);
          return logits.map(sigmoid);
        },
      };
    },
  };
}

function choose(
  training: LabelledColumns,
  validation: LabelledColumns,
  { treesMax, patience, ...options }: BoostingOptions,
): Choice {
  const boosting = new Boosting(training, { ...options, treesMax, patience });
  const logits = new Float64Array(validation.labels.length).fill(boosting.start);
  const curve: CurvePoint[] = [];
  let best = 0;
  for (let trees = 1; trees <= treesMax && trees - best <= patience; trees++) {
    addTree(logits, boosting.next(), validation.columns);
    curve.push({
      complexity: trees,
      trainingLoss: meanLoss(boosting.logits.map(sigmoid), training),
      validationLoss: meanLoss(logits.map(sigmoid), validation),
    });
    best = choiceOf(curve).best;
  }
  return choiceOf(curve);
}

function addTree(logits: Float64Array, { nodes, steps }: BoostedTree, columns: Columns): void {
  const leaves = nodesOf(nodes, columns, nodes.length);
  for (let row = 0; row < logits.length; row++) logits[row] += steps[leaves[row]];
}

/** One tree after the other. */
class Boosting {
  /** The logit before any tree. */
  readonly start: number;
  /** Of the training rows, after the trees so far, (rows,). */
  readonly logits: Float64Array;
  readonly #training: LabelledColumns;
  readonly #binned: ReturnType<typeof binned>;
  readonly #options: BoostingOptions;

  constructor(training: LabelledColumns, options: BoostingOptions) {
    this.#training = training;
    this.#options = options;
    this.#binned = binned(training.columns);
    const mean = weightedMean(training.labels, training.weights);
    const kept = Math.min(1 - 1e-6, Math.max(1e-6, mean)); // finite, also where all are of one kind
    this.start = Math.log(kept / (1 - kept));
    this.logits = new Float64Array(training.labels.length).fill(this.start);
  }

  /** O(rows · columns · depth). */
  next(): BoostedTree {
    const { labels, weights } = this.#training;
    const probabilities = this.logits.map(sigmoid);
    const residuals = labels.map((label, row) => label - probabilities[row]);
    const { nodes, leaves } = growTree(this.#binned, residuals, weights, this.#options);
    const steps = new Float64Array(nodes.length);
    const curvatures = new Float64Array(nodes.length);
    for (let row = 0; row < leaves.length; row++) {
      steps[leaves[row]] += weights[row] * residuals[row];
      curvatures[leaves[row]] += weights[row] * probabilities[row] * (1 - probabilities[row]);
    }
    for (let at = 0; at < steps.length; at++) {
      // A leaf of certain rows has no curvature, and nothing to learn.
      steps[at] = curvatures[at] < 1e-150 ? 0 : (this.#options.rate * steps[at]) / curvatures[at];
    }
    for (let row = 0; row < leaves.length; row++) this.logits[row] += steps[leaves[row]];
    return { nodes, steps };
  }
}
