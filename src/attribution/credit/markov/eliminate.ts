import type { Chain } from "./chain.ts";

/** Channels of a block; see visits.ts. */
interface Block {
  readonly width: number;
  readonly hits: Uint32Array;
  /** (states, width). */
  readonly eta: Float64Array;
}

/**
 * Solves η(s) = Σ_i n(i→s)/N(s) · η(i) for the states of one component by elimination, once for each channel of the block, and writes η.
 *
 * A row keeps, beside its weights of other states, the weight of all that leads out (`away`), and its part that meets the channel
 * (`met`). The pivot is the sum of weights and `away`, instead of N less something: so nothing is ever subtracted, and each η is exact to a few
 * roundings, however seldom the component is left.
 *
 * Source: Grassmann, Taksar and Heyman, "Regenerative analysis and steady state distributions for Markov chains", Operations Research 33,
 * 1985; its relative exactness: O'Cinneide, Numerische Mathematik 65, 1993. O(states³) a channel.
 */
export function eliminate(chain: Chain, members: Int32Array, { width, hits, eta }: Block): void {
  const { starts, from, counts, begins } = chain;
  const place = new Map<number, number>();
  for (let b = 0; b < width; b++) {
    const rest = members.filter((state) => ((hits[state] >>> b) & 1) === 0);
    for (const state of members) eta[state * width + b] = 1;
    place.clear();
    for (const [at, state] of rest.entries()) place.set(state, at);
    const size = rest.length;
    const weights = new Float64Array(size * size);
    const away = new Float64Array(size);
    const met = new Float64Array(size);
    for (let row = 0; row < size; row++) {
      const state = rest[row];
      away[row] = begins[state];
      for (let at = starts[state]; at < starts[state + 1]; at++) {
        const column = place.get(from[at]);
        if (column === undefined) {
          away[row] += counts[at];
          met[row] += counts[at] * eta[from[at] * width + b];
        } else {
          weights[row * size + column] = counts[at];
        }
      }
    }
    const solved = solveRows(weights, away, met, size);
    for (let row = 0; row < size; row++) eta[rest[row] * width + b] = solved[row];
  }
}

/** Mutates all three; (size, size), (size), (size). */
function solveRows(
  weights: Float64Array,
  away: Float64Array,
  met: Float64Array,
  size: number,
): Float64Array {
  const pivots = new Float64Array(size);
  for (let pivot = size - 1; pivot >= 0; pivot--) {
    const pivotRow = pivot * size;
    let sum = away[pivot];
    for (let at = 0; at < pivot; at++) sum += weights[pivotRow + at];
    pivots[pivot] = sum;
    for (let row = 0; row < pivot; row++) {
      const weight = weights[row * size + pivot];
      if (weight === 0) continue;
      const factor = weight / sum;
      // Also the weight of the row itself: it stands on the diagonal, which is never read.
      for (let at = 0; at < pivot; at++)
        weights[row * size + at] += factor * weights[pivotRow + at];
      away[row] += factor * away[pivot];
      met[row] += factor * met[pivot];
    }
  }
  const solved = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    let sum = met[row];
    for (let at = 0; at < row; at++) sum += weights[row * size + at] * solved[at];
    solved[row] = sum / pivots[row];
  }
  return solved;
}
