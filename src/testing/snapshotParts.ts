/** Parts that tell what became of them: how many were asked for, and how asking ended. */
export class WatchedParts implements Iterable<Uint8Array> {
  readonly #parts: readonly Uint8Array[];
  readonly #onNext: (index: number) => void;
  pulledCount = 0;
  returnCount = 0;
  isAtEnd = false;

  /** @param onNext runs before a part is given; what it throws ends the parts. */
  constructor(parts: readonly Uint8Array[], onNext: (index: number) => void = () => undefined) {
    this.#parts = parts;
    this.#onNext = onNext;
  }

  /** Pulled to the end, or returned once: what a sink owes to an owner. */
  get isSettled(): boolean {
    return this.isAtEnd ? this.returnCount === 0 : this.returnCount === 1;
  }

  [Symbol.iterator](): Iterator<Uint8Array> {
    return {
      next: () => {
        if (this.pulledCount === this.#parts.length) this.isAtEnd = true;
        if (this.isAtEnd) return { done: true, value: undefined };
        try {
          this.#onNext(this.pulledCount);
        } catch (error) {
          this.isAtEnd = true;
          throw error;
        }
        return { done: false, value: this.#parts[this.pulledCount++] };
      },
      return: () => {
        this.returnCount++;
        return { done: true, value: undefined };
      },
    };
  }
}
