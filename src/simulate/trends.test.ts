import { describe, expect, test } from "vitest";
import { dayMs, hourMs } from "../core/index.ts";
import { Catalogue } from "./catalogue.ts";
import { Draws } from "./draws.ts";
import { Trends } from "./trends.ts";

const start = Date.UTC(2025, 0, 1);
const itemCount = 400;

function world(drift: number): { catalogue: Catalogue; trends: Trends; draws: Draws } {
  const catalogue = new Catalogue(itemCount, start, new Draws(1, 2));
  return { catalogue, trends: new Trends(catalogue, drift), draws: new Draws(1, 3) };
}

/** Boosts of all items, at a moment. */
function boosts({ catalogue, trends }: ReturnType<typeof world>, time: number): number[] {
  trends.set(time);
  return Array.from({ length: catalogue.count }, (_, item) => trends.boost(item));
}

describe.each([0.5, 1, 3])("with drift %d", (drift) => {
  test("new items and bursts come as often as stated", () => {
    const { catalogue, draws, trends } = world(drift);
    const days = 200;
    let bursts = 0;
    let itemDays = 0;
    let time = start;
    for (;;) {
      const gapMs = trends.drawGapMs(itemCount, draws);
      if (time + gapMs >= start + days * dayMs) break;
      itemDays += (catalogue.count * gapMs) / dayMs;
      time += gapMs;
      if (trends.happen(time, itemCount, draws) < 0) bursts++;
    }
    const releases = catalogue.count - itemCount;
    const expected = 0.005 * drift * itemCount * days;
    expect(Math.abs(releases - expected)).toBeLessThan(4 * Math.sqrt(expected));
    const expectedBursts = 0.005 * itemDays + 0.7 * days;
    expect(Math.abs(bursts - expectedBursts)).toBeLessThan(4 * Math.sqrt(expectedBursts));
  });

  test("a burst has a height in proportion to it, and fades exponentially within days", () => {
    let [ofItems, ofGenres] = [0, 0];
    for (let seed = 0; seed < 60; seed++) {
      const fresh = world(drift);
      const { catalogue, trends } = fresh;
      // Long after everything was new.
      const time = start + 200 * dayMs;
      const before = boosts(fresh, time);
      if (trends.happen(time, itemCount, new Draws(seed, 3)) >= 0) continue;
      const [at0, at1, at2] = [0, 1, 2].map((hours) => boosts(fresh, time + hours * hourMs));
      const risen = [...at0.keys()].filter((item) => at0[item] > before[item] + 1e-6);
      const height = at0[risen[0]];
      const isItem = risen.length === 1;
      const [least, most] = isItem ? [1, 2.5] : [0.4, 1];
      expect(height).toBeGreaterThanOrEqual(least * drift);
      expect(height).toBeLessThan(most * drift + 1e-6);
      for (const item of risen) {
        if (!isItem) expect(catalogue.mainGenre[item]).toBe(catalogue.mainGenre[risen[0]]);
        expect(at1[item] ** 2).toBeCloseTo(at0[item] * at2[item], 8);
        const timeConstantMs = hourMs / Math.log(at0[item] / at1[item]);
        expect(timeConstantMs).toBeGreaterThan((isItem ? 3 : 6) * hourMs - 1000);
        expect(timeConstantMs).toBeLessThan((isItem ? 3 : 4) * dayMs + 1000);
      }
      if (isItem) ofItems++;
      else ofGenres++;
    }
    expect(Math.min(ofItems, ofGenres)).toBeGreaterThan(3);
  });

  test("what is new is wanted, for some days", () => {
    const fresh = world(drift);
    const { catalogue, trends } = fresh;
    const time = start + 200 * dayMs;
    const item = catalogue.release(time, new Draws(2, 3));
    trends.set(time);
    expect(trends.boost(item)).toBeCloseTo(drift, 9);
    trends.set(time + 3 * dayMs);
    expect(trends.boost(item)).toBeCloseTo(drift / Math.E, 9);
  });
});

test("without drift nothing happens, ever", () => {
  const fresh = world(0);
  expect(fresh.trends.drawGapMs(itemCount, fresh.draws)).toBe(Number.POSITIVE_INFINITY);
  expect(boosts(fresh, start).every((boost) => boost === 0)).toBe(true);
});
