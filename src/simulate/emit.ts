import type { Event } from "../event/index.ts";
import type { Simulated, Truth } from "./truth.ts";

/** Where one part of the world leaves what it did, until the simulation hands it on. */
export class Emit {
  readonly #prefix: string;
  readonly #pending: Simulated[];
  #count = 0;

  /**
   * @param prefix of every id, other than any other part's: ids of one part say nothing of another's.
   * @param pending shared by all parts, in order of time.
   */
  constructor(prefix: string, pending: Simulated[]) {
    this.#prefix = prefix;
    this.#pending = pending;
  }

  nextId(): string {
    return this.#prefix + (this.#count++).toString(36);
  }

  push(event: Event, truth: Truth): void {
    this.#pending.push({ event, truth });
  }
}
