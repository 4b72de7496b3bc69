export { type AccountScore, type AssignSession, scorePeople } from "./accountScore.ts";
export { type ChoiceCase, fitConditionalLogit, type LogitFit } from "./conditionalLogit.ts";
export {
  encodeAccount,
  type KnownAccount,
  type KnownAction,
  type KnownSession,
  type SplitAccount,
  splitAccount,
} from "./knownAccount.ts";
export { type PeopleCalibration, type PeopleScore, summarisePeople } from "./peopleScore.ts";
