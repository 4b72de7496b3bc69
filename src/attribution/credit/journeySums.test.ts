import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayMs } from "../../core/index.ts";
import type { Touch } from "../history.ts";
import { type Journey, journeysOf } from "../journeys/index.ts";
import type { TouchKind } from "../rules.ts";
import { apportion } from "./apportion.ts";
import { creditReport } from "./creditReport.ts";
import { JourneySums } from "./journeySums.ts";

function touch(channel: string, day: number, kind: TouchKind = "click"): Touch {
  return { time: day * dayMs, id: `${channel}${day}`, kind, names: { channel }, cost: 0 };
}

function conversion(day: number, value: number) {
  return { time: day * dayMs, id: `c${day}`, event: "purchase", value, account: "a" };
}

function sumsOf(journeys: Iterable<Journey>, halfLifeDays = 7): JourneySums {
  const sums = new JourneySums({ halfLifeMs: halfLifeDays * dayMs });
  for (const journey of journeys) sums.add(journey);
  return sums;
}

function credits(sums: JourneySums, model: "linear" | "time-decay" | "last-click") {
  const rows = creditReport(sums, { models: [model] }).models[model] ?? [];
  return new Map(rows.map(({ channel, conversions, value }) => [channel, [conversions, value]]));
}

const journeys: fc.Arbitrary<Journey> = fc
  .record({
    touches: fc.array(
      fc.record({
        channel: fc.constantFrom("A", "B", "C"),
        day: fc.double({ min: 0, max: 90, noNaN: true }),
        kind: fc.constantFrom<TouchKind>("click", "engaged", "view", "visit"),
      }),
      { maxLength: 6 },
    ),
    value: fc.option(
      fc.oneof(fc.integer({ min: 0, max: 1e6 }), fc.double({ min: 0, max: 1e4, noNaN: true })),
      { nil: undefined },
    ),
  })
  .map(({ touches, value }): Journey => {
    const sorted = touches
      .map(({ channel, day, kind }) => touch(channel, day, kind))
      .sort((one, other) => one.time - other.time);
    return value === undefined
      ? { touches: sorted }
      : { touches: sorted, conversion: conversion(90, value) };
  })
  .filter((journey) => journey.conversion !== undefined || journey.touches.length > 0);

describe("JourneySums", () => {
  it("halves the weight of a touch with each half-life", () => {
    const sums = sumsOf([
      { touches: [touch("A", 0), touch("B", 7), touch("C", 14)], conversion: conversion(14, 700) },
    ]);
    const found = credits(sums, "time-decay");
    for (const [channel, share] of [
      ["A", 1 / 7],
      ["B", 2 / 7],
      ["C", 4 / 7],
    ] as const) {
      const [conversions, value] = found.get(channel) ?? [];
      expect(conversions).toBeCloseTo(share, 11);
      expect(value).toBeCloseTo(700 * share, 9);
    }
  });

  it("credits journeys that keep what was before, and such that begin anew", () => {
    const history = {
      key: "a",
      touches: [touch("A", 0), touch("B", 2), touch("C", 4)],
      conversions: [conversion(3, 100), conversion(5, 60)],
    };
    const linear = (journey: "full" | "reset") => {
      const options = { lookbackMs: 30 * dayMs, journey, endOfData: 5 * dayMs };
      const found = credits(sumsOf(journeysOf(history, options)), "linear");
      return ["A", "B", "C"].map((channel) => found.get(channel)?.[1]);
    };
    expect(linear("full")).toEqual([70, 70, 20]);
    expect(linear("reset")).toEqual([50, 50, 60]);
  });

  it("says under last click which conversions no click came before", () => {
    const sums = sumsOf([
      { touches: [touch("A", 0), touch("B", 1, "view")], conversion: conversion(2, 10) },
      { touches: [touch("B", 1, "visit")], conversion: conversion(2, 5) },
      { touches: [], conversion: conversion(2, 3) },
    ]);
    const found = credits(sums, "last-click");
    expect([...found]).toEqual([
      ["A", [1, 10]],
      ["B", [0, 0]],
      [null, [1, 5]],
    ]);
    expect(creditReport(sums).totals).toMatchObject({ conversions: 3, unattributed: 1 });
  });

  it("adds up to all conversions exactly, is the same in any order, and takes back", () => {
    fc.assert(
      fc.property(fc.array(journeys, { maxLength: 12 }), fc.array(journeys), (kept, gone) => {
        const sums = sumsOf([...kept, ...gone]);
        for (const journey of gone.toReversed()) sums.subtract(journey);
        const anew = sumsOf(kept.toReversed());
        expect(JSON.stringify(creditReport(sums))).toBe(JSON.stringify(creditReport(anew)));
        const { channels } = anew.paths.table();
        const earned = kept.filter(
          ({ touches, conversion: one }) => one !== undefined && touches.length > 0,
        );
        const parts = anew.timeDecay(channels).conversions;
        // Whole 2^-40ths: their sum is exact.
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(earned.length);
      }),
    );
  });
});

describe("apportion", () => {
  it("gives what rounding leaves to the largest remainders, of equal ones to the earlier", () => {
    const unit = 2 ** -40;
    const units = (amount: number, ...weights: number[]) =>
      [...apportion(amount * unit, Float64Array.from(weights), weights.length)].map(
        (part) => part / unit,
      );
    expect(units(3, 0.5, 0.3, 0.2)).toEqual([1, 1, 1]); // of 1.5, 0.9 and 0.6
    expect(units(4, 1, 1, 1)).toEqual([2, 1, 1]);
  });

  it("gives parts that add up exactly, each within a unit of its share", () => {
    const weights = fc.array(fc.double({ min: 1e-6, max: 1, noNaN: true }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), weights, (amount, shares) => {
        const parts = apportion(amount, Float64Array.from(shares), shares.length);
        let left = amount;
        for (const part of parts) left -= part;
        expect(left).toBeCloseTo(0, 12);
        const total = shares.reduce((sum, share) => sum + share, 0);
        const unit = Math.max(2 ** -40, 2 ** -48 * Math.abs(amount));
        for (const [at, part] of parts.entries()) {
          expect(Math.abs(part - (amount * shares[at]) / total)).toBeLessThanOrEqual(2 * unit);
        }
      }),
    );
  });
});
