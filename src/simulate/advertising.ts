import { dayMs } from "../core/index.ts";
import type { Ad, Event } from "../event/index.ts";
import { twin } from "../kernels/index.ts";
import { type Campaign, campaigns, engagedStrength, impressionStrength } from "./campaigns.ts";
import type { Draws } from "./draws.ts";
import type { Emit } from "./emit.ts";
import { accountName, activity, deviceName, type Person, type Population } from "./population.ts";
import type { CampaignTruth, ConversionTotals, ConversionTruth } from "./truth.ts";

/** What the mean person does without any ad, a day; people differ by `logNormal(0.8)`, up to the limit. */
const purchasesPerDay = 1 / 30;
/** Once an account. */
const subscriptionsPerDay = 1 / 60;
const intentSigma = 0.8;
const intentMax = 8;
/** Accounts that had subscribed before the start. */
const subscribedShare = 0.3;
/** US dollars: a purchase's mean, and every subscription. */
const purchaseValue = 14;
const subscriptionValue = 9.99;
/** Campaigns have so many groups, and these so many creatives, evenly shown. */
const groupCount = 2;
const creativeCount = 2;

const conversionsPerDay = purchasesPerDay + subscriptionsPerDay;

/** What a person is about to do. */
const idle = 0;
const touch = 1;
const conversion = 2;

type TouchType = "ad_impression" | "ad_engaged_view" | "ad_click";

/** An ad on somebody's screen, with what is still to come of it. */
interface OpenTouch {
  readonly campaign: number;
  readonly ad: Ad;
  willEngage: boolean;
  willClick: boolean;
}

interface Tally {
  impressions: number;
  engagedViews: number;
  clicks: number;
  /** In hundredths of a cent, so that sums are exact. */
  cost: number;
  caused: number;
  causedExpected: number;
}

export interface AdvertisingParts {
  readonly population: Population;
  readonly draws: Draws;
  readonly emit: Emit;
  readonly adEffect: number;
}

/**
 * Who is shown which ad, and who converts.
 *
 * A person of intent n makes n·λ conversions a day without ads. Each touch of campaign c at time s adds
 * strength·effect_c·2^(−(t − s)/halfLife_c) to the factor 1 + S(t) on that rate. Candidates come at n·λ·bound,
 * with a number r drawn evenly from [0, bound): one with r < 1 happens with or without ads, one with
 * 1 ≤ r < 1 + S happens because of the campaign into whose part of S it falls, others don't happen. So the
 * world without ads is known beside this one, conversion by conversion. It is exact, as neither touches
 * nor rates depend on earlier conversions; only a subscription ends its account's further ones, and the
 * account's state without ads is kept beside the real one.
 */
export class Advertising {
  readonly #parts: AdvertisingParts;
  readonly #intent: Float64Array;
  /** Shape (people, campaigns), row-major: each campaign's part of S, as of `#effectTimes`. */
  readonly #effects: Float64Array;
  readonly #effectTimes: Float64Array;
  readonly #planned: Uint8Array;
  /** 1 + S when the candidate was planned: since then it has only fallen. */
  readonly #bounds: Float64Array;
  readonly #openTouches = new Map<number, OpenTouch>();
  /** By account. */
  readonly #isSubscribed: Uint8Array;
  readonly #isSubscribedWithoutAds: Uint8Array;
  readonly #tallies: Tally[] = campaigns.map(() => ({
    impressions: 0,
    engagedViews: 0,
    clicks: 0,
    cost: 0,
    caused: 0,
    causedExpected: 0,
  }));
  readonly #ads: readonly Ad[][] = campaigns.map(adsOf);
  readonly #weights: number[] = campaigns.map(() => 0);
  #conversions = 0;
  #withoutAds = 0;

  constructor(parts: AdvertisingParts, start: number) {
    this.#parts = parts;
    const { population, draws } = parts;
    const count = population.people.length;
    this.#intent = Float64Array.from({ length: count }, () =>
      Math.min(draws.logNormal(intentSigma), intentMax),
    );
    this.#effects = new Float64Array(count * campaigns.length);
    this.#effectTimes = new Float64Array(count).fill(start);
    this.#planned = new Uint8Array(count);
    this.#bounds = new Float64Array(count).fill(1);
    this.#isSubscribed = Uint8Array.from({ length: population.accountCount }, () =>
      draws.chance(subscribedShare) ? 1 : 0,
    );
    this.#isSubscribedWithoutAds = this.#isSubscribed.slice();
  }

  totals(): ConversionTotals {
    return { conversions: this.#conversions, withoutAds: this.#withoutAds };
  }

  campaigns(): CampaignTruth[] {
    return campaigns.map(({ name, channel, audience, effect, halfLifeDays }, index) => {
      const { cost, ...counts } = this.#tallies[index];
      return {
        campaign: name,
        channel,
        audience,
        effect: effect * this.#parts.adEffect,
        halfLifeDays,
        ...counts,
        cost: cost / 10_000,
      };
    });
  }

  /** The person does what was planned, and plans; gives when they do that. */
  act(index: number, time: number): number {
    const person = this.#parts.population.people[index];
    const open = this.#openTouches.get(index);
    if (open !== undefined) return this.#goOn(index, person, open, time);
    const planned = this.#planned[index];
    // Ads are seen and things are bought at the hours at which the person listens.
    if (planned !== idle && this.#isAwake(person, time)) {
      if (planned === conversion) this.#consider(index, person, time);
      else return this.#show(index, person, time);
    }
    return this.plan(index, time);
  }

  /** What comes first of the next touch and the next conversion; at the latest, after a day, nothing. */
  plan(index: number, time: number): number {
    const { draws, population } = this.#parts;
    const person = population.people[index];
    const { weightMax } = person.routine;
    const bound = this.#settle(index, time);
    const touchRate = this.#touchesPerDay(index, person) * weightMax;
    const conversionRate = this.#intent[index] * conversionsPerDay * bound * weightMax;
    const rate = touchRate + conversionRate;
    const gapMs = (draws.exponential() / rate) * dayMs;
    this.#bounds[index] = bound;
    // An exponential has no memory, so it may be drawn again; by then the bound is nearer the rate.
    if (gapMs >= dayMs) {
      this.#planned[index] = idle;
      return time + dayMs;
    }
    this.#planned[index] = draws.uniform() * rate < touchRate ? touch : conversion;
    return time + 1 + Math.floor(gapMs);
  }

  #isAwake(person: Person, time: number): boolean {
    return this.#parts.draws.uniform() * person.routine.weightMax < activity(person, time);
  }

  /** Of all campaigns, for this person; fills `#weights`. */
  #touchesPerDay(index: number, person: Person): number {
    if (this.#parts.population.isHeldOut(person.account)) return 0;
    let sum = 0;
    for (let c = 0; c < campaigns.length; c++) {
      const { audience, touchesPerDay } = campaigns[c];
      this.#weights[c] = touchesPerDay * (audience === "intent" ? this.#intent[index] : 1);
      sum += this.#weights[c];
    }
    return sum;
  }

  /** Brings the person's effects to this moment; gives 1 + S. */
  #settle(index: number, time: number): number {
    const days = (time - this.#effectTimes[index]) / dayMs;
    this.#effectTimes[index] = time;
    let adFactor = 1;
    for (let c = 0; c < campaigns.length; c++) {
      const at = index * campaigns.length + c;
      if (this.#effects[at] === 0) continue;
      this.#effects[at] *= twin.exp((-Math.LN2 * days) / campaigns[c].halfLifeDays);
      adFactor += this.#effects[at];
    }
    return adFactor;
  }

  #show(index: number, person: Person, time: number): number {
    const { draws } = this.#parts;
    this.#touchesPerDay(index, person);
    const campaign = draws.index(this.#weights);
    const { clickShare, engagedShare } = campaigns[campaign];
    const ads = this.#ads[campaign];
    const open: OpenTouch = {
      campaign,
      ad: ads[draws.below(ads.length)],
      willEngage: draws.chance(engagedShare),
      willClick: draws.chance(clickShare),
    };
    this.#touch(index, person, open, "ad_impression", time);
    return this.#await(index, open, time);
  }

  #goOn(index: number, person: Person, open: OpenTouch, time: number): number {
    const type = open.willEngage ? "ad_engaged_view" : "ad_click";
    if (open.willEngage) open.willEngage = false;
    else open.willClick = false;
    this.#touch(index, person, open, type, time);
    return this.#await(index, open, time);
  }

  #await(index: number, open: OpenTouch, time: number): number {
    if (open.willEngage || open.willClick) {
      this.#openTouches.set(index, open);
      return time + Math.floor(this.#parts.draws.between(2000, 20_000));
    }
    this.#openTouches.delete(index);
    return this.plan(index, time);
  }

  #touch(index: number, person: Person, open: OpenTouch, type: TouchType, time: number): void {
    const { adEffect, emit } = this.#parts;
    const { effect, impressionCost, clickCost } = campaigns[open.campaign];
    const tally = this.#tallies[open.campaign];
    let cost = 0;
    let strength = 1;
    if (type === "ad_impression") {
      tally.impressions++;
      cost = impressionCost;
      strength = impressionStrength;
    } else if (type === "ad_engaged_view") {
      tally.engagedViews++;
      strength = engagedStrength;
    } else {
      tally.clicks++;
      cost = clickCost;
    }
    tally.cost += Math.round(cost * 10_000);
    this.#settle(index, time);
    this.#effects[index * campaigns.length + open.campaign] += strength * effect * adEffect;
    const who = this.#who(person, time);
    const ad = cost === 0 ? open.ad : { ...open.ad, cost };
    const event: Event =
      cost === 0
        ? { id: emit.nextId(), type, ...who, ad }
        : { id: emit.nextId(), type, ...who, currency: "USD", ad };
    emit.push(event, { person: person.number });
  }

  /** A candidate for a conversion: happens or not, here and in the world without ads. */
  #consider(index: number, person: Person, time: number): void {
    const { draws } = this.#parts;
    const adFactor = this.#settle(index, time);
    const r = draws.uniform() * this.#bounds[index];
    const isPurchase = draws.uniform() * conversionsPerDay < purchasesPerDay;
    const baseRate = this.#intent[index] * (isPurchase ? purchasesPerDay : subscriptionsPerDay);
    const value = isPurchase
      ? Math.round(purchaseValue * draws.logNormal(0.7) * 100 + 1) / 100
      : subscriptionValue;
    if (r >= adFactor) return;
    const withoutAds = r < 1;
    if (!isPurchase && this.#isSubscribed[person.account] === 1) {
      if (withoutAds) this.#convertWithoutAds(person, isPurchase);
      return;
    }
    if (!isPurchase) this.#isSubscribed[person.account] = 1;
    if (withoutAds) this.#convertWithoutAds(person, isPurchase);
    const cause = withoutAds ? -1 : this.#causeOf(index, r - 1);
    const campaign = cause < 0 ? {} : { campaign: campaigns[cause].name };
    this.#convert(person, isPurchase, value, time, { withoutAds, ...campaign, baseRate, adFactor });
    this.#conversions++;
    for (let c = 0; c < campaigns.length; c++) {
      this.#tallies[c].causedExpected += this.#effects[index * campaigns.length + c] / adFactor;
      if (c === cause) this.#tallies[c].caused++;
    }
  }

  #convertWithoutAds(person: Person, isPurchase: boolean): void {
    if (!isPurchase) {
      if (this.#isSubscribedWithoutAds[person.account] === 1) return;
      this.#isSubscribedWithoutAds[person.account] = 1;
    }
    this.#withoutAds++;
  }

  /** The campaign into whose part of S the number falls. */
  #causeOf(index: number, within: number): number {
    let left = within;
    let last = -1;
    for (let c = 0; c < campaigns.length; c++) {
      const part = this.#effects[index * campaigns.length + c];
      if (part === 0) continue;
      last = c;
      left -= part;
      if (left < 0) break;
    }
    return last; // where rounding has left a rest, the last one with a part
  }

  #convert(
    person: Person,
    isPurchase: boolean,
    value: number,
    time: number,
    truth: ConversionTruth,
  ): void {
    const { emit } = this.#parts;
    const type = isPurchase ? "purchase" : "subscribe";
    const who = this.#who(person, time);
    emit.push(
      { id: emit.nextId(), type, ...who, value, currency: "USD" },
      { person: person.number, conversion: truth },
    );
  }

  #who(person: Person, time: number): { time: number; account: string; device: string } {
    const { account, phone } = person;
    return { time, account: accountName(account), device: deviceName(account, phone) };
  }
}

/** Every creative of a campaign, as its touches tell it. */
function adsOf({ name, channel }: Campaign): Ad[] {
  return Array.from({ length: groupCount * creativeCount }, (_, index) => {
    const group = `${name}-g${Math.floor(index / creativeCount) + 1}`;
    const creative = `${group}-v${(index % creativeCount) + 1}`;
    return { channel, advertiser: "own", campaign: name, group, creative };
  });
}
