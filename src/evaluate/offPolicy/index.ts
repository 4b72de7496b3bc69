export type {
  Estimate,
  ModelEstimates,
  OffPolicyEstimates,
  PolicyValue,
} from "./estimates.ts";
export {
  OffPolicyEvaluation,
  type OffPolicyOptions,
  type OffPolicyReport,
} from "./offPolicyEvaluation.ts";
export type { LoggedRounds, ModelRewards } from "./rounds.ts";
