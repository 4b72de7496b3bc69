/** The features of examples as small numbers, slot by slot: what is counted often is hashed once. */
import { withRoom } from "../../core/index.ts";
import type { Feature } from "../../model/index.ts";

/** Of one slot, all examples after each other: those of example i are from `starts[i]` to `starts[i + 1]`. */
export interface SlotCodes {
  readonly slot: string;
  /** (examples + 1,). */
  readonly starts: Uint32Array;
  /** Which id, in the order of coming: 0 to idCount − 1, (features,). */
  readonly codes: Uint32Array;
  /** (features,). */
  readonly values: Float32Array;
  readonly idCount: number;
  /** Every example that has the slot has all of its ids, with values that are not all 1: measurements. */
  readonly isMeasured: boolean;
}

/** Where features are taken from: an `ExampleStream` is one. */
export interface FeatureLists {
  readonly askedCount: number;
  featuresOf(index: number): readonly Feature[];
}

/** Slots in the order of coming. O(features); 8 bytes each. */
export function codesOf(examples: FeatureLists): SlotCodes[] {
  const builders = new Map<string, SlotBuilder>();
  for (let example = 0; example < examples.askedCount; example++) {
    for (const { slot, id, value } of examples.featuresOf(example)) {
      let builder = builders.get(slot);
      if (builder === undefined) {
        builder = new SlotBuilder(slot, examples.askedCount);
        builders.set(slot, builder);
      }
      builder.add(example, id, value ?? 1);
    }
  }
  return [...builders.values()].map((builder) => builder.build());
}

/** Of each example the first id of the slot, −1 where it has none, (examples,). */
export function firstCodes({ starts, codes }: SlotCodes): Int32Array {
  return Int32Array.from({ length: starts.length - 1 }, (_, example) =>
    starts[example] < starts[example + 1] ? codes[starts[example]] : -1,
  );
}

class SlotBuilder {
  readonly #slot: string;
  readonly #counts: Uint32Array;
  readonly #known = new Map<bigint, number>();
  #codes = new Uint32Array(0);
  #values = new Float32Array(0);
  #count = 0;
  #exampleCount = 0;
  #isAllOnes = true;

  constructor(slot: string, exampleCount: number) {
    this.#slot = slot;
    this.#counts = new Uint32Array(exampleCount);
  }

  /** Examples come in their order. */
  add(example: number, id: bigint, value: number): void {
    let code = this.#known.get(id);
    if (code === undefined) {
      code = this.#known.size;
      this.#known.set(id, code);
    }
    if (this.#counts[example]++ === 0) this.#exampleCount++;
    this.#codes = withRoom(this.#codes, this.#count + 1);
    this.#values = withRoom(this.#values, this.#count + 1);
    this.#codes[this.#count] = code;
    this.#values[this.#count] = value;
    this.#count++;
    if (value !== 1) this.#isAllOnes = false;
  }

  build(): SlotCodes {
    const starts = new Uint32Array(this.#counts.length + 1);
    for (let i = 0; i < this.#counts.length; i++) starts[i + 1] = starts[i] + this.#counts[i];
    const idCount = this.#known.size;
    return {
      slot: this.#slot,
      starts,
      codes: this.#codes.subarray(0, this.#count),
      values: this.#values.subarray(0, this.#count),
      idCount,
      isMeasured: !this.#isAllOnes && this.#count === idCount * this.#exampleCount,
    };
  }
}
