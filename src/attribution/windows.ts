/** Windows as they are written: `7d`, `12h`, `off`. */
import { dayMs, FoldbackError, hourMs } from "../core/index.ts";
import { renderValue } from "../event/index.ts";

/** How long a touch can earn a conversion. */
export interface AttributionWindow {
  /** As it was given. */
  readonly name: string;
  /** At least 1; −1: off, as no conversion is that long after a touch. */
  readonly ms: number;
}

const unitMs: Readonly<Record<string, number>> = { d: dayMs, h: hourMs, m: 60_000, s: 1000 };

/** A hundred years: more is a slip. */
const longestMs = 36_525 * dayMs;

/**
 * Reads `7d`, `12h`, `1.5h`, `30m`, `45s`; `off` and `0` (of any unit) are off.
 *
 * @param setting what it is for, such as `click`.
 * @throws FoldbackError REQUEST_INVALID.
 */
export function windowOf(written: string, setting: string): AttributionWindow {
  const name = written.trim();
  if (name === "off" || name === "0") return { name, ms: -1 };
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([dhms])$/.exec(name) ?? [];
  const ms = Math.round(Number(amount) * unitMs[unit]);
  if (ms >= 0 && ms <= longestMs) return { name, ms: ms === 0 ? -1 : ms };
  throw new FoldbackError(
    "REQUEST_INVALID",
    `the ${setting} window is ${renderValue(written)}; allowed: a number and its unit up to 100 years, such as 7d, 12h, ` +
      "1.5h or 30m; or off",
    { details: { setting } },
  );
}

/** Whether a touch of that age, in milliseconds and at least 0, is eligible. */
export function isWithin(ageMs: number, window: AttributionWindow): boolean {
  return ageMs <= window.ms;
}
