import { checkSpeed } from "./options.ts";

/** A pause of the machine is no reason to hurry afterwards: no more than this is made up for at once. */
const catchUpMs = 1000;
/** What is simulated in one step: events of one step reach the engine together. */
const stepMs = 3_600_000;

/** How much of the simulated time is to pass, by how much has: at a speed, or not while paused. */
export class Pace {
  #speed: number;
  #isPaused = false;
  #lookedMs: number;

  /** @param nowMs of a clock that never goes back. @throws FoldbackError REQUEST_INVALID for a speed out of range. */
  constructor(speed: number, nowMs: number) {
    checkSpeed(speed);
    this.#speed = speed;
    this.#lookedMs = nowMs;
  }

  get speed(): number {
    return this.#speed;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** @throws FoldbackError REQUEST_INVALID for a speed out of range; then nothing has changed. */
  change({ speed = this.#speed, isPaused = this.#isPaused }: PaceChange): void {
    checkSpeed(speed);
    this.#speed = speed;
    this.#isPaused = isPaused;
  }

  /** Simulated milliseconds that are due since the last look. */
  look(nowMs: number): number {
    const passed = Math.min(catchUpMs, Math.max(0, nowMs - this.#lookedMs));
    this.#lookedMs = nowMs;
    return this.#isPaused ? 0 : Math.min(stepMs, passed * this.#speed);
  }
}

export interface PaceChange {
  readonly speed?: number | undefined;
  readonly isPaused?: boolean | undefined;
}
