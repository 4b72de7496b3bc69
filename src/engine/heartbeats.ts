import type { Clock } from "../core/index.ts";
import type { Event } from "../event/index.ts";

export interface HeartbeatsOptions {
  readonly clock: Clock;
  /** Of quiet, after which one is appended, milliseconds. */
  readonly quietMs: number;
  readonly append: (event: Event) => Promise<unknown>;
}

/** Between two looks at the clock: a window that ends a second late, once in a while, costs nothing. */
const lookEveryMs = 1000;

/**
 * Tells the log that time has gone by, once in each pause of the stream: views go by log time alone, and
 * windows that were open when the last event came are then over, live and in every replay.
 */
export class Heartbeats {
  readonly #options: HeartbeatsOptions;
  readonly #timer: NodeJS.Timeout;
  #lastMs: number;
  #isDue = false;

  constructor(options: HeartbeatsOptions) {
    this.#options = options;
    this.#lastMs = options.clock.now();
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
    this.#timer.unref();
  }

  /** Something was appended. */
  note(): void {
    this.#lastMs = this.#options.clock.now();
    this.#isDue = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { clock, quietMs, append } = this.#options;
    const now = clock.now();
    if (!this.#isDue || now - this.#lastMs < quietMs) return;
    this.#isDue = false;
    // Where the log takes nothing any more, the next event says so to who sent it.
    append({ type: "heartbeat", time: now }).catch(() => {
      this.#isDue = true;
    });
  }
}
