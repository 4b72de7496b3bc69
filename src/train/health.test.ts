import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { sigmoid } from "../model/index.ts";
import { MemorySnapshot } from "../testing/memorySnapshot.ts";
import type { Alarm } from "./alarms.ts";
import { Health } from "./health.ts";

const options = { driftRise: 0.1, overfittingGap: 0.4, calibrationRatio: 1.25 };

interface Told {
  /** What the model said. */
  readonly logit: number;
  readonly label: number;
}

/** Of a stream: the true logit and what came of it, at a step. */
type Draw = (random: Random, step: number) => Told;

/** Known to be acted on with probability σ(logit), 0.05 to 0.6. */
function calibrated(random: Random): Told {
  const logit = -3 + 3.4 * random.uniform();
  return { logit, label: random.uniform() < sigmoid(logit) ? 1 : 0 };
}

const bytes = new Uint8Array(0);

/** Steps of one example, about what is shown; asked again, the model says what it said. */
function healthOf(draw: Draw, stepCount: number, seed = 1): Health {
  const health = new Health(options, () => [-1.5]);
  tell(health, draw, { from: 0, to: stepCount, seed });
  return health;
}

function tell(
  health: Health,
  draw: Draw,
  { from, to, seed }: { from: number; to: number; seed: number },
): void {
  const random = new Random(seed);
  for (let step = 0; step < to; step++) {
    const { logit, label } = draw(random, step);
    if (step < from) continue;
    const moment = { offset: step * 2, logTime: step * 1000 };
    if (health.observe("response", [logit], [label, 1, 0], 1, moment)) {
      health.keep("response", bytes, Float32Array.of(label, 1, 0), moment);
    }
  }
}

const alarmsOf = (health: Health): readonly Alarm[] => health.report().recentAlarms;

describe("the monitor of training", () => {
  it("has no alarm in 600,000 steps of streams that stand still", () => {
    for (let seed = 0; seed < 20; seed++) {
      expect(alarmsOf(healthOf(calibrated, 30_000, seed)), `seed ${seed}`).toEqual([]);
    }
  });

  it("tells of drift within 2,000 steps of the moment when labels no longer follow", () => {
    for (let seed = 0; seed < 20; seed++) {
      const health = healthOf(
        (random, step) => {
          const told = calibrated(random);
          return step < 20_000 ? told : { ...told, label: calibrated(random).label };
        },
        22_000,
        seed,
      );
      const [first, ...more] = alarmsOf(health);
      expect(more).toEqual([]);
      if (first?.kind !== "drift") throw new Error(`no drift, seed ${seed}`);
      expect(first).toMatchObject({ question: "response", logTime: first.offset * 500 });
      expect(first.offset).toBeGreaterThan(40_000);
      expect(first.before).toBeLessThan(0.97);
      expect(first.after).toBeGreaterThan(first.before + options.driftRise);
      expect(first.steps).toBeLessThan(10_000);
    }
  });

  it("has no alarm where more is acted on, and the model knows", () => {
    const health = healthOf((random, step) => {
      const logit = calibrated(random).logit + (Math.floor(step / 10_000) % 2 === 0 ? -1 : 0.7);
      return { logit, label: random.uniform() < sigmoid(logit) ? 1 : 0 };
    }, 60_000);
    expect(alarmsOf(health)).toEqual([]);
    const [latest] = health.report().questions.response.windows;
    expect(latest.observed).toBeGreaterThan(0.25);
  });

  it("has no alarm where the model becomes better", () => {
    const health = healthOf((random, step) => {
      const told = calibrated(random);
      return { ...told, logit: -1.2 + (told.logit + 1.2) * Math.min(1, step / 40_000) };
    }, 60_000);
    expect(alarmsOf(health)).toEqual([]);
    expect(health.report().questions.response.steady.normalisedEntropy).toBeLessThan(0.95);
  });

  it("tells once that predictions are twice too high on average, and again when it comes again", () => {
    const isOff = (step: number): boolean => step < 130_000 || step >= 300_000;
    const health = healthOf((random, step) => {
      const logit = -4 + random.uniform();
      const shift = isOff(step) ? Math.log(2) : 0;
      return { logit: logit + shift, label: random.uniform() < sigmoid(logit) ? 1 : 0 };
    }, 450_000);
    const alarms = alarmsOf(health).filter((alarm) => alarm.kind === "calibration");
    expect(alarms.map(({ examples }) => examples)).toEqual([100_000, 100_000]);
    // The first as soon as the window is full; the second once enough of it is off.
    expect(alarms[0].offset).toBeLessThan(2 * 101_100);
    expect(alarms[1].offset).toBeGreaterThan(2 * 320_000);
    expect(alarms[0].predicted / alarms[0].observed).toBeCloseTo(2, 0);
    expect(health.report().questions.response.alarms).toMatchObject({ calibration: 2 });
  });

  it("tells that labels have stopped to come at all", () => {
    const health = healthOf((random) => ({ logit: -3 - random.uniform(), label: 0 }), 101_500);
    const off = alarmsOf(health).filter(({ kind }) => kind === "calibration");
    expect(off).toMatchObject([{ observed: 0, examples: 100_000 }]);
  });

  it("tells of a model that is worse than to say the mean", () => {
    const health = healthOf((random) => {
      const told = calibrated(random);
      return { ...told, logit: told.logit + 8 * (random.uniform() - 0.5) };
    }, 101_500);
    const [worse] = alarmsOf(health).filter(({ kind }) => kind === "worseThanMean");
    expect(worse).toMatchObject({ question: "response", examples: 100_000 });
  });

  it("tells once of predictions that are no numbers, and counts them in no window", () => {
    const health = healthOf((random, step) => {
      const told = calibrated(random);
      if (step >= 500 && step < 600) return { ...told, logit: Number.NaN };
      return step === 10_700 ? { ...told, logit: Number.POSITIVE_INFINITY } : told;
    }, 11_000);
    expect(alarmsOf(health)).toEqual([
      { kind: "notFinite", question: "response", offset: 1000, logTime: 500_000 },
      { kind: "notFinite", question: "response", offset: 21_400, logTime: 10_700_000 },
    ]);
    const { examples, steps, notFinite, windows } = health.report().questions.response;
    expect({ examples, steps, notFinite }).toEqual({
      examples: 11_000,
      steps: 10_899,
      notFinite: 101,
    });
    expect(windows[2].examples).toBe(10_899);
    expect(windows[2].logLoss).toBeGreaterThan(0.4);
  });

  it("takes a group as one step, with weights and offsets, without what is taken back", () => {
    const health = new Health(options, () => []);
    const targets = [1, 2, 0.5, 0, 1, -0.5, 0, -1, 0];
    health.observe("next", [0.5, -1.5, 9], targets, 3, { offset: 0, logTime: 0 });
    const { next, response } = health.report().questions;
    expect(next).toMatchObject({ steps: 1, examples: 2 });
    expect(response).toMatchObject({ steps: 0, examples: 0 });
    const [window] = next.windows;
    const loss = (2 * Math.log1p(Math.exp(-1)) + Math.log1p(Math.exp(-2))) / 3;
    expect(window.logLoss).toBeCloseTo(loss, 5);
    expect(window.observed).toBeCloseTo(2 / 3, 5);
    expect(window.predicted).toBeCloseTo((2 * sigmoid(1) + sigmoid(-2)) / 3, 5);
    expect(window.auc).toBe(1);
  });

  it("a step of which nothing has a weight is none", () => {
    const health = new Health(options, () => []);
    expect(health.observe("response", [1], [0, 0, 0], 1, { offset: 0, logTime: 0 })).toBe(false);
    expect(health.report().questions.response.steps).toBe(0);
  });

  it("keeps the latest 16 alarms, and counts all", () => {
    const health = new Health(options, () => []);
    for (let i = 0; i < 20; i++) {
      health.observe("response", [Number.NaN], [1, 1, 0], 1, { offset: i, logTime: 0 });
      for (let n = 0; n < 10_000; n++)
        health.observe("response", [0], [n % 2, 1, 0], 1, { offset: i, logTime: 0 });
    }
    expect(health.alarmCount).toBe(20);
    expect(alarmsOf(health).map(({ offset }) => offset)).toEqual(
      Array.from({ length: 16 }, (_, i) => 4 + i),
    );
    expect(health.latestAlarms(2).map(({ offset }) => offset)).toEqual([18, 19]);
    expect(health.latestAlarms(0)).toEqual([]);
  });

  it("goes on as if it had never stopped: the same bytes and the same alarms", () => {
    const draw: Draw = (random, step) => {
      const told = calibrated(random);
      if (step === 3000) return { ...told, logit: Number.NaN };
      return step < 9000 ? told : { ...told, label: calibrated(random).label };
    };
    const whole = healthOf(draw, 12_000);
    const expected = new MemorySnapshot();
    whole.save(expected);
    expect(whole.report().recentAlarms.map(({ kind }) => kind)).toEqual(["notFinite", "drift"]);
    for (const cut of [0, 1, 2999, 3001, 9100, 11_999]) {
      const snapshot = new MemorySnapshot();
      healthOf(draw, cut).save(snapshot);
      const restored = new Health(options, () => [-1.5]);
      restored.restore(snapshot);
      tell(restored, draw, { from: cut, to: 12_000, seed: 1 });
      const saved = new MemorySnapshot();
      restored.save(saved);
      expect(restored.report()).toEqual(whole.report());
      expect(Buffer.compare(saved.read("health"), expected.read("health")), `${cut}`).toBe(0);
    }
  });
});
