export { type Contestant, type EvaluationReport, ProgressiveEvaluation } from "./progressive.ts";
export { RecordedSteps } from "./recordedSteps.ts";
export { listLength, type Metrics } from "./scoreboard.ts";
