import { assert } from "../core/index.ts";

/**
 * Who acts next: a binary heap of actors by time, of equal times the smaller actor first.
 *
 * An actor is a number, and is in it at most once. O(log size) a change; 12 bytes an actor.
 */
export class Timeline {
  readonly #times: Float64Array;
  readonly #actors: Int32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#actors = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Of the actor that is next; there must be one. */
  get time(): number {
    return this.#times[0];
  }

  get actor(): number {
    return this.#actors[0];
  }

  add(actor: number, time: number): void {
    assert(this.#size < this.#times.length, "the timeline has room for every actor");
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isAfter(parent, actor, time)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#times[at] = time;
    this.#actors[at] = actor;
  }

  /** The next actor acts again at this time. */
  reschedule(time: number): void {
    this.#sink(this.#actors[0], time);
  }

  /** The next actor acts no more. */
  drop(): void {
    const last = --this.#size;
    if (last > 0) this.#sink(this.#actors[last], this.#times[last]);
  }

  /** From the top. */
  #sink(actor: number, time: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (right < this.#size && this.#isAfter(child, this.#actors[right], this.#times[right])) {
        child = right;
      }
      if (this.#isAfter(child, actor, time)) break;
      this.#move(child, at);
      at = child;
    }
    this.#times[at] = time;
    this.#actors[at] = actor;
  }

  /** Whether the entry comes after this one. */
  #isAfter(at: number, actor: number, time: number): boolean {
    const own = this.#times[at];
    return own > time || (own === time && this.#actors[at] > actor);
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from];
    this.#actors[to] = this.#actors[from];
  }
}
