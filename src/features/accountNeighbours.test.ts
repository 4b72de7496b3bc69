/** Accounts that are like another: against going through all histories, and through all events. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../event/index.ts";
import { feedbackStream, recordsOf } from "../testing/feedbackStream.ts";
import { viewConformance } from "../testing/viewConformance.ts";
import { ViewGroup } from "../testing/viewGroup.ts";
import { AccountHistories } from "./accountHistories.ts";
import { AccountNeighbours } from "./accountNeighbours.ts";
import { defaultFeedbackRules, ItemIndex, StreamState } from "./index.ts";
import { Takers, takersMax } from "./takers.ts";

const limits = {
  itemsMax: 1000,
  accountsMax: 1000,
  itemsPerAccountMax: 100,
  accountPropertiesBytesMax: 1_000_000,
};

function stateOf(records: Parameters<StreamState["apply"]>[0][], accountsMax = 1000): StreamState {
  const state = new StreamState({
    ...limits,
    accountsMax,
    partitionCount: 4,
    rules: defaultFeedbackRules,
  });
  for (const record of records) state.apply(record);
  return state;
}

const likes = (pairs: readonly string[]): Event[] =>
  pairs.map((pair, i) => {
    const [account, item] = pair.split(" ");
    return { type: "like", time: 1000 + i, account, item };
  });

/** Cosines with every account that there is. */
function byHand(state: StreamState, account: string, names: readonly string[]) {
  const recent = new Set(state.histories.of(account).wanted.slice(-20));
  return names
    .filter((name) => name !== account)
    .map((name) => {
      const { wanted } = state.histories.of(name);
      const shared = wanted.filter((item) => recent.has(item)).length;
      return { name, cosine: shared / Math.sqrt(recent.size * wanted.length) };
    })
    .filter(({ cosine }) => cosine > 0);
}

describe("the accounts that are like another", () => {
  it("are those with the largest cosines, where no item is wanted by more than 16", () => {
    const accountCount = takersMax;
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 20 }), (seed, count) => {
        const state = stateOf(feedbackStream({ seed, count: 300, accountCount, itemCount: 60 }));
        const neighbours = new AccountNeighbours(state);
        // Sessions count as accounts, so that an item may have more takers than accounts: left out where that is so.
        const accounts = Array.from({ length: accountCount }, (_, i) => `account-${i}`);
        const names = [...accounts, ...accounts.map((name) => `session of ${name}`)];
        for (const account of [...names, "nobody"]) {
          const found = neighbours.of(account, count);
          const expected = byHand(state, account, names);
          const cosines = new Map(expected.map(({ name, cosine }) => [name, cosine]));
          for (const { account: name, cosine, history } of found) {
            expect(cosine).toBe(cosines.get(name));
            expect(history).toBe(state.histories.of(name));
          }
          expect(found.map(({ cosine }) => cosine)).toEqual(
            found.map(({ cosine }) => cosine).toSorted((a, b) => b - a),
          );
          if (names.filter((name) => state.histories.of(name).wanted.length > 0).length > takersMax)
            continue;
          const best = expected.map(({ cosine }) => cosine).toSorted((a, b) => b - a);
          expect(found.map(({ cosine }) => cosine)).toEqual(best.slice(0, count));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("are found by hand", () => {
    const state = stateOf(
      recordsOf(likes(["a x", "a y", "a z", "b x", "b y", "c y", "c u", "c v", "d u", "e z"])),
    );
    const found = new AccountNeighbours(state).of("a", 10);
    expect(found.map(({ account, cosine }) => [account, cosine])).toEqual([
      ["b", 2 / Math.sqrt(6)],
      ["e", 1 / Math.sqrt(3)],
      ["c", 1 / 3],
    ]);
    expect(new AccountNeighbours(state).of("d", 10).map(({ account }) => account)).toEqual(["c"]);
    expect(new AccountNeighbours(state).of("nobody", 10)).toEqual([]);
  });

  it("are none that was forgotten, erased, logged in, or wants it no more", () => {
    const events: Event[] = [
      ...likes(["a x", "b x", "c x", "d x"]),
      { type: "like", time: 2000, session: "s", item: "x" },
      { type: "erase", time: 2001, account: "b" },
      { type: "unlike", time: 2002, account: "c", item: "x" },
      { type: "access", time: 2003, account: "e", session: "s" },
    ];
    const found = (state: StreamState) =>
      new AccountNeighbours(state)
        .of("a", 10)
        .map(({ account }) => account)
        .toSorted();
    expect(found(stateOf(recordsOf(events)))).toEqual(["d", "e"]);
    // The slots of those that are gone go to others, who want other things.
    const others = likes(["f y", "g y", "h y"]).map((event) => ({ ...event, time: 3000 }));
    expect(found(stateOf(recordsOf([...events, ...others])))).toEqual(["d", "e"]);
    const late = likes(["b x", "f y", "a x", "g y"]);
    expect(found(stateOf(recordsOf(late), 2))).toEqual([]);
  });

  it("of what many want are the latest that did", () => {
    const state = stateOf(recordsOf(likes(Array.from({ length: 40 }, (_, i) => `a${i} x`))));
    const found = new AccountNeighbours(state).of("a0", 40).map(({ account }) => account);
    expect(found.toSorted()).toEqual(
      Array.from({ length: takersMax }, (_, i) => `a${39 - i}`).toSorted(),
    );
  });
});

viewConformance("takers", {
  records: feedbackStream({ seed: 5, count: 400, accountCount: 40, itemCount: 12 }),
  makeView: () => {
    const options = { ...limits, itemsMax: 9, accountsMax: 20, partitionCount: 4 };
    const shared = { ...options, rules: defaultFeedbackRules };
    const items = new ItemIndex(shared);
    const histories = new AccountHistories(items, shared);
    return new ViewGroup(items, histories, new Takers(items, histories, shared));
  },
});
