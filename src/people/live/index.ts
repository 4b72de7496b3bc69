export {
  type AccountPeopleReport,
  accountReport,
  accountStates,
} from "./accountReport.ts";
export {
  type AssignReply,
  type AssignRequest,
  assignReply,
  dayParts,
  weekdays,
} from "./assignment.ts";
export { type PeopleSummary, peopleSummary } from "./peopleSummary.ts";
export { PeopleView, type PeopleViewOptions } from "./peopleView.ts";
export { type RecountReason, recountReasons } from "./recount.ts";
export type { MiddleOf } from "./sessionTable.ts";
