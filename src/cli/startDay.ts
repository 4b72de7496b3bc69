import { InvalidArgumentError } from "commander";
import { simulationBounds } from "../simulate/index.ts";

/** Midnight UTC of a day written as 2025-03-01. */
export function startDay(came: string): number {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(came) ? Date.parse(`${came}T00:00:00Z`) : Number.NaN;
  const { minimum, maximum } = simulationBounds.start;
  // A day that the month does not have, such as 30 February, is rolled over into the next by some engines.
  if (time >= minimum && time <= maximum && new Date(time).toISOString().startsWith(came))
    return time;
  throw new InvalidArgumentError("--start takes a day from 2008-01-01 to 2100-01-01.");
}
