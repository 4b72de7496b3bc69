/** How good a method of counting people is, over many accounts. */
import { assert } from "../../core/index.ts";
import type { Interval } from "../interval.ts";
import type { AccountScore } from "./accountScore.ts";
import { bootstrap } from "./bootstrap.ts";

/** Means, each with its 95 % interval over accounts. */
export interface PeopleScore {
  readonly accounts: number;
  readonly exact: Interval;
  readonly absoluteError: Interval;
  readonly withinOne: Interval;
  /** Of accounts with one person: those told to have several. */
  readonly falseAlarms: Interval;
  /** Of accounts with several: those told to have one. */
  readonly misses: Interval;
  /** Adjusted Rand index over sessions, by account. */
  readonly randIndex: Interval;
  /** Over pairs of sessions, by account. */
  readonly pairF1: Interval;
  /** Of later sessions: those given to the right person. */
  readonly assignment: Interval;
  readonly usage: Interval;
  readonly calibration: PeopleCalibration;
}

export interface PeopleCalibration {
  /** Mean distance, over ten bins of the probability of the answer, between it and the share that is right. */
  readonly error: Interval;
  /** Accounts with a probability of at least 0.9, and the share of them that is right. */
  readonly sureShare: Interval;
  readonly sureRight: Interval;
  /** Of accounts: those whose true count is in the 90 % interval. */
  readonly coverage: Interval;
}

const binCount = 10;
const sureFrom = 0.9;
/** 97.5 % quantile of the normal distribution. */
const z = 1.959964;

/** @param scores one for each account; at least one. NaN stands where there is nothing that a mean could be of. */
export function summarisePeople(scores: readonly AccountScore[]): PeopleScore {
  assert(scores.length > 0, "a summary is of at least one account");
  const share = (among: readonly AccountScore[], is: (score: AccountScore) => boolean): Interval =>
    wilson(among.filter(is).length, among.length);
  const single = scores.filter(({ people }) => people === 1);
  const several = scores.filter(({ people }) => people > 1);
  const sure = scores.filter(({ probability }) => probability >= sureFrom);
  return {
    accounts: scores.length,
    exact: share(scores, isExact),
    absoluteError: bootstrap(
      scores,
      meanOf(({ found, people }) => Math.abs(found - people)),
    ),
    withinOne: share(scores, ({ found, people }) => Math.abs(found - people) <= 1),
    falseAlarms: share(single, ({ found }) => found > 1),
    misses: share(several, ({ found }) => found === 1),
    randIndex: bootstrap(
      scores,
      meanOf(({ randIndex }) => randIndex),
    ),
    pairF1: bootstrap(
      scores,
      meanOf(({ pairF1 }) => pairF1),
    ),
    assignment: bootstrap(scores, assignmentOf),
    usage: share(scores, ({ isUsageRight }) => isUsageRight),
    calibration: {
      error: bootstrap(scores, calibrationError),
      sureShare: wilson(sure.length, scores.length),
      sureRight: share(sure, isExact),
      coverage: share(scores, ({ isCovered }) => isCovered),
    },
  };
}

/**
 * Expected calibration error: Σ over bins of (accounts in it / all) · |share that is right − mean probability|.
 *
 * Source: Naeini, Cooper, Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", 2015.
 */
export function calibrationError(scores: readonly AccountScore[]): number {
  const gaps = new Float64Array(binCount);
  for (const score of scores) {
    const bin = Math.min(binCount - 1, Math.floor(score.probability * binCount));
    gaps[bin] += (isExact(score) ? 1 : 0) - score.probability;
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / scores.length;
}

/**
 * A share with its 95 % interval.
 *
 * Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
 */
export function wilson(hits: number, count: number): Interval {
  if (count === 0) return { mean: Number.NaN, low: Number.NaN, high: Number.NaN };
  const mean = hits / count;
  const scale = 1 + (z * z) / count;
  const middle = (mean + (z * z) / (2 * count)) / scale;
  const half = (z / scale) * Math.sqrt((mean * (1 - mean)) / count + (z * z) / (4 * count * count));
  return { mean, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

function isExact({ found, people }: AccountScore): boolean {
  return found === people;
}

function meanOf(
  value: (score: AccountScore) => number,
): (scores: readonly AccountScore[]) => number {
  return (scores) => scores.reduce((sum, score) => sum + value(score), 0) / scores.length;
}

/** By session, not by account; NaN where none were assigned. */
function assignmentOf(scores: readonly AccountScore[]): number {
  let all = 0;
  let right = 0;
  for (const { assigned, assignedRight } of scores) {
    all += assigned;
    right += assignedRight;
  }
  return right / all;
}
