import type { ServedRounds } from "./servedRounds.ts";

/** As if every item had been acted on once, where one of the mean would have been: few rounds prove little. */
const prior = 1;

/**
 * What an item earns at a place: the mean of the place, times how often the item was acted on against what its places
 * would have led one to expect. Two of them, each from the accounts of the other half, so that no round is foretold by a
 * model that has seen its account.
 *
 * Source: *clicks over expected clicks*, Zhang and Jones, "Comparing click logs and editorial labels for training query
 * rewriting", WWW 2007. That halves are crossed: Chernozhukov et al., The Econometrics Journal 21 (2018).
 */
export class RewardModel {
  /** By half: (places,) means, and (items,) factors. */
  readonly #means: readonly Float64Array[];
  readonly #factors: readonly Float64Array[];

  constructor(rounds: ServedRounds, placesMax: number) {
    const halves = [0, 1];
    this.#means = halves.map((half) => meansOf(rounds, half, placesMax));
    this.#factors = halves.map((half) => factorsOf(rounds, half, this.#means[half]));
  }

  /** Of an account of the other half than the numbers are from; 0 to 1. */
  rewardOf(account: number, item: number, place: number): number {
    const half = 1 - (account % 2);
    return Math.min(1, this.#means[half][place] * this.#factors[half][item]);
  }
}

function meansOf(rounds: ServedRounds, half: number, placesMax: number): Float64Array {
  const sums = new Float64Array(placesMax);
  const counts = new Float64Array(placesMax);
  for (let at = 0; at < rounds.count; at++) {
    if (rounds.account[at] % 2 !== half) continue;
    sums[rounds.place[at]] += rounds.reward[at];
    counts[rounds.place[at]]++;
  }
  return sums.map((sum, place) => (counts[place] === 0 ? 0 : sum / counts[place]));
}

function factorsOf(rounds: ServedRounds, half: number, means: Float64Array): Float64Array {
  const acted = new Float64Array(rounds.itemCount);
  const expected = new Float64Array(rounds.itemCount);
  for (let at = 0; at < rounds.count; at++) {
    if (rounds.account[at] % 2 !== half) continue;
    acted[rounds.item[at]] += rounds.reward[at];
    expected[rounds.item[at]] += means[rounds.place[at]];
  }
  return acted.map((sum, item) => (sum + prior) / (expected[item] + prior));
}
