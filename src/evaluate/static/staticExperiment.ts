/**
 * Where and why models that stand still fall behind the one that learns on: linear and logistic regression, a decision
 * tree, boosted trees and a nightly query of what is popular, each trained once when the second part of the
 * stream begins, and again each night, on the same examples with the same features.
 *
 * Every example of the second part is predicted by each model when it is asked, and counts once its label is
 * known. The online model of the first part, frozen, tells apart what standing still costs from what the kind of model
 * does.
 */
import { assert, dayMs } from "../../core/index.ts";
import { auc } from "../../model/index.ts";
import type { ExampleStream } from "../exampleStream.ts";
import { type ExperimentOptions, meanOf } from "../experiment.ts";
import { type Interval, intervalValues, meanInterval } from "../interval.ts";
import { classOf } from "../predictionQuality.ts";
import type { Arm, SeedResult } from "./arms.ts";
import { firstCodes } from "./codes.ts";
import { staticLearners } from "./learners.ts";
import { type CurvePoint, crossEntropy } from "./staticModel.ts";
import { runStaticSeed } from "./staticSeed.ts";
import { type StaticStream, staticStream } from "./staticStream.ts";
import type { StratificationReport } from "./stratification.ts";

export interface StaticOptions extends ExperimentOptions {
  /** Days that a model looks back when it is trained at night; undefined: everything. */
  readonly windowDays?: number;
  /** Whose ids are the items of the nightly query. */
  readonly itemSlot: string;
  /** Whose ids come and go beside the items: told apart by whether they came before the cut. */
  readonly accountSlot: string;
  /** Examples that a model is fitted to; beyond, so many are drawn. The encoding and the query see all. */
  readonly rowsMax: number;
}

export interface StaticReport {
  /** Means over the seeds, but for what was asked: which is the same in all where they see one stream. */
  readonly examples: {
    readonly asked: number;
    /** Known when the second part began; and in the last night. */
    readonly known: number;
    readonly knownLast: number;
    readonly measured: number;
    /** Asked in the second part, and never known. */
    readonly unknown: number;
    readonly positiveShare: number;
  };
  readonly columns: readonly string[];
  /** Between two trainings; more than one where there would be more than 100 nights. */
  readonly retrainDays: number;
  readonly windowDays: number | null;
  readonly rowsMax: number;
  readonly arms: readonly ArmReport[];
  readonly curves: readonly LearningCurve[];
  readonly groups: readonly GroupReport[];
  /** Of the first seed. */
  readonly stratification: StratificationReport | null;
  /** What the nightly query splits by, seed by seed; null: by nothing. */
  readonly segments: readonly (string | null)[];
}

export interface ArmReport extends Arm {
  readonly auc: Interval;
  readonly logLoss: Interval;
  /** The online model's less this one's, seed by seed. */
  readonly aucBehind: Interval;
  /** This one's less the online model's. */
  readonly logLossBehind: Interval;
  /** Seconds of one training, mean; of the online model, of all its learning. */
  readonly trainingSeconds: number;
  readonly byDay: readonly DayReport[];
}

/** Of the days since the second part began, from this one to before the next. */
export interface DayReport {
  readonly day: number;
  /** Mean over the seeds. */
  readonly count: number;
  /** null where fewer than two seeds had a positive and a negative. */
  readonly auc: Interval | null;
  readonly logLoss: Interval | null;
}

export interface LearningCurve {
  readonly name: string;
  readonly knob: string;
  /** Seed by seed. */
  readonly best: readonly number[];
  /** Means over the seeds, as far as all of them went. */
  readonly points: readonly CurvePoint[];
}

/** Measured examples of one kind, and how each arm does there, in the order of `arms`. */
export interface GroupReport {
  readonly name: string;
  /** Of the measured, mean. */
  readonly share: number;
  readonly arms: readonly { readonly auc: number | null; readonly logLoss: number }[];
}

/** Points of a curve that a picture can still tell apart. */
const pointsMax = 30;
const nightsMax = 100;

export async function staticExperiment(options: StaticOptions): Promise<StaticReport> {
  const { source, seeds, cut, windowDays, itemSlot, accountSlot, rowsMax } = options;
  const onProgress = options.onProgress ?? ((): void => {});
  assert(seeds.length >= intervalValues.minimum, "an interval is over two seeds or more");
  assert(windowDays === undefined || windowDays > 0, "a window has a length");
  const learners = await staticLearners();
  const results: MeasuredSeed[] = [];
  let [retrainDays, pointDays] = [1, 1];
  let columns: readonly string[] = [];
  for (const [done, seed] of seeds.entries()) {
    const told = (what: string): void =>
      onProgress({ what: `seed ${seed}, ${what}`, done, total: seeds.length });
    told("reading");
    const stream = await source.streamOf(seed);
    const from = stream.cutAt(cut);
    assert(from > 0 && from < stream.clock.length, "both parts have something");
    const days = (stream.clock[stream.clock.length - 1] - stream.clock[from]) / dayMs;
    // The first seed decides, so that all have the same days.
    if (done === 0) {
      retrainDays = Math.ceil(days / nightsMax);
      pointDays = Math.ceil(days / pointsMax);
    }
    const view = staticStream(stream, itemSlot);
    columns = view.slots.map(({ slot }) => slot);
    const result = await runStaticSeed({
      seed,
      stream,
      view,
      learners,
      makeModel: () => source.makeModel(seed),
      from,
      retrainDays,
      windowMs: (windowDays ?? Number.POSITIVE_INFINITY) * dayMs,
      rowsMax,
      onProgress: told,
    });
    told("measuring");
    results.push(measure(result, { stream, view, from, pointDays, itemSlot, accountSlot }));
  }
  return {
    examples: {
      asked: meanOf(results, ({ asked }) => asked),
      known: meanOf(results, ({ known }) => known.first),
      knownLast: meanOf(results, ({ known }) => known.last),
      measured: meanOf(results, ({ measured }) => measured),
      unknown: meanOf(results, ({ unknown }) => unknown),
      positiveShare: meanOf(results, ({ positiveShare }) => positiveShare),
    },
    columns,
    retrainDays,
    windowDays: windowDays ?? null,
    rowsMax,
    arms: results[0].arms.map((_, at) => armReport(results, at, pointDays)),
    curves: results[0].choices.flatMap((_, at) => learningCurve(results, at)),
    groups: results[0].groups.map((_, at) => groupReport(results, at)),
    stratification: results[0].stratification ?? null,
    segments: results.map(({ segment }) => segment ?? null),
  };
}

interface Quality {
  readonly count: number;
  readonly auc: number;
  readonly logLoss: number;
}

interface MeasuredSeed
  extends Pick<SeedResult, "choices" | "stratification" | "known" | "segment"> {
  readonly asked: number;
  readonly measured: number;
  readonly unknown: number;
  readonly positiveShare: number;
  readonly arms: readonly (Arm & {
    readonly all: Quality;
    readonly byDay: readonly Quality[];
    readonly trainingSeconds: number;
  })[];
  readonly groups: readonly {
    readonly name: string;
    readonly share: number;
    readonly arms: readonly Quality[];
  }[];
}

interface Measuring {
  readonly stream: ExampleStream;
  readonly view: StaticStream;
  readonly from: number;
  readonly pointDays: number;
  readonly itemSlot: string;
  readonly accountSlot: string;
}

function measure(result: SeedResult, measuring: Measuring): MeasuredSeed {
  const { stream, from, pointDays } = measuring;
  const { labels, askedClock } = stream;
  const start = stream.clock[from];
  const rows = stream.measuredFrom(from);
  const dayOf = (row: number): number =>
    Math.floor((askedClock[row] - start) / (pointDays * dayMs));
  const pointCount = 1 + rows.reduce((most, row) => Math.max(most, dayOf(row)), 0);
  const byPoint = Array.from({ length: pointCount }, (_, point) =>
    rows.filter((row) => dayOf(row) === point),
  );
  const groups = groupsOf(rows, measuring);
  const positives = rows.filter((row) => labels[row] >= 0.5).length;
  return {
    ...result,
    asked: stream.askedCount,
    measured: rows.length,
    unknown: askedClock.filter((time) => time >= start).length - rows.length,
    positiveShare: positives / rows.length,
    arms: result.arms.map(({ name, kind, probabilities, trainingSeconds }) => ({
      name,
      kind,
      trainingSeconds,
      all: qualityOf(probabilities, labels, rows),
      byDay: byPoint.map((own) => qualityOf(probabilities, labels, own)),
    })),
    groups: groups.map((group) => ({
      name: group.name,
      share: group.rows.length / rows.length,
      arms: result.arms.map(({ probabilities }) => qualityOf(probabilities, labels, group.rows)),
    })),
  };
}

function qualityOf(probabilities: Float64Array, labels: Float64Array, rows: Uint32Array): Quality {
  const scores = Float64Array.from(rows, (row) => probabilities[row]);
  let loss = 0;
  for (const [i, row] of rows.entries()) loss += crossEntropy(scores[i], labels[row]);
  return {
    count: rows.length,
    auc: auc(
      scores,
      Uint8Array.from(rows, (row) => classOf(labels[row])),
    ),
    logLoss: loss / rows.length,
  };
}

/** By whether item and account came in the first part; those that no example is of are left out. */
function groupsOf(
  rows: Uint32Array,
  { stream, view, from, itemSlot, accountSlot }: Measuring,
): { readonly name: string; readonly rows: Uint32Array }[] {
  const start = stream.clock[from];
  const named = [
    { what: "item", slot: itemSlot },
    { what: "account", slot: accountSlot },
  ];
  return named.flatMap(({ what, slot }) => {
    const codes = view.slots.find((one) => one.slot === slot);
    if (codes === undefined) return [];
    const first = firstCodes(codes);
    const old = new Set<number>();
    for (const [row, code] of first.entries()) if (stream.askedClock[row] < start) old.add(code);
    return [
      { name: `${what} of the first part`, rows: rows.filter((row) => old.has(first[row])) },
      { name: `${what} came later`, rows: rows.filter((row) => !old.has(first[row])) },
    ].filter((group) => group.rows.length > 0);
  });
}

function armReport(results: readonly MeasuredSeed[], at: number, pointDays: number): ArmReport {
  const own = results.map(({ arms }) => arms[at]);
  const behind = results.map(({ arms }) => {
    const [online] = arms; // the first of all
    return {
      auc: online.all.auc - arms[at].all.auc,
      logLoss: arms[at].all.logLoss - online.all.logLoss,
    };
  });
  const { name, kind } = own[0];
  const points = Math.min(...own.map(({ byDay }) => byDay.length));
  return {
    name,
    kind,
    auc: meanInterval(own.map(({ all }) => all.auc)),
    logLoss: meanInterval(own.map(({ all }) => all.logLoss)),
    aucBehind: meanInterval(behind.map(({ auc }) => auc)),
    logLossBehind: meanInterval(behind.map(({ logLoss }) => logLoss)),
    trainingSeconds: meanOf(own, ({ trainingSeconds }) => trainingSeconds),
    byDay: Array.from({ length: points }, (_, point) => {
      const days = own.map(({ byDay }) => byDay[point]);
      return {
        day: point * pointDays,
        count: meanOf(days, ({ count }) => count),
        auc: intervalOrNull(days.map(({ auc }) => auc)),
        logLoss: intervalOrNull(days.map(({ logLoss }) => logLoss)),
      };
    }),
  };
}

function intervalOrNull(values: readonly number[]): Interval | null {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length < intervalValues.minimum ? null : meanInterval(known);
}

function learningCurve(results: readonly MeasuredSeed[], at: number): LearningCurve[] {
  const own = results.map(({ choices }) => choices[at]);
  const { name, knob } = own[0];
  if (knob === undefined) return [];
  const points = Math.min(...own.map(({ curve }) => curve.length));
  return [
    {
      name,
      knob,
      best: own.map(({ best }) => best),
      points: Array.from({ length: points }, (_, point) => ({
        complexity: own[0].curve[point].complexity,
        trainingLoss: meanOf(own, ({ curve }) => curve[point].trainingLoss),
        validationLoss: meanOf(own, ({ curve }) => curve[point].validationLoss),
      })),
    },
  ];
}

/** Of the seeds that have the group. */
function groupReport(results: readonly MeasuredSeed[], at: number): GroupReport {
  const { name } = results[0].groups[at];
  const own = results.flatMap(({ groups }) => groups.filter((group) => group.name === name));
  return {
    name,
    share: meanOf(own, ({ share }) => share),
    arms: own[0].arms.map((_, arm) => {
      const auc = meanOf(own, ({ arms }) => arms[arm].auc);
      return {
        auc: Number.isNaN(auc) ? null : auc,
        logLoss: meanOf(own, ({ arms }) => arms[arm].logLoss),
      };
    }),
  };
}
