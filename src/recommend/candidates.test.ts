import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AccountNeighbours,
  accountIdOf,
  defaultFeedbackRules,
  feedbackOf,
  Signals,
  signalCount,
} from "../features/index.ts";
import type { RankingContext } from "../model/index.ts";
import { feedbackStream } from "../testing/feedbackStream.ts";
import { type SmallLearner, smallLearner } from "../testing/smallLearner.ts";
import {
  type CandidateBudgets,
  type CandidateSource,
  Candidates,
  candidateSources,
} from "./candidates.ts";

const none: CandidateBudgets = { vectors: 0, cooccurrence: 0, trend: 0, new: 0, accounts: 0 };

interface Learned extends SmallLearner {
  /** Names of the items that somebody wanted: those that have a row. */
  readonly wanted: ReadonlySet<string | undefined>;
}

function learnerOf(seed: number): Learned {
  const learner = smallLearner({ state: { partitionCount: 4 } });
  const wanted = new Set<string | undefined>();
  for (const record of feedbackStream({ seed, count: 250 })) {
    learner.trainer.apply(record);
    if (feedbackOf(record.event, defaultFeedbackRules).weight > 0) wanted.add(record.event.item);
  }
  return { ...learner, wanted };
}

/** What `account` is asked with, and the candidates of these budgets. */
function ask({ state, model }: SmallLearner, account: string, budgets: CandidateBudgets) {
  const signals = new Signals(state);
  const { buckets } = signals.begin(account, state.trends.time);
  const related = signals.relate();
  const { had, wanted } = state.histories.of(account);
  const recent = wanted.slice(-10).map((item) => state.items.idOf(item));
  const context: RankingContext = { account: accountIdOf(account), recent, buckets };
  const candidates = new Candidates(state, model, signals);
  candidates.gather({ account, context, related, had, budgets });
  return { candidates, context, had, related, signals, list: listOf(candidates) };
}

function listOf(candidates: Candidates): number[] {
  return [...candidates.items.subarray(0, candidates.count)];
}

/** w + q · p of given items, as the model itself scores them where nothing is measured. */
function dotProducts({ state, model }: SmallLearner, context: RankingContext, items: number[]) {
  for (const [i, item] of items.entries()) model.items[i] = state.items.idOf(item);
  model.signals.fill(0, 0, items.length * signalCount);
  return [...model.score({ ...context, buckets: [] }, items.length)];
}

const cases = fc.record({
  seed: fc.nat(999),
  account: fc.integer({ min: 0, max: 11 }).map((number) => `account-${number}`), // two unknown
  budget: fc.integer({ min: 1, max: 40 }),
});

function checkCases(check: (learner: Learned, account: string, budget: number) => void): void {
  fc.assert(
    fc.property(cases, ({ seed, account, budget }) => check(learnerOf(seed), account, budget)),
    { numRuns: 25 },
  );
}

/** The list that a source should give, cut to the budget; places count from its start. */
function expectPlaces(candidates: Candidates, source: CandidateSource, list: readonly number[]) {
  expect(listOf(candidates)).toEqual(list);
  for (const candidate of list.keys()) {
    for (const [number, name] of candidateSources.entries()) {
      const expected = name === source ? candidate : -1;
      expect(candidates.placeOf(candidate, number)).toBe(expected);
    }
  }
}

describe("candidates", () => {
  it("by vectors are the best of all items with a row, by dot product and weight", () => {
    checkCases((learner, account, budget) => {
      const { list, context, had } = ask(learner, account, { ...none, vectors: budget });
      const { items } = learner.state;
      const free = items.seen.filter(
        (item) => !had.includes(item) && learner.wanted.has(items.nameOf(item)),
      );
      const best = dotProducts(learner, context, free).toSorted((a, b) => b - a);
      const found = dotProducts(learner, context, list);
      expect(list.length).toBe(Math.min(budget, best.length));
      // Compared by score: rounding may swap items that are as good as equal.
      for (const [place, score] of found.entries()) expect(score).toBeCloseTo(best[place], 6);
      expect(new Set(list).size).toBe(list.length);
      for (const item of list) expect(free).toContain(item);
    });
  });

  it("by co-occurrence are those most related to what the account wanted last", () => {
    checkCases((learner, account, budget) => {
      const { candidates, had, signals } = ask(learner, account, { ...none, cooccurrence: budget });
      const related = learner.state.items.seen
        .filter((item) => !had.includes(item) && signals.relationTo(item) > 0)
        .toSorted((a, b) => signals.relationTo(b) - signals.relationTo(a) || a - b);
      expectPlaces(candidates, "cooccurrence", related.slice(0, budget));
    });
  });

  it("by trend are the first of each half-life, then the second of each, and so on", () => {
    checkCases((learner, account, budget) => {
      const { candidates, had } = ask(learner, account, { ...none, trend: budget });
      const { trends, items } = learner.state;
      const boards = trends.halfLivesMs.map((_, i) => [...trends.leaders(i)]);
      const inTurn = Array.from({ length: items.count }, (_, place) =>
        boards.flatMap((board) => board.slice(place, place + 1)),
      ).flat();
      const free = [...new Set(inTurn)].filter((item) => !had.includes(item));
      expectPlaces(candidates, "trend", free.slice(0, budget));
    });
  });

  it("that are new are those first seen last", () => {
    checkCases((learner, account, budget) => {
      const { candidates, had } = ask(learner, account, { ...none, new: budget });
      const free = learner.state.items.seen.toReversed().filter((item) => !had.includes(item));
      expectPlaces(candidates, "new", free.slice(0, budget));
    });
  });

  it("accounts: what the 20 most alike wanted of late, by the sum of their cosines", () => {
    checkCases((learner, account, budget) => {
      const { state } = learner;
      const { candidates, had } = ask(learner, account, { ...none, accounts: budget });
      const sums = new Map<number, number>();
      for (const { cosine, history } of new AccountNeighbours(state).of(account, 20)) {
        for (const item of history.wanted.slice(-20)) {
          if (!had.includes(item)) sums.set(item, Math.fround((sums.get(item) ?? 0) + cosine));
        }
      }
      const best = [...sums].toSorted(([a, x], [b, y]) => y - x || a - b).map(([item]) => item);
      expectPlaces(candidates, "accounts", best.slice(0, budget));
    });
  });

  it("of several sources are merged: each once, with the place that each source gave it", () => {
    checkCases((learner, account, budget) => {
      const budgets = { vectors: budget, cooccurrence: budget, trend: 3, new: 5, accounts: budget };
      const { candidates, list } = ask(learner, account, budgets);
      expect(new Set(list).size).toBe(list.length);
      const all = new Set<number>();
      for (const [number, source] of candidateSources.entries()) {
        const alone = ask(learner, account, { ...none, [source]: budgets[source] }).list;
        for (const item of alone) all.add(item);
        const places = list.map((_, candidate) => candidates.placeOf(candidate, number));
        expect(places).toEqual(list.map((item) => alone.indexOf(item)));
      }
      expect(list.length).toBe(all.size);
    });
  });

  it("hold nothing of the request before", () => {
    const learner = learnerOf(1);
    const budgets = { vectors: 9, cooccurrence: 9, trend: 9, new: 9, accounts: 9 };
    const { candidates, signals } = ask(learner, "account-1", budgets);
    for (const account of ["account-2", "nobody", "account-1"]) {
      const fresh = ask(learner, account, budgets);
      signals.begin(account, learner.state.trends.time);
      const related = signals.relate();
      candidates.gather({ account, context: fresh.context, related, had: fresh.had, budgets });
      expect(listOf(candidates)).toEqual(fresh.list);
      const places = (of: Candidates) =>
        fresh.list.flatMap((_, i) => candidateSources.map((_, source) => of.placeOf(i, source)));
      expect(places(candidates)).toEqual(places(fresh.candidates));
    }
  });
});
