/** Two proportions: how far apart they are, and how sure that is. */
import { normalTail } from "../../core/index.ts";

/** So many of so many. */
export interface Share {
  readonly count: number;
  /** At least `count`, above 0. */
  readonly of: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval of a proportion. Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
 *
 * @param z the normal quantile of the level: 1.96 for 95 %.
 */
export function shareInterval({ count, of }: Share, z: number): Interval {
  const share = count / of;
  const middle = share + (z * z) / (2 * of);
  const half = z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  const scale = 1 + (z * z) / of;
  // Of none and of all it ends where it must, and not a rounding beside it.
  return {
    low: count === 0 ? 0 : (middle - half) / scale,
    high: count === of ? 1 : (middle + half) / scale,
  };
}

/**
 * Of one − other, from the Wilson intervals of both: never beyond −1 to 1, and of a width also where nothing, or all, was counted. Source:
 * Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 1998, method 10.
 */
export function differenceInterval(one: Share, other: Share, z: number): Interval {
  const [p, q] = [one.count / one.of, other.count / other.of];
  const [own, others] = [shareInterval(one, z), shareInterval(other, z)];
  return {
    low: p - q - Math.hypot(p - own.low, others.high - q),
    high: p - q + Math.hypot(own.high - p, q - others.low),
  };
}

/**
 * Of one ÷ other, by the normal distribution of its logarithm. Undefined where one of them counted nothing. Source: Katz, Baptista, Azen
 * and Pike, "Obtaining confidence intervals for the risk ratio in cohort studies", Biometrics 1978, method C.
 */
export function ratioInterval(one: Share, other: Share, z: number): Interval | undefined {
  if (one.count === 0 || other.count === 0) return undefined;
  const ratio = one.count / one.of / (other.count / other.of);
  const half = z * Math.sqrt(1 / one.count - 1 / one.of + 1 / other.count - 1 / other.of);
  return { low: ratio * Math.exp(-half), high: ratio * Math.exp(half) };
}

/** Two-sided, of both being the same: Pearson's χ² of the two by two table, without a correction. 1 where all or none were counted. */
export function differencePValue(one: Share, other: Share): number {
  const pooled = (one.count + other.count) / (one.of + other.of);
  const variance = pooled * (1 - pooled) * (1 / one.of + 1 / other.of);
  if (variance === 0) return 1;
  const z = Math.abs(one.count / one.of - other.count / other.of) / Math.sqrt(variance);
  return 2 * normalTail(z);
}
