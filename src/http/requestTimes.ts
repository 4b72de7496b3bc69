import type { liveReadingSchema } from "../contract/index.ts";
import type { Static } from "../core/index.ts";

export type RequestTimesReport = Static<typeof liveReadingSchema>["requests"][number];

/** Sorted in a tenth of a millisecond. */
const kept = 1024;
const windowMs = 60_000;

/**
 * How long the latest requests of one route took: exact percentiles of what is kept.
 *
 * Where a histogram that only grows says how it was since the start, this says how it is now. 16 KiB; O(1) a request.
 */
export class RequestTimes {
  readonly #endedAtMs = new Float64Array(kept);
  readonly #tookMs = new Float64Array(kept);
  #count = 0;

  /** How many there ever were. */
  get count(): number {
    return this.#count;
  }

  /** @param atMs of a clock that does not go back. */
  observe(atMs: number, tookMs: number): void {
    const at = this.#count++ % kept;
    this.#endedAtMs[at] = atMs;
    this.#tookMs[at] = tookMs;
  }

  /** Nearest-rank percentiles of those of the last minute, ms; undefined where there are none. */
  percentiles(nowMs: number): { p50Ms: number; p95Ms: number; p99Ms: number } | undefined {
    const held = Math.min(this.#count, kept);
    const recent = this.#tookMs
      .slice(0, held)
      .filter((_took, at) => this.#endedAtMs[at] > nowMs - windowMs)
      .sort();
    if (recent.length === 0) return undefined;
    const at = (share: number) => recent[Math.ceil(share * recent.length) - 1];
    return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
  }
}
