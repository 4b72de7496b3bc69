import type { Chain } from "./chain.ts";

/** A chain in counts, of fewer and fewer states; (size, size) and (size) each. Moves from a state to itself are never read. */
interface Reduced {
  /** Which state of the whole chain each one is. */
  readonly states: Int32Array;
  readonly moves: Float64Array;
  /** Paths that come here first, among these states. */
  readonly begins: Float64Array;
  readonly conversions: Float64Array;
  readonly values: Float64Array;
  readonly nulls: Float64Array;
}

/**
 * Of each state, the conversions that visited it, and their value.
 *
 * When all other states are eliminated, what is left of the chain is the start, the state and the ends: the answer can be read off. Each
 * half of the states is eliminated once for the other half, and so on with the halves: O(states³) for all states together, where one by
 * one would be O(states⁴). As in `eliminate`, nothing is subtracted.
 *
 * @param shares (states) each; written.
 */
export function visitedByHalves(
  chain: Chain,
  shares: { readonly conversions: Float64Array; readonly values: Float64Array },
): void {
  const { stateCount, starts, from, counts } = chain;
  const moves = new Float64Array(stateCount * stateCount);
  for (let to = 0; to < stateCount; to++) {
    for (let at = starts[to]; at < starts[to + 1]; at++)
      moves[from[at] * stateCount + to] = counts[at];
  }
  const states = Int32Array.from({ length: stateCount }, (_, state) => state);
  const { begins, conversions, values, nulls } = chain;
  divide({ states, moves, begins, conversions, values, nulls }, shares);
}

function divide(
  reduced: Reduced,
  shares: { readonly conversions: Float64Array; readonly values: Float64Array },
): void {
  const { states, begins, conversions, values, nulls } = reduced;
  const size = states.length;
  if (size === 0) return;
  if (size === 1) {
    const leaving = conversions[0] + nulls[0];
    shares.conversions[states[0]] = (begins[0] * conversions[0]) / leaving;
    shares.values[states[0]] = (begins[0] * values[0]) / leaving;
    return;
  }
  const middle = size >> 1;
  divide(keep(reduced, 0, middle), shares);
  divide(keep(reduced, middle, size), shares);
}

/** Eliminates all states but those from `from` to `to`; leaves the given chain as it is. */
function keep(reduced: Reduced, from: number, to: number): Reduced {
  const size = reduced.states.length;
  const kept = to - from;
  // Those that stay come first.
  const order = Int32Array.from({ length: size }, (_, at) => {
    if (at < kept) return from + at;
    return at - kept < from ? at - kept : at;
  });
  const column = (amounts: Float64Array): Float64Array =>
    Float64Array.from(order, (place) => amounts[place]);
  const moves = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    const base = order[row] * size;
    for (let at = 0; at < size; at++) moves[row * size + at] = reduced.moves[base + order[at]];
  }
  const begins = column(reduced.begins);
  const conversions = column(reduced.conversions);
  const values = column(reduced.values);
  const nulls = column(reduced.nulls);
  for (let pivot = size - 1; pivot >= kept; pivot--) {
    const pivotRow = pivot * size;
    let leaving = conversions[pivot] + nulls[pivot];
    for (let at = 0; at < pivot; at++) leaving += moves[pivotRow + at];
    const first = begins[pivot] / leaving;
    for (let at = 0; at < pivot; at++) begins[at] += first * moves[pivotRow + at];
    for (let row = 0; row < pivot; row++) {
      const moved = moves[row * size + pivot];
      if (moved === 0) continue;
      const factor = moved / leaving;
      for (let at = 0; at < pivot; at++) moves[row * size + at] += factor * moves[pivotRow + at];
      conversions[row] += factor * conversions[pivot];
      values[row] += factor * values[pivot];
      nulls[row] += factor * nulls[pivot];
    }
  }
  const left = new Float64Array(kept * kept);
  for (let row = 0; row < kept; row++) {
    left.set(moves.subarray(row * size, row * size + kept), row * kept);
  }
  return {
    states: Int32Array.from({ length: kept }, (_, at) => reduced.states[order[at]]),
    moves: left,
    begins: begins.subarray(0, kept),
    conversions: conversions.subarray(0, kept),
    values: values.subarray(0, kept),
    nulls: nulls.subarray(0, kept),
  };
}
