/** Choosing a list of what was scored, against choosing place by place from all that is left. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RerankOptions, rerank } from "./rerank.ts";

interface Kind {
  readonly score: number;
  readonly artist: string;
  readonly categories: readonly number[];
}

const kinds = fc
  .array(
    fc.record({
      score: fc.double({ min: 0.001, max: 1, noNaN: true }),
      artist: fc.constantFrom("", "a", "b", "c"),
      categories: fc.uniqueArray(fc.nat(4), { maxLength: 3 }),
    }),
    { maxLength: 25 },
  )
  .map((list) => list.toSorted((a, b) => b.score - a.score));

const optionsOf = (
  list: readonly Kind[],
  options: Partial<RerankOptions> & { readonly count: number },
): RerankOptions => ({
  pinnedCount: 0,
  artistMax: 1000,
  categoryMax: 1000,
  diversity: 0,
  artistOf: (item) => list[item].artist,
  categoriesOf: (item) => list[item].categories,
  ...options,
});

const scoredOf = (list: readonly Kind[]) => list.map(({ score }, item) => ({ item, score }));

/** By the words: at each place every one that is left is measured anew against all that are chosen. */
function chosenByWords(list: readonly Kind[], options: RerankOptions): number[] {
  const { count, pinnedCount, artistMax, categoryMax, diversity: d } = options;
  const chosen: number[] = [];
  const highest = Math.max(...list.slice(pinnedCount).map(({ score }) => score));
  const alike = (a: Kind, b: Kind): number => {
    if (a.artist !== "" && a.artist === b.artist) return 1;
    const union = new Set([...a.categories, ...b.categories]);
    const common = a.categories.filter((category) => b.categories.includes(category)).length;
    return union.size === 0 ? 0 : common / union.size;
  };
  while (chosen.length < count) {
    const left = [...list.keys()].filter((place) => !chosen.includes(place));
    const allowed = left.filter((place) => {
      if (place < pinnedCount) return true;
      const { artist, categories } = list[place];
      const same = chosen.filter((other) => artist !== "" && list[other].artist === artist).length;
      const worst = Math.max(
        0,
        ...categories.map(
          (category) => chosen.filter((other) => list[other].categories.includes(category)).length,
        ),
      );
      return same < artistMax && worst < categoryMax;
    });
    const pinned = allowed.filter((place) => place < pinnedCount);
    const values = (pinned.length > 0 ? pinned.slice(0, 1) : allowed).map((place) => {
      const likest = Math.max(0, ...chosen.map((other) => alike(list[place], list[other])));
      return { place, value: (1 - d) * (list[place].score / highest) - d * likest };
    });
    if (values.length === 0) break;
    // The first of the best.
    chosen.push(values.reduce((a, b) => (b.value > a.value ? b : a)).place);
  }
  return chosen;
}

describe("re-ranking", () => {
  it("chooses what its words say, for any caps, pins and diversity", () => {
    const options = fc.record({
      count: fc.integer({ min: 1, max: 12 }),
      pinned: fc.nat(3),
      artistMax: fc.integer({ min: 1, max: 4 }),
      categoryMax: fc.integer({ min: 1, max: 6 }),
      diversity: fc.constantFrom(0, 0.2, 0.5, 0.9, 1),
    });
    fc.assert(
      fc.property(kinds, options, (list, { pinned, ...rest }) => {
        const all = optionsOf(list, { ...rest, pinnedCount: Math.min(pinned, list.length) });
        const { chosen, unchosen } = rerank(scoredOf(list), all);
        expect(chosen).toEqual(chosenByWords(list, all));
        // Each is in the list, or says why not.
        expect([...chosen, ...unchosen.keys()].toSorted((a, b) => a - b)).toEqual([...list.keys()]);
      }),
      { numRuns: 2000 },
    );
  });

  it("without rules is the order of scores", () => {
    fc.assert(
      fc.property(kinds, fc.integer({ min: 1, max: 12 }), (list, count) => {
        const { chosen } = rerank(scoredOf(list), optionsOf(list, { count }));
        expect(chosen).toEqual([...list.keys()].slice(0, count));
      }),
    );
  });

  it("by hand: two of one artist at most, then the next", () => {
    const list = ["a", "a", "a", "b", ""].map((artist, i) => ({
      artist,
      score: 1 - i / 10,
      categories: [],
    }));
    const { chosen, unchosen } = rerank(
      scoredOf(list),
      optionsOf(list, { count: 3, artistMax: 2 }),
    );
    expect(chosen).toEqual([0, 1, 3]);
    expect(Object.fromEntries(unchosen)).toEqual({ 2: "artistMax", 4: "beyond" });
  });

  it("by hand: with diversity one half the like second gives way to an unlike third", () => {
    const list: Kind[] = [
      { score: 1, artist: "a", categories: [1] },
      { score: 0.9, artist: "a", categories: [1] }, // 0.45 − 0.5
      { score: 0.6, artist: "b", categories: [1, 2] }, // 0.3 − 0.25
      { score: 0.2, artist: "c", categories: [3] }, // 0.1 − 0
    ];
    const { chosen } = rerank(scoredOf(list), optionsOf(list, { count: 4, diversity: 0.5 }));
    expect(chosen).toEqual([0, 3, 2, 1]);
  });
});
