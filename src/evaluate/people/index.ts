export { type AccountScore, type AssignSession, scorePeople } from "./accountScore.ts";
export {
  encodeAccount,
  type KnownAccount,
  type KnownAction,
  type KnownSession,
  type SplitAccount,
  splitAccount,
} from "./knownAccount.ts";
export { type PeopleCalibration, type PeopleScore, summarisePeople } from "./peopleScore.ts";
export {
  defaultPolicies,
  type MonthSeen,
  type PersonAssigner,
  type PersonAssignment,
  type PolicyResult,
  type RetrainingOptions,
  type RetrainingPolicy,
  type RetrainingReport,
  retrainingExperiment,
} from "./retraining.ts";
export { retrainingPlot } from "./retrainingPlot.ts";
