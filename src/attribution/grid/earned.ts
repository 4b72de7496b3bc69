/** Which touch earns a conversion, under given windows. */
import type { ResolvedConversions } from "../resolved.ts";
import { tiers } from "../rules.ts";
import type { Windows } from "./gridSettings.ts";

/** Under one choice of windows after the other. */
export class Earned {
  readonly #resolved: ResolvedConversions;
  /** By tier the age of each conversion's touch, in milliseconds; infinite where there is none. */
  readonly #ages: readonly Float64Array[];
  #windows = new Float64Array(tiers.length);
  /** By touch and event, the last cell in which it earned one; made when it is asked for. */
  #cellOf = new Int32Array(0);
  #cell = 0;

  constructor(resolved: ResolvedConversions) {
    this.#resolved = resolved;
    this.#ages = tiers.map((tier) => {
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
    for (const [at, tier] of tiers.entries()) this.#windows[at] = windows[tier].ms;
  }

  /** Of the conversion in that row: a place in `tiers`; −1: nobody. */
  tierOf(row: number): number {
    if (this.#ages[0][row] <= this.#windows[0]) return 0;
    if (this.#ages[1][row] <= this.#windows[1]) return 1;
    return this.#ages[2][row] <= this.#windows[2] ? 2 : -1;
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
