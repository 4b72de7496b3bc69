import { engineEventTypes } from "../event/index.ts";

/** What was shown says what the service chose, not what whoever it is did; the engine's own events say neither. */
const notDone: ReadonlySet<string> = new Set([...engineEventTypes, "impression", "ad_impression"]);

/** Whether an event of this type is something that somebody did in a session, beyond beginning it. */
export function isDone(type: string): boolean {
  return type !== "access" && !notDone.has(type);
}
