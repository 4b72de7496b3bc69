/** Where the engine gets the time from, so that a test can hold it still. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z; may jump when the machine's clock is set. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
