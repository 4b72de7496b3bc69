/** How sure a figure over accounts is, by drawing the accounts again. */
import { Random } from "../../core/index.ts";
import type { Interval } from "../interval.ts";

const resamples = 1000;
const seed = 1;

/**
 * The figure and its 95 % percentile interval; the seed is fixed, so the same values give the same interval. A figure that is
 * NaN, since there is nothing it could be of, has no interval.
 *
 * Source: Efron, "Bootstrap methods: another look at the jackknife", 1979.
 */
export function bootstrap<T>(
  accounts: readonly T[],
  statistic: (accounts: readonly T[]) => number,
): Interval {
  const mean = statistic(accounts);
  if (Number.isNaN(mean)) return { mean, low: mean, high: mean };
  const random = new Random(seed);
  const drawn = Array.from({ length: resamples }, () =>
    statistic(accounts.map(() => accounts[random.below(accounts.length)])),
  ).sort((a, b) => a - b);
  return {
    mean,
    low: drawn[Math.floor(0.025 * resamples)],
    high: drawn[Math.ceil(0.975 * resamples) - 1],
  };
}
