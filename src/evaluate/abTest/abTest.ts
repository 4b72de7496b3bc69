import { assignmentPValue, FoldbackError } from "../../core/index.ts";
import { Moments } from "../moments.ts";
import { criticalT, logLikelihoodRatio, tightestSpread } from "./mixture.ts";
import { type Experiment, totalWeight } from "./variant.ts";

export interface AbTestOptions {
  /** `rate`: observations are 0 or 1. `mean`: any finite numbers. */
  readonly metric: "rate" | "mean";
  /**
   * Observations of each variant at which intervals are narrowest for their standard error: about as many as one expects
   * to need; from 1. Any number is right, but far from it intervals are wider: by a quarter at a tenth of it.
   */
  readonly tightestAt: number;
  /** The chance that any variant is ever said to differ from the control when none does; above 0, below 0.5. Default 0.05. */
  readonly alpha?: number;
  /** Of one observation in any variant, if it is known, of a mean; above 0. Default: estimated. */
  readonly variance?: number;
}

/** Observations of one variant that were added up elsewhere. */
export interface ObservationSummary {
  readonly count: number;
  readonly mean: number;
  /** Σ (x − mean)²; of a rate what its mean says. */
  readonly squaredDeviations: number;
}

/** An interval that may be looked at at any time: the truth is never outside, with chance 1 − α. */
export interface VariantResult {
  readonly name: string;
  readonly count: number;
  /** NaN without observations. */
  readonly mean: number;
  /**
   * As long as nothing can be said, or all values of a mean were the same: −∞ to ∞, or 0 to 1 of a rate. That of a mean does not know of
   * rare large values before the first of them.
   */
  readonly low: number;
  readonly high: number;
}

/** Of a variant with the control. */
export interface Comparison {
  readonly variant: string;
  /** Mean of the variant − mean of the control. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Small where they differ: below α it may be said that they do, and one may stop. */
  readonly pValue: number;
}

export interface AbTestReport {
  readonly variants: readonly VariantResult[];
  /** Of all variants but the first. Of several, intervals and p-values are for all at once (Bonferroni). */
  readonly comparisons: readonly Comparison[];
  /** Below 0.001 or so the assignment is not what it should be, and nothing else here is to be trusted. */
  readonly assignmentPValue: number;
}

/**
 * A test of variants against a control that may be looked at after every observation, and stopped whenever.
 *
 * A t-test that is looked at often rejects in the end, whatever is true: at α = 0.05 and a look after each of 10,000
 * observations in half of the cases. This is a mixture sequential probability ratio test instead (see `mixture.ts`). Of
 * the always-valid tests it is the one with both a p-value and an interval in closed form, from count, mean and variance
 * alone: so it can be kept in parts that add up, in any order. Bounds that hold for every finite sample (Howard, Ramdas, McAuliffe and
 * Sekhon, Annals of Statistics 2021) need rewards with a known range, and are wider.
 *
 * - A mean's variance is estimated for each variant and for both, the larger counts, and it has the smaller variant's degrees of
 *   freedom: on the safe side of what is exact for normal values.
 * - Rates: the difference and its variance with one success and one failure added to each variant (Agresti and Caffo, The
 *   American Statistician 2000), which is never 0; a rate's own interval is Wilson's (1927) with the wider quantile.
 *
 * An observation is of one *account*, the unit that is assigned, and counted once it is final: many rows of one account are
 * not independent, and would be taken as more evidence than they are. Sum them up first.
 *
 * @example
 * const test = new AbTest(experiment, { metric: "rate", tightestAt: 5000 });
 * test.observe(variantOf(account, experiment), 1);
 * test.report().comparisons[0].pValue;
 */
export class AbTest {
  readonly #options: Required<AbTestOptions>;
  /** (variants,) */
  readonly #names: readonly string[];
  readonly #shares: readonly number[];
  readonly #moments: readonly Moments[];
  readonly #indices: ReadonlyMap<string, number>;
  /** Of the chance of error that a variant by itself has, and a comparison as one of several. */
  readonly #own: Level;
  readonly #compared: Level;

  /** @throws FoldbackError CONFIG_INVALID for fewer than two variants, two of one name, a weight of 0, or an option out of range. */
  constructor({ name, variants }: Experiment, options: AbTestOptions) {
    const { metric, tightestAt, alpha = 0.05, variance = Number.NaN } = options;
    const total = totalWeight(name, variants);
    this.#names = variants.map((variant) => variant.name);
    this.#indices = new Map(this.#names.map((variant, index) => [variant, index]));
    const areVariants =
      variants.length >= 2 &&
      this.#indices.size === variants.length &&
      variants.every(({ weight }) => weight > 0);
    checkOption(
      "variants",
      this.#names,
      areVariants,
      "two or more of different names and weights above 0",
    );
    checkOption("alpha", alpha, alpha > 0 && alpha < 0.5, "above 0, below 0.5");
    checkOption(
      "tightestAt",
      tightestAt,
      tightestAt >= 1 && Number.isFinite(tightestAt),
      "a number from 1",
    );
    const isVariance = metric === "mean" && variance > 0 && Number.isFinite(variance);
    checkOption("variance", variance, Number.isNaN(variance) || isVariance, "above 0, of a mean");
    this.#options = { metric, tightestAt, alpha, variance };
    this.#shares = variants.map(({ weight }) => weight / total);
    this.#moments = variants.map(() => new Moments(1));
    this.#own = levelOf(alpha);
    this.#compared = levelOf(alpha / (variants.length - 1));
  }

  /** @throws FoldbackError REQUEST_INVALID for an unknown variant, or a value that the metric does not have. */
  observe(variant: string, value: number): void {
    const index = this.#indexOf(variant);
    const isRate = this.#options.metric === "rate";
    if (isRate ? value !== 0 && value !== 1 : !Number.isFinite(value)) {
      throw invalid("value", value, isRate ? "0 or 1" : "a finite number");
    }
    this.#moments[index].add([value]);
  }

  /**
   * As if so many observations of that mean and spread had been observed one by one.
   *
   * @throws FoldbackError REQUEST_INVALID for an unknown variant, or what no observations of the metric have.
   */
  observeSummary(variant: string, summary: ObservationSummary): void {
    const index = this.#indexOf(variant);
    const { count, mean, squaredDeviations } = summary;
    if (!(Number.isInteger(count) && count >= 0)) throw invalid("count", count, "from 0");
    if (count === 0) return;
    const isRate = this.#options.metric === "rate";
    if (isRate ? !(mean >= 0 && mean <= 1) : !Number.isFinite(mean)) {
      throw invalid("mean", mean, isRate ? "0 to 1" : "a finite number");
    }
    if (!(squaredDeviations >= 0 && squaredDeviations < Number.POSITIVE_INFINITY)) {
      throw invalid("squaredDeviations", squaredDeviations, "a finite number from 0");
    }
    this.#moments[index].merge(Moments.of(count, mean, squaredDeviations));
  }

  /**
   * As if all that `other` observed had been observed here.
   *
   * @throws FoldbackError REQUEST_INVALID if it has other variants or another metric.
   */
  merge(other: AbTest): void {
    const [ours, theirs] = [this, other].map(
      (test) => `${test.#options.metric} of ${test.#names.join(", ")}`,
    );
    if (ours !== theirs) throw invalid("part", theirs, ours);
    for (const [index, moments] of this.#moments.entries()) moments.merge(other.#moments[index]);
  }

  report(): AbTestReport {
    const counts = this.#moments.map(({ count }) => count);
    return {
      variants: this.#names.map((_, index) => this.#variant(index)),
      comparisons: this.comparisons(),
      assignmentPValue: assignmentPValue(counts, this.#shares),
    };
  }

  /** Those of the report alone, for who looks after every observation: about 0.3 µs each. */
  comparisons(): Comparison[] {
    return this.#names.slice(1).map((_, index) => this.#compare(index + 1));
  }

  #indexOf(variant: string): number {
    const index = this.#indices.get(variant);
    if (index !== undefined) return index;
    throw invalid("variant", variant, `one of ${this.#names.join(", ")}`);
  }

  #variant(index: number): VariantResult {
    const { metric, tightestAt } = this.#options;
    const { alpha, spread: tightest } = this.#own;
    const moments = this.#moments[index];
    const [name, count, mean] = [this.#names[index], moments.count, moments.mean(0)];
    const isRate = metric === "rate";
    const spread = (tightest * count) / tightestAt;
    const isKnown = count > 0 && (isRate || this.#variance(moments) > 0);
    const t = isKnown ? criticalT(alpha, spread, this.#freedom(count)) : Number.POSITIVE_INFINITY;
    if (t === Number.POSITIVE_INFINITY) {
      return { name, count, mean, low: isRate ? 0 : -t, high: isRate ? 1 : t };
    }
    if (!isRate) {
      const half = t * Math.sqrt(this.#variance(moments) / count);
      return { name, count, mean, low: mean - half, high: mean + half };
    }
    const middle = (mean + (t * t) / (2 * count)) / (1 + (t * t) / count);
    const half =
      (t * Math.sqrt((mean * (1 - mean)) / count + (t / (2 * count)) ** 2)) / (1 + (t * t) / count);
    return { name, count, mean, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
  }

  #compare(index: number): Comparison {
    const { alpha, spread: tightest } = this.#compared;
    const [control, own] = [this.#moments[0], this.#moments[index]];
    const variant = this.#names[index];
    const difference = own.mean(0) - control.mean(0);
    const freedom = this.#freedom(Math.min(control.count, own.count));
    if (!(freedom > 0)) {
      return { variant, difference, low: -Infinity, high: Infinity, pValue: 1 };
    }
    const { estimate, variance } = this.#difference(control, own);
    // Of equally many observations in both: half of each.
    const harmonic = (control.count * own.count) / (control.count + own.count);
    const spread = (tightest * harmonic) / (this.#options.tightestAt / 2);
    const squared = estimate === 0 ? 0 : (estimate / Math.sqrt(variance)) ** 2;
    const t = criticalT(alpha, spread, freedom);
    // Values that are all the same, in both: that others never come is not known.
    const reach =
      t === Number.POSITIVE_INFINITY || (variance === 0 && estimate === 0)
        ? Number.POSITIVE_INFINITY
        : t * Math.sqrt(variance);
    const ratio = logLikelihoodRatio(squared, spread, freedom);
    return {
      variant,
      difference,
      low: estimate - reach,
      high: estimate + reach,
      pValue: Math.min(1, (this.#names.length - 1) * Math.exp(-ratio)),
    };
  }

  #difference(control: Moments, own: Moments): { estimate: number; variance: number } {
    if (this.#options.metric === "mean") {
      return {
        estimate: own.mean(0) - control.mean(0),
        variance: this.#varianceOfDifference(control, own),
      };
    }
    const [before, after] = [smoothed(control), smoothed(own)];
    return {
      estimate: after.rate - before.rate,
      variance: before.variance + after.variance,
    };
  }

  /**
   * The larger of two estimates, which are one where both variants are of one size. The variance of each by itself is
   * right whatever they are, but much too small while a small variant has not had any of the rare large values; that of
   * both together is right if they differ little, and much too small if the small variant had more than its share of them.
   */
  #varianceOfDifference(control: Moments, own: Moments): number {
    const [before, after] = [this.#variance(control), this.#variance(own)];
    const apart = before / control.count + after / own.count;
    const [freedomBefore, freedomAfter] = [control.count - 1, own.count - 1];
    const pooled = (freedomBefore * before + freedomAfter * after) / (freedomBefore + freedomAfter);
    return Math.max(apart, pooled / control.count + pooled / own.count);
  }

  /** Of one observation. */
  #variance(moments: Moments): number {
    const { variance } = this.#options;
    return Number.isNaN(variance) ? moments.covariance(0, 0) : variance;
  }

  /** Infinite where no variance is estimated from so many observations; 0 or less: there is none yet. */
  #freedom(count: number): number {
    const { metric, variance } = this.#options;
    const isEstimated = metric === "mean" && Number.isNaN(variance);
    return isEstimated || count === 0 ? count - 1 : Number.POSITIVE_INFINITY;
  }
}

/**
 * What may be said after this look, with the ones before: the smallest p-value, and what all intervals have in common. As every
 * one of them holds at all times, so do these, and they never take back what they said.
 *
 * `low` above `high`: the looks contradict each other. The effect has changed, or observations are not independent.
 */
export function narrowed(before: Comparison, now: Comparison): Comparison {
  return {
    ...now,
    low: Math.max(before.low, now.low),
    high: Math.min(before.high, now.high),
    pValue: Math.min(before.pValue, now.pValue),
  };
}

/** A rate with one success and one failure more, and its variance. */
function smoothed(moments: Moments): { rate: number; variance: number } {
  const count = moments.count + 2;
  const rate = (moments.mean(0) * moments.count + 1) / count;
  return { rate, variance: (rate * (1 - rate)) / count };
}

interface Level {
  readonly alpha: number;
  /** Where intervals are narrowest. */
  readonly spread: number;
}

function levelOf(alpha: number): Level {
  return { alpha, spread: tightestSpread(alpha) };
}

function checkOption(field: string, value: unknown, isAllowed: boolean, allowed: string): void {
  if (isAllowed) return;
  const message = `${field} is ${String(value)}; allowed: ${allowed}`;
  throw new FoldbackError("CONFIG_INVALID", message, { details: { field } });
}

function invalid(field: string, value: unknown, allowed: string): FoldbackError {
  const message = `${field} is ${String(value)}; allowed: ${allowed}`;
  return new FoldbackError("REQUEST_INVALID", message, { details: { field } });
}
