/** Calendar periods, in UTC. */
import { dayMs } from "../core/index.ts";

export const periods = ["day", "week", "month"] as const;

export type Period = (typeof periods)[number];

/** Numbers of periods: consecutive, and in the order of time. */
export function periodAt(time: number, period: Period): number {
  const day = Math.floor(time / dayMs);
  if (period === "day") return day;
  if (period === "week") return Math.floor((day + 3) / 7); // 1970 began on a Thursday
  const date = new Date(time);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

/** `2024-05-01`, `2024-W18` (ISO 8601: a week is of the year of its Thursday), `2024-05`. */
export function periodName(number: number, period: Period): string {
  if (period === "day") return new Date(number * dayMs).toISOString().slice(0, 10);
  if (period === "month") {
    return `${1970 + Math.floor(number / 12)}-${String((number % 12) + 1).padStart(2, "0")}`;
  }
  const thursday = new Date(number * 7 * dayMs);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * dayMs));
  return `${year}-W${String(week).padStart(2, "0")}`;
}
