export { journeyKinds, markovOrders } from "../attribution/index.ts";
export {
  type DescribedKind,
  descriptionOf,
  type Event,
  knownEventTypes,
  type MissingFile,
  type Properties,
  type Refusal,
  type SegmentType,
  segmentTypes,
} from "../event/index.ts";
export {
  type AccountPeopleReport,
  type AssignReply,
  accountStates,
  dayParts,
  type PeopleSummary,
  recountReasons,
  weekdays,
} from "../people/index.ts";
export {
  type Ablation,
  ablations,
  type Board,
  type BoardItem,
  boards,
  type Explanation,
  type MissingItem,
  type RecommendedItem,
  type RecommendedList,
  type RequestMoment,
} from "../recommend/index.ts";
export { type Alarm, alarmKinds, type QuestionHealth, questions } from "../train/index.ts";
export type {
  AccountsPage,
  AccountsRequest,
  DescribedAccount,
  SimilarAccount,
} from "./accounts.ts";
export type { AccountHistoryReport, ActiveAccount } from "./activeAccounts.ts";
export type { CompareCall, CreditCall, JourneyCall, PathsCall } from "./attributionCalls.ts";
export type { CatalogueItem, CataloguePage } from "./catalogue.ts";
export { defineConfig, resolveConfig, type UserConfig } from "./config.ts";
export type { Config } from "./configSchema.ts";
export { copyLogToKafka } from "./copyLog.ts";
export { patched } from "./descriptions.ts";
export {
  type EvaluationOptions,
  type EvaluationProgress,
  evaluateFile,
  evaluateInto,
  type TimedReport,
} from "./evaluation.ts";
export {
  accountSlots,
  type FileExperimentOptions,
  fileExperiment,
  slotOf,
} from "./experimentSource.ts";
export type {
  ExperimentReport,
  MetricReport,
  VariantReport,
} from "./experiments/experimentReport.ts";
export { readExperiments } from "./experiments/offlineExperiments.ts";
export { metricNames } from "./experiments/settings.ts";
export {
  type ExportResult,
  type ExportTarget,
  exportAccounts,
  exportEvents,
  exportItems,
} from "./exportFile.ts";
export { Foldback } from "./foldback.ts";
export type {
  BoardCall,
  ErasureReport,
  EventType,
  HealthStatus,
  IngestResult,
  LiveReport,
  Notice,
  OpenOptions,
  RecommendCall,
  ResponsesCall,
  SegmentResult,
  ServedList,
  SharedModel,
  SnapshotStatus,
  Status,
  UnmappedCount,
} from "./foldbackTypes.ts";
export { type ImportOptions, type ImportResult, importFile } from "./importFile.ts";
export {
  createLearner,
  type Learner,
  responseProbability,
  responseSlots,
} from "./learner.ts";
export { recommendationsMax } from "./lists.ts";
export type { LiveAttribution, Told } from "./liveAttribution.ts";
export type { AssignCall, LivePeople } from "./livePeople.ts";
export type { EventLinesRequest } from "./loggedEvents.ts";
export {
  importAccounts,
  importGorse,
  importItems,
  importMovieLens,
  type MovieLensImportResult,
} from "./migrate.ts";
export {
  evaluateLoggedPolicy,
  type LoggedPolicyReport,
  type PolicyEstimates,
  targetPolicies,
} from "./offPolicy/offPolicyReport.ts";
export { readEvents } from "./readEvents.ts";
export type { RuleTexts } from "./rules.ts";
export type { SegmentBatch } from "./segmentIntake.ts";
export type { ReasonCount } from "./tally.ts";
export { openSnapshots, saveLearner } from "./training.ts";
export { Progress } from "./trainProtocol.ts";
