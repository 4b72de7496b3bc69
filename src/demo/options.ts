import { dayMs, FoldbackError } from "../core/index.ts";
import { simulationBounds } from "../simulate/index.ts";

export interface DemoOptions {
  /** Accounts of listeners, and as many of households. */
  readonly accounts: number;
  /** Days that have passed, and were learned from, when the stream begins. */
  readonly daysBefore: number;
  /** All days, those before among them. */
  readonly days: number;
  readonly seed: number;
  /** Of the first day, epoch milliseconds, a midnight UTC. */
  readonly start: number;
  /** Simulated seconds a second. */
  readonly speed: number;
}

/** An hour a second: a day is 24 seconds, so that taste and touches move while somebody looks. */
const defaultSpeed = 3600;
/** An hour of it, at the default speed. */
const daysAfter = 150;
/** Of the simulated households. */
const daysMin = 7;
export const speedBounds = { minimum: 1, maximum: 14_400 } as const;

/**
 * Fills in the defaults.
 *
 * @throws FoldbackError REQUEST_INVALID for one out of its range.
 */
export function demoOptions(asked: Partial<DemoOptions> & { readonly now: number }): DemoOptions {
  const { now, accounts = 120, daysBefore = 30, seed = 1, speed = defaultSpeed } = asked;
  const { days = daysBefore + daysAfter, start = startBefore(now, daysBefore) } = asked;
  checkBounds("accounts", accounts, 2, 2000);
  checkBounds("daysBefore", daysBefore, 1, 365);
  checkBounds("days", days, Math.max(daysMin, daysBefore + 1), simulationBounds.days.maximum);
  checkBounds("seed", seed, simulationBounds.seed.minimum, simulationBounds.seed.maximum);
  checkSpeed(speed);
  return { accounts, daysBefore, days, seed, start, speed };
}

/** @throws FoldbackError REQUEST_INVALID. */
export function checkSpeed(speed: number): void {
  checkBounds("speed", speed, speedBounds.minimum, speedBounds.maximum);
}

/**
 * So that the stream begins at the next midnight, UTC: events that people send by their own clocks are late in it, and taken; were it behind
 * them, these would be of the future, and refused.
 */
function startBefore(now: number, daysBefore: number): number {
  return (Math.floor(now / dayMs) + 1 - daysBefore) * dayMs;
}

function checkBounds(name: string, value: number, minimum: number, maximum: number): void {
  if (Number.isFinite(value) && value >= minimum && value <= maximum) return;
  throw new FoldbackError(
    "REQUEST_INVALID",
    `${name} is ${value}; allowed: ${minimum} to ${maximum}`,
    { details: { setting: name } },
  );
}
