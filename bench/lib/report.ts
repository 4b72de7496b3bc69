/** What all benches share: how they print, their files, and the data that ships with the engine. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of package.json; this file runs from build/bench/lib. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));
export const ratingsFile = join(root, "data", "movietweetings-100k", "ratings.dat");

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One figure under its name. */
export function figure(name: string, text: string): void {
  print(`${name.padEnd(12)} ${text}`);
}

/** What was to be reached. Missed, the bench fails; but at smoke size, where figures mean nothing. */
export function bar(what: string, isMet: boolean, smoke: boolean): void {
  print(`bar: ${what}: ${isMet ? "met" : "MISSED"}${isMet || !smoke ? "" : " (smoke size)"}`);
  if (!isMet && !smoke) process.exitCode = 1;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that at least this share of the values does not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** Median, p99 and largest, in milliseconds. */
export function spread(valuesMs: readonly number[]): string {
  const [half, most, all] = [0.5, 0.99, 1].map((share) => quantile(valuesMs, share).toFixed(2));
  return `median ${half} ms, p99 ${most} ms, max ${all} ms`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** A directory that is gone afterwards, whatever happens. */
export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "foldback-bench-"));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Writes the first `countMax` ratings, in time order, with the catalogue beside them.
 *
 * @param newestTime epoch milliseconds that the newest of them is moved to, and all others as far.
 *   Default: they keep their times.
 */
export function writeRatings(
  directory: string,
  countMax = Number.POSITIVE_INFINITY,
  newestTime?: number,
): string {
  mkdirSync(directory, { recursive: true });
  const timeOf = (line: string): number => Number(line.slice(line.lastIndexOf("::") + 2));
  const lines = readFileSync(ratingsFile, "utf8").trimEnd().split("\n");
  lines.sort((a, b) => timeOf(a) - timeOf(b)); // stable: file order within a second
  const chosen = lines.slice(0, countMax);
  const newest = timeOf(chosen[chosen.length - 1]);
  const shift = newestTime === undefined ? 0 : Math.floor(newestTime / 1000) - newest;
  const moved = chosen.map((line) => {
    return `${line.slice(0, line.lastIndexOf("::"))}::${timeOf(line) + shift}`;
  });
  const path = join(directory, "ratings.dat");
  writeFileSync(path, `${moved.join("\n")}\n`);
  copyFileSync(join(ratingsFile, "..", "movies.dat"), join(directory, "movies.dat"));
  return path;
}
