/** What was known of the examples at a moment: a model that is trained at night knows nothing of the morning. */
import { assert } from "../../core/index.ts";

/** All that a stream taught, in order, (taught,) each. */
export interface TaughtLabels {
  /** Of which example. */
  readonly examples: Uint32Array;
  /** When, epoch milliseconds; never goes back. */
  readonly at: Float64Array;
  /** 0 to 1. */
  readonly labels: Float64Array;
  readonly weights: Float64Array;
}

export class KnownLabels {
  /** What was taught last of each example, (examples,); NaN where nothing was yet. */
  readonly labels: Float64Array;
  /** (examples,). */
  readonly weights: Float64Array;
  readonly #taught: TaughtLabels;
  #next = 0;
  #time = Number.NEGATIVE_INFINITY;

  constructor(taught: TaughtLabels, exampleCount: number) {
    this.#taught = taught;
    this.labels = new Float64Array(exampleCount).fill(Number.NaN);
    this.weights = new Float64Array(exampleCount);
  }

  /** What was taught before this time is known from now on. It never goes back. */
  advance(time: number): void {
    assert(time >= this.#time, "what is known is not forgotten");
    this.#time = time;
    const { examples, at, labels, weights } = this.#taught;
    for (; this.#next < examples.length && at[this.#next] < time; this.#next++) {
      this.labels[examples[this.#next]] = labels[this.#next];
      this.weights[examples[this.#next]] = weights[this.#next];
    }
  }
}
