export { FixedSums, fractionUnits } from "./fixedSums.ts";
export {
  type Conversion,
  type History,
  type Touch,
  type TouchDimension,
  touchDimensions,
} from "./history.ts";
export { accountAt, keyOf, LinkedAccounts, type Login } from "./identity.ts";
export { type Money, type MoneySettings, minorUnitsOf, moneyOf, type Rates } from "./money.ts";
export type { ResolvedConversions, ResolvedTouches } from "./resolved.ts";
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
} from "./rules.ts";
export { EventTables, type EventTablesOptions, type RefusedRows } from "./tables/eventTables.ts";
export { histories } from "./tables/histories.ts";
export { type AttributionWindow, isWithin, windowOf } from "./windows.ts";
