import { describe, expect, test } from "vitest";
import { dayMs } from "../core/index.ts";
import { Advertising } from "./advertising.ts";
import { campaigns, engagedStrength, impressionStrength } from "./campaigns.ts";
import { Draws } from "./draws.ts";
import { Emit } from "./emit.ts";
import { Population } from "./population.ts";
import { Timeline } from "./timeline.ts";
import type { ConversionTruth, Simulated } from "./truth.ts";

const days = 40;

interface Run {
  readonly population: Population;
  readonly advertising: Advertising;
  readonly simulated: readonly Simulated[];
  readonly conversions: readonly (Simulated & { truth: { conversion: ConversionTruth } })[];
}

/** Ads and conversions alone: nobody listens. */
function run(adEffect: number, seed = 1, accountCount = 1500): Run {
  const start = Date.UTC(2025, 2, 1);
  const end = start + days * dayMs;
  const population = new Population(accountCount, start, new Draws(seed, 1));
  const simulated: Simulated[] = [];
  const emit = new Emit("", simulated);
  const draws = new Draws(seed, 5);
  const advertising = new Advertising({ population, draws, emit, adEffect }, start);
  const timeline = new Timeline(population.people.length);
  for (let index = 0; index < population.people.length; index++) {
    timeline.add(index, advertising.plan(index, start));
  }
  while (timeline.time < end) timeline.reschedule(advertising.act(timeline.actor, timeline.time));
  const conversions = simulated.filter(
    (each): each is Simulated & { truth: { conversion: ConversionTruth } } =>
      each.truth.conversion !== undefined,
  );
  return { population, advertising, simulated, conversions };
}

describe("what ads cause", () => {
  const { advertising, population, simulated, conversions } = run(1);

  test("is what the touches before a conversion say, computed from the events alone", () => {
    const touchesOf = new Map<string, { campaign: number; strength: number; time: number }[]>();
    const strengths: Record<string, number> = {
      ad_impression: impressionStrength,
      ad_engaged_view: engagedStrength,
      ad_click: 1,
    };
    let lifted = 0;
    for (const { event, truth } of simulated) {
      const key = `${event.account} ${truth.person}`;
      const touches = touchesOf.get(key) ?? [];
      touchesOf.set(key, touches);
      const strength = strengths[event.type];
      if (strength !== undefined) {
        const campaign = campaigns.findIndex(({ name }) => name === event.ad?.campaign);
        touches.push({ campaign, strength, time: event.time });
      } else if (truth.conversion !== undefined) {
        let adFactor = 1;
        for (const { campaign, strength: own, time } of touches) {
          const { effect, halfLifeDays } = campaigns[campaign];
          adFactor += own * effect * 0.5 ** ((event.time - time) / dayMs / halfLifeDays);
        }
        expect(truth.conversion.adFactor).toBeCloseTo(adFactor, 9);
        if (adFactor > 1.1) lifted++;
      }
    }
    expect(conversions.length).toBeGreaterThan(3000);
    expect(lifted).toBeGreaterThan(500);
  });

  test("is drawn by chances of (f − 1) / f, f being the factor of ads, in each fifth of f", () => {
    const sorted = [...conversions].sort(
      (a, b) => a.truth.conversion.adFactor - b.truth.conversion.adFactor,
    );
    for (let fifth = 0; fifth < 5; fifth++) {
      const part = sorted.slice((fifth * sorted.length) / 5, ((fifth + 1) * sorted.length) / 5);
      let expected = 0;
      let variance = 0;
      let caused = 0;
      for (const { truth } of part) {
        const { adFactor, withoutAds } = truth.conversion;
        expected += 1 - 1 / adFactor;
        variance += (1 - 1 / adFactor) / adFactor;
        if (!withoutAds) caused++;
      }
      expect(Math.abs(caused - expected)).toBeLessThanOrEqual(4 * Math.sqrt(variance));
    }
  });

  test("adds up by campaign, to what was expected, and is nothing where the effect is nothing", () => {
    const truths = advertising.campaigns();
    for (const { campaign, effect, caused, causedExpected, impressions, cost } of truths) {
      const own = conversions.filter(({ truth }) => truth.conversion.campaign === campaign);
      expect(caused).toBe(own.length);
      expect(Math.abs(caused - causedExpected)).toBeLessThanOrEqual(4 * Math.sqrt(causedExpected));
      expect(caused > 0).toBe(effect > 0);
      expect(impressions).toBeGreaterThan(500);
      const paid = simulated.filter(({ event }) => event.ad?.campaign === campaign);
      expect(cost).toBeCloseTo(
        paid.reduce((sum, { event }) => sum + (event.ad?.cost ?? 0), 0),
        6,
      );
    }
    const caused = truths.reduce((sum, each) => sum + each.caused, 0);
    expect(caused).toBe(conversions.filter(({ truth }) => !truth.conversion.withoutAds).length);
    expect(caused / conversions.length).toBeGreaterThan(0.1);
  });

  test("is what is missing where ads have no effect: another run of the same world", () => {
    const { conversions: all, withoutAds } = advertising.totals();
    expect(all).toBe(conversions.length);
    expect(withoutAds).toBeLessThan(all);
    const without = run(0);
    const seen = without.advertising.totals();
    expect(seen.withoutAds).toBe(seen.conversions);
    for (const { truth } of without.conversions) expect(truth.conversion.adFactor).toBe(1);
    // Two independent counts of the same expectation, over-dispersed by nothing but the shared people.
    const difference = seen.conversions - withoutAds;
    expect(Math.abs(difference)).toBeLessThan(4 * Math.sqrt(seen.conversions + withoutAds));
    expect(all - seen.conversions).toBeGreaterThan(4 * Math.sqrt(all + seen.conversions));
  });

  test("leaves what happens without them as it is, however strong they are", () => {
    const [strong, none] = [5, 0].map((adEffect) => run(adEffect, 2, 4000).advertising.totals());
    const difference = strong.withoutAds - none.withoutAds;
    expect(none.withoutAds).toBeGreaterThan(10_000);
    expect(strong.conversions).toBeGreaterThan(2 * strong.withoutAds);
    // Two standard errors; the seed is fixed. Candidates drawn up to the factor of their own moment miss by four.
    expect(Math.abs(difference)).toBeLessThan(2 * Math.sqrt(2 * none.withoutAds));
  });

  test("never reaches those who are held out, who convert as in the world without ads", () => {
    const heldOut = new Set<string>();
    let people = 0;
    let heldOutPeople = 0;
    for (const { account, isHeldOut, people: count } of population.accounts()) {
      people += count;
      if (!isHeldOut) continue;
      heldOut.add(account);
      heldOutPeople += count;
    }
    expect(heldOut.size / population.accountCount).toBeGreaterThan(0.07);
    expect(heldOut.size / population.accountCount).toBeLessThan(0.13);
    let own = 0;
    for (const { event, truth } of simulated) {
      if (!heldOut.has(event.account ?? "")) continue;
      expect(event.ad?.campaign).toBeUndefined();
      if (truth.conversion?.withoutAds === true) own++;
      else expect(truth.conversion).toBeUndefined();
    }
    const others = advertising.totals().withoutAds - own;
    const rate = own / heldOutPeople;
    const rateOfOthers = others / (people - heldOutPeople);
    expect(rate / rateOfOthers).toBeGreaterThan(0.75);
    expect(rate / rateOfOthers).toBeLessThan(1.35);
  });
});

test("a subscription is once an account, and a click comes after its impression", () => {
  const { simulated } = run(2, 4);
  const subscribed = new Set<string>();
  const open = new Map<string, string>();
  let clicks = 0;
  for (const { event, truth } of simulated) {
    const { account = "", ad, type, value } = event;
    const key = `${account} ${truth.person}`;
    if (type === "subscribe") {
      expect(subscribed.has(account)).toBe(false);
      subscribed.add(account);
    }
    if (type === "ad_impression") open.set(key, ad?.creative ?? "");
    if (type === "ad_click" || type === "ad_engaged_view") {
      expect(open.get(key)).toBe(ad?.creative);
      clicks++;
    }
    if (truth.conversion !== undefined) expect(value).toBeGreaterThan(0);
  }
  expect(subscribed.size).toBeGreaterThan(300);
  expect(clicks).toBeGreaterThan(1000);
});
