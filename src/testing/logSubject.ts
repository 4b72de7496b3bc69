import type { EventLog } from "../log/index.ts";
import type { VirtualClock } from "./virtualClock.ts";

/** A log under test, and what can be done to it from outside. */
export interface LogSubject {
  readonly log: EventLog;
  /** Closes it in good order and opens the same data again. */
  reopen(): Promise<EventLog>;
  /** Stops it dead, whatever is under way, and opens the same data again. Absent: can't be done here. */
  readonly crash?: (() => Promise<EventLog>) | undefined;
  dispose(): Promise<void>;
}

export interface LogSubjectOptions {
  readonly clock: VirtualClock;
  readonly partitionCount: number;
  readonly queueEventsMax?: number;
}
