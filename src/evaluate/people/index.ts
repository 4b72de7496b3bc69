export {
  type AccountScore,
  type AssignSessions,
  countedOf,
  type SessionAssignment,
  scorePeople,
} from "./accountScore.ts";
export { bestMatching } from "./agreement.ts";
export { type ChoiceCase, fitConditionalLogit, type LogitFit } from "./conditionalLogit.ts";
export {
  encodeAccount,
  type KnownAccount,
  type KnownAction,
  type KnownSession,
} from "./knownAccount.ts";
export { type PeopleCalibration, type PeopleScore, summarisePeople } from "./peopleScore.ts";
export {
  defaultPolicies,
  type MonthSeen,
  type PersonAssigner,
  type PolicyResult,
  type RetrainingOptions,
  type RetrainingPolicy,
  type RetrainingReport,
  retrainingExperiment,
} from "./retraining.ts";
export { retrainingPlot } from "./retrainingPlot.ts";
