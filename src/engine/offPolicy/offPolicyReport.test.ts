/** Against a service whose truth is known: what its lists earn without chance, by enumeration. */
import { describe, expect, it } from "vitest";
import { Random } from "../../core/index.ts";
import type { Event, ServedItem } from "../../event/index.ts";
import { defaultFeedbackRules } from "../../features/index.ts";
import { type ExplorationOptions, Explorer, rerank } from "../../recommend/index.ts";
import { recordsOf } from "../../testing/feedbackStream.ts";
import { type LoggedPolicyReport, loggedPolicyReport } from "./offPolicyReport.ts";
import { ServedRounds } from "./servedRounds.ts";

const itemCount = 12;
const placesMax = 3;
const windowMs = 1000;
const contexts = [0, 1, 2, 3];

/** What the model says in a context, and what is so: neither knows of the other. */
const scoresIn = (context: number) =>
  Array.from({ length: itemCount }, (_, item) => ({
    item,
    score: 1 / (2 + ((item * 5 + context * 7) % itemCount)),
  })).sort((a, b) => b.score - a.score);
/** Of a place: by the item, the place, and the item above it. */
function probabilityOf(list: readonly number[], place: number, context: number): number {
  const item = list[place];
  const liked = 0.1 + (0.6 * ((item * 7 + context * 3) % itemCount)) / itemCount;
  const isLikeAbove = place > 0 && list[place - 1] % 2 === item % 2;
  return (liked * (isLikeAbove ? 0.5 : 1)) / (1 + 0.4 * place);
}

function listOf(context: number, diversity: number, explorer?: Explorer) {
  const scored = scoresIn(context);
  const options = {
    count: placesMax + 1,
    pinnedCount: 0,
    artistMax: 3,
    categoryMax: 9,
    diversity,
    artistOf: (item: number) => `r${item % 4}`,
    categoriesOf: () => [],
  };
  const reranked = rerank(scored, {
    ...options,
    ...(explorer && { exploration: { explorer, shownCountOf: (item: number) => item * 3 } }),
  });
  return reranked.chosen.map((place, at) => {
    const best = scored[reranked.greedy[at]].item;
    const { item: number } = scored[place];
    const propensity = reranked.propensities[at];
    const instead = best === number ? {} : { insteadOf: `i${best}` };
    const shown: ServedItem = { item: `i${number}`, propensity, ...instead };
    return { number, shown };
  });
}

/** (places,): what lists earn without chance, each context as often as the others. */
function truthOf(diversity: number): number[] {
  return Array.from({ length: placesMax }, (_, place) => {
    const values = contexts.map((context) =>
      probabilityOf(
        listOf(context, diversity).map(({ number }) => number),
        place,
        context,
      ),
    );
    return values.reduce((a, b) => a + b) / values.length;
  });
}

interface World {
  readonly exploration: ExplorationOptions;
  readonly diversity?: number;
  readonly lists: number;
  readonly seed: number;
}

function reportOf({ exploration, diversity = 0, lists, seed }: World): LoggedPolicyReport {
  const random = new Random(seed);
  const explorer = new Explorer(exploration);
  const events: Event[] = [];
  for (let at = 0; at < lists; at++) {
    const context = random.below(contexts.length);
    explorer.seed(seed * 1e6 + at);
    const served = listOf(context, diversity, explorer);
    const numbers = served.map(({ number }) => number);
    const common = { time: at, account: `a${at}`, request: `r${at}` };
    events.push({ ...common, type: "served", list: served.map(({ shown }) => shown) });
    for (const [place, item] of numbers.entries()) {
      if (random.uniform() < probabilityOf(numbers, place, context))
        events.push({ ...common, type: "like", item: `i${item}` });
    }
  }
  events.push({ type: "heartbeat", time: lists + windowMs });
  const rounds = roundsOf(events);
  return loggedPolicyReport(rounds, placesMax);
}

function roundsOf(events: readonly Event[], listsMax = 1e6): ServedRounds {
  const rules = defaultFeedbackRules;
  const rounds = new ServedRounds({ rules, windowMs, placesMax, listsMax });
  for (const record of recordsOf(events)) rounds.take(record);
  return rounds;
}

const even: ExplorationOptions = {
  policy: "none",
  spread: 0.5,
  epsilon: 0.25,
  newItems: { share: 0.3, place: 1, shownMax: 10 },
};

describe("what lists would have earned without chance", () => {
  it.each([0, 0.4])(
    "is within the intervals as often as they say: diversity %d",
    (diversity) => {
      const truth = truthOf(diversity);
      const mean = truth.reduce((a, b) => a + b) / placesMax;
      const logs = 120;
      const within = new Map<string, number>();
      const centres = new Map<string, number>();
      const note = (
        name: string,
        value: { low: number; high: number; value: number },
        of: number,
      ) => {
        const holds = value.low <= of && of <= value.high;
        within.set(name, (within.get(name) ?? 0) + Number(holds) / logs);
        centres.set(name, (centres.get(name) ?? 0) + (value.value - of) / logs);
      };
      let isOff = 0;
      for (let seed = 1; seed <= logs; seed++) {
        const report = reportOf({ exploration: even, diversity, lists: 400, seed });
        const { greedy, logging } = report.policies;
        note("ips", greedy.ips, mean);
        note("snips", greedy.snips, mean);
        note("doublyRobust", greedy.doublyRobust, mean);
        for (const [place, { policies }] of report.places.entries()) {
          note(`ips at ${place}`, policies.greedy.ips, truth[place]);
          note(`doublyRobust at ${place}`, policies.greedy.doublyRobust, truth[place]);
        }
        if (!(greedy.weight.low <= 1 && 1 <= greedy.weight.high)) isOff++;
        // The policy that was logged is what was logged.
        for (const estimate of [logging.ips, logging.snips, logging.doublyRobust])
          expect(estimate.value).toBeCloseTo(report.logged.value, 12);
        expect(logging.effectiveRounds).toBeCloseTo(report.rounds, 6);
      }
      for (const [name, share] of within) expect(share, name).toBeGreaterThan(0.9);
      // Unbiased, and not because of wide intervals: the mean over all logs is near.
      for (const [name, bias] of centres) expect(Math.abs(bias), name).toBeLessThan(0.012);
      expect(isOff / logs).toBeLessThan(0.1);
    },
    60_000,
  );

  it("is told for Thompson's draws as well", () => {
    const exploration: ExplorationOptions = {
      policy: "thompson",
      spread: 0.4,
      epsilon: 0.1,
      newItems: { share: 0, place: 0, shownMax: 1 },
    };
    const report = reportOf({ exploration, lists: 3000, seed: 3 });
    const { ips, doublyRobust, weight } = report.places[0].policies.greedy;
    const [truth] = truthOf(0);
    // Four standard errors: it is one log.
    for (const { value, standardError } of [ips, doublyRobust])
      expect(Math.abs(value - truth)).toBeLessThan(4 * standardError);
    expect(Math.abs(weight.value - 1)).toBeLessThan(4 * weight.standardError);
    expect(doublyRobust.standardError).toBeLessThan(ips.standardError);
  }, 60_000);

  it("is by hand: the product of the odds down to a place, and what was done in the window", () => {
    const list: ServedItem[] = [
      { item: "a", propensity: 0.5 },
      { item: "b", propensity: 0.25, insteadOf: "c" },
      { item: "d", propensity: 0.5 },
      { item: "beyond", propensity: 0.5 },
    ];
    const act = (time: number, type: string, item: string, request = "r"): Event => ({
      type,
      time,
      account: "x",
      item,
      request,
    });
    const rounds = roundsOf(
      [
        { type: "served", time: 0, account: "x", request: "r", list },
        act(10, "like", "a"),
        act(10, "skip", "b"),
        act(10, "like", "b", "another"),
        act(10, "like", "beyond"),
        act(1000, "like", "d"), // too late
        { type: "served", time: 1001, account: "y", request: "s", list },
        { type: "served", time: 1001, account: "z", request: "t", list },
      ],
      2,
    );
    const { count, listCount, openCount, beyondCount, variedCount } = rounds;
    expect({ count, listCount, openCount, beyondCount, variedCount }).toEqual({
      count: 3,
      listCount: 1,
      openCount: 1,
      beyondCount: 1,
      variedCount: 1,
    });
    expect([...rounds.reward.subarray(0, 3)]).toEqual([1, 0, 0]);
    expect([...rounds.propensity.subarray(0, 3)]).toEqual([0.5, 0.125, 0.0625]);
    const { places } = loggedPolicyReport(rounds, placesMax);
    expect(places.map(({ policies }) => policies.greedy.ips.value)).toEqual([2, 0, 0]);
    expect(places.map(({ policies }) => policies.greedy.weight.value)).toEqual([2, 0, 0]);
  });
});
