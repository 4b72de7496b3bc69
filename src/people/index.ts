export type { AccountPeople, CountPeople, UsageClass } from "./accountPeople.ts";
export {
  type AccessColumn,
  type AccountSessions,
  type ActionColumn,
  accessColumns,
  actionColumns,
} from "./accountSessions.ts";
export {
  type AgglomerateOptions,
  agglomerate,
  type BestCut,
  type CategoricalRows,
  type ClusterTables,
  clusterDistances,
  clusterTables,
  cutAt,
  cutBySilhouette,
  cutInto,
  type Dendrogram,
  type KMeans,
  type KModes,
  kMeans,
  kModes,
  type Linkage,
  type MergeCertificate,
  mergeCertificate,
  type NearestCluster,
  nearestCluster,
  silhouette,
} from "./clustering/index.ts";
export {
  type Assigned,
  assignSessions,
  assignSimple,
  type Candidates,
  candidatesOf,
  countBest,
  countSimple,
  type DataKind,
  dataKinds,
  featureCount,
} from "./counting/index.ts";
export {
  type AccountPeopleReport,
  type AccountReportOptions,
  accountReport,
  accountStates,
} from "./live/accountReport.ts";
export {
  type AssignReply,
  type AssignRequest,
  assignReply,
  dayParts,
  weekdays,
} from "./live/assignment.ts";
export { type PeopleSummary, peopleSummary, type SummaryOptions } from "./live/peopleSummary.ts";
export { PeopleView } from "./live/peopleView.ts";
export { recountReasons } from "./live/recount.ts";
export type { SessionPerson } from "./live/unsaid.ts";
export {
  adviseRetraining,
  adviseService,
  type ColumnDrift,
  type CountInUse,
  driftMuch,
  driftSince,
  type RetrainingAdvice,
  type RetrainingCosts,
  type RetrainingReason,
  retrainingReasons,
  type ServiceAdvice,
  stabilityIndex,
} from "./retraining/index.ts";
export { type CountOptions, countAccounts } from "./tables/countAccounts.ts";
export { type CountMethod, counterOf, countMethods } from "./tables/counters.ts";
export type { CountedBatch, CounterModule } from "./tables/countProtocol.ts";
export { type DayPart, defaultDayParts } from "./tables/localTime.ts";
export {
  type AccountBatch,
  type GroupedAccounts,
  groupAccounts,
  type ReadOptions,
} from "./tables/readAccounts.ts";
export { type RefusalCount, Refusals } from "./tables/refusals.ts";
export { assignmentsHeader, peopleHeader } from "./tables/resultRows.ts";
export { stageEventFile, stageEvents } from "./tables/stageEvents.ts";
export { stageFile } from "./tables/stageFiles.ts";
export { Staging } from "./tables/staging.ts";
export type { Coordinates, NamedPlace, PlaceSource } from "./tables/whereabouts.ts";
