export { assignmentPValue } from "../core/index.ts";
export {
  AbTest,
  type AbTestOptions,
  type AbTestReport,
  type Comparison,
  type Experiment,
  narrowed,
  type ObservationSummary,
  type Variant,
  type VariantResult,
  variantOf,
} from "./abTest/index.ts";
export { type Cut, ExampleStream } from "./exampleStream.ts";
export type { ExperimentProgress, ExperimentSource } from "./experiment.ts";
export { failurePlot, formatDuration, syncPlot } from "./experimentPlots.ts";
export {
  type FailureArm,
  type FailureCost,
  type FailureReport,
  failureExperiment,
} from "./failureExperiment.ts";
export type { FailureScope } from "./failureSeed.ts";
export { type Interval, intervalValues, meanInterval } from "./interval.ts";
export { intervalPlot, type PlotOptions } from "./intervalPlot.ts";
export {
  type Estimate,
  type LoggedRounds,
  type ModelEstimates,
  type ModelRewards,
  type OffPolicyEstimates,
  OffPolicyEvaluation,
  type OffPolicyOptions,
  type OffPolicyReport,
  type PolicyValue,
} from "./offPolicy/index.ts";
export {
  type AccountScore,
  type AssignSessions,
  bestMatching,
  type ChoiceCase,
  countedOf,
  defaultPolicies,
  encodeAccount,
  fitConditionalLogit,
  type KnownAccount,
  type KnownAction,
  type KnownSession,
  type LogitFit,
  type MonthSeen,
  type PeopleCalibration,
  type PeopleScore,
  type PersonAssigner,
  type PolicyResult,
  type RetrainingOptions,
  type RetrainingPolicy,
  type RetrainingReport,
  retrainingExperiment,
  retrainingPlot,
  type SessionAssignment,
  scorePeople,
  summarisePeople,
} from "./people/index.ts";
export { type Contestant, type EvaluationReport, ProgressiveEvaluation } from "./progressive.ts";
export { listLength, type Metrics } from "./scoreboard.ts";
export {
  type ArmReport,
  type LearningCurve,
  type StaticOptions,
  type StaticReport,
  staticExperiment,
} from "./static/staticExperiment.ts";
export { staticPlot } from "./static/staticPlot.ts";
export { type SyncArm, type SyncReport, syncExperiment } from "./syncExperiment.ts";
