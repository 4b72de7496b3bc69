import { FoldbackError } from "../core/index.ts";

export interface SimulationOptions {
  /** Logins of the service, each with 1 to 5 people behind it. */
  readonly accounts: number;
  readonly days: number;
  /** Items that are there at the start; new ones come, see `drift`. */
  readonly items: number;
  /** Same options, same events. */
  readonly seed: number;
  /** Epoch milliseconds, a whole number. */
  readonly start: number;
  /** Scales how much tastes, trends and the catalogue move: 0 is a world that stands still. */
  readonly drift: number;
  /** Scales what every campaign does to conversions: 0 is ads that nobody minds. */
  readonly adEffect: number;
}

/** 2025 has both changes to summer time of the north in its March: of the United States and of Europe. */
export const defaultSimulationOptions: SimulationOptions = {
  accounts: 1000,
  days: 30,
  items: 2000,
  seed: 1,
  start: Date.UTC(2025, 2, 1),
  drift: 1,
  adEffect: 1,
};

export interface SettingBounds {
  readonly minimum: number;
  readonly maximum: number;
  readonly isWhole: boolean;
}

/** Allowed values, both ends included. */
export const simulationBounds: Readonly<Record<keyof SimulationOptions, SettingBounds>> = {
  accounts: { minimum: 1, maximum: 1_000_000, isWhole: true }, // about 1 KB of state each
  days: { minimum: 1, maximum: 3650, isWhole: true },
  items: { minimum: 20, maximum: 1_000_000, isWhole: true }, // fewer and a list could not be filled
  seed: { minimum: 0, maximum: 0xffff_ffff, isWhole: true }, // the bits above tell the streams of draws apart
  start: { minimum: Date.UTC(2008, 0, 1), maximum: Date.UTC(2100, 0, 1), isWhole: true }, // summer time's rules: see zones.ts
  drift: { minimum: 0, maximum: 10, isWhole: false },
  adEffect: { minimum: 0, maximum: 10, isWhole: false },
};

/**
 * Fills in defaults and checks.
 *
 * @throws FoldbackError CONFIG_INVALID naming the setting, what came and what is allowed.
 */
export function resolveSimulationOptions(came: Partial<SimulationOptions>): SimulationOptions {
  for (const name of Object.keys(came)) {
    if (!Object.hasOwn(simulationBounds, name)) {
      const names = Object.keys(simulationBounds).join(", ");
      throw invalid(name, `a simulation has no setting ${name}; it has ${names}`);
    }
  }
  const resolved: Record<keyof SimulationOptions, number> = { ...defaultSimulationOptions };
  for (const name of Object.keys(simulationBounds) as (keyof SimulationOptions)[]) {
    const value: unknown = came[name] ?? defaultSimulationOptions[name];
    if (!isWithin(value, simulationBounds[name])) {
      throw invalid(name, `${name} is ${String(value)}; allowed: ${allowedFor(name)}`);
    }
    resolved[name] = value;
  }
  return resolved;
}

function isWithin(value: unknown, bounds: SettingBounds): value is number {
  if (typeof value !== "number" || !(value >= bounds.minimum && value <= bounds.maximum)) {
    return false;
  }
  return !bounds.isWhole || Number.isSafeInteger(value);
}

function allowedFor(name: keyof SimulationOptions): string {
  const { minimum, maximum, isWhole } = simulationBounds[name];
  const unit = name === "start" ? " of epoch milliseconds" : "";
  return `a ${isWhole ? "whole " : ""}number from ${minimum} to ${maximum}${unit}`;
}

function invalid(setting: string, message: string): FoldbackError {
  return new FoldbackError("CONFIG_INVALID", message, { details: { setting } });
}
