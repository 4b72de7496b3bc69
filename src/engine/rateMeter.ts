/** How much time the rate is over: as long as an eye follows a number. */
const windowMs = 10_000;

/**
 * How fast a count grows, over the last ten seconds, from looks at it that somebody takes now and then.
 *
 * Memory: one look a second, as `Foldback` takes them, is eleven of them.
 */
export class RateMeter {
  #looks: { readonly atMs: number; readonly count: number }[] = [];

  /** @param atMs of a clock that does not jump. */
  look(atMs: number, count: number): void {
    this.#looks.push({ atMs, count });
    // The newest that is at least as old as the window stays: the rate is over no less than that.
    const first = this.#looks.findLastIndex((look) => look.atMs <= atMs - windowMs);
    if (first > 0) this.#looks = this.#looks.slice(first);
  }

  /** Growth a second since the oldest look that is kept; 0 without one. */
  perSecond(atMs: number, count: number): number {
    const [oldest] = this.#looks;
    if (oldest === undefined || atMs <= oldest.atMs) return 0;
    return ((count - oldest.count) / (atMs - oldest.atMs)) * 1000;
  }
}
