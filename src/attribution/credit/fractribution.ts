import { FixedSums } from "../fixedSums.ts";
import type { Credit } from "./credit.ts";
import type { PathTable } from "./pathCounts.ts";
import { Sequences } from "./sequences.ts";

/**
 * What each touch adds to the rate of its path: p(path) − p(path without it), p = conversions ÷ (conversions + nulls); 0 where that is
 * negative, and p = 0 for a path that never came. Within a path the gains are made to add up to 1; where all are 0, and of a path of
 * one touch, the last has it all.
 *
 * Source: Google's fractribution (github.com/google/fractribution, 2022), which calls it Shapley; it is one step of it.
 * O(Σ length²).
 */
export function fractribution({ channels, count, starts, touches, ...table }: PathTable): Credit {
  const paths = new Sequences();
  for (let row = 0; row < count; row++) paths.numberOf(touches, starts[row], starts[row + 1]);
  const rateOf = (row: number): number => {
    const all = table.conversions[row] + table.nulls[row];
    return all > 0 ? table.conversions[row] / all : 0;
  };
  const conversions = new FixedSums(channels.length);
  const values = new FixedSums(channels.length);
  for (let row = 0; row < count; row++) {
    const length = starts[row + 1] - starts[row];
    if (length === 0 || (table.conversions[row] === 0 && table.values[row] === 0)) continue;
    const path = touches.subarray(starts[row], starts[row + 1]);
    const without = path.slice(1);
    const gains = new Float64Array(length);
    let sum = 0;
    for (let at = 0; at < length && length > 1; at++) {
      if (at > 0) without[at - 1] = path[at - 1];
      const other = paths.find(without, 0, length - 1);
      gains[at] = Math.max(0, rateOf(row) - (other < 0 ? 0 : rateOf(other)));
      sum += gains[at];
    }
    if (sum === 0) gains[length - 1] = 1;
    for (let at = 0; at < length; at++) {
      const share = gains[at] / (sum === 0 ? 1 : sum);
      conversions.add(path[at], share * table.conversions[row]);
      values.add(path[at], share * table.values[row]);
    }
  }
  const column = (sums: FixedSums): Float64Array =>
    Float64Array.from(channels, (_, at) => sums.at(at));
  return { conversions: column(conversions), values: column(values) };
}
