export { auc, calibrationError, hitAt, logLoss, ndcgAt, reciprocalRank } from "./metrics.ts";
export {
  candidatesMax,
  RankingModel,
  type RankingContext,
  type RankingModelOptions,
  recentMax,
  type SharedRankingModel,
} from "./rankingModel.ts";
