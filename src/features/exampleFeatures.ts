import { assert, dayMs, FoldbackError, hash64, hourMs } from "../core/index.ts";
import { type Event, eventKey } from "../event/index.ts";
import { accountIdOf } from "./itemIndex.ts";
import { termKinds } from "./itemTerms.ts";
import { lookUpMax, Signals, signalCount } from "./signals.ts";
import type { StreamState } from "./streamState.ts";

/**
 * What a slot's ids can be made of, beside `context.NAME`, what an event gives under that name, and `account.NAME`, what
 * the account is said to be under it.
 */
export const featureSources = [
  "account",
  "person",
  "item",
  ...termKinds,
  "released",
  "recent",
  "device",
  "platform",
  "country",
  "source",
  "playlist",
  "position",
  "hour",
  "weekday",
  "signals",
] as const;

/** How a slot of a model is filled. */
export interface SlotRule {
  /** A source of `featureSources`, `context.NAME` or `account.NAME`; or several, whose every combination is an id: a *cross*. */
  readonly of: readonly string[];
  /** Of `recent`: how many of the account's last wanted items; default 20. */
  readonly last?: number;
}

/** By name, in the order of the model's slots. */
export type SlotRules = Readonly<Record<string, SlotRule>>;

/** One id of an example, in a slot; as the models take it. */
export interface SlotFeature {
  readonly slot: string;
  readonly id: bigint;
  /** A float32. */
  readonly value: number;
}

/** When, and by what, an item is asked about. */
export type FeatureMoment = Pick<
  Event,
  | "account"
  | "session"
  | "time"
  | "device"
  | "platform"
  | "country"
  | "source"
  | "playlist"
  | "context"
>;

/** An item to ask about; its index is -1 where it was never mentioned. */
export interface AskedItem {
  readonly index: number;
  readonly id: bigint;
}

const recentDefault = 20;
/** Of one cross in one example; beyond, combinations are left out, the later ones first. */
const crossMax = 256;
const signalIds = Array.from({ length: signalCount }, (_, i) => BigInt(i));
/** Further down nobody tells places apart. */
const positionMax = 63;

/** An id, and how much of it, float32 as models keep it. A bag of n ids has each at 1/√n: the length of its sum is that of one. */
type Ids = readonly { readonly id: bigint; readonly value: number }[];

/**
 * Turns a moment and an item into the features of an example, as the config declares them: the same code
 * in training and in serving, over the same state of the stream.
 *
 * | source | ids |
 * |---|---|
 * | account, item | one each |
 * | person | who of the account is there, where its people are counted and it has several: whose the session is, else who was there last |
 * | artist, categories, keywords, hashtags, words | the item's, from the catalogue: a bag |
 * | released | the item's year of release |
 * | recent | the account's last wanted items, a bag: an event changes it before any weight moves |
 * | device, platform, country, source, playlist, context.NAME | what the event gives |
 * | account.NAME | what is said of the account: a number or text is one, a text of parts, with `\|` between them, a bag |
 * | position | the place in the list, from 0; 63 and beyond are one |
 * | hour, weekday | of the event, UTC |
 * | signals | the measured signals, each an id with its number as value |
 *
 * What is missing gives no feature. Holds scratch space; one at a time.
 */
export class ExampleFeatures {
  /** Names of the slots, in order. */
  readonly slots: readonly string[];
  readonly #state: StreamState;
  readonly #rules: readonly { readonly slot: string; readonly parts: readonly Part[] }[];
  readonly #signals: Signals;
  readonly #signalValues = new Float32Array(signalCount);
  readonly #usesSignals: boolean;
  #moment: FeatureMoment | undefined;
  /** By source: what does not depend on the item is made once a moment. */
  readonly #ofMoment = new Map<string, Ids>();

  /** @throws FoldbackError CONFIG_INVALID for an unknown source. */
  constructor(state: StreamState, rules: SlotRules) {
    this.#state = state;
    this.slots = Object.keys(rules);
    this.#rules = Object.entries(rules).map(([slot, rule]) => ({
      slot,
      parts: partsOf(slot, rule),
    }));
    this.#usesSignals = this.#rules.some(({ parts }) =>
      parts.some((part) => part.of === "signals"),
    );
    this.#signals = new Signals(state);
  }

  /** Looks at the account at the moment; what is asked next is for it. @param itemCount how many items about. */
  begin(moment: FeatureMoment, itemCount = 1): void {
    this.#moment = moment;
    this.#ofMoment.clear();
    if (!this.#usesSignals) return;
    this.#signals.begin(eventKey(moment), moment.time);
    if (itemCount > lookUpMax) this.#signals.relate();
  }

  /**
   * The features of an item at the moment that was begun; of one that was never mentioned, what the
   * moment and its id say.
   *
   * @param position its place in the list, from 0; undefined where it has none.
   */
  of(item: AskedItem, position?: number): SlotFeature[] {
    if (this.#usesSignals && item.index >= 0) {
      this.#signals.write(item.index, this.#signalValues, 0);
    } else this.#signalValues.fill(0);
    const features: SlotFeature[] = [];
    for (const { slot, parts } of this.#rules) {
      const [first] = parts;
      const ids =
        parts.length === 1
          ? this.#idsOf(first, item, position)
          : this.#cross(parts, item, position);
      for (const { id, value } of ids) features.push({ slot, id, value });
    }
    return features;
  }

  /** Every combination of the parts' ids, at the product of their values. */
  #cross(parts: readonly Part[], item: AskedItem, position: number | undefined): Ids {
    const [first, ...others] = parts;
    let combined = this.#idsOf(first, item, position);
    for (const part of others) {
      const ids = this.#idsOf(part, item, position);
      const pairs: { id: bigint; value: number }[] = [];
      for (const a of combined) {
        for (const b of ids) {
          if (pairs.length === crossMax) break;
          pairs.push({ id: combine(a.id, b.id), value: Math.fround(a.value * b.value) });
        }
      }
      combined = pairs;
    }
    return combined;
  }

  #idsOf(part: Part, { index, id }: AskedItem, position: number | undefined): Ids {
    const { items, terms } = this.#state;
    switch (part.of) {
      case "item":
        return one(id);
      case "artist":
      case "categories":
      case "keywords":
      case "hashtags":
      case "words":
        return bag(terms.of(index, part.of));
      case "released": {
        const year = index < 0 ? Number.NaN : items.releasedOf(index);
        return Number.isNaN(year) ? nothing : one(BigInt(Math.max(0, Math.floor(year))));
      }
      case "position":
        return position === undefined ? nothing : one(BigInt(Math.min(position, positionMax)));
      case "signals":
        return signalIds.flatMap((id, i) => {
          const value = this.#signalValues[i];
          return value === 0 ? [] : [{ id, value }];
        });
      default: {
        const known = this.#ofMoment.get(part.key);
        if (known !== undefined) return known;
        const made = this.#idsOfMoment(part);
        this.#ofMoment.set(part.key, made);
        return made;
      }
    }
  }

  #idsOfMoment({ of, last }: Part): Ids {
    const moment = this.#moment;
    assert(moment !== undefined, "a moment is begun before an item is asked about");
    const key = eventKey(moment);
    switch (of) {
      case "account":
        return one(accountIdOf(key));
      case "person": {
        const person = this.#state.persons.of(key, moment.session);
        return person === undefined ? nothing : one(combine(accountIdOf(key), BigInt(person)));
      }
      case "recent": {
        const { histories, items } = this.#state;
        return bag(
          histories
            .of(key)
            .wanted.slice(-last)
            .map((index) => items.idOf(index)),
        );
      }
      case "hour":
        return one(BigInt(Math.floor((moment.time % dayMs) / hourMs)));
      case "weekday":
        return one(BigInt(Math.floor(moment.time / dayMs) % 7));
      case "device":
      case "platform":
      case "country":
      case "source":
      case "playlist": {
        const name = moment[of];
        return name === undefined ? nothing : one(hash64(name));
      }
      default: {
        if (of.startsWith(accountPrefix)) return this.#idsOfProperty(key, of);
        const value = moment.context?.[of.slice(contextPrefix.length)];
        return value === undefined ? nothing : one(hash64(String(value)));
      }
    }
  }

  #idsOfProperty(account: string, source: string): Ids {
    const properties = this.#state.accounts.of(account) ?? {};
    const name = source.slice(accountPrefix.length);
    const value = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (value === undefined) return nothing;
    const parts = [...new Set(String(value).split("|"))].filter((part) => part !== "");
    return bag(parts.map((part) => hash64(part)));
  }
}

interface Part {
  readonly of: string;
  readonly last: number;
  /** What tells it from other parts. */
  readonly key: string;
}

const contextPrefix = "context.";
const accountPrefix = "account.";
const prefixes = [contextPrefix, accountPrefix];
const nothing: Ids = [];

function partsOf(slot: string, { of, last = recentDefault }: SlotRule): readonly Part[] {
  for (const source of of) {
    const isKnown =
      featureSources.some((known) => known === source) ||
      prefixes.some((prefix) => source.startsWith(prefix) && source.length > prefix.length);
    if (!isKnown) {
      throw new FoldbackError(
        "CONFIG_INVALID",
        `slot ${slot} is of ${JSON.stringify(source)}; allowed: ${featureSources.join(", ")}, context.NAME, account.NAME`,
        { details: { slot, source } },
      );
    }
  }
  return of.map((source) => ({ of: source, last, key: `${source} ${last}` }));
}

function one(id: bigint): Ids {
  return [{ id, value: 1 }];
}

function bag(ids: readonly bigint[]): Ids {
  const value = Math.fround(1 / Math.sqrt(ids.length));
  return ids.map((id) => ({ id, value }));
}

/** Odd, with bits everywhere (of splitmix64): so a fixed `a` gives each `b` an id of its own. */
const crossFactor = 0x9e3779b97f4a7c15n;

/** The id of a pair, in this order: stable for ever. Two pairs meet as rarely as two hashed names do. */
function combine(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(64, (a + 1n) * crossFactor + (b ^ (b >> 29n)) * 0xbf58476d1ce4e5b9n);
}
