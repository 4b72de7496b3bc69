export {
  DeepFactorisationMachine,
  type DeepFactorisationMachineOptions,
  type SharedDeepFactorisationMachine,
} from "./deepFm.ts";
export type { DenseOptions, LearningRateSchedule } from "./deepOptions.ts";
export {
  FactorisationMachine,
  type FactorisationMachineOptions,
  type FmVectorParams,
  type SharedFactorisationMachine,
} from "./factorisationMachine.ts";
export { FmKernel, type FmKernelOptions } from "./fmKernel.ts";
export {
  LogisticRegression,
  type LogisticRegressionOptions,
  type SharedLogisticRegression,
} from "./logisticRegression.ts";
export {
  auc,
  calibrationError,
  hitAt,
  logLoss,
  logLossOfLogit,
  ndcgAt,
  reciprocalRank,
  sigmoid,
} from "./metrics.ts";
export type { Example, Feature, OnlineModel } from "./onlineModel.ts";
export {
  attachOnlineModel,
  createOnlineModel,
  type OnlineModelSettings,
  type SharedOnlineModel,
} from "./onlineModels.ts";
export type { FtrlParams, VectorParams } from "./params.ts";
export { RankingModel } from "./rankingModel.ts";
export {
  bucketsMax,
  candidatesMax,
  type RankingContext,
  type RankingModelOptions,
  recentMax,
  type SharedRankingModel,
} from "./rankingTypes.ts";
export { ServingCopy, type Synchronised } from "./servingCopy.ts";
