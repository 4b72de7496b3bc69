export { type HouseholdOptions, simulateHouseholds } from "./households.ts";
export { householdLevels, yearOfChanges } from "./parameters.ts";
export type { SimulatedSession } from "./records.ts";
export { type HouseholdTotals, writeHouseholds } from "./writeHouseholds.ts";
