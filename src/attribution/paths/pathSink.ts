import { unreadable } from "../../event/index.ts";
import type { PathCounts } from "../credit/pathCounts.ts";
import { type PathTransform, transformsOf } from "./transforms.ts";

export interface PathFormOptions {
  /** What stands between two channels, exactly. Default: ` > `. */
  readonly separator?: string;
  /** What is done to each path, in this order; see `transformNames`. Default: nothing. */
  readonly transforms?: readonly string[];
}

export const defaultSeparator = " > ";

/** Takes rows of paths as cells: the plain way, which files that are no CSV go. */
export class PathSink {
  readonly counts: PathCounts;
  readonly separator: string;
  readonly transform: PathTransform;
  readonly #file: string;
  #path = new Int32Array(64);

  constructor(counts: PathCounts, file: string, options: PathFormOptions) {
    this.counts = counts;
    this.separator = options.separator ?? defaultSeparator;
    this.transform = transformsOf(options.transforms ?? [], counts);
    this.#file = file;
  }

  /**
   * @param path a text with the separator between channels, or a list of channels.
   * @param amounts conversions, value, nulls: numbers, or texts of such; nothing is 0.
   * @param row for errors.
   */
  addRow(path: unknown, amounts: readonly [unknown, unknown, unknown], row: number): void {
    const names = this.#namesOf(path, row);
    const [conversions, value, nulls] = amounts.map((amount, at) => {
      const number = numberOf(amount);
      if (number === undefined || (at !== 1 && number < 0))
        throw this.refusedAmount(at, amount, row);
      return number;
    });
    if (names.length > this.#path.length) this.#path = new Int32Array(names.length * 2);
    let length = 0;
    for (const name of names) this.#path[length++] = this.counts.channel(name);
    length = this.transform(this.#path, length);
    this.counts.add(this.#path, length, conversions, value, nulls);
  }

  #namesOf(path: unknown, row: number): string[] {
    let names: readonly unknown[];
    if (Array.isArray(path)) names = path;
    else if (typeof path === "string") names = path.split(this.separator);
    else if (path === undefined || path === null) names = [];
    else names = [path];
    return names
      .map((name) => {
        if (typeof name === "string") return trimmed(name);
        throw unreadable(
          `${this.#file}, row ${row}`,
          `path is ${JSON.stringify(path)}`,
          "a text, or a list of texts",
        );
      })
      .filter((name) => name !== "");
  }

  refusedAmount(at: number, came: unknown, row: number): Error {
    return unreadable(
      `${this.#file}, row ${row}`,
      `${["conversions", "value", "nulls"][at]} is ${typeof came === "bigint" ? came.toString() : JSON.stringify(came)}`,
      at === 1 ? "a number below 2^53" : "a number from 0 to 2^53",
    );
  }
}

/** Without spaces, tabs and line ends around it: only those, so that bytes and texts are cut alike. */
function trimmed(name: string): string {
  return name.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
}

/** Undefined where it is none. */
export function numberOf(amount: unknown): number | undefined {
  if (amount === undefined || amount === null || amount === "") return 0;
  const number =
    typeof amount === "string" && !/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(amount)
      ? Number.NaN
      : Number(amount);
  return Math.abs(number) < 2 ** 53 ? number : undefined;
}
