import { assert, dayMs, hourMs } from "../core/index.ts";
import { Advertising } from "./advertising.ts";
import { Catalogue } from "./catalogue.ts";
import { Draws } from "./draws.ts";
import { Emit } from "./emit.ts";
import { Listening } from "./listening.ts";
import { resolveSimulationOptions, type SimulationOptions } from "./options.ts";
import { ServingPolicy } from "./policy.ts";
import { type Person, Population } from "./population.ts";
import { Timeline } from "./timeline.ts";
import { Trends } from "./trends.ts";
import type { AccountTruth, CampaignTruth, ConversionTotals, Simulated } from "./truth.ts";

/**
 * A streaming service that does not exist, event by event in order of time, with what is true of it.
 *
 * The same options give the same events, on every machine and however they are taken; what people listen
 * to is the same under every `adEffect`. Memory is that of accounts, items and open
 * sessions, however many events come. docs/SIMULATION.md has the model.
 *
 * @throws FoldbackError CONFIG_INVALID for an option out of its range.
 *
 * @example
 * for (const { event, truth } of simulate({ accounts: 10, days: 1 })) console.log(event, truth.person);
 */
export function simulate(options: Partial<SimulationOptions> = {}): Simulation {
  return new Simulation(resolveSimulationOptions(options));
}

// Streams of draws: what one part of the world draws moves none of the others.
export const populationStream = 1;
export const catalogueStream = 2;
const trendStream = 3;
const listeningStream = 4;
const advertisingStream = 5;

// Actors of the timeline. Of equal times the smaller comes first: what is new is told before it is used.
const releaser = 0;
const trendSetter = 1;
const policyMaker = 2;
const firstPerson = 3;

/** Items told at once at the start: bounds what waits to be handed on. */
const itemsTold = 256;

/** Hands on each event once; made by `simulate`. */
export class Simulation implements IterableIterator<Simulated> {
  readonly options: SimulationOptions;
  readonly #end: number;
  readonly #population: Population;
  readonly #catalogue: Catalogue;
  readonly #trends: Trends;
  readonly #trendDraws: Draws;
  readonly #policy = new ServingPolicy();
  readonly #listening: Listening;
  readonly #advertising: Advertising;
  readonly #timeline: Timeline;
  /** What happened and was not handed on yet, from `#taken` on. */
  readonly #pending: Simulated[] = [];
  #taken = 0;
  #itemsTold = 0;

  /** @param options checked, as `simulate` does. */
  constructor(options: SimulationOptions) {
    const { accounts, items, seed, start, days, drift, adEffect } = options;
    this.options = options;
    this.#end = start + days * dayMs;
    // The seed is part of every id, so that events of two simulations in one log are not duplicates.
    const prefix = seed.toString(36);
    this.#population = new Population(accounts, start, new Draws(seed, populationStream));
    const catalogueDraws = new Draws(seed, catalogueStream);
    this.#catalogue = new Catalogue(items, start, catalogueDraws);
    this.#trends = new Trends(this.#catalogue, drift);
    this.#trendDraws = new Draws(seed, trendStream);
    this.#listening = new Listening({
      population: this.#population,
      catalogue: this.#catalogue,
      trends: this.#trends,
      policy: this.#policy,
      draws: new Draws(seed, listeningStream),
      drift,
      emit: new Emit(`${prefix}-l`, this.#pending),
    });
    this.#advertising = new Advertising(
      {
        population: this.#population,
        draws: new Draws(seed, advertisingStream),
        emit: new Emit(`${prefix}-a`, this.#pending),
        adEffect,
      },
      start,
    );
    this.#timeline = this.#begin(start);
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Simulated, undefined> {
    const pending = this.#pending;
    while (this.#taken === pending.length) {
      pending.length = 0;
      this.#taken = 0;
      if (this.#timeline.size === 0) return { done: true, value: undefined };
      this.#step();
    }
    return { done: false, value: pending[this.#taken++] };
  }

  /** Every account, by number; known from the start. */
  accounts(): Iterable<AccountTruth> {
    return this.#population.accounts();
  }

  /** What each campaign has done so far. */
  campaigns(): CampaignTruth[] {
    return this.#advertising.campaigns();
  }

  /** Conversions so far, with ads and without. */
  conversions(): ConversionTotals {
    return this.#advertising.totals();
  }

  /** The probabilities by which the first place of a list is drawn at this hour: shape (items,), sum 1. */
  servingProbabilities(): Float64Array {
    return this.#policy.probabilities();
  }

  /**
   * With which probability a person would now play each item at the first place of a list: shape (items,). By their taste as it was
   * when they began their last session, and by what the service as a whole wanted when a list was last served.
   *
   * @param account as events name it. @param person from 1.
   */
  playProbabilities(account: string, person: number): Float64Array {
    return this.#listening.playProbabilities(this.#personOf(account, person));
  }

  /**
   * A copy of a person's taste as it was when they began their last session: unit length, a component a
   * genre.
   *
   * @param account as events name it. @param person from 1.
   */
  taste(account: string, person: number): Float64Array {
    return this.#personOf(account, person).taste.slice();
  }

  #personOf(account: string, person: number): Person {
    const found = this.#population.find(account, person);
    assert(found !== undefined, `there is no person ${person} of account ${account}`);
    return found;
  }

  #begin(start: number): Timeline {
    const count = this.#population.people.length;
    const timeline = new Timeline(firstPerson + 2 * count);
    timeline.add(releaser, start);
    timeline.add(policyMaker, start);
    const firstTrend = start + this.#trendGapMs();
    if (firstTrend < this.#end) timeline.add(trendSetter, firstTrend);
    for (let index = 0; index < count; index++) {
      const listens = this.#listening.nextStart(index, start, this.#end);
      if (listens < this.#end) timeline.add(firstPerson + index, listens);
      const converts = this.#advertising.plan(index, start);
      if (converts < this.#end) timeline.add(firstPerson + count + index, converts);
    }
    return timeline;
  }

  /** Whoever is next acts. */
  #step(): void {
    const timeline = this.#timeline;
    const next = this.#act(timeline.actor, timeline.time);
    if (next < this.#end) timeline.reschedule(next);
    else timeline.drop();
  }

  /** Gives when the actor acts again. */
  #act(actor: number, time: number): number {
    const count = this.#population.people.length;
    if (actor >= firstPerson + count) {
      return this.#advertising.act(actor - firstPerson - count, time);
    }
    if (actor >= firstPerson) return this.#listening.act(actor - firstPerson, time, this.#end);
    if (actor === policyMaker) {
      this.#policy.refresh(this.#catalogue.count);
      return time + hourMs;
    }
    if (actor === trendSetter) {
      const released = this.#trends.happen(time, this.options.items, this.#trendDraws);
      if (released >= 0) this.#tell(released);
      return time + this.#trendGapMs();
    }
    for (let i = 0; i < itemsTold && this.#itemsTold < this.options.items; i++) {
      this.#tell(this.#itemsTold++);
    }
    return this.#itemsTold < this.options.items ? time : Number.POSITIVE_INFINITY;
  }

  #tell(item: number): void {
    this.#pending.push({ event: this.#catalogue.describe(item), truth: {} });
  }

  #trendGapMs(): number {
    return 1 + Math.floor(this.#trends.drawGapMs(this.options.items, this.#trendDraws));
  }
}
