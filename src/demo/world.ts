import { dayMs } from "../core/index.ts";
import { type Simulated, type Simulation, simulate } from "../simulate/index.ts";
import { HouseholdStream } from "./householdStream.ts";
import type { DemoOptions } from "./options.ts";

/** Songs at the start: few enough that each is heard by many of some hundred people. */
const itemCount = 500;

/**
 * Both simulated worlds of docs/SIMULATION.md in one stream: listeners `a1`, `a2`, … of a service with songs and ads, and households `h1`,
 * `h2`, … whose sessions tell the people behind an account apart. The same options give the same events, however they are taken.
 */
export class World {
  readonly simulation: Simulation;
  readonly households: HouseholdStream;
  /** When the stream begins, and when it ends. */
  readonly began: number;
  readonly end: number;
  /** One that is of a later moment than was asked for. */
  #ahead: Simulated | undefined;

  constructor({ accounts, days, daysBefore, seed, start }: DemoOptions) {
    this.simulation = simulate({ accounts, days, items: itemCount, seed, start });
    this.households = new HouseholdStream({ accounts, days, seed, start });
    this.began = start + daysBefore * dayMs;
    this.end = start + days * dayMs;
  }

  /** What happens before this moment and was not taken yet, in order of time. */
  take(until: number): Simulated[] {
    const taken: Simulated[] = this.households.take(until);
    for (;;) {
      const next = this.#ahead ?? this.simulation.next().value;
      this.#ahead = next;
      if (next === undefined || next.event.time >= until) break;
      this.#ahead = undefined;
      taken.push(next);
    }
    return taken.sort((a, b) => a.event.time - b.event.time);
  }
}
