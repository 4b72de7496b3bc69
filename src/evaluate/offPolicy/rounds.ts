import { FoldbackError } from "../../core/index.ts";

/**
 * What was drawn by the logging policy, and what came of it: arrays of shape (rounds,), of finite numbers.
 *
 * A round is one action (an item shown) in one context. Of a list each position is a round of its own, with the
 * probability of the item *at that position*: then an estimate is the mean over positions, under the assumption that
 * what is done about an item depends on the item and its position, and not on what stands around it (the
 * *item-position* or *independent* estimator: Li et al., "Offline evaluation of ranking policies with click
 * models", KDD 2018).
 */
export interface LoggedRounds {
  /** What the logged action earned. */
  readonly reward: ArrayLike<number>;
  /** With which the logging policy drew the logged action; above 0, at most 1. */
  readonly propensity: ArrayLike<number>;
  /** With which the target policy would draw it in the same context; 0 to 1. */
  readonly targetProbability: ArrayLike<number>;
  /** What a model of rewards says; needed by the evaluations that have one, and refused by others. */
  readonly model?: ModelRewards;
  /** From 0 to `positionCount` − 1; needed where that is set, and refused elsewhere. */
  readonly position?: ArrayLike<number>;
  /**
   * Rounds that stand side by side with the same number belong together: those of one list, or one account. They may
   * depend on each other, and intervals allow for it. Clusters must not. Default: each round by itself.
   */
  readonly cluster?: ArrayLike<number>;
}

/** Of a model that has not seen these rounds; fitted to them, it makes intervals too narrow. */
export interface ModelRewards {
  /** Of the logged action. */
  readonly logged: ArrayLike<number>;
  /** Of the target policy's action: Σ over actions of its probability times the model's reward. */
  readonly expected: ArrayLike<number>;
}

/** @throws FoldbackError REQUEST_INVALID naming the first round and field that break the rules above. */
export function checkRounds(
  rounds: LoggedRounds,
  { hasModel, positionCount }: { hasModel: boolean; positionCount: number },
): void {
  const { reward, propensity, targetProbability, model, position, cluster } = rounds;
  checkPresence("model", model !== undefined, hasModel);
  checkPresence("position", position !== undefined, positionCount > 0);
  const count = reward.length;
  check("reward", reward, count, "a finite number", Number.isFinite);
  check("propensity", propensity, count, propensityAllowed, (p) => p > 0 && p <= 1);
  check("targetProbability", targetProbability, count, "0 to 1", (p) => p >= 0 && p <= 1);
  if (model !== undefined) {
    check("model.logged", model.logged, count, "a finite number", Number.isFinite);
    check("model.expected", model.expected, count, "a finite number", Number.isFinite);
  }
  if (position !== undefined) {
    const allowed = `a whole number from 0 to ${positionCount - 1}`;
    const isPosition = (p: number): boolean => Number.isInteger(p) && p >= 0 && p < positionCount;
    check("position", position, count, allowed, isPosition);
  }
  if (cluster !== undefined) check("cluster", cluster, count, "a finite number", Number.isFinite);
}

const propensityAllowed =
  "above 0, at most 1; leave out rounds whose propensity was not logged: they can't be weighed";

function checkPresence(field: string, isThere: boolean, isNeeded: boolean): void {
  if (isThere === isNeeded) return;
  throw new FoldbackError(
    "REQUEST_INVALID",
    isNeeded
      ? `rounds without ${field}; this evaluation was made for rounds that have it`
      : `rounds with ${field}; this evaluation was made for rounds without it`,
    { details: { field } },
  );
}

function check(
  field: string,
  values: ArrayLike<number>,
  count: number,
  allowed: string,
  isAllowed: (value: number) => boolean,
): void {
  if (values.length !== count) {
    const message = `${field} has ${values.length} numbers; allowed: ${count}, as many as reward`;
    throw new FoldbackError("REQUEST_INVALID", message, { details: { field } });
  }
  for (let round = 0; round < count; round++) {
    const value = values[round];
    if (isAllowed(value)) continue;
    const message = `${field} of round ${round} is ${String(value)}; allowed: ${allowed}`;
    throw new FoldbackError("REQUEST_INVALID", message, { details: { field, round } });
  }
}
