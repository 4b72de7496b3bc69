import { InvalidArgumentError } from "commander";
import { dayMs, hourMs } from "../core/index.ts";

const unitMs: Readonly<Record<string, number>> = { d: dayMs, h: hourMs, m: 60_000, s: 1000 };
/** A hundred years: more is a slip. */
const longestMs = 36_525 * dayMs;

/** Milliseconds of 1d, 1.5h, 5m, 30s; or of 0, where that is allowed. */
export function duration(
  flag: string,
  { isZeroAllowed }: { readonly isZeroAllowed: boolean },
): (came: string) => number {
  return (came) => {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)([dhms])$/.exec(came.trim()) ?? [];
    const ms = came.trim() === "0" ? 0 : Math.round(Number(amount) * unitMs[unit]);
    if (ms <= longestMs && (ms > 0 || (isZeroAllowed && ms === 0))) return ms;
    const zero = isZeroAllowed ? ", or 0" : "";
    throw new InvalidArgumentError(
      `${flag} takes a number and its unit, such as 1d, 1.5h, 5m or 30s${zero}; not ${JSON.stringify(came)}.`,
    );
  };
}

/** Several, with commas between them. */
export function durations(
  flag: string,
  options: { readonly isZeroAllowed: boolean },
): (came: string) => number[] {
  return (came) => [...new Set(came.split(",").map(duration(flag, options)))];
}
