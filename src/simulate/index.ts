export {
  type HouseholdOptions,
  type HouseholdTotals,
  householdLevels,
  simulateHouseholds,
  writeHouseholds,
  yearOfChanges,
} from "./households/index.ts";
export { defaultSimulationOptions, simulationBounds } from "./options.ts";
export { simulate } from "./simulation.ts";
export type { CampaignTruth, ConversionTotals } from "./truth.ts";
export { writeSimulation } from "./writeSimulation.ts";
