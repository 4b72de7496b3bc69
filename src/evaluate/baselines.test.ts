/** The baselines against recomputation from scratch: from all events before, at each event. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayMs, hourMs } from "../core/index.ts";
import type { LogRecord } from "../event/index.ts";
import { defaultFeedbackRules as rules } from "../features/index.ts";
import { feedbackStream, streamTime, takenOnce } from "../testing/feedbackStream.ts";
import { scriptedContestant } from "../testing/scriptedContestant.ts";
import { ItemCosine, Popularity, RecentPopularity } from "./baselines.ts";
import { type Metrics, ProgressiveEvaluation } from "./index.ts";

interface Taken {
  readonly account: string;
  readonly item: string;
  readonly time: number;
}

/** The score of an item for an account, from all that was taken before. */
type Score = (before: readonly Taken[], account: string, item: string, now: number) => number;

const eventsOf = (before: readonly Taken[], item: string): Taken[] =>
  before.filter((taken) => taken.item === item);

const popularity: Score = (before, _account, item) => eventsOf(before, item).length;

/** log2 of the decayed count, which orders as the count does, and years later still is not 0. */
const recency =
  (halfLifeMs: number): Score =>
  (before, _account, item, now) => {
    const ages = eventsOf(before, item).map(({ time }) => (time - now) / halfLifeMs);
    const largest = Math.max(...ages);
    if (ages.length === 0) return Number.NEGATIVE_INFINITY;
    return largest + Math.log2(ages.reduce((sum, age) => sum + 2 ** (age - largest), 0));
  };

const itemCosine: Score = (before, account, item) => {
  const accountsOf = (name: string): Set<string> =>
    new Set(eventsOf(before, name).map((taken) => taken.account));
  const own = accountsOf(item);
  const had = before.filter((taken) => taken.account === account);
  const sum = had.reduce((total, { item: other }) => {
    const others = accountsOf(other);
    const both = [...own].filter((one) => others.has(one)).length;
    return total + (both === 0 ? 0 : both / Math.sqrt(own.size * others.size));
  }, 0);
  return sum + own.size * 2 ** -40; // between equal sums, the more popular
};

/** Metrics by sorting every item at every event; `pairs` are what the run drew, in order. */
function metricsOf(
  events: readonly Taken[],
  score: Score,
  pairs: readonly (readonly [string, string])[],
): Metrics {
  const places: number[] = [];
  const scores: { positive: number; negative: number }[] = [];
  for (const [i, { account, item, time }] of events.entries()) {
    const before = events.slice(0, i);
    const seen = [...new Set(before.map((taken) => taken.item))];
    const had = new Set(before.filter((one) => one.account === account).map((one) => one.item));
    const free = seen.filter((name) => !had.has(name));
    const scored = new Map(free.map((name) => [name, score(before, account, name, time)]));
    const scoreOf = (name: string): number => scored.get(name) ?? Number.NaN;
    // Sorting is stable: of equal ones, the one that was there first.
    const sorted = free.toSorted((a, b) =>
      scoreOf(a) === scoreOf(b) ? 0 : scoreOf(b) - scoreOf(a),
    );
    places.push(sorted.slice(0, 10).indexOf(item));
    if (free.includes(item) && free.length > 1) {
      const [positive, negative] = pairs[scores.length];
      expect(positive).toBe(item);
      scores.push({ positive: scoreOf(positive), negative: scoreOf(negative) });
    }
  }
  const hits = places.filter((place) => place >= 0);
  const mean = (numbers: readonly number[], count: number): number =>
    numbers.reduce((a, b) => a + b, 0) / count;
  const wins = scores.flatMap(({ positive }) =>
    scores.map(({ negative }) => (positive === negative ? 0.5 : Number(positive > negative))),
  );
  return {
    "hit@10": hits.length / events.length,
    "ndcg@10": mean(
      hits.map((place) => 1 / Math.log2(place + 2)),
      events.length,
    ),
    mrr: mean(
      hits.map((place) => 1 / (place + 1)),
      events.length,
    ),
    auc: wins.length === 0 ? null : mean(wins, wins.length),
    logloss: null,
  };
}

function expectMetrics(actual: Metrics, expected: Metrics, tolerance = 1e-9): void {
  for (const name of ["hit@10", "ndcg@10", "mrr", "auc"] as const) {
    const [value, wanted] = [actual[name], expected[name]];
    expect(value === null, name).toBe(wanted === null);
    expect(Math.abs((value ?? 0) - (wanted ?? 0)), name).toBeLessThan(tolerance);
  }
}

function evaluate(records: readonly LogRecord[]) {
  const { contestant, pairs } = scriptedContestant();
  const evaluation = new ProgressiveEvaluation({ engine: contestant, rules, ablations: {} });
  for (const record of records) evaluation.step(record);
  return { ...evaluation.report().baselines, pairs };
}

/** Enough items that lists are cut, and accounts with more than a list behind them. */
const streams = fc
  .record({ seed: fc.nat(), count: fc.integer({ min: 20, max: 260 }) })
  .map((options) => feedbackStream({ ...options, accountCount: 8, itemCount: 50 }))
  .map(takenOnce);

const takenOf = (records: readonly LogRecord[]): Taken[] =>
  records.map(({ event: { account = "", item = "", time } }) => ({ account, item, time }));

describe("the baselines", () => {
  it("rank as sorting all items by a recomputation would, ties by who was first", () => {
    fc.assert(
      fc.property(streams, (records) => {
        const found = evaluate(records);
        const taken = takenOf(records);
        expectMetrics(found.popularity, metricsOf(taken, popularity, found.pairs));
        // Equal sums of cosines may be rounded apart, which moves a place now and then.
        expectMetrics(found.itemCosine, metricsOf(taken, itemCosine, found.pairs), 0.03);
      }),
      { numRuns: 12 },
    );
  });

  it("rank by recent popularity at the half-life that hits most often", () => {
    fc.assert(
      fc.property(streams, (records) => {
        const { recency: found, pairs } = evaluate(records);
        const taken = takenOf(records);
        const metrics = new Map(
          [8, 24, 72, 216, 648].map((hours) => [
            hours,
            metricsOf(taken, recency(hours * hourMs), pairs),
          ]),
        );
        expectMetrics(found, metrics.get(found.halfLifeHours)!);
        const best = Math.max(...[...metrics.values()].map((one) => one["hit@10"] ?? 0));
        expect(found["hit@10"]).toBeCloseTo(best, 9);
      }),
      { numRuns: 6 },
    );
  });

  it("find the place of an item among hundreds that the account had", () => {
    // One account has 299 of 300 items, most popular first; then the last, which is behind all of them.
    const like = (account: string, item: number) => ({ account, item: `item-${item}` });
    const all = Array.from({ length: 300 }, (_, item) => item);
    const events = [
      ...all.map((item) => like(`fan of ${item}`, item)),
      ...all.slice(0, 299).map((item) => like("collector", item)),
      like("collector", 299),
    ].map((event, i) => ({ ...event, time: streamTime + i }));
    const records = events.map((event, offset) => ({
      partition: 0,
      offset,
      logTime: event.time,
      event: { type: "like", ...event },
    }));
    const { popularity: found, pairs } = evaluate(records);
    const { "hit@10": hits } = metricsOf(events, popularity, pairs);
    expect(found["hit@10"]).toBe(hits);
    // The collector's items are all alike until it takes them: each is first of those left.
    expect(hits).toBe(300 / 600);
  });
});

describe("recent popularity", () => {
  it("is the logarithm of the decayed count, for late events too, however far apart", () => {
    const times = fc.array(fc.integer({ min: -2000, max: 2000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(times, (days) => {
        const baseline = new RecentPopularity(8 * hourMs);
        for (const day of days) baseline.learn({ had: [] }, 3, streamTime + day * dayMs);
        const taken = days.map((day) => ({
          account: "",
          item: "3",
          time: streamTime + day * dayMs,
        }));
        const [, , , level] = baseline.score({ had: [] }, 4);
        const expected = recency(8 * hourMs)(taken, "", "3", streamTime);
        expect(level + baseline.shiftAt(streamTime)).toBeCloseTo(expected, 8);
      }),
    );
  });

  it("gives no score to what nobody took, before and after it grows", () => {
    const baseline = new RecentPopularity(dayMs);
    expect(baseline.shiftAt(streamTime)).toBe(0);
    expect([...baseline.score({ had: [] }, 2).subarray(0, 2)]).toEqual([-Infinity, -Infinity]);
    baseline.learn({ had: [] }, 40, streamTime);
    const scores = baseline.score({ had: [] }, 90);
    expect(scores[40]).toBe(0);
    expect(scores.subarray(0, 90).filter((score) => score !== -Infinity).length).toBe(1);
  });
});

describe("the cosine and popularity", () => {
  it("score what the account did not have as a recomputation does", () => {
    fc.assert(
      fc.property(streams, (records) => {
        const taken = takenOf(records);
        const names = [...new Set(taken.map(({ item }) => item))];
        const pasts = new Map<string, number[]>();
        const both = [
          { baseline: new ItemCosine(100), score: itemCosine },
          { baseline: new Popularity(), score: popularity },
        ];
        for (const [i, { account, item, time }] of taken.entries()) {
          const had = pasts.get(account) ?? [];
          for (const { baseline, score } of both) {
            const scores = baseline.score({ had }, names.length);
            const before = taken.slice(0, i);
            const checked = i % 20 === 19 ? names : []; // the recomputation takes its time
            for (const [index, name] of checked.entries()) {
              if (had.includes(index)) continue;
              expect(scores[index]).toBeCloseTo(score(before, account, name, time), 13);
            }
            baseline.learn({ had }, names.indexOf(item));
          }
          pasts.set(account, [...had, names.indexOf(item)]);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("are worked by hand", () => {
    const cosine = new ItemCosine(2);
    const counts = new Popularity();
    const learn = (had: number[], item: number): void => {
      cosine.learn({ had }, item);
      counts.learn({ had }, item);
    };
    learn([], 0); // account a: 0, 1, 2
    learn([0], 1);
    learn([0, 1], 2);
    learn([], 0); // account b: 0, 2
    learn([0], 2);
    expect([...counts.score({ had: [] }, 3).subarray(0, 3)]).toEqual([2, 1, 2]);
    const scores = [...cosine.score({ had: [1] }, 3).subarray(0, 3)];
    expect(scores[0]).toBeCloseTo(1 / Math.sqrt(2 * 1), 9);
    expect(scores[1]).toBeLessThan(1e-9);
    expect(scores[2]).toBeCloseTo(1 / Math.sqrt(2 * 1), 9);
    const both = [...cosine.score({ had: [9, 0, 1] }, 3).subarray(0, 3)];
    expect(both[2]).toBeCloseTo(2 / Math.sqrt(2 * 2) + 1 / Math.sqrt(2), 9);
    const last = [...cosine.score({ had: [0, 9, 1] }, 3).subarray(0, 3)]; // its reach is 2
    expect(last[2]).toBeCloseTo(1 / Math.sqrt(2), 9);
    learn([], 7);
    learn([2, 7, 8], 6); // pairs with 7 and 8 only
    expect(cosine.score({ had: [2] }, 9)[6]).toBeLessThan(1e-9);
    expect(cosine.score({ had: [7] }, 9)[6]).toBeCloseTo(1, 9);
  });
});
