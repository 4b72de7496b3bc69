export { type Interval, meanInterval } from "./interval.ts";
export { intervalPlot, type PlotOptions } from "./intervalPlot.ts";
export { type Contestant, type EvaluationReport, ProgressiveEvaluation } from "./progressive.ts";
export { listLength, type Metrics } from "./scoreboard.ts";
