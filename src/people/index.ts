export type { AccountPeople, CountPeople, UsageClass } from "./accountPeople.ts";
export {
  type AccessColumn,
  type AccountSessions,
  type ActionColumn,
  accessColumns,
  actionColumns,
} from "./accountSessions.ts";
export { type Assigned, assignSessions, countBest } from "./counting/index.ts";
