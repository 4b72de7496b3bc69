export type { Conversion, History, Touch, TouchDimension } from "./history.ts";
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
  type JourneyRequest,
  type TimeToConversionAnswer,
  timeToConversion,
} from "./live/queries.ts";
export { defaultConversions, type TouchKind, touchKindOf, touchKinds } from "./rules.ts";
