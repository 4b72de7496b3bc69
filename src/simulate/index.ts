export {
  defaultSimulationOptions,
  type SimulationOptions,
  simulationBounds,
} from "./options.ts";
export { type Simulation, simulate } from "./simulation.ts";
export type {
  AccountTruth,
  CampaignTruth,
  ConversionTotals,
  ConversionTruth,
  SessionPlace,
  Simulated,
  Truth,
} from "./truth.ts";
export { genres } from "./words.ts";
export { writeSimulation } from "./writeSimulation.ts";
