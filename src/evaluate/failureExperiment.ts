/**
 * What a failure costs after which the model is as it was a while before: the curve that the paper does not
 * show.
 *
 * At a moment of the stream all of the model, or the rows of one shard, go back to what they were a day, an hour,
 * a minute before; what was learned meanwhile is lost. Then it goes on learning. Each example from there on
 * is predicted when it is asked, with and without the failure: the difference, by the time since then, is the cost.
 * Beside it our recovery, from the same old snapshot: the log since then is learned again.
 *
 * What one failure costs is chance, as what comes right after it is: so each seed has several, at moments of
 * its own, each of them alone. Their moments are spread over the first half of the second part of the stream:
 *
 * ```
 * share of the stream = cut + (1 − cut) / 2 · (j + (k + ½) / seeds) / moments       seed k, moment j, from 0
 * ```
 *
 * Source of the question: Liu et al., "Monolith", arXiv 2209.07663, sections 2.3 and 3.2.2: one of 1000 parameter
 * servers fails every ten days, and goes back to the snapshot of the day.
 */
import { assert } from "../core/index.ts";
import { meanOf, over } from "./experiment.ts";
import {
  type ArmResult,
  armsOf,
  type Difference,
  type FailureOptions,
  type FailureScope,
  FailureSeed,
  type MomentResult,
  type SeedResult,
} from "./failureSeed.ts";
import type { Interval } from "./interval.ts";

export interface FailureReport {
  /** Means over the failures: examples taught before, and measured after it. */
  readonly learnedBefore: number;
  readonly measured: number;
  /** Without a failure, over all that is measured after the first moment. */
  readonly auc: Interval;
  readonly logLoss: Interval;
  readonly arms: readonly FailureArm[];
  readonly recovery: Recovery;
}

export interface FailureArm {
  readonly lostMs: number;
  readonly scope: FailureScope;
  /** Means: examples that were taught in the time that is lost; ids of the rows that went back, 0 for the whole model. */
  readonly lostExamples: number;
  readonly lostIds: number;
  readonly windows: readonly FailureWindow[];
  /** Of all that is measured. */
  readonly total: FailureCost & {
    /** The sum of what the log loss is higher by, of one failure. */
    readonly nats: Interval;
  };
}

/** With the failure against without, of a seed's failures together, seed by seed. */
export interface FailureCost {
  /** Mean of the failures, weighted by their examples; NaN where all labels are the same. */
  readonly aucLost: Interval;
  /** Per example. */
  readonly logLossAdded: Interval;
}

export interface FailureWindow extends FailureCost {
  /** Since the failure, milliseconds; the end is null for the rest. */
  readonly fromMs: number;
  readonly toMs: number | null;
  /** Of one failure, mean. */
  readonly examples: number;
}

/** The oldest of the snapshots, and the steps since then again: against never having failed. */
export interface Recovery {
  readonly lostMs: number;
  /** Of all failures of all seeds. */
  readonly predictions: number;
  /** That are not the same to the bit. */
  readonly different: number;
}

export async function failureExperiment(options: FailureOptions): Promise<FailureReport> {
  const { lostMs, windowEndsMs, momentCount, seeds, source } = options;
  assert(lostMs.length > 0 && momentCount >= 1, "there is a failure");
  assert(
    windowEndsMs.every((end, i) => end > (windowEndsMs[i - 1] ?? 0)),
    "the ends of windows grow",
  );
  const results: SeedResult[] = [];
  for (const seed of seeds) {
    const stream = await source.streamOf(seed);
    results.push(new FailureSeed(options, stream, seed).run());
  }
  const moments = results.flatMap((result) => result.moments);
  const measuredOf = (of: readonly MomentResult[]): number =>
    of.reduce((sum, { arms }) => sum + arms[0].whole.examples, 0);
  return {
    learnedBefore: meanOf(moments, ({ learnedBefore }) => learnedBefore),
    measured: measuredOf(moments) / moments.length,
    auc: over(results, ({ quality }) => quality.auc),
    logLoss: over(results, ({ quality }) => quality.logLoss),
    arms: armsOf(options).map((_, at) => armReport(options, results, at)),
    recovery: {
      lostMs: Math.max(...lostMs),
      predictions: measuredOf(moments),
      different: moments.reduce((sum, { different }) => sum + different, 0),
    },
  };
}

function armReport(
  options: FailureOptions,
  results: readonly SeedResult[],
  at: number,
): FailureArm {
  const { windowEndsMs } = options;
  const bySeed = results.map(({ moments }) => moments.map(({ arms }) => arms[at]));
  const all = bySeed.flat();
  const costOf = (part: (arm: ArmResult) => Difference): FailureCost => ({
    aucLost: over(bySeed, (arms) => aucLostOf(arms.map(part))),
    logLossAdded: over(bySeed, (arms) => {
      const examples = arms.reduce((sum, arm) => sum + part(arm).examples, 0);
      return arms.reduce((sum, arm) => sum + part(arm).nats, 0) / examples;
    }),
  });
  const windows = [...windowEndsMs, null].map((toMs, i): FailureWindow => {
    const fromMs = windowEndsMs[i - 1] ?? 0;
    const examples = meanOf(all, (arm) => arm.windows[i].examples);
    return { fromMs, toMs, examples, ...costOf((arm) => arm.windows[i]) };
  });
  return {
    ...armsOf(options)[at],
    lostExamples: meanOf(all, ({ lostExamples }) => lostExamples),
    lostIds: meanOf(all, ({ lostIds }) => lostIds),
    // Where all streams end sooner, or nothing is asked so soon, there is nothing to say.
    windows: windows.filter((_, i) =>
      bySeed.every((arms) => arms.some((arm) => arm.windows[i].examples > 0)),
    ),
    total: {
      ...costOf(({ whole }) => whole),
      nats: over(bySeed, (arms) => meanOf(arms, ({ whole }) => whole.nats)),
    },
  };
}

/** Of those that have an AUC. */
function aucLostOf(differences: readonly Difference[]): number {
  const known = differences.filter(({ aucLost }) => !Number.isNaN(aucLost));
  const examples = known.reduce((sum, difference) => sum + difference.examples, 0);
  return known.reduce((sum, of) => sum + of.aucLost * of.examples, 0) / examples;
}
