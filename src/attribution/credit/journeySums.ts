import { FixedSums } from "../fixedSums.ts";
import { type Touch, type TouchDimension } from "../history.ts";
import type { Journey } from "../journeys/index.ts";
import { notSet } from "../rules.ts";
import { apportion } from "./apportion.ts";
import type { Credit } from "./credit.ts";
import { PathCounts } from "./pathCounts.ts";

export interface JourneySumsOptions {
  /** After so long a touch weighs half, ms. */
  readonly halfLifeMs: number;
  /** What channels are: names of touches of this dimension. Default: channel. */
  readonly by?: TouchDimension;
}

/**
 * What models need of journeys, as exact sums: journeys can come in any order, in parts, and be taken back.
 *
 * Most models need the paths alone. Two look at more, and are credited journey by journey: last click (the kinds of touches) and time
 * decay (their ages). Its weights 2^(−age/half-life) divide one conversion into whole 2^-40ths by the largest remainder.
 */
export class JourneySums {
  readonly paths = new PathCounts();
  readonly #halfLifeMs: number;
  readonly #by: TouchDimension;
  readonly #clicked = { conversions: new FixedSums(), values: new FixedSums() };
  readonly #unclicked = { conversions: new FixedSums(1), values: new FixedSums(1) };
  readonly #decayed = { conversions: new FixedSums(), values: new FixedSums() };
  #path = new Int32Array(16);
  #weights = new Float64Array(16);

  constructor({ halfLifeMs, by = "channel" }: JourneySumsOptions) {
    this.#halfLifeMs = halfLifeMs;
    this.#by = by;
  }

  add(journey: Journey): void {
    this.#change(journey, 1);
  }

  /** Takes back what was added. */
  subtract(journey: Journey): void {
    this.#change(journey, -1);
  }

  #change({ touches, conversion }: Journey, sign: 1 | -1): void {
    const length = touches.length;
    if (length > this.#path.length) {
      this.#path = new Int32Array(2 * length);
      this.#weights = new Float64Array(2 * length);
    }
    for (let at = 0; at < length; at++)
      this.#path[at] = this.paths.channel(this.#nameOf(touches[at]));
    if (conversion === undefined) {
      this.paths.add(this.#path, length, 0, 0, sign);
      return;
    }
    const value = sign * conversion.value;
    this.paths.add(this.#path, length, sign, value, 0);
    if (length === 0) return;
    const click = touches.findLastIndex(({ kind }) => kind === "click");
    const clicked = click < 0 ? this.#unclicked : this.#clicked;
    const place = click < 0 ? 0 : this.#path[click];
    clicked.conversions.add(place, sign);
    clicked.values.add(place, value);

    // Ages from the latest touch: the others of one journey weigh the same beside each other, and none is too old for a float64.
    const latest = touches[length - 1].time;
    for (let at = 0; at < length; at++) {
      this.#weights[at] = 2 ** ((touches[at].time - latest) / this.#halfLifeMs);
    }
    const conversions = apportion(1, this.#weights, length);
    const values = apportion(conversion.value, this.#weights, length);
    for (let at = 0; at < length; at++) {
      this.#decayed.conversions.add(this.#path[at], sign * conversions[at]);
      this.#decayed.values.add(this.#path[at], sign * values[at]);
    }
  }

  /** In the order of the channels of a table of `paths`. */
  lastClick(channels: readonly string[]): Credit {
    return this.#creditOf(this.#clicked, channels);
  }

  /** Journeys that no click was in. */
  unclicked(): { readonly conversions: number; readonly value: number } {
    return { conversions: this.#unclicked.conversions.at(0), value: this.#unclicked.values.at(0) };
  }

  timeDecay(channels: readonly string[]): Credit {
    return this.#creditOf(this.#decayed, channels);
  }

  #creditOf(
    sums: { readonly conversions: FixedSums; readonly values: FixedSums },
    channels: readonly string[],
  ): Credit {
    const numbers = channels.map((name) => this.paths.channel(name));
    return {
      conversions: Float64Array.from(numbers, (number) => sums.conversions.at(number)),
      values: Float64Array.from(numbers, (number) => sums.values.at(number)),
    };
  }

  #nameOf({ names }: Touch): string {
    return names[this.#by] ?? notSet;
  }
}
