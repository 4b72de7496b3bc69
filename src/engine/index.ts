export type { Event, Refusal } from "../event/index.ts";
export { type Ablation, ablations, type RecommendedItem } from "../recommend/index.ts";
export { type Alarm, alarmKinds, type QuestionHealth, questions } from "../train/index.ts";
export { defineConfig, resolveConfig, type UserConfig } from "./config.ts";
export type { Config } from "./configSchema.ts";
export {
  type EvaluationOptions,
  type EvaluationProgress,
  evaluateFile,
  evaluateInto,
  type TimedReport,
} from "./evaluation.ts";
export { Foldback, recommendationsMax } from "./foldback.ts";
export type {
  HealthStatus,
  IngestResult,
  Notice,
  OpenOptions,
  SnapshotStatus,
  Status,
} from "./foldbackTypes.ts";
export { type ImportOptions, type ImportResult, importFile } from "./importFile.ts";
export { createLearner, type Learner } from "./learner.ts";
export { openSnapshots, saveLearner } from "./training.ts";
