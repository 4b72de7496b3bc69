/**
 * The best few of many: a heap of fixed size with the worst on top, so that most numbers are turned away
 * by one comparison. O(log size) for one that gets in.
 *
 * Higher scores are better; of equal ones the smaller number.
 */
export class TopList {
  readonly #numbers: Int32Array;
  readonly #scores: Float64Array;
  #sizeMax = 0;
  #size = 0;

  /** @param sizeLimit the most that any `begin` may ask for. */
  constructor(sizeLimit: number) {
    this.#numbers = new Int32Array(sizeLimit);
    this.#scores = new Float64Array(sizeLimit);
  }

  /** Empties the list, for at most `sizeMax` numbers. */
  begin(sizeMax: number): void {
    this.#sizeMax = Math.min(sizeMax, this.#numbers.length);
    this.#size = 0;
  }

  add(number: number, score: number): void {
    if (this.#size < this.#sizeMax) this.#rise(this.#size++, number, score);
    else if (this.#size > 0 && this.#isWorse(0, number, score)) this.#sink(0, number, score);
  }

  /** Best first; overwritten by the next `begin`. Empties the list. */
  take(): Int32Array {
    const count = this.#size;
    while (this.#size > 0) {
      const worst = this.#numbers[0];
      const last = --this.#size;
      this.#sink(0, this.#numbers[last], this.#scores[last]);
      this.#numbers[last] = worst;
    }
    return this.#numbers.subarray(0, count);
  }

  /** Whether the entry is worse than this one. */
  #isWorse(at: number, number: number, score: number): boolean {
    const own = this.#scores[at];
    return own < score || (own === score && this.#numbers[at] > number);
  }

  #put(at: number, number: number, score: number): void {
    this.#numbers[at] = number;
    this.#scores[at] = score;
  }

  #rise(from: number, number: number, score: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#isWorse(parent, number, score)) break;
      this.#put(at, this.#numbers[parent], this.#scores[parent]);
      at = parent;
    }
    this.#put(at, number, score);
  }

  #sink(from: number, number: number, score: number): void {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (right < this.#size && this.#isWorse(right, this.#numbers[child], this.#scores[child]))
        child = right;
      if (!this.#isWorse(child, number, score)) break;
      this.#put(at, this.#numbers[child], this.#scores[child]);
      at = child;
    }
    this.#put(at, number, score);
  }
}
