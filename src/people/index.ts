export type { AccountPeople, CountPeople, UsageClass } from "./accountPeople.ts";
export {
  type AccessColumn,
  type AccountSessions,
  type ActionColumn,
  accessColumns,
  actionColumns,
} from "./accountSessions.ts";
export {
  type Assigned,
  assignSessions,
  type Candidates,
  candidatesOf,
  countBest,
  type DataKind,
  dataKinds,
  featureCount,
} from "./counting/index.ts";
