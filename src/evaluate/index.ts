export { type Contestant, type EvaluationReport, ProgressiveEvaluation } from "./progressive.ts";
export { listLength, type Metrics } from "./scoreboard.ts";
