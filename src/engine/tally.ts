export interface ReasonCount {
  readonly reason: string;
  readonly count: number;
}

/** Reasons may have names of the data in them: so many are told apart. */
const reasonsMax = 100;
const others = "other reasons";

/** Counts by reason; beyond 100 reasons, the rest together. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(reason: string, count = 1): void {
    const isKnown = this.#counts.has(reason) || this.#counts.size < reasonsMax;
    const key = isKnown ? reason : others;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  /** The most frequent first. */
  list(): ReasonCount[] {
    return [...this.#counts]
      .map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count);
  }
}
