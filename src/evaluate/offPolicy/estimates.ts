import { column, type Tally } from "./tally.ts";

/** An estimate and its 95 % interval, value ± 1.96 standard errors. */
export interface Estimate {
  /** Per round; NaN where there is nothing to estimate it from. */
  readonly value: number;
  /** Infinity with fewer than two clusters. */
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
}

/** What the target policy earns a round. */
export interface PolicyValue extends Estimate {
  /** By how much that is more than the logging policy earned; its interval knows that both are of the same rounds. */
  readonly gain: Estimate;
}

export interface OffPolicyEstimates {
  readonly roundCount: number;
  /** What intervals take as independent. */
  readonly clusterCount: number;
  /** (Σ w)² / Σ w²: as many rounds of the target policy's own would say as much (Kish, 1965). */
  readonly effectiveRounds: number;
  /** Of the weights before they are clipped. */
  readonly weights: {
    /** 1 but for chance; if its interval is far from 1, propensities or target probabilities are wrong. */
    readonly mean: Estimate;
    readonly largest: number;
    /** Share of the rounds whose weight was above `weightMax`. */
    readonly clippedShare: number;
  };
  /** What the logging policy earned. */
  readonly logged: Estimate;
  /** Inverse propensity scoring, the mean of w r: unbiased unless clipped. */
  readonly ips: PolicyValue;
  /** Self-normalised, Σ w r / Σ w: a bias of O(1/n), stays within the rewards, and varies less where w does. */
  readonly snips: PolicyValue;
  /** With a model of rewards only. */
  readonly model?: ModelEstimates;
}

export interface ModelEstimates {
  /** The model alone: its interval knows of the contexts' chance, and not of the model's error. */
  readonly directMethod: PolicyValue;
  /** The mean of m + w (r − q): unbiased if the propensities *or* the model are right. */
  readonly doublyRobust: PolicyValue;
  /** The mean of m, plus Σ w (r − q) / Σ w. */
  readonly selfNormalisedDoublyRobust: PolicyValue;
  /** Doubly robust, and the model alone where the weight is above `switchAbove`: there its error is not in the interval. */
  readonly switchDoublyRobust: PolicyValue;
}

/** The 97.5 % quantile of the normal distribution. */
const z = 1.959963984540054;

/**
 * All estimates are sums of ratios of means over clusters, for example Σ w r / Σ 1. Their variance is by the delta method
 * over the covariances of clusters: what is called the cluster-robust, or sandwich, variance.
 */
export function estimatesOf(tally: Tally): OffPolicyEstimates {
  const { moments, roundCount, squares } = tally;
  const { rounds, reward, weight, clipped, weighted, expected, missed, missedBelow } = column;
  const value = (...terms: readonly Ratio[]): PolicyValue => ({
    ...estimate(tally, terms),
    gain: estimate(tally, [...terms, { of: reward, per: rounds, sign: -1 }]),
  });
  const direct = { of: expected, per: rounds };
  const weightSum = moments.mean(clipped) * moments.count;
  return {
    roundCount,
    clusterCount: moments.count,
    effectiveRounds: squares === 0 ? 0 : weightSum ** 2 / squares,
    weights: {
      mean: estimate(tally, [{ of: weight, per: rounds }]),
      largest: tally.weightLargest,
      clippedShare: tally.clippedCount / roundCount,
    },
    logged: estimate(tally, [{ of: reward, per: rounds }]),
    ips: value({ of: weighted, per: rounds }),
    snips: value({ of: weighted, per: clipped }),
    ...(moments.dim > expected && {
      model: {
        directMethod: value(direct),
        doublyRobust: value(direct, { of: missed, per: rounds }),
        selfNormalisedDoublyRobust: value(direct, { of: missed, per: clipped }),
        switchDoublyRobust: value(direct, { of: missedBelow, per: rounds }),
      },
    }),
  };
}

/** ± the mean of a column over the mean of another. */
interface Ratio {
  readonly of: number;
  readonly per: number;
  readonly sign?: -1;
}

function estimate({ moments }: Tally, ratios: readonly Ratio[]): Estimate {
  const gradient = new Map<number, number>();
  const slope = (at: number, value: number): void => {
    gradient.set(at, (gradient.get(at) ?? 0) + value);
  };
  let value = 0;
  for (const { of, per, sign = 1 } of ratios) {
    const [above, below] = [moments.mean(of), moments.mean(per)];
    value += (sign * above) / below;
    slope(of, sign / below);
    slope(per, (-sign * above) / below ** 2);
  }
  const variance = moments.varianceOf(gradient);
  const standardError = Number.isNaN(variance) ? Number.POSITIVE_INFINITY : Math.sqrt(variance);
  return {
    value,
    standardError,
    low: value - z * standardError,
    high: value + z * standardError,
  };
}
