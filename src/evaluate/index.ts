export { type EvaluationReport, type Contestant, ProgressiveEvaluation } from "./progressive.ts";
export { listLength, type Metrics } from "./scoreboard.ts";
