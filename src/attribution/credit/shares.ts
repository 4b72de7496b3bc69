import { FixedSums } from "../fixedSums.ts";
import type { Credit } from "./credit.ts";

/**
 * What channels get in equal parts: exact sums by channel and by the number of parts; divided at the end, in the order of that number.
 *
 * So the credits are the same bits for any order of paths.
 */
export class Shares {
  readonly #channels: number;
  /** By the number of parts, the place of its sums. */
  readonly #places = new Map<number, number>();
  readonly #conversions = new FixedSums();
  readonly #values = new FixedSums();

  /** @param channels how many there are. */
  constructor(channels: number) {
    this.#channels = channels;
  }

  /** Gives one of `parts` equal parts of the conversions and of their value to a channel. */
  add(channel: number, parts: number, conversions: number, value: number): void {
    let place = this.#places.get(parts);
    if (place === undefined) {
      place = this.#places.size;
      this.#places.set(parts, place);
    }
    const at = place * this.#channels + channel;
    this.#conversions.add(at, conversions);
    if (value !== 0) this.#values.add(at, value);
  }

  /** @param weight that each part has. */
  credit(weight = 1): Credit {
    const conversions = new Float64Array(this.#channels);
    const values = new Float64Array(this.#channels);
    const places = [...this.#places].sort(([one], [other]) => one - other);
    for (const [parts, place] of places) {
      for (let channel = 0; channel < this.#channels; channel++) {
        const at = place * this.#channels + channel;
        conversions[channel] += (this.#conversions.at(at) * weight) / parts;
        values[channel] += (this.#values.at(at) * weight) / parts;
      }
    }
    return { conversions, values };
  }
}

/** Adds credits channel by channel. */
export function sumOf(credits: readonly Credit[]): Credit {
  const [first, ...rest] = credits;
  const conversions = Float64Array.from(first.conversions);
  const values = Float64Array.from(first.values);
  for (const credit of rest) {
    for (let at = 0; at < conversions.length; at++) {
      conversions[at] += credit.conversions[at];
      values[at] += credit.values[at];
    }
  }
  return { conversions, values };
}
