/**
 * What a failure costs after which the model is as it was a while before: the curve that the paper does not
 * show.
 *
 * At one moment of the stream all of the model, or the rows of one shard, go back to what they were a day, an hour,
 * a minute before; what was learned meanwhile is lost. Then it goes on learning. Each example from there on
 * is predicted when it is asked, with and without the failure: the difference, by the time since then, is the cost.
 * Beside it our recovery, from the same old snapshot: the log since then is learned again.
 *
 * Source of the question: Liu et al., "Monolith", arXiv 2209.07663, sections 2.3 and 3.2.2: one of 1000 parameter
 * servers fails every ten days, and goes back to the snapshot of the day.
 */
import { assert, hash64 } from "../core/index.ts";
import { MemorySections } from "../embedding/index.ts";
import type { OnlineModel } from "../model/index.ts";
import type { ExampleStream } from "./exampleStream.ts";
import { type ExperimentOptions, meanOf, over } from "./experiment.ts";
import type { Interval } from "./interval.ts";
import { loseRows } from "./lostRows.ts";
import { predictionQuality } from "./predictionQuality.ts";
import { StepLearner } from "./stepLearner.ts";

export interface FailureOptions extends ExperimentOptions {
  /** How long before the failure the snapshots are from, milliseconds of the stream's time. */
  readonly lostMs: readonly number[];
  /** Of all tables alike; one of them fails, which one is decided by the seed. */
  readonly shardCount: number;
  /** Those whose ids are accounts: the only ones that the paper counts. */
  readonly userSlots: readonly string[];
  /** Where the windows of time since the failure end, growing, milliseconds; one more holds the rest. */
  readonly windowEndsMs: readonly number[];
}

/** What goes back: everything; or of one shard all rows, those of accounts, or all others. */
export type FailureScope = "whole" | "shard" | "shardUsers" | "shardOthers";
export const failureScopes: readonly FailureScope[] = [
  "whole",
  "shard",
  "shardUsers",
  "shardOthers",
];

export interface FailureReport {
  /** Means over the seeds. */
  readonly learnedBefore: number;
  readonly measured: number;
  /** Without a failure, over all that is measured. */
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
    /** The sum of what the log loss is higher by. */
    readonly nats: Interval;
  };
}

/** With the failure against without, seed by seed. */
export interface FailureCost {
  /** NaN where all labels are the same. */
  readonly aucLost: Interval;
  /** Per example. */
  readonly logLossAdded: Interval;
}

export interface FailureWindow extends FailureCost {
  /** Since the failure, milliseconds; the end is null for the rest. */
  readonly fromMs: number;
  readonly toMs: number | null;
  /** Mean. */
  readonly examples: number;
}

/** The oldest of the snapshots, and the steps since then again: against never having failed. */
export interface Recovery {
  readonly lostMs: number;
  /** Of all seeds. */
  readonly predictions: number;
  /** That are not the same to the bit. */
  readonly different: number;
}

interface Figures {
  readonly auc: number;
  readonly logLoss: number;
  readonly examples: number;
}

interface ArmResult {
  readonly lostExamples: number;
  readonly lostIds: number;
  readonly whole: Figures;
  readonly windows: readonly Figures[];
}

interface SeedResult {
  readonly learnedBefore: number;
  readonly reference: ArmResult;
  /** In the order of `armsOf`. */
  readonly arms: readonly ArmResult[];
  readonly different: number;
}

export async function failureExperiment(options: FailureOptions): Promise<FailureReport> {
  const { lostMs, windowEndsMs, seeds, source } = options;
  assert(lostMs.length > 0, "there is a time that is lost");
  assert(
    windowEndsMs.every((end, i) => end > (windowEndsMs[i - 1] ?? 0)),
    "the ends of windows grow",
  );
  const results: SeedResult[] = [];
  for (const seed of seeds) {
    const stream = await source.streamOf(seed);
    results.push(new SeedRun(options, stream, seed).run());
  }
  const arms = armsOf(options).map(({ lostMs: lost, scope }, at): FailureArm => {
    const own = results.map((result) => result.arms[at]);
    const costOf = (figures: (arm: ArmResult) => Figures): FailureCost => ({
      aucLost: over(results, ({ reference, arms: all }) => {
        return figures(reference).auc - figures(all[at]).auc;
      }),
      logLossAdded: over(results, ({ reference, arms: all }) => {
        return figures(all[at]).logLoss - figures(reference).logLoss;
      }),
    });
    const windows = [...windowEndsMs, null].map((toMs, i): FailureWindow => {
      const fromMs = windowEndsMs[i - 1] ?? 0;
      const examples = meanOf(own, (arm) => arm.windows[i].examples);
      return { fromMs, toMs, examples, ...costOf((arm) => arm.windows[i]) };
    });
    const nats = over(results, ({ reference, arms: all }) => {
      return (all[at].whole.logLoss - reference.whole.logLoss) * reference.whole.examples;
    });
    return {
      lostMs: lost,
      scope,
      lostExamples: meanOf(own, ({ lostExamples }) => lostExamples),
      lostIds: meanOf(own, ({ lostIds }) => lostIds),
      // Where the stream ends sooner, or a window is between two examples, there is nothing to say.
      windows: windows.filter((_, i) => own.every((arm) => arm.windows[i].examples > 0)),
      total: { ...costOf(({ whole }) => whole), nats },
    };
  });
  const predictions = results.reduce((sum, { reference }) => sum + reference.whole.examples, 0);
  return {
    learnedBefore: meanOf(results, ({ learnedBefore }) => learnedBefore),
    measured: predictions / results.length,
    auc: over(results, ({ reference }) => reference.whole.auc),
    logLoss: over(results, ({ reference }) => reference.whole.logLoss),
    arms,
    recovery: {
      lostMs: Math.max(...lostMs),
      predictions,
      different: results.reduce((sum, { different }) => sum + different, 0),
    },
  };
}

function armsOf({ lostMs }: FailureOptions): { lostMs: number; scope: FailureScope }[] {
  return failureScopes.flatMap((scope) => lostMs.map((lost) => ({ lostMs: lost, scope })));
}

/** The model as it was before a step. */
interface Past {
  readonly at: number;
  readonly sections: MemorySections;
}

/** One seed: the stream up to the failure once, then on from there with each failure. */
class SeedRun {
  readonly #options: FailureOptions;
  readonly #stream: ExampleStream;
  readonly #seed: number;
  /** The first step after the failure. */
  readonly #fault: number;
  readonly #measured: Uint32Array;
  /** What is measured, by the time since the failure: `windowEndsMs`, and the rest. */
  readonly #windows: readonly Uint32Array[];
  readonly #model: OnlineModel;
  readonly #old: OnlineModel;

  constructor(options: FailureOptions, stream: ExampleStream, seed: number) {
    this.#options = options;
    this.#stream = stream;
    this.#seed = seed;
    this.#fault = stream.cutAt(options.cut);
    this.#measured = stream.measuredFrom(this.#fault);
    const begin = stream.clock[this.#fault];
    const ends = [...options.windowEndsMs, Number.POSITIVE_INFINITY];
    this.#windows = ends.map((end, i) =>
      this.#measured.filter((index) => {
        const since = stream.askedClock[index] - begin;
        return since < end && since >= (ends[i - 1] ?? 0);
      }),
    );
    this.#model = options.source.makeModel(seed);
    this.#old = options.source.makeModel(seed);
  }

  run(): SeedResult {
    const arms = armsOf(this.#options);
    const { seeds, onProgress = () => {} } = this.#options;
    const runs = arms.length + 3;
    let done = seeds.indexOf(this.#seed) * runs;
    const told = (what: string): void => {
      onProgress({ what: `seed ${this.#seed}, ${what}`, done: done++, total: seeds.length * runs });
    };
    told("first part");
    const pasts = this.#learnFirst();
    const now = this.#pastOf(pasts, 0);
    told("no failure");
    const reference = this.#goOn();
    const results = arms.map(({ lostMs, scope }): ArmResult => {
      told(`${scope}, ${lostMs / 1000} s lost`);
      const past = this.#pastOf(pasts, lostMs);
      const lostIds = this.#fail(now, past, scope);
      return { ...this.#measure(this.#goOn()), lostIds, lostExamples: this.#taught(past.at) };
    });
    told("recovery");
    const oldest = this.#pastOf(pasts, Math.max(...this.#options.lostMs));
    this.#model.restore(oldest.sections);
    this.#learner(oldest.at).run(oldest.at, this.#fault);
    const recovered = this.#goOn();
    return {
      learnedBefore: this.#taught(0),
      reference: { ...this.#measure(reference), lostIds: 0, lostExamples: 0 },
      arms: results,
      different: this.#measured.filter((index) => !Object.is(recovered[index], reference[index]))
        .length,
    };
  }

  /** Learns up to the failure, and keeps the model of the moments that failures go back to, and of the last. */
  #learnFirst(): Past[] {
    const moments = [0, ...this.#options.lostMs].map((lost) => this.#before(lost));
    const pasts: Past[] = [];
    const learner = this.#learner(0);
    let from = 0;
    for (const at of [...new Set(moments)].sort((a, b) => a - b)) {
      learner.run(from, at);
      const sections = new MemorySections();
      this.#model.save(sections);
      pasts.push({ at, sections });
      from = at;
    }
    return pasts;
  }

  #pastOf(pasts: readonly Past[], lostMs: number): Past {
    const past = pasts.find(({ at }) => at === this.#before(lostMs));
    assert(past !== undefined, "every moment that is asked for was kept");
    return past;
  }

  /** The step so long before the failure. */
  #before(lostMs: number): number {
    return this.#stream.stepAt(this.#stream.clock[this.#fault] - lostMs);
  }

  /** @returns ids of rows that went back. */
  #fail(now: Past, past: Past, scope: FailureScope): number {
    if (scope === "whole") {
      this.#model.restore(past.sections);
      return 0;
    }
    this.#model.restore(now.sections);
    this.#old.restore(past.sections);
    const { shardCount, userSlots } = this.#options;
    const slots = Object.keys(this.#model.tables).filter(
      (slot) => scope === "shard" || userSlots.includes(slot) === (scope === "shardUsers"),
    );
    const shard = Number(hash64("shard that fails", BigInt(this.#seed)) % BigInt(shardCount));
    return loseRows(this.#model, this.#old, { slots, shardCount, shard });
  }

  /** From the failure to the end. @returns logits, (asked,). */
  #goOn(): Float64Array {
    const { steps, clock, askedCount } = this.#stream;
    const logits = new Float64Array(askedCount).fill(Number.NaN);
    const learner = this.#learner(this.#fault);
    for (let at = this.#fault; at < steps.length; at++) {
      const step = steps[at];
      learner.advance(clock[at]);
      if (step.kind === "taught") learner.teach(step);
      else logits[step.index] = this.#model.predictOne(this.#stream.featuresOf(step.index));
    }
    return logits;
  }

  #learner(at: number): StepLearner {
    return new StepLearner(this.#model, this.#stream, this.#stream.clock[at]);
  }

  #measure(logits: Float64Array): Pick<ArmResult, "whole" | "windows"> {
    const figuresOf = (indices: Uint32Array): Figures => {
      const { auc, logLoss } = predictionQuality(this.#stream, indices, logits, 1);
      return { auc, logLoss, examples: indices.length };
    };
    return { whole: figuresOf(this.#measured), windows: this.#windows.map(figuresOf) };
  }

  /** Examples taught from a step to the failure. */
  #taught(from: number): number {
    return this.#stream.taughtCount(from, this.#fault);
  }
}
