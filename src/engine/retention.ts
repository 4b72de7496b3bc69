import { dayMs } from "../core/index.ts";
import type { LogRecord } from "../event/index.ts";
import type { EmbeddedLog } from "../log/index.ts";

/** Days that events are kept, by type; `*` says it of all types that are not named. */
export type RetentionDays = Readonly<Record<string, number>>;

/** Descriptions, and what is no event of anybody, are kept unless they are named. */
const keptTypes: ReadonlySet<string> = new Set([
  "item_set",
  "account_set",
  "link",
  "experiment_set",
  "heartbeat",
  "erase",
]);

/**
 * Takes events out of the log that are older than their type may become. What was learned from them stays
 * learned. A segment is looked at again only when something in it is due.
 */
export class Retention {
  readonly #log: Pick<EmbeddedLog, "blank">;
  readonly #days: RetentionDays;
  /** By base of the segment: log time, ms, when the next of its records is due. */
  readonly #dueAt = new Map<number, number>();

  constructor(log: Pick<EmbeddedLog, "blank">, days: RetentionDays) {
    this.#log = log;
    this.#days = days;
  }

  get isOn(): boolean {
    return Object.keys(this.#days).length > 0;
  }

  /** All readers are past what is due. @returns how many events went. @throws as `EmbeddedLog.blank`. */
  async run(now: number): Promise<number> {
    try {
      return await this.#run(now);
    } catch (error) {
      this.#dueAt.clear(); // what was due in the segment that could not be written still is
      throw error;
    }
  }

  async #run(now: number): Promise<number> {
    let segment = 0;
    const { recordCount } = await this.#log.blank({
      wants: (base) => {
        segment = base;
        if ((this.#dueAt.get(base) ?? now) > now) return false;
        this.#dueAt.set(base, Infinity);
        return true;
      },
      matches: ({ logTime, event }: LogRecord) => {
        const dueAt = logTime + ageMaxOf(event.type, this.#days);
        if (dueAt <= now) return true;
        this.#dueAt.set(segment, Math.min(dueAt, this.#dueAt.get(segment) ?? Infinity));
        return false;
      },
    });
    return recordCount;
  }
}

/** How old a record of that type may become, ms of log time; Infinity: as old as can be. */
function ageMaxOf(type: string, days: RetentionDays): number {
  if (Object.hasOwn(days, type)) return days[type] * dayMs;
  return Object.hasOwn(days, "*") && !keptTypes.has(type) ? days["*"] * dayMs : Infinity;
}
