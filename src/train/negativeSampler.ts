import { type ByteReader, type ByteWriter, Random, withRoom } from "../core/index.ts";
import type { ItemIndex } from "../features/index.ts";

export interface NegativeSamplerOptions {
  /** Share of draws that are uniform over all items seen; the rest are by recent popularity. 0 < share ≤ 1. */
  readonly uniformShare: number;
  /** How many of the latest positive events stand for recent popularity. */
  readonly windowEvents: number;
}

/**
 * Draws items that an account might have taken instead: from a mixture of *uniform over all seen items*
 * and *as often as in the latest events*.
 *
 * The uniform part gives every item a floor, so the odds of a draw are never 0 and the correction by
 * them never explodes; the popular part spends draws where the ranking is decided.
 */
export class NegativeSampler {
  readonly #options: NegativeSamplerOptions;
  readonly #items: ItemIndex;
  readonly #window: Uint32Array;
  #windowCount = 0; // events ever pushed; the latest `windowEvents` of them are in the window
  #countByItem = new Uint32Array(0); // within the window

  constructor(items: ItemIndex, options: NegativeSamplerOptions) {
    this.#items = items;
    this.#options = options;
    this.#window = new Uint32Array(options.windowEvents);
  }

  /** Takes note of a positive event. O(1). */
  push(item: number): void {
    const place = this.#windowCount % this.#window.length;
    if (this.#windowCount >= this.#window.length) this.#countByItem[this.#window[place]]--;
    this.#countByItem = withRoom(this.#countByItem, item + 1);
    this.#window[place] = item;
    this.#countByItem[item]++;
    this.#windowCount++;
  }

  /** One item; only when `items.seen` is not empty. O(1). */
  draw(random: Random): number {
    const { seen } = this.#items;
    const filled = Math.min(this.#windowCount, this.#window.length);
    if (filled === 0 || random.uniform() < this.#options.uniformShare)
      return seen[random.below(seen.length)];
    return this.#window[random.below(filled)];
  }

  /** The probability that one draw is this item; it must be among `items.seen`. */
  probabilityOf(item: number): number {
    const filled = Math.min(this.#windowCount, this.#window.length);
    const uniform = 1 / this.#items.seen.length;
    if (filled === 0) return uniform;
    const recent = item < this.#countByItem.length ? this.#countByItem[item] / filled : 0;
    const { uniformShare } = this.#options;
    return uniformShare * uniform + (1 - uniformShare) * recent;
  }

  save(writer: ByteWriter): void {
    writer.f64(this.#windowCount);
    writer.array(this.#window);
  }

  restore(reader: ByteReader): void {
    this.#windowCount = reader.f64();
    this.#window.set(reader.array(Uint32Array));
    this.#countByItem = new Uint32Array(this.#items.count);
    const filled = Math.min(this.#windowCount, this.#window.length);
    for (const item of this.#window.subarray(0, filled)) this.#countByItem[item]++;
  }
}
