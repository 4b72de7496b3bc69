export {
  allCreditModels,
  type CreditModel,
  type CreditOptions,
  type CreditReport,
  type CreditRow,
  creditModels,
  creditReport,
  type MarkovFacts,
  type MarkovOrder,
  markovOrders,
} from "./creditReport.ts";
export { defaultPosition, type PositionWeights } from "./heuristics.ts";
export { JourneySums, type JourneySumsOptions } from "./journeySums.ts";
export { type MarkovCredit, markovCredit } from "./markov/markov.ts";
export { chooseOrder, type OrderChoice, type OrderScore } from "./markov/order.ts";
export { PathCounts, type PathTable } from "./pathCounts.ts";
export { type PathReport, type PathReportOptions, pathReport } from "./pathReport.ts";
export { shapleyValues } from "./shapleyValues.ts";
