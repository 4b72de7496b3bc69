import type { Clock } from "../core/index.ts";

/** A clock that stands still until it is set. */
export class VirtualClock implements Clock {
  #time: number;

  constructor(time: number) {
    this.#time = time;
  }

  now(): number {
    return this.#time;
  }

  advance(ms: number): void {
    this.#time += ms;
  }

  /** May go back, as a machine's clock does when it is set. */
  set(time: number): void {
    this.#time = time;
  }
}
