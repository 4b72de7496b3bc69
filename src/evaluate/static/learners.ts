import { decisionTree } from "./decisionTree.ts";
import { gradientBoosting } from "./gradientBoosting.ts";
import type { StaticLearner } from "./staticModel.ts";

/** All there are, the simplest first. Loads the libraries, which nothing else needs. */
export async function staticLearners(): Promise<readonly StaticLearner[]> {
  const [{ linearRegression }, { logisticRegression }] = await Promise.all([
    import("./linearRegression.ts"),
    import("./logisticRegression.ts"),
  ]);
  return [linearRegression, logisticRegression, decisionTree, gradientBoosting()];
}
