import { isAbsent } from "../eventChecks.ts";
import { parseRfc3339 } from "../rfc3339.ts";

/**
 * Reads a time as Gorse writes them, into epoch milliseconds: RFC 3339 (JSON), Go's own way of printing a
 * time (`2020-01-01 01:01:01.5 +0000 UTC`, CSV), and what its imports take beside these: a day, a time
 * without an offset (UTC), seconds or milliseconds.
 *
 * @returns undefined where there is none: nothing, an empty text, or Go's time of the year 1; NaN where it
 *   is none of these.
 */
export function readGorseTime(came: unknown): number | undefined {
  if (isAbsent(came) || came === "") return undefined;
  if (came instanceof Date) return came.getTime(); // of a dump, where the unit is known
  if (typeof came === "number") return epochMs(came);
  if (typeof came !== "string") return Number.NaN;
  if (noTime.test(came)) return undefined;
  if (/^\d{1,13}$/.test(came)) return epochMs(Number(came));
  const parts = goTime.exec(came);
  if (parts === null) return parseRfc3339(came);
  const [, day, clock = "00:00:00", hours, minutes] = parts;
  const offset = hours === undefined ? "Z" : `${hours}:${minutes}`;
  return parseRfc3339(`${day}T${clock}${offset}`);
}

/** What Go has where no time was given. */
const noTime = /^0001-01-01[T ]00:00:00/;

// A day; its time of day; "+0200" or "+02:00"; the name of the zone, and the reading of the monotonic clock.
const goTime =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?: ?([+-]\d\d):?(\d\d)(?: [A-Z+\-\d]+)?(?: m=\S+)?)?)?$/;

/** From 10^11 on milliseconds, as in tables of events. */
function epochMs(value: number): number {
  return value < 1e11 ? Math.round(value * 1000) : value;
}
