export {
  adviseRetraining,
  adviseService,
  type CountInUse,
  type RetrainingAdvice,
  type RetrainingCosts,
  type RetrainingReason,
  retrainingReasons,
  type ServiceAdvice,
} from "./advice.ts";
export { type ColumnDrift, driftMuch, driftSince, stabilityIndex } from "./drift.ts";
