/** Serving with a copy that lags: against copies of the whole model, made anew at each interval. */
import { describe, expect, it } from "vitest";
import { dayMs, hourMs } from "../core/index.ts";
import { MemorySections } from "../embedding/index.ts";
import { logLossOfLogit, type OnlineModel } from "../model/index.ts";
import { drawnSteps, stepsModel } from "../testing/exampleSteps.ts";
import type { ExampleStep } from "../train/index.ts";
import { ExampleStream } from "./exampleStream.ts";
import { meanInterval } from "./interval.ts";
import { type SyncReport, syncExperiment } from "./syncExperiment.ts";

const seeds = [1, 2];
const stepsOf = (seed: number): ExampleStep[] => drawnSteps({ seed, exampleCount: 3000, days: 6 });
const options = {
  source: {
    streamOf: (seed: number) => ExampleStream.of(stepsOf(seed)),
    makeModel: (seed: number) => stepsModel("fm", seed),
  },
  seeds,
  cut: { share: 0.5, by: "examples" },
  intervalsMs: [hourMs, dayMs],
  shardCount: 7,
  tableShardCounts: [5],
} as const;

/** The definition: of all pairs of a positive and a negative, how many are in order. */
function aucByPairs(examples: readonly Example[]): number {
  let [won, pairs] = [0, 0];
  for (const positive of examples.filter(({ label }) => label === 1)) {
    for (const negative of examples.filter(({ label }) => label === 0)) {
      pairs++;
      if (positive.logit > negative.logit) won++;
      if (positive.logit === negative.logit) won += 0.5;
    }
  }
  return won / pairs;
}

interface Example {
  readonly logit: number;
  readonly label: number;
}

/**
 * The experiment again, without any of its parts: a copy is the whole model, saved and restored. Of a model
 * that steps on each example.
 *
 * @param isDue is a new copy due before a step at this time, `last` being the time of the step before, and
 * before this example of those measured (from 0; −1 for other steps)?
 */
function bruteForce(
  seed: number,
  isDue: "always" | ((clock: number, last: number, place: number) => boolean),
): Example[] {
  const steps = stepsOf(seed);
  const labels = new Map(
    steps.flatMap((step) => (step.kind === "taught" ? [[step.index, step.label]] : [])),
  );
  const askedCount = steps.filter(({ kind }) => kind === "asked").length;
  const cutStep = steps.find(({ kind, index }) => kind === "asked" && index === askedCount / 2);
  const cut = Math.floor((cutStep?.time ?? 0) / 1000) * 1000;
  const features = steps.flatMap((step) => (step.kind === "asked" ? [step.features] : []));
  const model = stepsModel("fm", seed);
  let copy: OnlineModel | undefined;
  let last = steps[0].time;
  const examples: Example[] = [];
  for (const step of steps) {
    const now = step.time;
    if (Math.floor(now / dayMs) > Math.floor(last / dayMs)) model.expire(Math.floor(now / 1000));
    const isMeasured = step.kind === "asked" && labels.has(step.index);
    const place = isMeasured ? examples.length : -1;
    if (isDue === "always") copy = now >= cut ? model : undefined;
    else if (now >= cut && (copy === undefined || isDue(now, last, place))) {
      const sections = new MemorySections();
      model.save(sections);
      copy = stepsModel("fm", seed);
      copy.restore(sections);
    }
    last = now;
    if (step.kind === "taught") {
      const { label, index } = step;
      model.learnOne({ features: features[index], label }, Math.floor(now / 1000));
    } else if (copy !== undefined && isMeasured) {
      const label = labels.get(step.index) ?? Number.NaN;
      examples.push({ logit: copy.predictOne(step.features), label });
    }
  }
  return examples;
}

const shardsOf = (examples: readonly Example[], count: number): Example[][] =>
  Array.from({ length: count }, (_, shard) =>
    examples.filter((_, i) => Math.floor((i * count) / examples.length) === shard),
  );
const shardAuc = (examples: readonly Example[], count: number): number =>
  shardsOf(examples, count).reduce((sum, shard) => sum + aucByPairs(shard) / count, 0);

describe("the synchronisation experiment", () => {
  it("gives what copies of the whole model give, made anew at each interval", async () => {
    const report = await syncExperiment(options);
    const isPast = (ms: number) => (clock: number, last: number) =>
      Math.floor(clock / ms) > Math.floor(last / ms);
    const brutes = [() => false, isPast(dayMs), isPast(hourMs), "always" as const].map((isDue) =>
      seeds.map((seed) => bruteForce(seed, isDue)),
    );
    expect(report.arms.map(({ intervalMs }) => intervalMs)).toEqual([null, dayMs, hourMs, 0]);
    for (const [at, arm] of report.arms.entries()) {
      const figures = (figure: (examples: readonly Example[]) => number) => brutes[at].map(figure);
      const losses = figures(
        (all) =>
          all.reduce((sum, { logit, label }) => sum + logLossOfLogit(logit, label), 0) / all.length,
      );
      expectClose(arm.auc, meanInterval(figures(aucByPairs)));
      expectClose(arm.shardAuc, meanInterval(figures((all) => shardAuc(all, 7))));
      expectClose(arm.logLoss, meanInterval(losses));
      const lost = brutes[3].map((live, i) => aucByPairs(live) - aucByPairs(brutes[at][i]));
      expectClose(arm.aucLost, meanInterval(lost));
    }
    expect(report.measured).toBe((brutes[0][0].length + brutes[0][1].length) / 2);
    expect(report.arms[1].synchronisations).toBeGreaterThanOrEqual(2);
    expect(report.arms[1].synchronisations).toBeLessThanOrEqual(4);
  });

  it("takes the paper's Table 2 as its Algorithm 1: a copy for each shard, the mean of their AUCs", async () => {
    const { table } = await syncExperiment(options);
    const online = seeds.map((seed) => {
      const count = bruteForce(seed, () => false).length;
      // The first example of each of five shards of these.
      const starts = new Set([1, 2, 3, 4].map((shard) => Math.ceil((shard * count) / 5)));
      return shardAuc(
        bruteForce(seed, (_, __, place) => starts.has(place)),
        5,
      );
    });
    const batch = seeds.map((seed) =>
      shardAuc(
        bruteForce(seed, () => false),
        5,
      ),
    );
    expect(table).toHaveLength(1);
    expectClose(table[0].online, meanInterval(online));
    expectClose(table[0].batch, meanInterval(batch));
    expectClose(table[0].gain, meanInterval(online.map((auc, i) => auc - batch[i])));
  });

  it("finds that a truth that drifts is served the worse the longer the interval", async () => {
    const { arms } = await syncExperiment(options);
    const aucs = arms.map(({ auc }) => auc.mean);
    expect(aucs).toEqual([...aucs].sort((a, b) => a - b));
    expect(aucs[3] - aucs[0]).toBeGreaterThan(0.03);
    expect(arms[3].aucLost).toEqual({ mean: 0, low: 0, high: 0 });
    expect(arms[3].rowsEach).toBe(0);
  });

  it("lets the dense part lag by an interval of its own, and DeepFM learn in minibatches", async () => {
    const deep = {
      ...options,
      source: { ...options.source, makeModel: (seed: number) => stepsModel("deepFm", seed) },
      tableShardCounts: [],
    };
    const together = await syncExperiment(deep);
    const apart = await syncExperiment({ ...deep, denseIntervalMs: 2 * dayMs });
    const logLossOf = ({ arms }: SyncReport) => arms.map(({ logLoss }) => logLoss.mean);
    const [frozen, day, hour, live] = logLossOf(together);
    expect(live).toBeLessThan(frozen);
    const lagging = logLossOf(apart);
    expect([lagging[0], lagging[3]]).toEqual([frozen, live]); // these have nothing to take
    expect(lagging[1]).not.toBe(day);
    expect(lagging[2]).not.toBe(hour);
    const seldom = await syncExperiment({ ...deep, denseIntervalMs: 1000 * dayMs });
    expect(logLossOf(seldom)).not.toEqual(lagging);
  });

  it("gives the same figures again, and says how far it is", async () => {
    const told: number[] = [];
    const first = await syncExperiment({
      ...options,
      onProgress: ({ done, total }) => told.push(done / total),
    });
    expect(await syncExperiment(options)).toEqual(first);
    expect(told).toEqual(Array.from({ length: 12 }, (_, i) => i / 12));
  });
});

function expectClose(
  came: { mean: number; low: number; high: number },
  wanted: { mean: number; low: number; high: number },
): void {
  expect(came.mean).toBeCloseTo(wanted.mean, 12);
  expect(came.low).toBeCloseTo(wanted.low, 11);
  expect(came.high).toBeCloseTo(wanted.high, 11);
}
