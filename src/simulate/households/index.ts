export { type HouseholdOptions, simulateHouseholds } from "./households.ts";
export {
  drawHouseholdParameters,
  type HouseholdLevel,
  type HouseholdParameters,
  householdLevels,
  householdParameters,
  yearOfChanges,
} from "./parameters.ts";
export type {
  HouseholdUsage,
  SimulatedAccount,
  SimulatedAction,
  SimulatedSession,
} from "./records.ts";
export { type HouseholdTotals, writeHouseholds } from "./writeHouseholds.ts";
