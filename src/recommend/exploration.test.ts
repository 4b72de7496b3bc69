/** The odds that are told against the odds that are: by counting draws, and by other sums. */
import { describe, expect, test } from "vitest";
import { Random } from "../core/index.ts";
import {
  type Contender,
  type ExplorationOptions,
  Explorer,
  probabilityOfHighest,
} from "./exploration.ts";
import { rerank } from "./rerank.ts";

const optionsOf = (options: Partial<ExplorationOptions>): ExplorationOptions => ({
  policy: "none",
  spread: 0.5,
  epsilon: 0,
  newItems: { share: 0, place: 4, shownMax: 100 },
  ...options,
});

const contenders: readonly Contender[] = [
  { merit: -0.2, shownCount: 900 },
  { merit: 0, shownCount: 400 },
  { merit: -0.1, shownCount: 3 },
  { merit: -1.5, shownCount: 0 },
  { merit: -3, shownCount: 50 },
];
const draws = 40_000;

describe("what is told is what happens", () => {
  test.each<[string, Partial<ExplorationOptions>, number]>([
    ["the best", {}, 0],
    ["evenly, now and then", { epsilon: 0.3 }, 0],
    ["Thompson's", { policy: "thompson" }, 0],
    ["Thompson's, widely", { policy: "thompson", spread: 3, epsilon: 0.1 }, 0],
    ["a place for new items", { newItems: { share: 0.4, place: 2, shownMax: 60 } }, 2],
    [
      "all at once",
      { policy: "thompson", epsilon: 0.2, newItems: { share: 0.5, place: 2, shownMax: 10 } },
      2,
    ],
    ["at another place", { epsilon: 0.2, newItems: { share: 0.5, place: 2, shownMax: 10 } }, 1],
  ])("%s", (_name, options, place) => {
    const explorer = new Explorer(optionsOf(options));
    const counts = contenders.map(() => 0);
    const told = new Map<number, number>();
    for (let seed = 0; seed < draws; seed++) {
      explorer.seed(seed * 7919 + 1);
      const { index, propensity } = explorer.choose(place, contenders);
      counts[index]++;
      expect(told.get(index) ?? propensity).toBe(propensity); // a function of the contenders
      told.set(index, propensity);
    }
    let sum = 0;
    for (const [index, propensity] of told) {
      expect(propensity).toBeGreaterThan(0);
      const error = Math.sqrt((propensity * (1 - propensity)) / draws);
      // Of 35 numbers one beyond 4 deviations comes once in 450 runs; the seeds are always the same.
      expect(Math.abs(counts[index] / draws - propensity)).toBeLessThanOrEqual(4 * error + 1e-12);
      sum += propensity;
    }
    const isAll = told.size === contenders.length;
    if (isAll) expect(sum).toBeCloseTo(1, 6);
    else expect(sum).toBeGreaterThan(0.999);
  });

  test("the first of equals is the best, and one alone is certain", () => {
    const alike = [1, 1].map((merit) => ({ merit, shownCount: 0 }));
    expect(new Explorer(optionsOf({})).choose(0, alike)).toEqual({ index: 0, propensity: 1 });
    for (const options of [{ epsilon: 1 }, { policy: "thompson" as const }])
      expect(new Explorer(optionsOf(options)).choose(0, [alike[0]]).propensity).toBeCloseTo(1, 6);
  });

  test("of many, Thompson's draw is among those that have a chance", () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ merit: -i / 10, shownCount: i % 7 }));
    const explorer = new Explorer(optionsOf({ policy: "thompson" }));
    for (let seed = 0; seed < 200; seed++) {
      explorer.seed(seed);
      const { index, propensity } = explorer.choose(0, many);
      expect(index).toBeLessThan(40);
      expect(propensity).toBeGreaterThan(0);
    }
  });
});

describe("the probability of the highest draw", () => {
  test("of two it is Φ of the difference", () => {
    // Φ(1) = 0.8413447, Φ(0.5) = 0.6914625: tables.
    expect(probabilityOfHighest(0, [5, 0], [3, 4])).toBeCloseTo(0.8413447, 6);
    expect(probabilityOfHighest(0, [1, 0.5], [0.6, 0.8])).toBeCloseTo(0.6914625, 6);
    expect(probabilityOfHighest(1, [1, 0.5], [0.6, 0.8])).toBeCloseTo(1 - 0.6914625, 6);
  });

  test("of k alike it is 1 / k; of all together 1, also with deviations far apart", () => {
    for (const k of [1, 2, 3, 10, 32]) {
      const means = new Array<number>(k).fill(0.3);
      expect(probabilityOfHighest(0, means, means)).toBeCloseTo(1 / k, 6);
    }
    const random = new Random(1);
    for (let round = 0; round < 20; round++) {
      const means = Array.from({ length: 12 }, () => random.uniform() * 3);
      const deviations = means.map(() => 0.03 + random.uniform() * 0.5);
      const all = means.map((_, one) => probabilityOfHighest(one, means, deviations));
      expect(all.reduce((a, b) => a + b)).toBeCloseTo(1, 4);
    }
  });
});

test("lists are varied within the caps, pinned items stay, and the best are the same without it", () => {
  const scored = Array.from({ length: 40 }, (_, item) => ({ item, score: 1 / (1 + item) }));
  const options = {
    count: 10,
    pinnedCount: 2,
    artistMax: 2,
    categoryMax: 100,
    diversity: 0.3,
    artistOf: (item: number) => `artist-${item % 8}`,
    categoriesOf: () => [],
  };
  const explorer = new Explorer(optionsOf({ policy: "thompson", epsilon: 0.2 }));
  const lists = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    explorer.seed(seed);
    const exploration = { explorer, shownCountOf: (item: number) => item };
    const { chosen, propensities, unchosen } = rerank(scored, { ...options, exploration });
    expect(chosen.slice(0, 2)).toEqual([0, 1]);
    expect(propensities.slice(0, 2)).toEqual([1, 1]);
    expect(new Set(chosen).size).toBe(10);
    expect(chosen.length + unchosen.size).toBe(scored.length);
    for (let artist = 0; artist < 8; artist++)
      expect(chosen.filter((item) => item % 8 === artist).length).toBeLessThanOrEqual(2);
    for (const propensity of propensities.slice(2)) expect(propensity).toBeLessThan(1);
    lists.add(chosen.join());
  }
  expect(lists.size).toBeGreaterThan(90);
  const greedy = new Explorer(optionsOf({}));
  const exploration = { explorer: greedy, shownCountOf: () => 0 };
  const plain = { ...options, diversity: 0 };
  expect(rerank(scored, { ...plain, exploration })).toEqual(rerank(scored, plain));
});

test("weighing by 1 / propensity gives what another policy would have got", () => {
  // Rewards that the merits know nothing of; what the best alone would get is known.
  const rewards = [0.2, 0.6, 0.35, 0.9, 0.1];
  const explorer = new Explorer(optionsOf({ policy: "thompson", epsilon: 0.25, spread: 1 }));
  const random = new Random(5);
  const estimates = rewards.map(() => 0);
  for (let round = 0; round < draws; round++) {
    explorer.seed(round * 31 + 7);
    const { index, propensity } = explorer.choose(0, contenders);
    if (random.uniform() < rewards[index]) estimates[index] += 1 / propensity / draws;
  }
  for (const [index, reward] of rewards.entries())
    expect(Math.abs(estimates[index] - reward)).toBeLessThan(0.05);
});
