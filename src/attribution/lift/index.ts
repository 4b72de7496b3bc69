export {
  type Estimate,
  type LiftGroup,
  type LiftGroupReport,
  type LiftOptions,
  type LiftReport,
  liftOf,
} from "./lift.ts";
export { type GroupOptions, type ReadGroups, readGroups } from "./readGroups.ts";
