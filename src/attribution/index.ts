export {
  allCreditModels,
  type CreditModel,
  type CreditOptions,
  type CreditReport,
  type CreditRow,
  chooseOrder,
  creditModels,
  creditReport,
  defaultPosition,
  JourneySums,
  type JourneySumsOptions,
  type MarkovCredit,
  type MarkovFacts,
  type MarkovOrder,
  markovCredit,
  markovOrders,
  type OrderChoice,
  type OrderScore,
  PathCounts,
  type PathReport,
  type PathReportOptions,
  type PathTable,
  type PositionWeights,
  pathReport,
  shapleyValues,
} from "./credit/index.ts";
export { FixedSums, fractionUnits } from "./fixedSums.ts";
export {
  type Comparison,
  compare,
  type GridCell,
  type GroupName,
  type SameSessionRow,
} from "./grid/compare.ts";
export { type EachConversion, each } from "./grid/each.ts";
export {
  cellsOf,
  type GridFilter,
  type GridKey,
  type GridRequest,
  type GridSettings,
  gridKeys,
  gridSettings,
  keysOf as gridKeysOf,
  type Windows,
} from "./grid/gridSettings.ts";
export {
  type Conversion,
  type History,
  type Touch,
  type TouchDimension,
  touchDimensions,
} from "./history.ts";
export { accountAt, keyOf, LinkedAccounts, type Login } from "./identity.ts";
export {
  type Journey,
  type JourneyKind,
  type JourneyOptions,
  journeyKinds,
  journeysOf,
  TimeToConversion,
  type TimeToConversionRow,
} from "./journeys/index.ts";
export {
  type Estimate,
  type GroupOptions,
  type LiftGroup,
  type LiftGroupReport,
  type LiftOptions,
  type LiftReport,
  liftOf,
  type ReadGroups,
  readGroups,
} from "./lift/index.ts";
export { AttributionView } from "./live/attributionView.ts";
export {
  compareLive,
  creditLive,
  type JourneyRequest,
  type LiveCompareRequest,
  type LiveComparison,
  type LiveCredit,
  type LiveCreditRequest,
  type LivePaths,
  type LivePathsRequest,
  pathsLive,
  type TimeToConversionAnswer,
  timeToConversion,
} from "./live/queries.ts";
export { type Money, type MoneySettings, minorUnitsOf, moneyOf, type Rates } from "./money.ts";
export {
  defaultSeparator,
  hasPaths,
  type PathFormOptions,
  readPaths,
  transformNames,
} from "./paths/index.ts";
export { type Period, periodAt, periodName, periods } from "./periods.ts";
export type { ResolvedConversions, ResolvedTouches, TouchCosts } from "./resolved.ts";
export {
  defaultConversions,
  duplicateWindowMs,
  inOrder,
  notSet,
  type Tier,
  type Timed,
  type TouchKind,
  tiers,
  touchKindOf,
  touchKinds,
  touchTypes,
} from "./rules.ts";
export { costsOf, readCosts } from "./tables/costs.ts";
export { EventTables, type EventTablesOptions, type RefusedRows } from "./tables/eventTables.ts";
export { endOfData, histories } from "./tables/histories.ts";
export { type ResolveOptions, resolve } from "./tables/resolve.ts";
export { type AttributionWindow, isWithin, windowOf } from "./windows.ts";
