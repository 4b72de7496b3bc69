/** When an account is counted again: by its sessions and the log's time, so that it is a function of the log. */
import { dayMs } from "../../core/index.ts";
import { adviseRetraining, type RetrainingAdvice } from "../retraining/index.ts";
import type { LiveSession } from "./liveSession.ts";

/**
 * `first`: it was never counted; `beyond`: so many sessions fit nobody who was counted that
 * it costs more than a count; `new`: half of its sessions were not there;
 * `age`: the count is too old.
 */
export const recountReasons = ["first", "beyond", "new", "age"] as const;
export type RecountReason = (typeof recountReasons)[number];

export interface RecountRules {
  /** With fewer sessions an account is not counted. */
  readonly sessionsMin: number;
  /** Log time, ms: an older count is made again, once there is a new session. */
  readonly ageMaxMs: number;
  /** What a count costs, in sessions that are given to the wrong person. */
  readonly runCost: number;
}

/** One stranger in so many sessions is chance. */
const beyondSessionsMin = 5;
/** Of a count that is new: what travels and replaced devices come to. */
const beyondWhenNew = 0.02;

/** What has come since a count, and whether it pays to count again. */
export interface Staleness {
  readonly sessions: number;
  readonly beyond: number;
  readonly advice: RetrainingAdvice;
}

/** @param countedAt log time of the count. @param logTime of now. */
export function stalenessOf(
  sessions: readonly LiveSession[],
  countedAt: number,
  logTime: number,
  { ageMaxMs, runCost }: RecountRules,
): Staleness {
  let since = 0;
  let beyond = 0;
  for (const { isCounted, isBeyond } of sessions) {
    if (isCounted) continue;
    since++;
    if (isBeyond) beyond++;
  }
  const advice = adviseRetraining(
    {
      ageDays: (logTime - countedAt) / dayMs,
      ageMaxDays: ageMaxMs / dayMs,
      sessions: since,
      beyond,
      beyondWhenNew,
    },
    { wrongSession: 1, run: runCost },
  );
  return { sessions: since, beyond, advice };
}

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
  const { sessions: since, advice } = stalenessOf(sessions, countedAt, logTime, rules);
  if (since === 0) return undefined;
  if (since >= beyondSessionsMin && advice.reasons.includes("cost")) return "beyond";
  if (since >= sessions.length - since) return "new";
  return logTime - countedAt > rules.ageMaxMs ? "age" : undefined;
}
