/**
 * What it costs to serve with a copy that lags behind the model that learns: the paper's Table 2, and more
 * intervals.
 *
 * The first part of the stream is learned. Then the model goes on learning, and a copy of it serves, which takes
 * what changed at each multiple of an interval of the stream's time. Each example is predicted by the copy at
 * the moment when it is asked.
 *
 * Source: Liu et al., "Monolith", arXiv 2209.07663, section 3.2.2, Algorithm 1 and Table 2.
 */
import { assert } from "../core/index.ts";
import { MemorySections } from "../embedding/index.ts";
import { type OnlineModel, ServingCopy } from "../model/index.ts";
import type { ExampleStream } from "./exampleStream.ts";
import { type ExperimentOptions, meanOf, over } from "./experiment.ts";
import type { Interval } from "./interval.ts";
import { type PredictionQuality, predictionQuality, shardStart } from "./predictionQuality.ts";
import { StepLearner } from "./stepLearner.ts";

export interface SyncOptions extends ExperimentOptions {
  /** Milliseconds of the stream's time, each once; 0: the model itself serves. "Frozen" and 0 are always run. */
  readonly intervalsMs: readonly number[];
  /** The same for bias and network, above 0; by default they are taken together with the rows. */
  readonly denseIntervalMs?: number;
  /** Of the AUCs whose mean is taken, the same for all intervals. */
  readonly shardCount: number;
  /** Of the paper's Table 2: each is also a run, whose copy is synchronised where a shard begins. */
  readonly tableShardCounts: readonly number[];
}

export interface SyncReport {
  /** Means over the seeds, which are the same where all see one stream. */
  readonly learnedBefore: number;
  readonly measured: number;
  /** From the least often synchronised to the model itself. */
  readonly arms: readonly SyncArm[];
  readonly table: readonly SyncTableRow[];
}

export interface SyncArm {
  /** null: synchronised once, when the second part began, and never again. */
  readonly intervalMs: number | null;
  readonly auc: Interval;
  readonly shardAuc: Interval;
  readonly logLoss: Interval;
  /** Of the interval 0 less this one's, seed by seed: what the lag costs. */
  readonly aucLost: Interval;
  readonly shardAucLost: Interval;
  /** This one's less that of the interval 0. */
  readonly logLossAdded: Interval;
  /** Means: how often, and how many rows each time. The first one, which takes all, does not count. */
  readonly synchronisations: number;
  readonly rowsEach: number;
}

/** The columns of the paper's Table 2. */
export interface SyncTableRow {
  readonly shardCount: number;
  /** Synchronised where each shard begins. */
  readonly online: Interval;
  /** The frozen copy, on the same shards. */
  readonly batch: Interval;
  readonly gain: Interval;
}

/** When the copy takes what changed. */
type Pace =
  | { readonly kind: "interval"; readonly ms: number }
  | { readonly kind: "frozen" }
  | { readonly kind: "shards"; readonly count: number };

interface Served {
  /** (asked,). */
  readonly logits: Float64Array;
  readonly synchronisations: number;
  readonly rows: number;
}

interface SeedResult {
  readonly learnedBefore: number;
  readonly measured: number;
  readonly arms: readonly (Served & { readonly quality: PredictionQuality })[];
  readonly table: readonly { readonly online: number; readonly batch: number }[];
}

/**
 * Each interval is run on the same model with the same steps: learned once up to the cut, saved, and restored
 * for each.
 */
export async function syncExperiment(options: SyncOptions): Promise<SyncReport> {
  const paces = pacesOf(options.intervalsMs);
  assert((options.denseIntervalMs ?? 1) > 0, "an interval of the dense part is above 0");
  const results: SeedResult[] = [];
  for (const seed of options.seeds) results.push(await runSeed(options, paces, seed));
  const arms = paces.map((pace, at): SyncArm => {
    const own = results.map(({ arms: all }) => all[at]);
    const live = results.map(({ arms: all }) => all[paces.length - 1]);
    const lost = (figure: (quality: PredictionQuality) => number): Interval =>
      over(
        own.map(({ quality }, seed) => figure(live[seed].quality) - figure(quality)),
        (difference) => difference,
      );
    return {
      intervalMs: pace.kind === "interval" ? pace.ms : null,
      auc: over(own, ({ quality }) => quality.auc),
      shardAuc: over(own, ({ quality }) => quality.shardAuc),
      logLoss: over(own, ({ quality }) => quality.logLoss),
      aucLost: lost(({ auc }) => auc),
      shardAucLost: lost(({ shardAuc }) => shardAuc),
      logLossAdded: lost(({ logLoss }) => -logLoss),
      synchronisations: meanOf(own, ({ synchronisations }) => synchronisations),
      rowsEach: meanOf(own, ({ rows, synchronisations }) => rows / Math.max(1, synchronisations)),
    };
  });
  const table = options.tableShardCounts.map((shardCount, at): SyncTableRow => {
    const own = results.map((result) => result.table[at]);
    return {
      shardCount,
      online: over(own, ({ online }) => online),
      batch: over(own, ({ batch }) => batch),
      gain: over(own, ({ online, batch }) => online - batch),
    };
  });
  return {
    learnedBefore: meanOf(results, ({ learnedBefore }) => learnedBefore),
    measured: meanOf(results, ({ measured }) => measured),
    arms,
    table,
  };
}

/** Frozen first, then by falling interval, 0 last. */
function pacesOf(intervalsMs: readonly number[]): Pace[] {
  for (const ms of intervalsMs) assert(ms >= 0, "an interval is 0 or more");
  const all = [...new Set([...intervalsMs, 0])].sort((a, b) => b - a);
  return [{ kind: "frozen" }, ...all.map((ms) => ({ kind: "interval", ms }) as const)];
}

async function runSeed(
  options: SyncOptions,
  paces: readonly Pace[],
  seed: number,
): Promise<SeedResult> {
  const { source, cut, shardCount, tableShardCounts, seeds, onProgress = () => {} } = options;
  const stream = await source.streamOf(seed);
  const from = stream.cutAt(cut);
  const measured = stream.measuredFrom(from);
  const runs = paces.length + tableShardCounts.length + 1;
  let done = seeds.indexOf(seed) * runs;
  const told = (what: string): void =>
    onProgress({ what: `seed ${seed}, ${what}`, done: done++, total: seeds.length * runs });

  told("first part");
  const learned = new MemorySections();
  const base = source.makeModel(seed);
  new StepLearner(base, stream, stream.clock[0]).run(0, from);
  base.save(learned);

  const run = (pace: Pace): Served => {
    const model = source.makeModel(seed);
    model.restore(learned);
    const makeCopy = (): OnlineModel => source.makeModel(seed);
    return serve({ stream, from, measured, model, makeCopy, pace, dense: options.denseIntervalMs });
  };
  const arms = paces.map((pace) => {
    told(nameOf(pace));
    const served = run(pace);
    const quality = predictionQuality(stream, measured, served.logits, shardCount);
    return { ...served, quality };
  });
  const table = tableShardCounts.map((count) => {
    told(`${count} shards`);
    const { logits } = run({ kind: "shards", count });
    const [frozen] = arms; // by the order of the paces
    return {
      online: predictionQuality(stream, measured, logits, count).shardAuc,
      batch: predictionQuality(stream, measured, frozen.logits, count).shardAuc,
    };
  });
  const learnedBefore = stream.taughtCount(0, from);
  return { learnedBefore, measured: measured.length, arms, table };
}

function nameOf(pace: Pace): string {
  return pace.kind === "interval" ? `interval ${pace.ms / 1000} s` : pace.kind;
}

/** Goes through the second part: the copy predicts what is asked, the model learns what is taught. */
function serve(task: {
  readonly stream: ExampleStream;
  readonly from: number;
  readonly measured: Uint32Array;
  readonly model: OnlineModel;
  readonly makeCopy: () => OnlineModel;
  readonly pace: Pace;
  readonly dense: number | undefined;
}): Served {
  const { stream, from, measured, model, makeCopy, pace, dense } = task;
  const { steps, clock } = stream;
  const logits = new Float64Array(stream.askedCount).fill(Number.NaN);
  const learner = new StepLearner(model, stream, clock[from]);
  const isLive = pace.kind === "interval" && pace.ms === 0;
  const copy = isLive ? undefined : new ServingCopy(model, makeCopy());
  copy?.synchronise();
  const isDue = dueness(pace, clock[from], measured);
  const isDenseDue = crossing(dense ?? 0, clock[from]);
  let [synchronisations, rows] = [0, 0];
  for (let at = from; at < steps.length; at++) {
    const step = steps[at];
    learner.advance(clock[at]);
    if (copy !== undefined && isDue(clock[at], step.kind === "asked" ? step.index : -1)) {
      rows += copy.synchronise({ dense: dense === undefined }).rowCount;
      synchronisations++;
    }
    // A frozen copy stays as it is.
    if (dense !== undefined && pace.kind !== "frozen" && isDenseDue(clock[at])) {
      copy?.synchroniseDense();
    }
    if (step.kind === "taught") learner.teach(step);
    else logits[step.index] = (copy ?? model).predictOne(stream.featuresOf(step.index));
  }
  return { logits, synchronisations, rows };
}

/** Is the copy to be synchronised before a step at this time, and before this example is asked (or −1)? */
function dueness(
  pace: Pace,
  start: number,
  measured: Uint32Array,
): (clock: number, index: number) => boolean {
  if (pace.kind === "frozen") return () => false;
  if (pace.kind === "interval") return crossing(pace.ms, start);
  const starts = new Set<number>();
  // The first one begins where the copy has just taken all.
  for (let shard = 1; shard < pace.count; shard++)
    starts.add(measured[shardStart(shard, measured.length, pace.count)]);
  return (_, index) => starts.has(index);
}

/** Has time passed a multiple of the interval since it was last asked? */
function crossing(intervalMs: number, start: number): (clock: number) => boolean {
  let last = Math.floor(start / intervalMs);
  return (clock) => {
    const now = Math.floor(clock / intervalMs);
    const isPast = now > last;
    last = now;
    return isPast;
  };
}
