import { FoldbackError } from "../../core/index.ts";

/** 2^20 sets: a second, and 8 MB. */
export const exactPlayersMax = 20;

/**
 * Shapley values of any game: each player's mean contribution over all orders in which players can come.
 *
 * φ_i = Σ_S |S|! (n − |S| − 1)!/n! · (v(S + i) − v(S)), S over the sets without i. Contributions are summed by the size of S first, so
 * that the weights are applied n times and not 2^n times.
 *
 * @param n players; at most 20.
 * @param v the worth of a set of players, where bit i of the number is set for player i. Asked once for each set, from 0 on.
 * @returns (n)
 * @throws FoldbackError REQUEST_INVALID where n is above 20.
 * @example shapleyValues(2, (set) => (set === 3 ? 10 : 0)) // [5, 5]
 */
export function shapleyValues(n: number, v: (set: number) => number): Float64Array {
  if (!Number.isInteger(n) || n < 0 || n > exactPlayersMax) {
    throw new FoldbackError(
      "REQUEST_INVALID",
      `${n} players; exact Shapley values take 0 to ${exactPlayersMax}: join some, or sample orders of them`,
    );
  }
  const worth = Float64Array.from({ length: 2 ** n }, (_, set) => v(set));
  return shapleyOf(n, worth);
}

/** The same of worths that are there already: (2^n). O(n 2^n). */
export function shapleyOf(n: number, worth: Float64Array): Float64Array {
  const sizes = new Uint8Array(worth.length);
  for (let set = 1; set < worth.length; set++) sizes[set] = sizes[set >> 1] + (set & 1);
  const values = new Float64Array(n);
  const bySize = new Float64Array(n);
  for (let player = 0; player < n; player++) {
    const bit = 1 << player;
    bySize.fill(0);
    for (let base = 0; base < worth.length; base += 2 * bit) {
      for (let set = base; set < base + bit; set++) {
        bySize[sizes[set]] += worth[set + bit] - worth[set];
      }
    }
    // |S|! (n − |S| − 1)!/n! is 1/n by the number of sets of that size among the other players.
    let sets = 1;
    let value = 0;
    for (let size = 0; size < n; size++) {
      value += bySize[size] / sets;
      sets = (sets * (n - 1 - size)) / (size + 1);
    }
    values[player] = value / n;
  }
  return values;
}
