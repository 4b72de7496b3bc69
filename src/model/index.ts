export { FactorisationMachine } from "./factorisationMachine.ts";
export { FmKernel, type FmKernelOptions } from "./fmKernel.ts";
export { LogisticRegression } from "./logisticRegression.ts";
export { auc, hitAt, logLoss, ndcgAt, reciprocalRank } from "./metrics.ts";
export type { Example, Feature, OnlineModel } from "./onlineModel.ts";
export { RankingModel } from "./rankingModel.ts";
export {
  candidatesMax,
  type RankingContext,
  type RankingModelOptions,
  recentMax,
  type SharedRankingModel,
} from "./rankingTypes.ts";
