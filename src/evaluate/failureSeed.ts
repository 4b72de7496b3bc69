/** One seed of the failure experiment: the stream without a failure, and on from each failure of its. */
import { assert, hash64 } from "../core/index.ts";
import { MemorySections } from "../embedding/index.ts";
import type { OnlineModel } from "../model/index.ts";
import type { ExampleStream } from "./exampleStream.ts";
import type { ExperimentOptions } from "./experiment.ts";
import { loseRows } from "./lostRows.ts";
import { type PredictionQuality, predictionQuality } from "./predictionQuality.ts";
import { StepLearner } from "./stepLearner.ts";

export interface FailureOptions extends ExperimentOptions {
  /** How long before the failure the snapshots are from, milliseconds of the stream's time. */
  readonly lostMs: readonly number[];
  /** Failures of each seed, each by itself; 1 or more. */
  readonly momentCount: number;
  /** Of all tables alike; one of them fails, which one is decided by the seed and the moment. */
  readonly shardCount: number;
  /** Those whose ids are accounts: the only ones that the paper counts. */
  readonly userSlots: readonly string[];
  /** Where the windows of time since the failure end, growing, milliseconds; one more holds the rest. */
  readonly windowEndsMs: readonly number[];
}

/** What goes back: everything; or of one shard all rows, those of accounts, or all others. */
export type FailureScope = "whole" | "shard" | "shardUsers" | "shardOthers";
const failureScopes: readonly FailureScope[] = ["whole", "shard", "shardUsers", "shardOthers"];

/** One failure against none, of some examples. */
export interface Difference {
  readonly examples: number;
  /** Sum. */
  readonly nats: number;
  readonly aucLost: number;
}

/** Of one failure. */
export interface ArmResult {
  readonly lostExamples: number;
  readonly lostIds: number;
  readonly whole: Difference;
  readonly windows: readonly Difference[];
}

export interface MomentResult {
  readonly learnedBefore: number;
  /** In the order of `armsOf`. */
  readonly arms: readonly ArmResult[];
  readonly different: number;
}

export interface SeedResult {
  readonly quality: PredictionQuality;
  readonly moments: readonly MomentResult[];
}

/** What each failure is run with, in order. */
export function armsOf({ lostMs }: FailureOptions): { lostMs: number; scope: FailureScope }[] {
  return failureScopes.flatMap((scope) => lostMs.map((lost) => ({ lostMs: lost, scope })));
}

/** The model as it was before a step. */
interface Past {
  readonly at: number;
  readonly sections: MemorySections;
}

/** One seed: the stream once without a failure, and on from each of its moments with each failure. */
export class FailureSeed {
  readonly #options: FailureOptions;
  readonly #stream: ExampleStream;
  readonly #seed: number;
  /** The first steps after the failures, growing. */
  readonly #faults: readonly number[];
  readonly #model: OnlineModel;
  readonly #old: OnlineModel;
  #done = 0;

  constructor(options: FailureOptions, stream: ExampleStream, seed: number) {
    this.#options = options;
    this.#stream = stream;
    this.#seed = seed;
    const { cut, momentCount, seeds } = options;
    const place = seeds.indexOf(seed);
    this.#faults = Array.from({ length: momentCount }, (_, moment) => {
      const within = (moment + (place + 0.5) / seeds.length) / momentCount;
      return stream.cutAt({ by: cut.by, share: cut.share + ((1 - cut.share) / 2) * within });
    });
    this.#model = options.source.makeModel(seed);
    this.#old = options.source.makeModel(seed);
  }

  run(): SeedResult {
    const [first] = this.#faults;
    this.#tell("no failure");
    const { pasts, logits } = this.#runIntact(first);
    const measured = this.#stream.measuredFrom(first);
    return {
      quality: predictionQuality(this.#stream, measured, logits, 1),
      moments: this.#faults.map((fault, moment) => this.#runMoment(fault, moment, pasts, logits)),
    };
  }

  /**
   * Goes through the whole stream, and keeps the model of the moments that failures are at and go back to.
   *
   * @returns logits from the first failure on, (asked,).
   */
  #runIntact(first: number): { pasts: Past[]; logits: Float64Array } {
    const lost = [0, ...this.#options.lostMs];
    const ends = this.#faults.flatMap((fault) => lost.map((lostMs) => this.#before(fault, lostMs)));
    const pasts: Past[] = [];
    const learner = this.#learner(0);
    let from = 0;
    const logits = new Float64Array(this.#stream.askedCount).fill(Number.NaN);
    for (const at of [...new Set(ends)].sort((a, b) => a - b)) {
      // What is asked before the first failure is not measured.
      if (from < first) learner.run(from, at);
      else this.#predict(learner, from, at, logits);
      const sections = new MemorySections();
      this.#model.save(sections);
      pasts.push({ at, sections });
      from = at;
    }
    this.#predict(learner, from, this.#stream.steps.length, logits);
    return { pasts, logits };
  }

  #runMoment(
    fault: number,
    moment: number,
    pasts: readonly Past[],
    intact: Float64Array,
  ): MomentResult {
    const pastOf = (lostMs: number): Past => {
      const past = pasts.find(({ at }) => at === this.#before(fault, lostMs));
      assert(past !== undefined, "every moment that is asked for was kept");
      return past;
    };
    const compare = this.#comparison(fault, intact);
    const arms = armsOf(this.#options).map(({ lostMs, scope }): ArmResult => {
      this.#tell(`failure ${moment + 1}, ${scope}, ${lostMs / 1000} s lost`);
      const past = pastOf(lostMs);
      const lostIds = this.#fail({ now: pastOf(0), past, scope, moment });
      const lostExamples = this.#stream.taughtCount(past.at, fault);
      return { lostExamples, lostIds, ...compare(this.#goOn(fault)) };
    });
    this.#tell(`failure ${moment + 1}, recovery`);
    const oldest = pastOf(Math.max(...this.#options.lostMs));
    this.#model.restore(oldest.sections);
    this.#learner(oldest.at).run(oldest.at, fault);
    const recovered = this.#goOn(fault);
    const measured = this.#stream.measuredFrom(fault);
    const differs = (index: number): boolean => !Object.is(recovered[index], intact[index]);
    return {
      learnedBefore: this.#stream.taughtCount(0, fault),
      arms,
      different: measured.filter(differs).length,
    };
  }

  /** The step so long before another. */
  #before(fault: number, lostMs: number): number {
    return this.#stream.stepAt(this.#stream.clock[fault] - lostMs);
  }

  /** @returns ids of rows that went back. */
  #fail(failure: {
    readonly now: Past;
    readonly past: Past;
    readonly scope: FailureScope;
    readonly moment: number;
  }): number {
    const { now, past, scope, moment } = failure;
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
    const shard = shardThatFails(this.#seed, moment, shardCount);
    return loseRows(this.#model, this.#old, { slots, shardCount, shard });
  }

  /** From the failure to the end. @returns logits, (asked,). */
  #goOn(fault: number): Float64Array {
    const logits = new Float64Array(this.#stream.askedCount).fill(Number.NaN);
    this.#predict(this.#learner(fault), fault, this.#stream.steps.length, logits);
    return logits;
  }

  /** Goes through steps as a learner does, and predicts what is asked. */
  #predict(learner: StepLearner, from: number, to: number, logits: Float64Array): void {
    learner.run(from, to, (index) => {
      logits[index] = this.#model.predictOne(this.#stream.featuresOf(index));
    });
  }

  #learner(at: number): StepLearner {
    return new StepLearner(this.#model, this.#stream, this.#stream.clock[at]);
  }

  /** Compares logits after a failure with those of none: over all that is measured, and by window. */
  #comparison(
    fault: number,
    intact: Float64Array,
  ): (logits: Float64Array) => Pick<ArmResult, "whole" | "windows"> {
    const stream = this.#stream;
    const measured = stream.measuredFrom(fault);
    const ends = [...this.#options.windowEndsMs, Number.POSITIVE_INFINITY];
    const parts = [
      measured,
      ...ends.map((end, i) =>
        measured.filter((index) => {
          const since = stream.askedClock[index] - stream.clock[fault];
          return since < end && since >= (ends[i - 1] ?? 0);
        }),
      ),
    ];
    const qualityOf = (part: Uint32Array, logits: Float64Array): PredictionQuality =>
      predictionQuality(stream, part, logits, 1);
    const without = parts.map((part) => qualityOf(part, intact));
    return (logits) => {
      const [whole, ...windows] = parts.map((part, i): Difference => {
        const { auc, logLoss } = qualityOf(part, logits);
        const nats = part.length === 0 ? 0 : (logLoss - without[i].logLoss) * part.length;
        return { examples: part.length, nats, aucLost: without[i].auc - auc };
      });
      return { whole, windows };
    };
  }

  #tell(what: string): void {
    const { seeds, momentCount, onProgress = () => {} } = this.#options;
    const runs = 1 + momentCount * (armsOf(this.#options).length + 1);
    const done = seeds.indexOf(this.#seed) * runs + this.#done++;
    onProgress({ what: `seed ${this.#seed}, ${what}`, done, total: seeds.length * runs });
  }
}

/** Drawn, from 0. */
export function shardThatFails(seed: number, moment: number, shardCount: number): number {
  return Number(hash64(`shard that fails, ${moment}`, BigInt(seed)) % BigInt(shardCount));
}
