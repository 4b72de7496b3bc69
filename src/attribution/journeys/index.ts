export {
  type Journey,
  type JourneyKind,
  type JourneyOptions,
  journeyKinds,
  journeysOf,
} from "./journeys.ts";
export { TimeToConversion, type TimeToConversionRow } from "./timeToConversion.ts";
