import { describe, expect, test } from "vitest";
import { sessionsOf, type ToldSession } from "../../testing/peopleSessions.ts";
import { distanceKm } from "./facts.ts";
import { signsOf } from "./signs.ts";

const start = Date.UTC(2025, 2, 3, 12);
const minute = 60_000;
const paris = { zip: "75001", latitude: 48.86, longitude: 2.34 };
const tokyo = { zip: "100-0001", latitude: 35.68, longitude: 139.75 };

function factsOf(told: readonly ToldSession[]): ReturnType<typeof signsOf>["facts"] {
  return signsOf(sessionsOf(told)).facts;
}

describe("sessions of two devices", () => {
  test("that overlap are in conflict, less where half an hour was assumed", () => {
    const second = { start: start + 10 * minute, device: "b" };
    const told = { start, end: start + 20 * minute, device: "a" };
    expect(factsOf([told, second]).conflicts).toEqual([
      { first: 0, second: 1, kind: "overlap", weight: 1 },
    ]);
    expect(factsOf([{ start, device: "a" }, second]).conflicts[0].weight).toBe(0.125);
  });

  test("that only touch are not", () => {
    const told = { start, end: start + 20 * minute, device: "a" };
    expect(factsOf([told, { start: start + 19 * minute, device: "b" }]).conflicts).toEqual([]);
  });

  test("too far apart for the time between are in conflict; an airliner's time is not", () => {
    const here = { start, end: start + minute, device: "a", ...paris };
    const there = (hours: number): ToldSession => ({
      start: start + hours * 60 * minute,
      device: "b",
      ...tokyo,
    });
    expect(factsOf([here, there(5)]).conflicts).toMatchObject([{ kind: "distance" }]);
    expect(factsOf([here, there(14)]).conflicts).toEqual([]);
  });
});

describe("sessions of one device", () => {
  test("that overlap are faults, and take trust from conflicts", () => {
    const facts = factsOf([
      { start, end: start + 60 * minute, device: "a" },
      { start: start + 10 * minute, end: start + 30 * minute, device: "a" },
      { start: start + 50 * minute, end: start + 70 * minute, device: "b" },
    ]);
    expect(facts).toMatchObject({ impossible: 1 });
    expect(facts.conflicts.length).toBe(1);
    expect(facts.trust).toBeCloseTo(1 / 3, 12);
  });

  test("too far apart are displaced, at the rarer of the two places", () => {
    const at = (hour: number, place: ToldSession): ToldSession => ({
      ...{
        start: start + hour * 60 * minute,
        end: start + hour * 60 * minute + minute,
        device: "a",
      },
      ...place,
    });
    const facts = factsOf([at(0, paris), at(1, tokyo), at(2, paris), at(3, paris)]);
    expect([...facts.isDisplaced]).toEqual([0, 1, 0, 0]);
    expect(facts.conflicts).toEqual([]);
  });
});

test("distances are those of the great circle", () => {
  expect(distanceKm(0, 0, 0, 90)).toBeCloseTo((6371 * Math.PI) / 2, 6);
  expect(distanceKm(0, 179.5, 0, -179.5)).toBeCloseTo((6371 * Math.PI) / 180, 6);
  expect(distanceKm(48.86, 2.34, 35.68, 139.75)).toBeCloseTo(9713, -2);
  expect(distanceKm(Number.NaN, 0, 0, 0)).toBeNaN();
});
