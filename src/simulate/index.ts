export {
  drawHouseholdParameters,
  type HouseholdLevel,
  type HouseholdOptions,
  type HouseholdParameters,
  type HouseholdTotals,
  type HouseholdUsage,
  householdLevels,
  householdParameters,
  type SimulatedAccount,
  type SimulatedAction,
  type SimulatedSession,
  simulateHouseholds,
  writeHouseholds,
  yearOfChanges,
} from "./households/index.ts";
export { defaultSimulationOptions, simulationBounds } from "./options.ts";
export { simulate } from "./simulation.ts";
export type { CampaignTruth, ConversionTotals } from "./truth.ts";
export { writeSimulation } from "./writeSimulation.ts";
