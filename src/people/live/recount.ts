/** When an account is counted again: by its sessions and the log's time, so that it is a function of the log. */
import type { LiveSession } from "./liveSession.ts";

/**
 * `first`: it was never counted; `beyond`: too many sessions fit nobody who was counted; `new`: half of its sessions were not there;
 * `age`: the count is too old.
 */
export const recountReasons = ["first", "beyond", "new", "age"] as const;
export type RecountReason = (typeof recountReasons)[number];

export interface RecountRules {
  /** With fewer sessions an account is not counted. */
  readonly sessionsMin: number;
  /** Log time, ms: an older count is made again, once there is a new session. */
  readonly ageMaxMs: number;
}

/** One stranger in so many sessions is chance. */
const beyondSessionsMin = 5;
/** With it, a simulated year took 0.8 counts an account, and assigned as well as twelve a year did. */
const beyondShareMax = 0.1;

/**
 * Undefined where it need not be counted.
 *
 * @param countedAt log time of the count that holds, undefined where there is none. @param logTime of now.
 */
export function recountReason(
  sessions: readonly LiveSession[],
  countedAt: number | undefined,
  logTime: number,
  rules: RecountRules,
): RecountReason | undefined {
  if (sessions.length < rules.sessionsMin) return undefined;
  if (countedAt === undefined) return "first";
  let since = 0;
  let beyond = 0;
  for (const { isCounted, isBeyond } of sessions) {
    if (isCounted) continue;
    since++;
    if (isBeyond) beyond++;
  }
  if (since === 0) return undefined;
  if (since >= beyondSessionsMin && beyond > beyondShareMax * since) return "beyond";
  if (since >= sessions.length - since) return "new";
  return logTime - countedAt > rules.ageMaxMs ? "age" : undefined;
}
