/** Weekday, part of day and hour of the week, from local time or from what a table says. */
import { hourMs } from "../../core/index.ts";

const weekdays = [
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
  "Sunday",
] as const;

/** A part of the day: from its hour on, until the next part begins. */
export interface DayPart {
  readonly name: string;
  /** Local, a whole number from 0 to 23. */
  readonly fromHour: number;
}

/** By hour. */
export const defaultDayParts: readonly DayPart[] = [
  { name: "night", fromHour: 0 },
  { name: "morning", fromHour: 6 },
  { name: "afternoon", fromHour: 12 },
  { name: "evening", fromHour: 18 },
];

/** @param localMs epoch milliseconds plus the offset. Monday 0:00 is 0, Sunday 23:00 is 167. */
export function hourOfWeek(localMs: number): number {
  const hours = Math.floor(localMs / hourMs) + 72; // 1970 began on a Thursday
  return ((hours % 168) + 168) % 168;
}

export function weekdayOf(hourOfWeek: number): string {
  return weekdays[Math.floor(hourOfWeek / 24)];
}

/** @param parts by hour, at least one; what is before the first belongs to the last. */
export function partOfDay(hourOfWeek: number, parts: readonly DayPart[]): string {
  const hour = hourOfWeek % 24;
  let found = parts[parts.length - 1];
  for (const part of parts) if (part.fromHour <= hour) found = part;
  return found.name;
}

const weekdayByText = new Map<string, string>(
  weekdays.flatMap((name, index): [string, string][] => {
    const lower = name.toLowerCase();
    // Wed, Weds; Thu, Thur, Thurs; Tue, Tues: prefixes of three letters and more, and the one that is none.
    const prefixes = Array.from({ length: lower.length - 2 }, (_, i) => lower.slice(0, i + 3));
    if (lower === "wednesday") prefixes.push("weds");
    return [...prefixes, `${index + 1}`].map((text) => [text, name]);
  }),
);

/**
 * The weekday that a text of ACCESS_DAY says: an English name (from three letters on, in any case), 1 (Monday) to 7, or a date with
 * the year first (`2024-01-31`, `2024/01/31`, `20240131`, a time behind it or not). Any other text stays what it is: days in other words
 * can be told apart as well.
 *
 * @example weekdayIn("wed") // "Wednesday"
 * @example weekdayIn("2024-02-29") // "Thursday"
 */
export function weekdayIn(text: string): string {
  const known = weekdayByText.get(text.toLowerCase().replace(/\.$/, ""));
  if (known !== undefined) return known;
  const date = /^(\d{4})([-/]?)(\d\d)\2(\d\d)(?:[T ].*)?$/.exec(text);
  if (date === null) return text;
  const [year, month, day] = [Number(date[1]), Number(date[3]), Number(date[4])];
  const time = Date.UTC(year, month - 1, day);
  const isDate = new Date(time).getUTCMonth() === month - 1 && day >= 1;
  return isDate ? weekdayOf(hourOfWeek(time)) : text;
}
