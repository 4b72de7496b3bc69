import { assert, type Clock, systemClock } from "../../core/index.ts";
import {
  type Estimate,
  type OffPolicyEstimates,
  OffPolicyEvaluation,
  type PolicyValue,
} from "../../evaluate/index.ts";
import type { Config } from "../configSchema.ts";
import { beginningOf, withDataLog } from "../offlineLog.ts";
import { RewardModel } from "./rewardModel.ts";
import { ServedRounds } from "./servedRounds.ts";

/** What a policy would have earned, by a place of a list. */
export interface PolicyEstimates {
  /** As many rounds of the policy's own would say as much. */
  readonly effectiveRounds: number;
  /** 1 but for chance; where its interval is far from it, what was logged is not how lists were made. */
  readonly weight: Estimate;
  readonly ips: PolicyValue;
  readonly snips: PolicyValue;
  readonly doublyRobust: PolicyValue;
}

export interface LoggedPolicyReport {
  readonly lists: number;
  readonly accounts: number;
  /** Lists in which anything came by chance: without any, nothing can be said of another policy. */
  readonly variedLists: number;
  /** Lists that are left out: their window is not over; or there are too many. */
  readonly openLists: number;
  readonly beyondLists: number;
  readonly rounds: number;
  /** What was earned: items that were acted on, by place of a list. */
  readonly logged: Estimate;
  /** `logging`: the policy that was logged, a check. `greedy`: the same lists without chance. */
  readonly policies: Readonly<Record<TargetPolicy, PolicyEstimates>>;
  /** The same of each place, from the first. */
  readonly places: readonly {
    readonly logged: Estimate;
    readonly policies: Readonly<Record<TargetPolicy, PolicyEstimates>>;
  }[];
}

export const targetPolicies = ["logging", "greedy"] as const;
export type TargetPolicy = (typeof targetPolicies)[number];

export interface LoggedPolicyOptions {
  readonly windowMs: number;
  /** Places of a list that are looked at, from the first: each more halves what a list proves, or worse. */
  readonly placesMax: number;
  readonly onProgress?: (records: number) => void;
  readonly clock?: Clock;
}

/** 40 bytes each. */
const roundsMax = 5_000_000;
/** So many are weighed at once: a few megabytes. */
const chunkRounds = 10_000;

/**
 * What the lists in the log would have earned without exploration, by the propensities that they were logged with.
 *
 * @throws FoldbackError CONFIG_INVALID where there is no data directory; as `withLog`.
 */
export async function evaluateLoggedPolicy(
  config: Config,
  { windowMs, placesMax, onProgress = () => {}, clock = systemClock }: LoggedPolicyOptions,
): Promise<LoggedPolicyReport> {
  return withDataLog(config, clock, async (log) => {
    const listsMax = Math.floor(roundsMax / placesMax);
    const rounds = new ServedRounds({ rules: config.feedback, windowMs, placesMax, listsMax });
    let read = 0;
    for await (const records of log.readBatches(beginningOf(log))) {
      for (const record of records) rounds.take(record);
      read += records.length;
      onProgress(read);
    }
    return loggedPolicyReport(rounds, placesMax);
  });
}

/**
 * The estimates of both policies. A place is weighed by the whole list down to it, as it stands there only after what is
 * above it: the product of π / p of each place. What is assumed is that what is done about an item does not depend on the
 * items *below* it. Lists of one account are a cluster.
 *
 * ```
 * w(k) = Π j ≤ k of π(j) / p(j)          π of `greedy`: 1 where the item came without chance, else 0
 * ips  = mean of w(k) r(k)               dr = mean of w(k − 1) q(best at k) + w(k) (r(k) − q(item at k))
 * ```
 *
 * Source: McInerney et al., "Counterfactual evaluation of slate recommendations with sequential reward interactions",
 * KDD 2020; the doubly robust form by the last step: Jiang and Li, ICML 2016.
 */
export function loggedPolicyReport(rounds: ServedRounds, placesMax: number): LoggedPolicyReport {
  const model = new RewardModel(rounds, placesMax);
  const [logging, greedy] = targetPolicies.map((policy) =>
    evaluated(rounds, model, placesMax, policy),
  );
  return {
    lists: rounds.listCount,
    accounts: rounds.accountCount,
    variedLists: rounds.variedCount,
    openLists: rounds.openCount,
    beyondLists: rounds.beyondCount,
    rounds: rounds.count,
    logged: logging.logged,
    policies: { logging: estimatesOf(logging), greedy: estimatesOf(greedy) },
    places: logging.byPosition.map((place, at) => ({
      logged: place.logged,
      policies: { logging: estimatesOf(place), greedy: estimatesOf(greedy.byPosition[at]) },
    })),
  };
}

function evaluated(
  rounds: ServedRounds,
  model: RewardModel,
  placesMax: number,
  policy: TargetPolicy,
) {
  const evaluation = new OffPolicyEvaluation({ hasModel: true, positionCount: placesMax });
  for (const order of byAccount(rounds)) {
    const column = (value: (at: number) => number): Float64Array =>
      Float64Array.from(order, (at) => value(at));
    const { account, item, best, place, propensity, propensityBefore, greedyLength } = rounds;
    const isGreedy = policy === "greedy";
    evaluation.add({
      reward: column((at) => rounds.reward[at]),
      propensity: column((at) => propensity[at]),
      targetProbability: column((at) =>
        isGreedy ? Number(place[at] < greedyLength[at]) : propensity[at],
      ),
      position: column((at) => place[at]),
      cluster: column((at) => account[at]),
      model: {
        logged: column((at) => model.rewardOf(account[at], item[at], place[at])),
        expected: column((at) => {
          if (!isGreedy) return model.rewardOf(account[at], item[at], place[at]);
          const weightBefore = place[at] <= greedyLength[at] ? 1 / propensityBefore[at] : 0;
          return weightBefore * model.rewardOf(account[at], best[at], place[at]);
        }),
      },
    });
  }
  return evaluation.report();
}

/** Places of the rounds, those of an account side by side, in chunks of whole accounts. O(rounds). */
function* byAccount({ account, count, accountCount }: ServedRounds): Generator<Uint32Array> {
  // A counting sort.
  const ends = new Uint32Array(accountCount + 1);
  for (let at = 0; at < count; at++) ends[account[at] + 1]++;
  for (let number = 0; number < accountCount; number++) ends[number + 1] += ends[number];
  const order = new Uint32Array(count);
  for (let at = 0; at < count; at++) order[ends[account[at]]++] = at;
  let begin = 0;
  for (let number = 0; number < accountCount; number++) {
    if (ends[number] - begin < chunkRounds && number + 1 < accountCount) continue;
    yield order.subarray(begin, ends[number]);
    begin = ends[number];
  }
}

function estimatesOf(estimates: OffPolicyEstimates): PolicyEstimates {
  const { effectiveRounds, weights, ips, snips, model } = estimates;
  assert(model !== undefined, "the evaluation has a model");
  return { effectiveRounds, weight: weights.mean, ips, snips, doublyRobust: model.doublyRobust };
}
