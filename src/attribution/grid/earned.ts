/** Which touch earns a conversion, under given windows. */
import type { ResolvedConversions } from "../resolved.ts";
import { tiers } from "../rules.ts";
import type { Windows } from "./gridSettings.ts";

/** Under one choice of windows after the other. */
export class Earned {
  readonly #resolved: ResolvedConversions;
  /** By tier the age of each conversion's touch, in milliseconds; infinite where there is none. */
  readonly #clicks: Float64Array;
  readonly #engaged: Float64Array;
  readonly #views: Float64Array;
  #clickMs = -1;
  #engagedMs = -1;
  #viewMs = -1;
  /** By touch and event, the last cell in which it earned one; made when it is asked for. */
  #cellOf = new Int32Array(0);
  #cell = 0;

  constructor(resolved: ResolvedConversions) {
    this.#resolved = resolved;
    [this.#clicks, this.#engaged, this.#views] = tiers.map((tier) => {
      const touchOf = resolved.touchOf[tier];
      const ages = new Float64Array(resolved.count);
      for (let row = 0; row < resolved.count; row++) {
        const touch = touchOf[row];
        ages[row] =
          touch < 0
            ? Number.POSITIVE_INFINITY
            : resolved.times[row] - resolved.touches.times[touch];
      }
      return ages;
    });
  }

  begin(windows: Windows): void {
    this.#cell++;
    [this.#clickMs, this.#engagedMs, this.#viewMs] = tiers.map((tier) => windows[tier].ms);
  }

  /** Of the conversion in that row: a place in `tiers`; −1: nobody. */
  tierOf(row: number): number {
    if (this.#clicks[row] <= this.#clickMs) return 0;
    if (this.#engaged[row] <= this.#engagedMs) return 1;
    return this.#views[row] <= this.#viewMs ? 2 : -1;
  }

  /** Whether its touch earned one of that event before, in this cell; from then on it did. Rows are asked in their order. */
  isRepeat(row: number, tier: number): boolean {
    const { touchOf, events, eventNames, touches } = this.#resolved;
    if (this.#cellOf.length === 0) {
      this.#cellOf = new Int32Array(touches.count * eventNames.length);
    }
    const at = touchOf[tiers[tier]][row] * eventNames.length + events[row];
    if (this.#cellOf[at] === this.#cell) return true;
    this.#cellOf[at] = this.#cell;
    return false;
  }
}
