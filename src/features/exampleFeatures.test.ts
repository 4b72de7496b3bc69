import { describe, expect, it } from "vitest";
import { hash64 } from "../core/index.ts";
import type { Event } from "../event/index.ts";
import { recordsOf, streamTime } from "../testing/feedbackStream.ts";
import {
  accountIdOf,
  defaultFeedbackRules,
  ExampleFeatures,
  type FeatureMoment,
  itemIdOf,
  Signals,
  type SlotFeature,
  type SlotRules,
  StreamState,
  signalCount,
} from "./index.ts";
import { termIdOf } from "./itemTerms.ts";

const minute = 60_000;

function stateOf(...events: Partial<Event>[]): StreamState {
  const state = new StreamState({
    partitionCount: 1,
    rules: defaultFeedbackRules,
    itemsMax: 100,
    accountsMax: 100,
    itemsPerAccountMax: 100,
    accountPropertiesBytesMax: 100_000,
  });
  const full = events.map((event, i) => ({
    type: "like",
    time: streamTime + i * minute,
    ...event,
  }));
  for (const record of recordsOf(full)) state.apply(record);
  return state;
}

function ask(
  state: StreamState,
  rules: SlotRules,
  moment: Partial<FeatureMoment> = {},
  { item = "x", position }: { item?: string; position?: number } = {},
): SlotFeature[] {
  const features = new ExampleFeatures(state, rules);
  features.begin({ account: "a", time: streamTime, ...moment });
  return features.of({ index: state.items.indexOf(item), id: itemIdOf(item) }, position);
}

const described: Partial<Event> = {
  type: "item_set",
  item: "x",
  artist: "r",
  context: { categories: "pop|jazz", keywords: "k1|k2|k3|k4", released: 1999 },
};

describe("the features of an example", () => {
  it("are one id of value 1 for what there is one of", () => {
    const rules: SlotRules = {
      who: { of: ["account"] },
      item: { of: ["item"] },
      year: { of: ["released"] },
      place: { of: ["position"] },
      device: { of: ["device"] },
      mood: { of: ["context.mood"] },
    };
    const moment = { device: "d1", context: { mood: "calm", other: 2 } };
    expect(ask(stateOf(described), rules, moment, { position: 3 })).toEqual([
      { slot: "who", id: accountIdOf("a"), value: 1 },
      { slot: "item", id: itemIdOf("x"), value: 1 },
      { slot: "year", id: 1999n, value: 1 },
      { slot: "place", id: 3n, value: 1 },
      { slot: "device", id: hash64("d1"), value: 1 },
      { slot: "mood", id: hash64("calm"), value: 1 },
    ]);
  });

  it("are none where nothing is known, and an item that was never mentioned has its id", () => {
    const rules: SlotRules = Object.fromEntries(
      [
        ...["item", "artist", "categories", "keywords", "hashtags", "words", "released"],
        ...["person", "recent", "device", "platform", "country", "source", "playlist", "position"],
        ...["signals", "context.mood", "account.plan", "account.toString"],
      ].map((source) => [source.replace(".", "-"), { of: [source] }]),
    );
    expect(ask(stateOf(), rules)).toEqual([{ slot: "item", id: itemIdOf("x"), value: 1 }]);
  });

  it("of a bag are its ids, each at 1/√n", () => {
    const features = ask(stateOf(described), { k: { of: ["keywords"] } });
    expect(features).toEqual(
      ["k1", "k2", "k3", "k4"].map((name) => ({
        slot: "k",
        id: termIdOf("keywords", name),
        value: 0.5,
      })),
    );
  });

  it("of a person are one of each account and number, by the session", () => {
    const said = (account: string, session: string, person: number): Partial<Event> => ({
      type: "person_assigned",
      account,
      session,
      context: { person },
    });
    const state = stateOf(said("a", "s1", 1), said("a", "s2", 2), said("b", "s1", 1));
    const rules: SlotRules = { person: { of: ["person"] }, of: { of: ["person", "item"] } };
    const idOf = (account: string, session?: string): bigint | undefined =>
      ask(state, rules, { account, ...(session !== undefined && { session }) })[0]?.id;
    const ids = [idOf("a", "s1"), idOf("a", "s2"), idOf("b", "s1")];
    expect(new Set(ids).size).toBe(3);
    expect(ids).not.toContain(undefined);
    expect(idOf("a")).toBe(ids[1]);
    expect(idOf("c", "s1")).toBeUndefined();
    expect(ask(state, rules, { account: "a" })).toHaveLength(2);
  });

  it("of an account are what is said of it: one of a number or text, a bag of several parts", () => {
    const said = (account: string, context: Record<string, string | number>): Partial<Event> => ({
      type: "account_set",
      account,
      context,
    });
    const state = stateOf(
      described,
      said("a", { plan: "free", age: 1, toString: "x" }),
      said("a", { plan: "pro", age: 40, languages: "de||en|de|fr|it" }),
      said("b", { plan: "team" }),
    );
    const rules: SlotRules = {
      plan: { of: ["account.plan"] },
      age: { of: ["account.age"] },
      speaks: { of: ["account.languages"] },
      gone: { of: ["account.toString"] },
      planOf: { of: ["account.plan", "item"] },
    };
    const features = ask(state, rules);
    expect(features.slice(0, -1)).toEqual([
      { slot: "plan", id: hash64("pro"), value: 1 },
      { slot: "age", id: hash64("40"), value: 1 },
      ...["de", "en", "fr", "it"].map((name) => ({ slot: "speaks", id: hash64(name), value: 0.5 })),
    ]);
    const cross = features.at(-1);
    expect(cross).toMatchObject({ slot: "planOf", value: 1 });
    expect(ask(state, rules, { account: "b" }).map(({ slot }) => slot)).toEqual(["plan", "planOf"]);
    expect(ask(state, rules, { account: "b" }).at(-1)?.id).not.toBe(cross?.id);
  });

  it("of recent items are the last wanted ones, so that an event changes them at once", () => {
    const rules: SlotRules = { recent: { of: ["recent"], last: 2 } };
    const likes = ["u", "v", "w"].map((item) => ({ account: "a", item }));
    const value = Math.fround(Math.SQRT1_2);
    const idsOf = (state: StreamState): unknown => ask(state, rules);
    expect(idsOf(stateOf(...likes))).toEqual([
      { slot: "recent", id: itemIdOf("v"), value },
      { slot: "recent", id: itemIdOf("w"), value },
    ]);
    expect(idsOf(stateOf(...likes, { account: "a", item: "y" }))).toEqual([
      { slot: "recent", id: itemIdOf("w"), value },
      { slot: "recent", id: itemIdOf("y"), value },
    ]);
    expect(idsOf(stateOf(...likes, { account: "b", item: "y" }))).toHaveLength(2);
  });

  it("of a time are its hour and weekday, UTC", () => {
    // 2021-06-01 was a Tuesday: 18,779 days after a Thursday.
    const time = Date.UTC(2021, 5, 1, 23, 59);
    const rules: SlotRules = { hour: { of: ["hour"] }, day: { of: ["weekday"] } };
    const day = (time: number): unknown => ask(stateOf(), rules, { time });
    expect(day(time)).toEqual([
      { slot: "hour", id: 23n, value: 1 },
      { slot: "day", id: BigInt(18_779 % 7), value: 1 },
    ]);
    expect(day(time + 7 * 86_400_000)).toEqual(day(time));
  });

  it("of a cross are all combinations, at the product of their values, each an id of its own", () => {
    const state = stateOf(described);
    const rules: SlotRules = { c: { of: ["account", "categories", "keywords"] } };
    const features = ask(state, rules);
    expect(features).toHaveLength(8);
    for (const { value } of features) expect(value).toBeCloseTo(Math.SQRT1_2 * 0.5, 7);
    const others = ask(state, rules, { account: "b" });
    const swapped = ask(state, { c: { of: ["categories", "account", "keywords"] } });
    const ids = [...features, ...others, ...swapped].map(({ id }) => id);
    expect(new Set(ids).size).toBe(24);
    expect(ids.every((id) => id >= 0n && id < 2n ** 64n)).toBe(true);
    expect(ask(stateOf(), rules)).toEqual([]); // without categories there are no combinations
  });

  it("of crosses of many small numbers do not meet", () => {
    const rules: SlotRules = { c: { of: ["released", "position"] } };
    const ids = new Set<bigint>();
    for (let year = 1; year <= 200; year++) {
      const state = stateOf({ ...described, context: { released: year } });
      const features = new ExampleFeatures(state, rules);
      features.begin({ account: "a", time: streamTime });
      for (let position = 0; position < 64; position++)
        ids.add(features.of({ index: 0, id: itemIdOf("x") }, position)[0].id);
    }
    expect(ids.size).toBe(200 * 64);
  });

  it("of signals are their numbers, those that serving measures", () => {
    const likes = ["u", "x", "v"].map((item) => ({ account: "b", item }));
    const state = stateOf(described, ...likes, { account: "a", item: "u" });
    const signals = new Signals(state);
    signals.begin("a", streamTime);
    const expected = new Float32Array(signalCount);
    signals.write(state.items.indexOf("x"), expected, 0);
    const features = ask(state, { s: { of: ["signals"] } });
    expect(features.length).toBeGreaterThan(4);
    const values = new Float32Array(signalCount);
    for (const { id, value } of features) values[Number(id)] = value;
    expect(values).toEqual(expected);
  });

  it("of two moments do not mix", () => {
    const state = stateOf({ account: "b", item: "u" });
    const features = new ExampleFeatures(state, { w: { of: ["account"] }, r: { of: ["recent"] } });
    const x = { index: -1, id: itemIdOf("x") };
    features.begin({ account: "b", time: streamTime });
    expect(features.of(x)).toHaveLength(2);
    features.begin({ session: "s", time: streamTime });
    expect(features.of(x)).toEqual([{ slot: "w", id: accountIdOf("s"), value: 1 }]);
  });

  it.each(["nothing", "context.", "account.", "Account"])("can't be of %j", (source) => {
    expect(() => new ExampleFeatures(stateOf(), { s: { of: [source] } })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });
});
