export {
  type Journey,
  type JourneyKind,
  type JourneyOptions,
  journeyKinds,
  journeysOf,
} from "./journeys.ts";
export {
  type Bucket,
  type Spread,
  TimeToConversion,
  type TimeToConversionRow,
} from "./timeToConversion.ts";
