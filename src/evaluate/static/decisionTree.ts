import { binned } from "./binning.ts";
import { type Columns, type LabelledColumns } from "./columns.ts";
import { choiceOf, clipped, meanLoss, type StaticLearner } from "./staticModel.ts";
import { growTree, nodesOf, type TreeNode } from "./tree.ts";

const depthMax = 12;
/** Small enough that a deep tree overfits, as is to be seen. */
const leafRowsMin = 5;

/**
 * A decision tree: splits where Gini's impurity falls most, which of two classes is the squared error. A leaf says
 * the share of positives among its rows.
 *
 * A tree grown to some depth is the top of one grown further, so all depths are of one tree.
 */
export const decisionTree: StaticLearner = {
  name: "decision tree",
  knob: "depth",
  choose(training, validation) {
    const nodes = grown(training, depthMax);
    return choiceOf(
      Array.from({ length: depthMax }, (_, i) => i + 1).map((depth) => ({
        complexity: depth,
        trainingLoss: meanLoss(shares(nodes, training.columns, depth), training),
        validationLoss: meanLoss(shares(nodes, validation.columns, depth), validation),
      })),
    );
  },
  fit(training, depth) {
    const nodes = grown(training, depth);
    return { predict: (asked) => shares(nodes, asked, depth) };
  },
};

function grown({ columns, labels, weights }: LabelledColumns, depth: number): readonly TreeNode[] {
  // Of shares of a label the mean, as of labels.
  return growTree(binned(columns), labels, weights, { depthMax: depth, leafRowsMin }).nodes;
}

function shares(nodes: readonly TreeNode[], columns: Columns, depth: number): Float64Array {
  return Float64Array.from(nodesOf(nodes, columns, depth), (at) => clipped(nodes[at].mean));
}
