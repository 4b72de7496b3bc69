import { decodeExample, type ExampleStep, encodeExample } from "../train/index.ts";

/**
 * A stream of examples that can be gone through again and again, as experiments over seeds do.
 *
 * Examples are kept as bytes, once each: 24 and 13 a feature; a label takes 48 more. As objects they would be
 * ten times as much.
 */
export class RecordedSteps implements Iterable<ExampleStep> {
  readonly #slots: readonly string[];
  /** By index: when it was asked, and what. */
  readonly #asked: { readonly time: number; readonly bytes: Uint8Array }[] = [];
  /** Index where asked, and what was taught of it, in the order of the stream. */
  readonly #steps: (number | Taught)[] = [];

  /** @param slots every slot that a feature may have, at most 64. */
  constructor(slots: readonly string[]) {
    this.#slots = slots;
  }

  /** How many were asked. */
  get exampleCount(): number {
    return this.#asked.length;
  }

  push(step: ExampleStep): void {
    if (step.kind === "asked") {
      this.#asked.push({ time: step.time, bytes: encodeExample(this.#slots, step) });
      this.#steps.push(step.index);
      return;
    }
    const { index, time, label, weight, takeBack } = step;
    this.#steps.push({ index, time, label, weight, takeBack });
  }

  *[Symbol.iterator](): Generator<ExampleStep> {
    for (const step of this.#steps) {
      const index = typeof step === "number" ? step : step.index;
      const { time, bytes } = this.#asked[index];
      const { features } = decodeExample(this.#slots, bytes);
      if (typeof step === "number") yield { kind: "asked", index, time, features };
      else yield { kind: "taught", ...step, features };
    }
  }
}

interface Taught {
  readonly index: number;
  readonly time: number;
  readonly label: number;
  readonly weight: number;
  readonly takeBack: number;
}
