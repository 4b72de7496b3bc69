import { InvalidArgumentError } from "commander";

/** What every command has. */
export const dataFlag = [
  "--data <dir>",
  "data directory (default: what the config says, else foldback-data)",
] as const;
export const configFlag = [
  "--config <file>",
  "config file (default: foldback.config.js, .mjs or .json, if there is one)",
] as const;

/** One of a few words. */
export function choice<T extends string>(flag: string, allowed: readonly T[]): (came: string) => T {
  return (came) => {
    const found = allowed.find((word) => word === came);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`${flag} takes ${allowed.join(", ")}.`);
  };
}

/** Some of a few words, with commas between them. */
export function choices<T extends string>(
  flag: string,
  allowed: readonly T[],
): (came: string) => T[] {
  return (came) => [...new Set(came.split(",").map(choice(flag, allowed)))];
}

/** A whole number within bounds. */
export function wholeNumber(
  flag: string,
  minimum: number,
  maximum: number,
): (came: string) => number {
  return (came) => {
    const value = Number(came);
    if (/^\d+$/.test(came) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`${flag} takes a whole number from ${minimum} to ${maximum}.`);
  };
}
