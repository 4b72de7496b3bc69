/** The steps of one stream as experiments go over them, again and again: in memory, with what came of each. */
import { assert, withRoom } from "../core/index.ts";
import type { Feature } from "../model/index.ts";
import type { ExampleStep, ExampleTaught } from "../train/index.ts";

/** A step without its features, which are those of the example that it is about. */
export type StreamStep =
  | { readonly kind: "asked"; readonly index: number }
  | Omit<ExampleTaught, "features" | "time">;

/** How a stream is cut into a first and a second part. */
export interface Cut {
  /** Of the first part, above 0 and below 1. */
  readonly share: number;
  /** Of the examples asked, or of the time from the first step to the last. */
  readonly by: "examples" | "time";
}

/**
 * All steps of a stream, in memory: 16 bytes a feature, about 150 an example beside them. The features of an
 * example are kept once.
 */
export class ExampleStream {
  readonly steps: readonly StreamStep[];
  /** The time of the stream at each step, epoch milliseconds, (steps,): the latest so far, so it never goes back. */
  readonly clock: Float64Array;
  /** The time of the stream when each was asked, (asked,). */
  readonly askedClock: Float64Array;
  /** What was taught last of each, 0 to 1, (asked,); NaN where nothing was. */
  readonly labels: Float64Array;
  readonly #features: PackedFeatures;

  private constructor(
    steps: readonly StreamStep[],
    clock: readonly number[],
    askedClock: readonly number[],
    features: PackedFeatures,
  ) {
    this.steps = steps;
    this.clock = Float64Array.from(clock);
    this.askedClock = Float64Array.from(askedClock);
    this.labels = new Float64Array(askedClock.length).fill(Number.NaN);
    for (const step of steps) if (step.kind === "taught") this.labels[step.index] = step.label;
    this.#features = features;
  }

  /** @param steps `index` counts the asked from 0, and what is taught was asked before. */
  static async of(
    steps: Iterable<ExampleStep> | AsyncIterable<ExampleStep>,
  ): Promise<ExampleStream> {
    const kept: StreamStep[] = [];
    const [clock, askedClock]: [number[], number[]] = [[], []];
    const features = new PackedFeatures();
    let now = Number.NEGATIVE_INFINITY;
    for await (const step of steps) {
      const { index } = step;
      now = Math.max(now, step.time);
      clock.push(now);
      if (step.kind === "asked") {
        assert(index === askedClock.length, "the asked are numbered from 0");
        askedClock.push(now);
        features.add(step.features);
        kept.push({ kind: "asked", index });
      } else {
        const { label, weight, takeBack } = step;
        assert(index < askedClock.length, "what is taught was asked before");
        kept.push({ kind: "taught", index, label, weight, takeBack });
      }
    }
    return new ExampleStream(kept, clock, askedClock, features);
  }

  get askedCount(): number {
    return this.askedClock.length;
  }

  /** Of an example, by its number. O(features). */
  featuresOf(index: number): Feature[] {
    return this.#features.at(index);
  }

  /**
   * The first step of the second part: where a second of the stream begins, so that what is learned together is
   * not cut. 0 where there is none.
   */
  cutAt({ share, by }: Cut): number {
    assert(share > 0 && share < 1, "a stream is cut into two parts");
    const { clock, askedClock } = this;
    if (askedClock.length === 0) return 0;
    const [first, last] = [clock[0], clock[clock.length - 1]];
    return this.stepAt(
      by === "time"
        ? first + share * (last - first)
        : askedClock[Math.floor(share * askedClock.length)],
    );
  }

  /** The first step of the second of the stream that holds this time, or of the next that there is. */
  stepAt(time: number): number {
    const second = Math.floor(time / 1000) * 1000;
    let [from, to] = [0, this.clock.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.clock[middle] < second) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Which of the asked are measured: those asked from a step on whose label became known, in order. */
  measuredFrom(from: number): Uint32Array {
    const { steps, labels } = this;
    const first = steps.slice(0, from).filter(({ kind }) => kind === "asked").length;
    const all = Uint32Array.from({ length: labels.length - first }, (_, i) => first + i);
    return all.filter((index) => !Number.isNaN(labels[index]));
  }

  /** Examples taught in the steps from one to before another. */
  taughtCount(from: number, to: number): number {
    return this.steps.slice(from, to).filter(({ kind }) => kind === "taught").length;
  }
}

/** Lists of features one behind the other: id, value as float32, and slot by its number. */
class PackedFeatures {
  readonly #slots: string[] = [];
  readonly #slotNumbers = new Map<string, number>();
  #ids = new BigUint64Array(16);
  #values = new Float32Array(16);
  #slotOf = new Uint32Array(16);
  /** Where each list begins; and where the last one ends. */
  #starts = new Uint32Array(16);
  #count = 0;

  add(features: readonly Feature[]): void {
    const from = this.#starts[this.#count];
    const end = from + features.length;
    this.#ids = withRoom(this.#ids, end);
    this.#values = withRoom(this.#values, end);
    this.#slotOf = withRoom(this.#slotOf, end);
    for (const [i, { slot, id, value = 1 }] of features.entries()) {
      this.#ids[from + i] = id;
      this.#values[from + i] = value;
      this.#slotOf[from + i] = this.#numberOf(slot);
    }
    this.#count++;
    this.#starts = withRoom(this.#starts, this.#count + 1);
    this.#starts[this.#count] = end;
  }

  at(index: number): Feature[] {
    assert(index >= 0 && index < this.#count, "an example is one that was asked");
    const features: Feature[] = [];
    for (let i = this.#starts[index]; i < this.#starts[index + 1]; i++) {
      const slot = this.#slots[this.#slotOf[i]];
      features.push({ slot, id: this.#ids[i], value: this.#values[i] });
    }
    return features;
  }

  #numberOf(slot: string): number {
    const known = this.#slotNumbers.get(slot);
    if (known !== undefined) return known;
    this.#slotNumbers.set(slot, this.#slots.length);
    return this.#slots.push(slot) - 1;
  }
}
