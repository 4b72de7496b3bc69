import { withRoom } from "../core/index.ts";
import type { Draws } from "./draws.ts";

/** Share of draws that are any item, equally likely; the rest follow popularity. */
export const randomShare = 0.3;
/** What a count of plays keeps of itself each hour: half after a day (0.9715^24 = 0.5). */
const keptPerHour = 0.9715;

/**
 * What the service shows, before it has anything better: a draw from
 *
 *   m(i) = (1 − ε) · plays(i) / Σ plays + ε / items
 *
 * for each place in a list, without showing an item twice in it. Plays are counted with a half-life of a
 * day, and both plays and items are those of the last full hour. A list's place j is drawn given the places
 * before it, with the propensity m(i) / (1 − Σ m of those before).
 */
export class ServingPolicy {
  #plays = new Float64Array(0);
  /** Running sums of plays as of the last `refresh`; the first `#count` count. */
  #sums = new Float64Array(0);
  #count = 0;

  countPlay(item: number): void {
    this.#plays = withRoom(this.#plays, item + 1);
    this.#plays[item]++;
  }

  /** At the end of each hour. O(items). */
  refresh(itemCount: number): void {
    this.#plays = withRoom(this.#plays, itemCount);
    this.#sums = withRoom(this.#sums, itemCount);
    this.#count = itemCount;
    let sum = 0;
    for (let i = 0; i < itemCount; i++) {
      sum += this.#plays[i];
      this.#sums[i] = sum;
      this.#plays[i] *= keptPerHour;
    }
  }

  /** m(i), for an item that was there at the last `refresh`. */
  probabilityOf(item: number): number {
    const total = this.#sums[this.#count - 1];
    if (total === 0) return 1 / this.#count;
    const own = this.#sums[item] - (item === 0 ? 0 : this.#sums[item - 1]);
    return ((1 - randomShare) * own) / total + randomShare / this.#count;
  }

  /** m of every item, shape (items,); sums to 1. */
  probabilities(): Float64Array {
    return Float64Array.from({ length: this.#count }, (_, item) => this.probabilityOf(item));
  }

  /** One item from m. */
  draw(draws: Draws): number {
    const total = this.#sums[this.#count - 1];
    if (total === 0 || draws.chance(randomShare)) return draws.below(this.#count);
    const wanted = draws.uniform() * total;
    let low = 0;
    let high = this.#count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sums[middle] > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Fills `items` with different ones, and `propensities` beside them. */
  drawList(draws: Draws, items: Int32Array, propensities: Float64Array): void {
    let shown = 0;
    for (let position = 0; position < items.length; position++) {
      let item = this.draw(draws);
      while (isAmong(items, position, item)) item = this.draw(draws);
      const probability = this.probabilityOf(item);
      items[position] = item;
      propensities[position] = probability / (1 - shown);
      shown += probability;
    }
  }
}

function isAmong(items: Int32Array, count: number, item: number): boolean {
  for (let i = 0; i < count; i++) if (items[i] === item) return true;
  return false;
}
