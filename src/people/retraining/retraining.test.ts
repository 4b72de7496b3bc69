import { describe, expect, test } from "vitest";
import { Random } from "../../core/index.ts";
import { sessionsOf } from "../../testing/peopleSessions.ts";
import { adviseRetraining, adviseService } from "./advice.ts";
import { driftSince, stabilityIndex } from "./drift.ts";

describe("the population stability index", () => {
  test("is the textbook's where there are many", () => {
    const before = Float64Array.of(500_000, 300_000, 200_000);
    const since = Float64Array.of(400_000, 300_000, 300_000);
    const expected = (0.4 - 0.5) * Math.log(0.4 / 0.5) + (0.3 - 0.2) * Math.log(0.3 / 0.2);
    expect(stabilityIndex(before, since)).toBeCloseTo(expected, 4);
  });

  test("is near 0 where only chance differs, also of few, and large where a value is new", () => {
    const random = new Random(1);
    let sum = 0;
    for (let round = 0; round < 200; round++) {
      const counts = [new Float64Array(5), new Float64Array(5)];
      for (const part of counts) for (let i = 0; i < 40; i++) part[random.below(5)]++;
      sum += stabilityIndex(counts[0], counts[1]);
    }
    expect(sum / 200).toBeLessThan(0.06);
    expect(stabilityIndex(Float64Array.of(40, 0), Float64Array.of(5, 35))).toBeGreaterThan(1);
    expect(stabilityIndex(Float64Array.of(0, 0), Float64Array.of(5, 35))).toBe(0);
  });

  test("is told by column", () => {
    const told = Array.from({ length: 60 }, (_, at) => ({
      device: "a",
      zip: at < 30 ? "x" : "y",
      part: at % 2 ? "p" : "q",
    }));
    const drift = driftSince(sessionsOf(told), (session) => session < 30);
    expect(drift.zip).toBeGreaterThan(1);
    expect(drift).toMatchObject({ device: 0, part: 0, day: 0 });
  });
});

describe("advice", () => {
  const fresh = { ageDays: 30, ageMaxDays: 180, sessions: 60, beyond: 1, beyondWhenNew: 0.02 };
  const costs = { wrongSession: 1, run: 5 };

  test("is to run where staleness costs more, by hand", () => {
    // 12 of 60 beyond, 0.02 of them chance: 0.18 · 2 a day · 150 days = 54 wrong sessions.
    const advice = adviseRetraining({ ...fresh, beyond: 12 }, costs);
    expect(advice.reasons).toEqual(["cost"]);
    expect(advice.expectedWrong).toBeCloseTo(54, 9);
    expect(advice.saving).toBeCloseTo(49, 9);
    expect(
      adviseRetraining({ ...fresh, beyond: 12 }, { wrongSession: 1, run: 60 }).reasons,
    ).toEqual([]);
  });

  test("is to run at the maximum age, and never for nothing before", () => {
    expect(adviseRetraining(fresh, costs)).toEqual({
      reasons: [],
      wrongADay: 0,
      expectedWrong: 0,
      saving: -5,
    });
    expect(adviseRetraining({ ...fresh, ageDays: 180 }, costs).reasons).toEqual(["age"]);
    expect(adviseRetraining({ ...fresh, sessions: 0, beyond: 0 }, costs).reasons).toEqual([]);
  });

  test("is to run where two columns drifted", () => {
    const drift = { device: 0.5, city: 0.3, state: 0, zip: 0.1, day: 0, part: 0 };
    expect(adviseRetraining({ ...fresh, drift }, costs).reasons).toEqual(["drift"]);
    expect(adviseRetraining({ ...fresh, drift: { ...drift, city: 0 } }, costs).reasons).toEqual([]);
    expect(adviseRetraining({ ...fresh, sessions: 10, drift }, costs).reasons).toEqual([]);
  });

  test("adds up for the service", () => {
    const due = adviseRetraining({ ...fresh, beyond: 12 }, costs);
    const stays = adviseRetraining(fresh, costs);
    expect(adviseService([due, stays, stays])).toEqual({
      ...{ accounts: 3, due: 1, byReason: { cost: 1, age: 0, drift: 0 } },
      ...{
        expectedWrong: due.expectedWrong,
        savingOfDue: due.saving,
        savingOfAll: due.saving - 10,
      },
    });
  });
});
