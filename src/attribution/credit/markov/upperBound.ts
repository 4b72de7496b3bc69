import type { Chain } from "./chain.ts";
import type { Components } from "./components.ts";

/** After so many sweeps the bound is near enough: it only has to be above. */
const sweepsMax = 60;

/**
 * At least what a visit of each state brings: Σ over the states after it, itself included, of gains/N.
 *
 * It begins above, with the most that an end of a path brings, and each sweep lowers it: all that come in between are above, too.
 */
export function upperBound(
  { stateCount, starts, from, counts, conversions, nulls }: Chain,
  { states }: Components,
  visits: Float64Array,
  gains: Float64Array,
): Float64Array {
  let most = 0;
  for (let state = 0; state < stateCount; state++) {
    const ends = conversions[state] + nulls[state];
    if (ends > 0) most = Math.max(most, gains[state] / ends);
  }
  const forward = transposed(stateCount, starts, from, counts);
  const bound = new Float64Array(stateCount).fill(most);
  for (let sweep = 0; sweep < sweepsMax; sweep++) {
    let change = 0;
    for (let at = stateCount - 1; at >= 0; at--) {
      const state = states[at];
      let sum = gains[state];
      for (let move = forward.starts[state]; move < forward.starts[state + 1]; move++) {
        sum += forward.counts[move] * bound[forward.to[move]];
      }
      const value = Math.min(bound[state], sum / visits[state]);
      if (value > 0) change = Math.max(change, bound[state] / value - 1);
      bound[state] = value;
    }
    if (change < 0.01) break;
  }
  return bound;
}

interface Forward {
  readonly starts: Uint32Array;
  readonly to: Int32Array;
  readonly counts: Float64Array;
}

function transposed(
  stateCount: number,
  starts: Uint32Array,
  from: Int32Array,
  counts: Float64Array,
): Forward {
  const forward = {
    starts: new Uint32Array(stateCount + 1),
    to: new Int32Array(from.length),
    counts: new Float64Array(from.length),
  };
  for (const state of from) forward.starts[state + 1]++;
  for (let state = 0; state < stateCount; state++)
    forward.starts[state + 1] += forward.starts[state];
  const next = forward.starts.slice();
  for (let to = 0; to < stateCount; to++) {
    for (let at = starts[to]; at < starts[to + 1]; at++) {
      const place = next[from[at]]++;
      forward.to[place] = to;
      forward.counts[place] = counts[at];
    }
  }
  return forward;
}
