import { expect, test } from "vitest";
import { FoldbackError, Random } from "../core/index.ts";
import type { AccountPeopleReport } from "../engine/index.ts";
import type { Simulated } from "../simulate/index.ts";
import { Who } from "./who.ts";

interface Given {
  readonly people: number;
  readonly low: number;
  readonly high: number;
  /** By session, the true person and the engine's; 0: nobody. */
  readonly pairs: readonly (readonly [number, number])[];
}

/** What an engine would say, of accounts that it knows. */
function peopleOf(given: ReadonlyMap<string, Given>) {
  return {
    of: (account: string): Promise<AccountPeopleReport> => {
      const found = given.get(account);
      if (found === undefined)
        return Promise.reject(new FoldbackError("NOT_FOUND", "there are no sessions"));
      const { pairs, people, low, high } = found;
      const list = pairs.map(([, person], at) => ({
        session: `${account}-${at}`,
        start: at,
        actions: [],
        isBeyond: person === 0,
        ...(person > 0 && { person }),
      }));
      const persons: never[] = [];
      const counts = { people, low, high, sessions: list.length, persons, list };
      return Promise.resolve({
        account,
        state: "counted",
        activePersons: 0,
        beyondSessions: 0,
        ...counts,
      });
    },
  };
}

function access(account: string, at: number, person: number): Simulated {
  return {
    event: { type: "access", time: at, account, session: `${account}-${at}` },
    truth: { person },
  };
}

/** Most sessions that agree under any way to match the engine's persons with true ones. */
function bestAgreement(pairs: Given["pairs"], found: number, truth: number): number {
  const all = (left: readonly number[]): number[][] =>
    left.length === 0
      ? [[]]
      : left.flatMap((one) => all(left.filter((x) => x !== one)).map((rest) => [one, ...rest]));
  const size = Math.max(found, truth);
  const orders = all(Array.from({ length: size }, (_, at) => at + 1));
  return Math.max(
    ...orders.map((order) => pairs.filter(([t, f]) => f > 0 && order[f - 1] === t).length),
  );
}

test("counts and sessions are held against the truth, whatever numbers the engine gives its persons", async () => {
  const random = new Random(11);
  const given = new Map<string, Given>();
  const truths = new Map<string, number>();
  for (let n = 1; n <= 30; n++) {
    const truth = 1 + random.below(4);
    const people = 1 + random.below(4);
    const low = Math.max(1, people - random.below(2));
    const pairs = Array.from(
      { length: 20 },
      () => [1 + random.below(truth), random.below(people + 1)] as const,
    );
    truths.set(`h${n}`, truth);
    given.set(`h${n}`, { people, low, high: people + random.below(2), pairs });
  }
  truths.set("h99", 2); // of which the engine knows nothing
  const who = new Who(peopleOf(given), truths);
  for (const [account, { pairs }] of given)
    for (const [at, [truth]] of pairs.entries()) who.note(access(account, at, truth));
  who.note(access("h99", 0, 1));
  who.note(access("a1", 0, 1)); // of no household
  expect(who.staleCount).toBe(31);
  await who.refresh(10);
  expect(who.staleCount).toBe(21);
  await who.refresh(100);
  const figures = who.figures();
  const known = [...given].map(([account, one]) => ({ ...one, truth: truths.get(account) ?? 0 }));
  const share = (isSo: (one: (typeof known)[number]) => boolean) =>
    known.filter(isSo).length / known.length;
  expect(figures).toMatchObject({ accounts: 31, counted: 30, sessions: 600 });
  expect(figures.exact).toBeCloseTo(
    share(({ people, truth }) => people === truth),
    12,
  );
  expect(figures.within).toBeCloseTo(
    share(({ low, high, truth }) => low <= truth && truth <= high),
    12,
  );
  expect(figures.alwaysOne.exact).toBeCloseTo(
    share(({ truth }) => truth === 1),
    12,
  );
  const right = known
    .map(({ pairs, people, truth }) => bestAgreement(pairs, people, truth))
    .reduce((a, b) => a + b, 0);
  expect(figures.sessionsRight).toBeCloseTo(right / 600, 12);
  for (const { people, truth, found } of figures.distribution) {
    expect(truth).toBe(known.filter((one) => one.truth === people).length);
    expect(found).toBe(known.filter((one) => one.people === people).length);
  }
});

test("before anything is counted there is nothing to tell, and a household that is none is not there", async () => {
  const who = new Who(peopleOf(new Map()), new Map([["h1", 2]]));
  who.note(access("h1", 0, 2));
  await who.refresh(10);
  expect(who.figures()).toMatchObject({ counted: 0, exact: null, sessionsRight: null });
  expect(await who.home("h1")).toEqual({
    account: "h1",
    people: 2,
    trueSessions: [0, 1],
    foundSessions: [],
  });
  expect(await who.home("h2")).toBeUndefined();
});
