import { InvalidArgumentError } from "commander";
import { parseRfc3339 } from "../event/index.ts";

/** What every command has. */
export const dataFlag = [
  "--data <dir>",
  "data directory (default: what the config says, else foldback-data)",
] as const;
export const configFlag = [
  "--config <file>",
  "config file (default: foldback.config.js, .mjs or .json, if there is one)",
] as const;

export const projectsFlag = [
  "--projects <dir>",
  "directory with a folder for each project: its config file, and its data",
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

/** A time, as epoch milliseconds: RFC 3339, or a day in UTC. */
export function instant(flag: string): (came: string) => number {
  return (came) => {
    const time = parseRfc3339(/^\d{4}-\d\d-\d\d$/.test(came) ? `${came}T00:00:00Z` : came);
    if (time >= 0) return time; // NaN is not
    throw new InvalidArgumentError(
      `${flag} takes 2024-01-31 or 2024-01-31T18:30:00Z, from 1970 on.`,
    );
  };
}

/** A number from 0. */
export function amount(flag: string): (came: string) => number {
  return (came) => {
    const value = Number(came);
    if (/^\d+(?:\.\d+)?$/.test(came) && Number.isFinite(value)) return value;
    throw new InvalidArgumentError(`${flag} takes a number from 0, such as 0.9.`);
  };
}

/** Names, with commas between them. */
export function names(flag: string): (came: string) => string[] {
  return (came) => {
    const list = came.split(",").map((name) => name.trim());
    if (list.every((name) => name !== "")) return [...new Set(list)];
    throw new InvalidArgumentError(`${flag} takes names with commas between them.`);
  };
}
