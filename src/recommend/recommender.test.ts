import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../event/index.ts";
import { Signals, signalCount } from "../features/index.ts";
import { feedbackStream, recordsOf, streamTime } from "../testing/feedbackStream.ts";
import {
  type SmallLearner,
  type SmallLearnerOptions,
  smallLearner,
} from "../testing/smallLearner.ts";
import { type Ablation, ablations, type RecommendedItem, Recommender } from "./index.ts";

function learnerOf(seed: number, count = 250, options: SmallLearnerOptions = {}): SmallLearner {
  const learner = smallLearner({ state: { partitionCount: 4 }, ...options });
  for (const record of feedbackStream({ seed, count })) learner.trainer.apply(record);
  return learner;
}

function recommend(
  { state, model }: SmallLearner,
  account: string,
  { count = 10, ablate = [] as readonly Ablation[] } = {},
): RecommendedItem[] {
  const recommender = new Recommender(state, model, { ablate });
  return recommender.recommend({ account, count, now: state.trends.time });
}

const names = (list: readonly RecommendedItem[]): string[] => list.map(({ item }) => item);

const cases = fc.record({
  seed: fc.nat(999),
  events: fc.integer({ min: 0, max: 300 }),
  account: fc.integer({ min: 0, max: 11 }).map((number) => `account-${number}`),
  count: fc.integer({ min: 1, max: 50 }),
});

describe("the recommender", () => {
  it("gives what was seen and the account never had, each once, best first, with a probability", () => {
    fc.assert(
      fc.property(cases, ({ seed, events, account, count }) => {
        const learner = learnerOf(seed, events);
        const { items, histories } = learner.state;
        const list = recommend(learner, account, { count });
        const had = histories.of(account).had.map((item) => items.nameOf(item));
        expect(names(list).filter((item) => had.includes(item))).toEqual([]);
        expect(new Set(names(list)).size).toBe(list.length);
        const scores = list.map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        for (const { item, score, sources } of list) {
          expect(items.isSeen(items.indexOf(item))).toBe(true);
          expect(score > 0 && score < 1).toBe(true);
          expect(sources.length).toBeGreaterThan(0);
        }
        // Few items, so that all of them are candidates: as many as asked for, or all that are left.
        expect(list.length).toBe(Math.min(count, items.seen.length - had.length));
      }),
      { numRuns: 60 },
    );
  });

  it("ranks by the model: its logits, for all candidates", () => {
    const { state, model } = learnerOf(1);
    const recommender = new Recommender(state, model);
    const list = recommender.recommend({ account: "account-1", count: 50, now: streamTime });
    const indexes = Int32Array.from(list, ({ item }) => state.items.indexOf(item));
    const logits = [...recommender.logitsOf(indexes)];
    expect(logits).toEqual(logits.toSorted((a, b) => b - a));
    for (const [i, { score }] of list.entries())
      expect(score).toBeCloseTo(1 / (1 + Math.exp(-logits[i])), 12);
    expect(new Set(logits).size).toBe(logits.length);
  });

  it("asks the model that trainer and serving share, and the state of its own", () => {
    const learner = learnerOf(2);
    const { state } = smallLearner({ state: { partitionCount: 4 } });
    for (const record of feedbackStream({ seed: 2, count: 250 })) state.apply(record);
    const other = { ...learner, state };
    for (const account of ["account-0", "session of account-1", "nobody"])
      expect(recommend(other, account)).toEqual(recommend(learner, account));
  });

  it("does not give what the trainer has seen, but serving not yet", () => {
    const learner = smallLearner();
    const set: Event = { type: "item_set", time: streamTime, item: "x" };
    const likes = ["y", "x"].map((item) => ({ ...set, type: "like", account: "b", item }));
    const records = recordsOf([set, ...likes]);
    for (const record of records) learner.trainer.apply(record);
    const { state } = smallLearner();
    for (const record of records.slice(0, 2)) state.apply(record);
    expect(names(recommend({ ...learner, state }, "a"))).toEqual(["y"]);
  });

  it("changes with the next event: what was liked is gone, and the order of the rest follows", () => {
    const learner = learnerOf(3);
    const before = recommend(learner, "account-5", { count: 20 });
    const event: Event = {
      type: "like",
      time: learner.state.trends.time,
      account: "account-5",
      item: before[0].item,
    };
    learner.trainer.apply({ partition: 0, offset: 99_999, logTime: event.time, event });
    const after = recommend(learner, "account-5", { count: 20 });
    expect(names(after)).not.toContain(before[0].item);
    expect(after.map(({ score }) => score)).not.toEqual(before.slice(1).map(({ score }) => score));
  });

  it("has no items for a stream that has none, and none of those that only the catalogue knows", () => {
    const learner = smallLearner();
    expect(recommend(learner, "a")).toEqual([]);
    const context = { title: "X" };
    const set: Event = { type: "item_set", time: streamTime, item: "x", context };
    for (const record of recordsOf([set])) learner.trainer.apply(record);
    expect(recommend(learner, "a")).toEqual([]);
    const like: Event = { type: "like", time: streamTime, account: "b", item: "x" };
    learner.trainer.apply({ partition: 0, offset: 1, logTime: streamTime, event: like });
    expect(recommend(learner, "a")).toMatchObject([{ item: "x", title: "X" }]);
    expect(recommend(learner, "b")).toEqual([]);
  });

  it("gives no title where the catalogue has none", () => {
    const learner = smallLearner();
    const like: Event = { type: "like", time: streamTime, account: "b", item: "x" };
    for (const record of recordsOf([like])) learner.trainer.apply(record);
    expect(Object.keys(recommend(learner, "a")[0])).toEqual(["item", "score", "sources"]);
  });

  it("gives an account that nobody heard of the same as any other such", () => {
    const learner = learnerOf(4);
    const list = recommend(learner, "nobody", { count: 100 });
    expect(list.length).toBe(learner.state.items.seen.length);
    expect(recommend(learner, "nobody else", { count: 100 })).toEqual(list);
    for (const { sources } of list) expect(sources).not.toContain("cooccurrence");
  });

  it("gives the same list for the same stream, ties included", () => {
    for (const ablate of [[], ["model"]] as const) {
      const [one, other] = [5, 5].map((seed) =>
        recommend(learnerOf(seed), "account-1", { ablate }),
      );
      expect(one).toEqual(other);
    }
    // Two items that differ in nothing but their name and vectors that never learned.
    const tied = smallLearner({ model: { dim: 0 } });
    const like = (item: string): Event => ({ type: "like", time: streamTime, account: "b", item });
    for (const record of recordsOf([like("x"), like("y")])) tied.trainer.apply(record);
    const list = recommend(tied, "nobody");
    expect(list[0].score).toBe(list[1].score);
    expect(names(recommend(tied, "nobody"))).toEqual(names(list));
  });

  it("leaves out what an ablation says, and only that", () => {
    const sourceOf = { model: "vectors", cooccurrence: "cooccurrence", trend: "trend", new: "new" };
    const all = new Set(
      recommend(learnerOf(6), "account-0", { count: 50 }).flatMap((i) => i.sources),
    );
    expect([...all].toSorted()).toEqual(["cooccurrence", "new", "trend", "vectors"]);
    for (const part of ablations) {
      const list = recommend(learnerOf(6), "account-0", { count: 50, ablate: [part] });
      const left = new Set(list.flatMap(({ sources }) => sources));
      expect([...all].filter((source) => !left.has(source))).toEqual([sourceOf[part]]);
    }
  });

  it("silences the signals of an ablated part, in serving too", () => {
    const learner = learnerOf(7);
    const { state, model } = learner;
    const logitsBy = (ablate: readonly Ablation[]): number[] => {
      const recommender = new Recommender(state, model, { ablate });
      recommender.recommend({ account: "account-0", count: 1, now: state.trends.time });
      return [...recommender.logitsOf(Int32Array.from(state.items.seen))];
    };
    expect(logitsBy(["trend"])).not.toEqual(logitsBy([]));
    expect(logitsBy(["cooccurrence"])).not.toEqual(logitsBy([]));
    expect(logitsBy(["new"])).toEqual(logitsBy([]));
  });

  it("without the model, ranks by the sum of the trend of days and both co-occurrences", () => {
    const learner = learnerOf(8);
    const { state } = learner;
    const signals = new Signals(state);
    const row = new Float32Array(signalCount);
    for (const account of ["nobody", "account-3"]) {
      const list = recommend(learner, account, { count: 50, ablate: ["model"] });
      signals.begin(account, state.trends.time);
      for (const { item, score } of list) {
        signals.write(state.items.indexOf(item), row, 0);
        expect(score).toBeCloseTo(row[2] + row[6] + row[7], 6); // float32
      }
      const scores = list.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    }
  });

  it("gives long lists, past the budgets of the sources", () => {
    const { state, model } = learnerOf(9);
    const budgets = { vectors: 1, cooccurrence: 1, trend: 1, new: 1, accounts: 1 };
    const recommender = new Recommender(state, model, { budgets });
    const list = recommender.recommend({ account: "nobody", count: 100, now: streamTime });
    expect(list.length).toBe(state.items.seen.length);
  });

  it("needs a request before it is asked for logits", () => {
    const { state, model } = learnerOf(1, 50);
    expect(() => new Recommender(state, model).logitsOf(Int32Array.of(0))).toThrow("invariant");
  });
});
