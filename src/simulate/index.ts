export {
  type HouseholdOptions,
  type HouseholdTotals,
  householdLevels,
  type SimulatedSession,
  simulateHouseholds,
  writeHouseholds,
  yearOfChanges,
} from "./households/index.ts";
export { defaultSimulationOptions, simulationBounds } from "./options.ts";
export { type Simulation, simulate } from "./simulation.ts";
export type { CampaignTruth, ConversionTotals, Simulated } from "./truth.ts";
export { writeSimulation } from "./writeSimulation.ts";
