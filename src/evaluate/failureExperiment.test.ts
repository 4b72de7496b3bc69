/** A failure: against old snapshots restored by hand, and models put together row by row. */
import { describe, expect, it } from "vitest";
import { dayMs, hourMs } from "../core/index.ts";
import { type EmbeddingTable, MemorySections } from "../embedding/index.ts";
import { auc, logLossOfLogit, type OnlineModel } from "../model/index.ts";
import { drawnSteps, stepsModel } from "../testing/exampleSteps.ts";
import type { ExampleStep, ExampleTaught } from "../train/index.ts";
import { ExampleStream } from "./exampleStream.ts";
import { type FailureArm, failureExperiment } from "./failureExperiment.ts";
import { type FailureScope, shardThatFails } from "./failureSeed.ts";
import { meanInterval } from "./interval.ts";
import { loseRows, shardOfId } from "./lostRows.ts";

const seeds = [1, 2];
const shardCount = 3;
const momentCount = 2;
const stepsOf = (seed: number): ExampleStep[] => drawnSteps({ seed, exampleCount: 3000, days: 6 });
const windowEndsMs = [6 * hourMs, dayMs];
const options = {
  source: {
    streamOf: (seed: number) => ExampleStream.of(stepsOf(seed)),
    makeModel: (seed: number) => stepsModel("fm", seed),
  },
  seeds,
  cut: { share: 0.5, by: "examples" },
  lostMs: [dayMs, 2 * hourMs],
  momentCount,
  shardCount,
  userSlots: ["user"],
  windowEndsMs,
} as const;

function copyOf(model: OnlineModel, seed: number): OnlineModel {
  const sections = new MemorySections();
  model.save(sections);
  const copy = stepsModel("fm", seed);
  copy.restore(sections);
  return copy;
}

/** What is known of every id, wherever its row is. */
const entriesOf = (table: EmbeddingTable) =>
  new Map(
    Array.from(table.entries(), (entry) => [
      entry.key,
      entry.state === "admitted" ? { ...entry, row: 0 } : entry,
    ]),
  );
const modelEntries = ({ tables }: OnlineModel) => Object.values(tables).map(entriesOf);

type Failed = (model: OnlineModel, old: OnlineModel, seed: number, moment: number) => OnlineModel;

interface Asked {
  readonly sinceMs: number;
  readonly logit: number;
  readonly label: number;
}

/**
 * The experiment again, for one failure: in one pass, the old model being a copy made when its time comes.
 *
 * @param failed what the model is after the failure.
 */
function bruteForce(seed: number, moment: number, lostMs: number, failed: Failed): Asked[] {
  const steps = stepsOf(seed);
  const asked = steps.flatMap((step) => (step.kind === "asked" ? [step] : []));
  const taught = steps.flatMap((step) => (step.kind === "taught" ? [step] : []));
  const labels = new Map(taught.map(({ index, label }) => [index, label]));
  // The second half of the stream; of its first half, in the middle of a quarter each.
  const share = 0.5 + 0.25 * ((moment + (seeds.indexOf(seed) + 0.5) / 2) / momentCount);
  const fault = Math.floor(asked[Math.floor(asked.length * share)].time / 1000) * 1000;
  const begin = steps.find(({ time }) => time >= fault)?.time ?? 0;
  const back = Math.floor((begin - lostMs) / 1000) * 1000;
  let model = stepsModel("fm", seed);
  let old: OnlineModel | undefined;
  let hasFailed = false;
  let day = Math.floor(steps[0].time / dayMs);
  const results: Asked[] = [];
  for (const step of steps) {
    const now = Math.floor(step.time / 1000);
    if (Math.floor(step.time / dayMs) > day) model.expire(now);
    day = Math.floor(step.time / dayMs);
    if (step.time >= back) old ??= copyOf(model, seed);
    if (step.time >= fault && !hasFailed) {
      model = failed(model, old ?? model, seed, moment);
      hasFailed = true;
    }
    if (step.kind === "taught") {
      const { index, label }: ExampleTaught = step;
      model.learnOne({ features: asked[index].features, label }, now);
      continue;
    }
    const label = labels.get(step.index);
    if (!hasFailed || label === undefined) continue;
    results.push({ sinceMs: step.time - begin, logit: model.predictOne(step.features), label });
  }
  return results;
}

/** Row by row into an empty model: of the old one what is lost, of the new one all others. */
function putTogether(slots: readonly string[]): Failed {
  return (model, old, seed, moment) => {
    const shard = shardThatFails(seed, moment, shardCount);
    const made = stepsModel("fm", seed);
    const dense = new MemorySections();
    model.saveDense(dense);
    made.restoreDense(dense);
    for (const [slot, table] of Object.entries(made.tables)) {
      const isLost = ({ key }: { readonly key: bigint }): boolean =>
        slots.includes(slot) && shardOfId(key, shardCount) === shard;
      for (const entry of old.tables[slot].entries()) if (isLost(entry)) table.putBack(entry);
      for (const entry of model.tables[slot].entries()) if (!isLost(entry)) table.putBack(entry);
    }
    return made;
  };
}

const inWindow = (all: readonly Asked[], window: number): Asked[] =>
  all.filter(({ sinceMs }) => {
    const [from, to] = [windowEndsMs[window - 1] ?? 0, windowEndsMs[window] ?? Infinity];
    return sinceMs >= from && sinceMs < to;
  });
const lossSum = (all: readonly Asked[]): number =>
  all.reduce((sum, { logit, label }) => sum + logLossOfLogit(logit, label), 0);
const aucOf = (all: readonly Asked[]): number =>
  auc(
    all.map(({ logit }) => logit),
    all.map(({ label }) => label),
  );

describe("the failure experiment", () => {
  const wholly = (_: OnlineModel, old: OnlineModel, seed: number) => copyOf(old, seed);
  const ways: Record<FailureScope, Failed> = {
    whole: wholly,
    shard: putTogether(["user", "item", "rare"]),
    shardUsers: putTogether(["user"]),
    shardOthers: putTogether(["item", "rare"]),
  };

  it("costs what old snapshots cost that are restored by hand, in each window", async () => {
    const { arms } = await failureExperiment(options);
    const runs = (lostMs: number, failed: Failed): Asked[][][] =>
      seeds.map((seed) => [0, 1].map((moment) => bruteForce(seed, moment, lostMs, failed)));
    const intact = runs(dayMs, (model) => model);
    expect(arms).toHaveLength(8);
    for (const arm of arms) {
      const failed = runs(arm.lostMs, ways[arm.scope]);
      const added = failed.map((moments, i) =>
        moments.map((all, moment) => lossSum(all) - lossSum(intact[i][moment])),
      );
      expect(added.flat().every((nats) => nats !== 0)).toBe(true);
      expectClose(arm.total.nats, meanInterval(added.map(([a, b]) => (a + b) / 2)));
      expect(arm.windows.map(({ toMs }) => toMs)).toEqual([...windowEndsMs, null]);
      for (const [at, window] of arm.windows.entries()) {
        const seedsOf = failed.map((moments, i) =>
          moments.map((all, moment) => {
            const [own, other] = [inWindow(all, at), inWindow(intact[i][moment], at)];
            const aucLost = (aucOf(other) - aucOf(own)) * own.length;
            return { nats: lossSum(own) - lossSum(other), aucLost, examples: own.length };
          }),
        );
        const mean = (part: (of: (typeof seedsOf)[0][0]) => number): number[] =>
          seedsOf.map(([a, b]) => (part(a) + part(b)) / (a.examples + b.examples));
        expectClose(window.logLossAdded, meanInterval(mean(({ nats }) => nats)));
        expectClose(window.aucLost, meanInterval(mean(({ aucLost }) => aucLost)));
        const examples = seedsOf.flat().reduce((sum, of) => sum + of.examples, 0);
        expect(window.examples).toBe(examples / 4);
      }
    }
  });

  it("says how much was lost: all of the time before for the whole model, a part for a shard", async () => {
    const { arms, learnedBefore } = await failureExperiment(options);
    const armOf = (scope: FailureScope, lostMs: number): FailureArm | undefined =>
      arms.find((arm) => arm.scope === scope && arm.lostMs === lostMs);
    const [day, hours] = [armOf("whole", dayMs), armOf("whole", 2 * hourMs)];
    // Of six days, half and an eighth more were learned on the mean, of which a day is lost.
    expect(day?.lostExamples).toBeGreaterThan(learnedBefore / 4.5);
    expect(day?.lostExamples).toBeLessThan(learnedBefore / 3.2);
    expect(hours?.lostExamples).toBeLessThan((day?.lostExamples ?? 0) / 6);
    const [shard, users, others] = [
      armOf("shard", dayMs),
      armOf("shardUsers", dayMs),
      armOf("shardOthers", dayMs),
    ];
    expect((users?.lostIds ?? 0) + (others?.lostIds ?? 0)).toBe(shard?.lostIds);
    expect(day?.total.nats.mean).toBeGreaterThan(hours?.total.nats.mean ?? Infinity);
  });

  it("shows that an old snapshot and the steps since then lose nothing", async () => {
    const report = await failureExperiment(options);
    expect(report.recovery).toEqual({
      lostMs: dayMs,
      predictions: report.measured * 4,
      different: 0,
    });
    expect(report.measured).toBeGreaterThan(900);
  });

  it("recovers to the bit a model of minibatches, too, and one that was nothing yet", async () => {
    const { recovery, arms } = await failureExperiment({
      ...options,
      source: { ...options.source, makeModel: (seed: number) => stepsModel("deepFm", seed) },
      lostMs: [100 * dayMs, hourMs],
    });
    expect(recovery.different).toBe(0);
    expect(arms[0].total.nats.mean).toBeGreaterThan(1);
  });
});

describe("rows that are lost", () => {
  it("make a model the old one where all are lost, with the dense part", () => {
    const learn = (model: OnlineModel, from: number, to: number): void => {
      const steps = stepsOf(4);
      const asked = steps.flatMap((step) => (step.kind === "asked" ? [step.features] : []));
      for (const step of steps.slice(from, to)) {
        if (step.kind !== "taught") continue;
        const { index, label, time } = step;
        model.learnOne({ features: asked[index], label }, Math.floor(time / 1000));
      }
    };
    const model = stepsModel("fm", 4);
    learn(model, 0, 2000);
    const old = copyOf(model, 4);
    learn(model, 2000, 4000);
    model.expire(Math.floor(stepsOf(4)[4000].time / 1000));
    expect(modelEntries(model)).not.toEqual(modelEntries(old));
    loseRows(model, old, { slots: ["user", "item", "rare"], shardCount: 1, shard: 0 });
    expect(modelEntries(model)).toEqual(modelEntries(old));
    const dense = new MemorySections();
    old.saveDense(dense);
    model.restoreDense(dense);
    for (const each of [model, old]) learn(each, 4000, 5500);
    expect(modelEntries(model)).toEqual(modelEntries(old));
  });

  it("are those of one shard: each id is in one of them", () => {
    const shards = Array.from({ length: 3000 }, (_, id) => shardOfId(BigInt(id), 3));
    for (const shard of [0, 1, 2]) {
      const share = shards.filter((own) => own === shard).length / 3000;
      expect(share).toBeGreaterThan(0.3);
      expect(share).toBeLessThan(0.37);
    }
  });
});

function expectClose(
  came: { mean: number; low: number; high: number },
  wanted: { mean: number; low: number; high: number },
): void {
  expect(came.mean).toBeCloseTo(wanted.mean, 9);
  expect(came.low).toBeCloseTo(wanted.low, 8);
  expect(came.high).toBeCloseTo(wanted.high, 8);
}
