/** Lists under rules, against every item looked at; and what is said of them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileBoost, compileFilter } from "../expression/index.ts";
import { feedbackStream, recordsOf, streamTime } from "../testing/feedbackStream.ts";
import { type SmallLearner, smallLearner } from "../testing/smallLearner.ts";
import { Boards, type RecommendedList, Recommender, type Rules } from "./index.ts";

const itemCount = 40;

/** A stream, and a catalogue whose properties say of an item what its number says. */
function learnerOf(seed: number): SmallLearner {
  const learner = smallLearner({ state: { partitionCount: 4 } });
  const records = [...feedbackStream({ seed, count: 300, itemCount })];
  for (const record of records) learner.trainer.apply(record);
  const described = Array.from({ length: itemCount }, (_, i) => ({
    type: "item_set",
    time: streamTime,
    item: `item-${i}`,
    artist: `artist-${i % 5}`,
    context: {
      number: i,
      categories: `c${i % 3}|c${i % 4}`,
      ...(i % 9 === 0 ? { hidden: 1 } : {}),
    },
  }));
  for (const record of recordsOf(described)) {
    const { logTime } = records[records.length - 1];
    learner.trainer.apply({ ...record, offset: 10_000 + record.offset, logTime });
  }
  return learner;
}

const numberOf = (item: string): number => Number(item.slice(5));

function listOf(
  { state, model }: SmallLearner,
  account: string,
  rules: Rules,
  more: { count?: number; missing?: readonly string[]; explain?: boolean } = {},
): RecommendedList {
  const recommender = new Recommender(state, model);
  return recommender.list({ account, count: 10, now: state.trends.time, rules, ...more });
}

const cases = fc.record({
  seed: fc.nat(50),
  account: fc.integer({ min: 0, max: 11 }).map((number) => `account-${number}`),
  count: fc.integer({ min: 1, max: 30 }),
  below: fc.integer({ min: 1, max: itemCount }),
  category: fc.option(fc.constantFrom("c0", "c1", "c3")),
});

describe("a list under rules", () => {
  it("may be ruled by what its account is said to be like, and by nothing where nothing is said", () => {
    const learner = learnerOf(3);
    const records = recordsOf([
      {
        type: "account_set",
        time: streamTime,
        account: "account-1",
        context: { least: 20, liked: "c1" },
      },
      { type: "account_set", time: streamTime, account: "account-2", context: { least: 30 } },
    ]);
    const { logTime } = [...feedbackStream({ seed: 3, count: 300, itemCount })].pop() ?? {
      logTime: 0,
    };
    for (const record of records) {
      learner.trainer.apply({ ...record, offset: 20_000 + record.offset, logTime });
    }
    const filter = compileFilter("number >= account.least");
    const boost = compileBoost("if(account.liked in categories, 1000, 0.001)");
    const unruled = (account: string) => listOf(learner, account, {}, { count: itemCount }).items;
    for (const [account, least] of [
      ["account-1", 20],
      ["account-2", 30],
      ["account-3", Number.POSITIVE_INFINITY],
      ["nobody", Number.POSITIVE_INFINITY],
    ] as const) {
      const ruled = listOf(learner, account, { filter }, { count: itemCount }).items;
      const expected = unruled(account).filter(({ item }) => numberOf(item) >= least);
      expect(ruled.map(({ item }) => item).toSorted()).toEqual(
        expected.map(({ item }) => item).toSorted(),
      );
    }
    const boosted = listOf(learner, "account-1", { boost }, { count: itemCount }).items;
    const isLiked = ({ item }: { readonly item: string }) =>
      [numberOf(item) % 3, numberOf(item) % 4].includes(1);
    const liked = boosted.filter(isLiked);
    expect(liked.length).toBeGreaterThan(3);
    expect(boosted.slice(0, liked.length)).toEqual(liked);
  });

  it("holds what the filter and the categories allow and nothing else, as full as it can be", () => {
    fc.assert(
      fc.property(cases, ({ seed, account, count, below, category }) => {
        const learner = learnerOf(seed);
        const { items, histories } = learner.state;
        const rules: Rules = {
          filter: compileFilter(`number < ${below}`),
          ...(category === null ? {} : { categories: [category] }),
        };
        const names = listOf(learner, account, rules, { count }).items.map(({ item }) => item);
        const had = histories.of(account).had.map((item) => items.nameOf(item));
        const allowed = items.seen
          .map((item) => items.nameOf(item))
          .filter((name) => {
            const number = numberOf(name);
            const isIn =
              category === null || [`c${number % 3}`, `c${number % 4}`].includes(category);
            return number < below && isIn && number % 9 !== 0 && !had.includes(name);
          });
        expect(names.filter((name) => !allowed.includes(name))).toEqual([]);
        expect(names.length).toBe(Math.min(count, allowed.length));
      }),
      { numRuns: 60 },
    );
  });

  it("is in the order of boosted scores, and says by what each was boosted", () => {
    const learner = learnerOf(1);
    const boost = compileBoost("if(number < 20, 50, 1)");
    const plain = listOf(learner, "account-3", {}, { count: 30 });
    const boosted = listOf(learner, "account-3", { boost }, { count: 30, explain: true });
    const scores = new Map(plain.items.map(({ item, score }) => [item, score]));
    const expected = plain.items
      .map(({ item, score }) => ({ item, value: score * (numberOf(item) < 20 ? 50 : 1) }))
      .toSorted((a, b) => b.value - a.value);
    expect(boosted.items.map(({ item }) => item)).toEqual(expected.map(({ item }) => item));
    for (const [place, { item, score, why }] of boosted.items.entries()) {
      expect(score).toBe(scores.get(item)); // the probability stays what it is
      expect(why?.boost).toBe(numberOf(item) < 20 ? 50 : 1);
      expect(why?.rank).toBe(place + 1);
    }
  });

  it("begins with what is pinned, as far as that may be recommended", () => {
    const learner = learnerOf(2);
    const { histories, items } = learner.state;
    const had = histories.of("account-3").had.map((item) => items.nameOf(item));
    const may = items.seen
      .map((item) => items.nameOf(item))
      .filter((name) => !had.includes(name) && numberOf(name) % 9 !== 0)
      .slice(-2);
    const pinned = [may[0], had[0], "nothing", "item-9", may[1]]; // 9 is hidden
    const { items: list } = listOf(learner, "account-3", { pinned }, { count: 6 });
    expect(list.slice(0, 2).map(({ item }) => item)).toEqual(may);
    expect(list.map(({ item }) => item)).not.toContain("item-9");
    expect(new Set(list.map(({ item }) => item)).size).toBe(6);
  });

  it("keeps to its caps of artists and categories", () => {
    const learner = learnerOf(3);
    const { items: list } = listOf(learner, "account-1", { artistMax: 2 }, { count: 30 });
    const artists = list.map(({ item }) => numberOf(item) % 5);
    expect(list).toHaveLength(10); // of each of five
    for (let artist = 0; artist < 5; artist++) {
      expect(artists.filter((one) => one === artist)).toHaveLength(2);
    }
  });

  it("is more diverse the more it shall be", () => {
    const learner = learnerOf(4);
    const artistsAt = (diversity: number): number =>
      new Set(
        listOf(learner, "account-2", { diversity }, { count: 5 }).items.map(
          ({ item }) => numberOf(item) % 5,
        ),
      ).size;
    expect(artistsAt(1)).toBe(5);
    expect(artistsAt(0)).toBeLessThan(5);
  });

  it("without rules is what it was before there were any", () => {
    const learner = learnerOf(5);
    expect(listOf(learner, "account-4", {})).toEqual(
      new Recommender(learner.state, learner.model).list({
        account: "account-4",
        count: 10,
        now: learner.state.trends.time,
      }),
    );
  });
});

describe("an explanation", () => {
  it("has parts whose sum is the logit of the score, and where each source had the item", () => {
    const learner = learnerOf(6);
    for (const account of ["account-1", "account-7", "nobody"]) {
      const { items } = listOf(learner, account, {}, { explain: true });
      expect(items).toHaveLength(10);
      for (const { score, why, sources } of items) {
        const sum = (why?.parts ?? []).reduce((total, { value }) => total + value, 0);
        // Parts below 0.0001 are left out, up to 40 of them.
        expect(Math.abs(sum - Math.log(score / (1 - score)))).toBeLessThan(0.004);
        expect(Object.keys(why?.foundAt ?? {}).toSorted()).toEqual([...sources].toSorted());
        for (const { part, item } of why?.parts ?? []) {
          expect(part === "recent").toBe(item !== undefined);
          expect(part).not.toBe("");
        }
      }
    }
  });

  it("says of each item that is not there why not", () => {
    const learner = learnerOf(7);
    const { items, histories } = learner.state;
    const account = "account-3";
    const [had] = histories.of(account).had.map((item) => items.nameOf(item));
    const rules: Rules = {
      filter: compileFilter("number != 8"),
      exclude: ["item-7"],
      artistMax: 1,
    };
    const all = Array.from({ length: itemCount }, (_, i) => `item-${i}`);
    const { items: list, missing } = listOf(learner, account, rules, {
      missing: [...all, "never heard of"],
      count: 3,
    });
    const why = new Map(missing.map((one) => [one.item, one.why]));
    expect(list.length + missing.length).toBe(itemCount + 1);
    expect(why.get("never heard of")).toBe("unknown");
    expect(why.get(had)).toBe("had");
    const others = [...why].filter(([name]) => name !== had && name !== "never heard of");
    for (const [name, reason] of others) {
      const number = numberOf(name);
      if (histories.of(account).had.includes(items.indexOf(name))) expect(reason).toBe("had");
      else if (number % 9 === 0) expect(reason).toBe("hidden");
      else if (number === 7) expect(reason).toBe("excluded");
      else if (number === 8) expect(reason).toBe("filtered");
      else if (!items.isSeen(items.indexOf(name))) expect(reason).toBe("notSeen");
      else {
        const isTaken = list.some(({ item }) => numberOf(item) % 5 === number % 5);
        expect(reason).toBe(isTaken ? "artistMax" : "beyond");
      }
    }
    expect(new Set(others.map(([, reason]) => reason)).size).toBeGreaterThanOrEqual(5);
  });
});

describe("boards", () => {
  it("have what is wanted most, or seen last, of what the rules allow", () => {
    const { state } = learnerOf(8);
    const boards = new Boards(state);
    const request = {
      count: 12,
      now: state.trends.time,
      rules: { filter: compileFilter("number < 30") },
    };
    for (const board of ["trending", "popular", "latest"] as const) {
      const list = boards.board(board, request);
      expect(list).toHaveLength(12);
      const scores = list.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      for (const { item } of list) {
        expect(numberOf(item)).toBeLessThan(30);
        expect(numberOf(item) % 9).not.toBe(0);
      }
    }
    // Shares of all that was ever wanted.
    const popular = boards.board("popular", { count: 500, now: state.trends.time });
    const sum = popular.reduce((total, { score }) => total + score, 0);
    expect(sum).toBeGreaterThan(0.5);
    expect(sum).toBeLessThanOrEqual(1.0001);
    const latest = boards.board("latest", { count: 500, now: state.trends.time });
    for (const { item, score } of latest) {
      expect(score).toBe(state.items.firstTimeOf(state.items.indexOf(item)));
    }
  });

  it("of an item have what the same accounts want, by its cosines, twice the same", () => {
    const { state } = learnerOf(9);
    const boards = new Boards(state);
    const request = { count: 8, now: state.trends.time };
    const list = boards.similar("item-1", request);
    expect(list.length).toBeGreaterThan(3);
    expect(boards.similar("item-1", request)).toEqual(list);
    const item = state.items.indexOf("item-1");
    for (const { item: name, score } of list) {
      const other = state.items.indexOf(name);
      const expected =
        state.together.cosineOf(item, 1, other) + state.next.cosineOf(item, 0.5, other);
      expect(score).toBeCloseTo(expected, 5);
      expect(name).not.toBe("item-1");
    }
    expect(boards.similar("nothing", request)).toEqual([]);
  });
});
