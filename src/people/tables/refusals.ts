/** Rows that were not taken, counted by reason, and what else is to be told about a reading. */

/** Shown of a reason: enough to find what is wrong. */
const examplesMax = 3;

export interface RefusalCount {
  readonly reason: string;
  readonly count: number;
  /** Where the first of them are, as `access.csv:17`: the row, from 1, the header being one. */
  readonly examples: readonly string[];
}

export class Refusals {
  /** What is to be told, each once: columns that were not read, cells that could not be. */
  readonly notes = new Set<string>();
  readonly #byReason = new Map<string, { count: number; examples: string[] }>();

  /** @param row from 1. */
  add(reason: string, file: string, row: number): void {
    const found = this.#of(reason);
    found.count++;
    if (found.examples.length < examplesMax) found.examples.push(`${file}:${row}`);
  }

  /** Many at once, with examples of them. */
  addAll(reason: string, count: number, examples: readonly string[]): void {
    if (count === 0) return;
    const found = this.#of(reason);
    found.count += count;
    found.examples.push(...examples.slice(0, examplesMax - found.examples.length));
  }

  get count(): number {
    let sum = 0;
    for (const { count } of this.#byReason.values()) sum += count;
    return sum;
  }

  /** The most frequent first. */
  list(): RefusalCount[] {
    return [...this.#byReason]
      .map(([reason, { count, examples }]) => ({ reason, count, examples }))
      .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
  }

  #of(reason: string): { count: number; examples: string[] } {
    let found = this.#byReason.get(reason);
    if (found === undefined) {
      found = { count: 0, examples: [] };
      this.#byReason.set(reason, found);
    }
    return found;
  }
}
