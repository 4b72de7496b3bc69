/** What learning rates that are far too high look like, on a real model, and what sane ones do. */
import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { Arena } from "../embedding/index.ts";
import { FactorisationMachine, type Feature, sigmoid } from "../model/index.ts";
import type { Alarm } from "./alarms.ts";
import { Health } from "./health.ts";
import { Overfitting } from "./overfitting.ts";

const options = { driftRise: 0.1, overfittingGap: 0.4, calibrationRatio: 1.25 };

/** Many ids, few examples of each: some items are liked more, and no user is like another. */
function learn(ratesTimes: number, seed: number): { alarms: readonly Alarm[]; health: Health } {
  const arena = Arena.create({ sizeBytesMax: 32 * 1024 * 1024 });
  const model = FactorisationMachine.create(arena, {
    slots: { user: {}, item: {} },
    dim: 8,
    seed: 1n,
    linear: { alpha: 0.2 * ratesTimes, beta: 0.2, l1: 0, l2: 0 },
    vectors: { learningRate: 0.1 * ratesTimes, l2: 0 },
  });
  const featuresOf = (pair: Uint8Array): Feature[] => {
    const [user, item] = new Uint32Array(pair.slice().buffer);
    return [
      { slot: "user", id: BigInt(user) },
      { slot: "item", id: BigInt(item) },
    ];
  };
  const health = new Health(options, (_question, pair) => [model.predictOne(featuresOf(pair))]);
  const random = new Random(seed);
  for (let step = 0; step < 16_000; step++) {
    const [user, item] = [random.below(4000), random.below(1000)];
    const label = random.uniform() < sigmoid(-1 + (item % 3)) ? 1 : 0;
    const pair = new Uint8Array(Uint32Array.of(user, item).buffer);
    const logit = model.learnOne({ features: featuresOf(pair), label }, step);
    const moment = { offset: step, logTime: step };
    if (health.observe("response", [logit], [label, 1, 0], 1, moment))
      health.keep("response", pair, Float32Array.of(label, 1, 0), moment);
  }
  return { alarms: health.report().recentAlarms, health };
}

describe("overfitting", () => {
  it("is no alarm at sane rates: what was learned is foretold only a little better", () => {
    for (const seed of [1, 2, 3]) {
      const { alarms, health } = learn(1, seed);
      expect(alarms).toEqual([]);
      const {
        pairs,
        validationLoss = 0,
        trainingLoss = 0,
      } = health.report().questions.response.overfitting;
      expect(pairs).toBe(16_000 / 32 - 32);
      const gap = 1 - trainingLoss / validationLoss;
      expect(gap).toBeGreaterThan(0);
      expect(gap).toBeLessThan(0.35);
    }
  });

  it("is an alarm at rates 20 times too high: examples are learned by heart", () => {
    for (const seed of [1, 2, 3]) {
      const { alarms, health } = learn(20, seed);
      const [alarm] = alarms.filter(({ kind }) => kind === "overfitting");
      if (alarm?.kind !== "overfitting") throw new Error("no alarm");
      // The first 128 pairs are needed, which takes 5,120 steps.
      expect(alarm.offset).toBeGreaterThan(5000);
      expect(alarm.offset).toBeLessThan(8000);
      expect(alarm.trainingLoss).toBeLessThan(0.6 * alarm.validationLoss);
      // And what nobody has seen is foretold worse than by the mean.
      const [latest] = health.report().questions.response.windows;
      expect(latest.normalisedEntropy).toBeGreaterThan(1);
      expect(health.report().questions.response.alarms.overfitting).toBe(1);
    }
  });

  it("compares losses of one moment: a model that only becomes better has no gap", () => {
    const overfitting = new Overfitting();
    let logit = 0;
    const targets = Float32Array.of(1, 1, 0);
    for (let i = 0; i < 500; i++) {
      logit = i * 0.01;
      const loss = Math.log1p(Math.exp(-logit));
      overfitting.keep(loss, new Uint8Array(0), targets, () => [logit]);
    }
    const { pairs, validationLoss, trainingLoss, gapError } = overfitting.stats();
    expect(pairs).toBe(500 - 32);
    expect(trainingLoss).toBeCloseTo(validationLoss ?? 0, 12);
    expect(gapError).toBeCloseTo(0, 6);
  });

  it("asks again what was kept 32 times ago, with its weights and offsets", () => {
    const overfitting = new Overfitting();
    const asked: number[] = [];
    for (let i = 0; i < 70; i++) {
      const targets = Float32Array.of(1, 3, 0.5, 0, 1, -0.5, 0, -9, 0);
      overfitting.keep(1, Uint8Array.of(i), targets, ([at]) => {
        asked.push(at);
        return [1, 2, 77];
      });
      targets.fill(0); // it has a copy
    }
    expect(asked).toEqual(Array.from({ length: 70 - 32 }, (_, i) => i));
    const loss = (3 * Math.log1p(Math.exp(-1.5)) + Math.log1p(Math.exp(1.5))) / 4;
    expect(overfitting.stats().trainingLoss).toBeCloseTo(loss, 6);
    expect(overfitting.stats().validationLoss).toBe(1);
  });
});
