import { FoldbackError } from "../../core/index.ts";
import { estimatesOf, type OffPolicyEstimates } from "./estimates.ts";
import { checkRounds, type LoggedRounds } from "./rounds.ts";
import { Tally } from "./tally.ts";

export interface OffPolicyOptions {
  /** Rounds come with a model's rewards: doubly robust estimates as well. Default false. */
  readonly hasModel?: boolean;
  /**
   * Weights above it count as it, in all estimates: less variance, and a bias towards too little where rewards are not
   * negative (Ionides, "Truncated importance sampling", 2008). At least 1; default: none is clipped.
   */
  readonly weightMax?: number;
  /**
   * Where a weight is above it, the switch estimator asks the model alone (Wang, Agarwal and Dudík, ICML 2017).
   * At least 0; default: nowhere, and it is the doubly robust one.
   */
  readonly switchAbove?: number;
  /** Rounds have a position, and there are estimates for each. From 0 to 1,000; default 0: they have none. */
  readonly positionCount?: number;
}

export interface OffPolicyReport extends OffPolicyEstimates {
  /** (positionCount,): each position by itself. The sum over them is what a list earns that fills them all. */
  readonly byPosition: readonly OffPolicyEstimates[];
}

/** Estimates for a thousand places in a list are a thousand noises; a guard against offsets given as positions. */
const positionsMax = 1000;

/**
 * What would another policy have earned, in the contexts in which a logging policy with known propensities acted?
 *
 * With the weight w = target probability / propensity of the logged action, its reward r, and a model's rewards q
 * (of that action) and m (expected under the target policy):
 *
 * ```
 * IPS     mean of w r                    Horvitz and Thompson, JASA 1952
 * SNIPS   Σ w r / Σ w                    Hájek, 1971; Swaminathan and Joachims, NIPS 2015
 * DR      mean of m + w (r − q)          Dudík, Langford and Li, ICML 2011
 * SNDR    mean of m, + Σ w (r − q) / Σ w
 * ```
 *
 * Intervals are asymptotic: normal, the variance by the delta method over clusters. So they need a few sums, which are
 * kept as rounds come and which merge; a bootstrap would need the rounds again. It would not be safer, either: where
 * few large weights decide, it has not seen the rounds that are missing any more than the variance has. `effectiveRounds` says
 * when that is so: below a few hundred, no interval here is to be trusted; nor with fewer than some twenty rewards other
 * than 0 under the target policy.
 *
 * What no interval knows: actions that the logging policy never draws (propensity 0) and the target policy does.
 *
 * Memory: 36 sums, and as many for each position. A round costs about 0.2 µs.
 *
 * @example
 * const evaluation = new OffPolicyEvaluation();
 * evaluation.add({ reward: [1, 0], propensity: [0.5, 0.5], targetProbability: [0.8, 0.2] });
 * evaluation.report().ips.value; // (1.6 · 1 + 0.4 · 0) / 2 = 0.8
 */
export class OffPolicyEvaluation {
  readonly #options: Required<OffPolicyOptions>;
  readonly #total: Tally;
  /** (positions,) */
  readonly #positions: readonly Tally[];

  /** @throws FoldbackError CONFIG_INVALID for an option out of range. */
  constructor(options: OffPolicyOptions = {}) {
    const {
      hasModel = false,
      weightMax = Number.POSITIVE_INFINITY,
      switchAbove = Number.POSITIVE_INFINITY,
      positionCount = 0,
    } = options;
    checkOption("weightMax", weightMax, weightMax >= 1, "a number from 1");
    checkOption("switchAbove", switchAbove, switchAbove >= 0, "a number from 0");
    const isCount =
      Number.isInteger(positionCount) && positionCount >= 0 && positionCount <= positionsMax;
    checkOption("positionCount", positionCount, isCount, `a whole number to ${positionsMax}`);
    this.#options = { hasModel, weightMax, switchAbove, positionCount };
    this.#total = new Tally(hasModel);
    this.#positions = Array.from({ length: positionCount }, () => new Tally(hasModel));
  }

  /**
   * Takes rounds. A cluster must be whole: one call, side by side.
   *
   * @throws FoldbackError REQUEST_INVALID naming the field and the round; then nothing was added.
   */
  add(rounds: LoggedRounds): void {
    checkRounds(rounds, this.#options);
    const { reward, propensity, targetProbability, model, position, cluster } = rounds;
    const total = this.#total;
    for (let round = 0; round < reward.length; round++) {
      if (round > 0 && (cluster === undefined || cluster[round] !== cluster[round - 1])) {
        this.#endCluster();
      }
      const weight = targetProbability[round] / propensity[round];
      const own = position === undefined ? undefined : this.#positions[position[round]];
      total.addRound(reward[round], weight, this.#options);
      own?.addRound(reward[round], weight, this.#options);
      if (model === undefined) continue;
      const error = reward[round] - model.logged[round];
      total.addModel(model.expected[round], error, weight, this.#options);
      own?.addModel(model.expected[round], error, weight, this.#options);
    }
    this.#endCluster();
  }

  /**
   * As if all rounds of `other` had been added here, but for rounding.
   *
   * @throws FoldbackError REQUEST_INVALID if it was made with other options.
   */
  merge(other: OffPolicyEvaluation): void {
    for (const [name, value] of Object.entries(this.#options)) {
      const theirs = other.#options[name as keyof OffPolicyOptions]; // a key of the same type's object
      if (Object.is(value, theirs)) continue;
      const message = `${name} is ${String(theirs)} of one part and ${String(value)} of the other; allowed: the same`;
      throw new FoldbackError("REQUEST_INVALID", message, { details: { field: name } });
    }
    this.#total.merge(other.#total);
    for (const [at, tally] of this.#positions.entries()) tally.merge(other.#positions[at]);
  }

  /** O(1) in the rounds; may be asked at any time, but an interval is right for one look, decided on before. */
  report(): OffPolicyReport {
    return { ...estimatesOf(this.#total), byPosition: this.#positions.map(estimatesOf) };
  }

  #endCluster(): void {
    this.#total.endCluster();
    for (const tally of this.#positions) tally.endCluster();
  }
}

function checkOption(field: string, value: number, isAllowed: boolean, allowed: string): void {
  if (isAllowed) return;
  const message = `${field} is ${String(value)}; allowed: ${allowed}`;
  throw new FoldbackError("CONFIG_INVALID", message, { details: { field } });
}
