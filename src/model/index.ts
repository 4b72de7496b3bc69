export { auc, calibrationError, hitAt, logLoss, ndcgAt, reciprocalRank } from "./metrics.ts";
export {
  candidatesMax,
  type RankingContext,
  RankingModel,
  type RankingModelOptions,
  recentMax,
  type SharedRankingModel,
} from "./rankingModel.ts";
