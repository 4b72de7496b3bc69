/** What is answered of accounts, of all of them together, and of sessions that are not in the log. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { assert, dayMs, hourMs } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import {
  peopleCatalogue,
  peopleRecords,
  peopleSessions,
  peopleTime,
} from "../../testing/peopleStream.ts";
import { agglomerate, cutAt } from "../clustering/index.ts";
import { accountReport } from "./accountReport.ts";
import { assignReply } from "./assignment.ts";
import { peopleSummary, suppressed } from "./peopleSummary.ts";
import { PeopleView } from "./peopleView.ts";

function viewOf(events: readonly Event[]): PeopleView {
  const view = new PeopleView({
    partitionCount: 4,
    sessionsMax: 300,
    accountsMax: 1000,
    itemsMax: 1000,
    retentionMs: 90 * dayMs,
    recount: { sessionsMin: 10, ageMaxMs: 30 * dayMs, runCost: 5 },
  });
  for (const record of peopleRecords(events)) view.apply(record);
  return view;
}

const two = viewOf([
  ...peopleCatalogue(2),
  ...peopleSessions({ seed: 1, account: "a", people: 2, sessions: 60 }),
  { type: "access", time: peopleTime, account: "few", session: "s" },
  { type: "account_set", time: peopleTime, account: "out", context: { people: 0 } },
]);

test("an account's people, each with devices, cities and times, and the sessions where they are asked for", () => {
  const report = accountReport(two, "a");
  expect(report).toMatchObject({
    account: "a",
    state: "counted",
    sessions: 60,
    people: 2,
    class: "homes",
    countedSessions: 40,
    activePersons: 2,
    beyondSessions: 0,
  });
  expect(report?.evidence).toContain("2 homes");
  expect(report?.persons.map(({ person }) => person)).toEqual([1, 2]);
  for (const { devices, places, sessions } of report?.persons ?? []) {
    const [truth] = devices[0].split("-").slice(-1);
    expect(devices).toEqual([`device-a-${truth}`]);
    expect(places).toEqual([{ city: `city-${truth}`, state: "s", sessions }]);
  }
  expect(report).not.toHaveProperty("list");
  const list = accountReport(two, "a", { withSessions: true })?.list ?? [];
  expect(list.length).toBe(60);
  expect(list[0]).toMatchObject({
    start: expect.any(Number) as number,
    isBeyond: false,
    actions: [{ action: "play", genre: expect.stringContaining("genre-") as string }, {}, {}],
  });
  expect(JSON.stringify(list)).not.toMatch(/"(lat|lon|latitude|longitude)"/);
});

test("one that is not counted says why", () => {
  expect(accountReport(two, "few", { withSessions: true })).toMatchObject({
    state: "waiting",
    sessions: 1,
    persons: [],
  });
  expect(accountReport(two, "out", { withSessions: true })).toMatchObject({ state: "optedOut" });
  expect(accountReport(two, "nobody", { withSessions: true })).toBeUndefined();
});

test("who was silent for eight weeks is not active", () => {
  const first = peopleSessions({ seed: 1, account: "a", people: 2, sessions: 60 });
  const later = peopleSessions({
    seed: 2,
    account: "a",
    people: 1,
    sessions: 20,
    firstSession: 11 * 6 * 7,
  });
  const report = accountReport(viewOf([...peopleCatalogue(2), ...first, ...later]), "a");
  const [present, gone] = report?.persons ?? [];
  const home = (person: typeof present) => person.places[0].city;
  const byHome = Object.fromEntries([present, gone].map((one) => [home(one), one.isActive]));
  expect(byHome).toEqual({ "city-0": true, "city-1": false });
  expect(report?.activePersons).toBe(1);
});

test("a session is assigned by its device and place, by its time in either form, and by what was played", () => {
  const numbers = Object.fromEntries(
    (accountReport(two, "a")?.persons ?? []).map(({ person, places }) => [places[0].city, person]),
  );
  for (const truth of [0, 1]) {
    const person = numbers[`city-${truth}`];
    const request = { account: "a", device: `device-a-${truth}` };
    expect(assignReply(two, request)).toMatchObject({ person, isBeyond: false });
    const location = { city: `city-${truth}`, zip: `${10_000 + truth}` };
    expect(assignReply(two, { account: "a", location })).toMatchObject({ person, isBeyond: false });
    const items = [1, 2, 3].map((song) => `song-${truth}-${song}`);
    const played = assignReply(two, { account: "a", device: "new", items });
    expect(played).toMatchObject({ person, isBeyond: true });
  }
  const time = peopleTime + 9 * hourMs; // Monday morning
  const said = assignReply(two, { account: "a", day: "Monday", part: "morning" });
  expect(said?.person).toBe(assignReply(two, { account: "a", time })?.person);
  expect(assignReply(two, { account: "few" })).toBeUndefined();
  expect(assignReply(two, { account: "nobody" })).toBeUndefined();
});

test("the summary counts accounts, and tells no small numbers", () => {
  const accounts = Array.from({ length: 6 }, (_, i) =>
    peopleSessions({ seed: 10 + i, account: `one-${i}`, people: 1, sessions: 15 }),
  );
  const view = viewOf([
    ...peopleCatalogue(2),
    ...accounts.flat(),
    ...peopleSessions({ seed: 1, account: "pair", people: 2, sessions: 45 }),
    { type: "access", time: peopleTime, account: "few", session: "s" },
    { type: "account_set", time: peopleTime, account: "out", context: { people: 0 } },
  ]);
  expect(peopleSummary(view, { suppressBelow: 1, weeks: 0 })).toMatchObject({
    people: { "1": 6, "2": 1 },
    classes: { single: 6, homes: 1 },
    counted: 7,
    waiting: 1,
    optedOut: 1,
  });
  // By the probabilities of each account, one by one.
  const expected: Record<string, { mean: number; variance: number }> = {};
  for (const { count } of view.accounts()) {
    for (const [at, probability] of (count?.probabilities ?? []).entries()) {
      const of = (expected[at + 1] ??= { mean: 0, variance: 0 });
      of.mean += probability;
      of.variance += probability * (1 - probability);
    }
  }
  const told = peopleSummary(view, { suppressBelow: 1, weeks: 0 }).expected;
  expect(Object.keys(told)).toEqual(["1", "2"]);
  for (const [people, { mean, deviation }] of Object.entries(told)) {
    expect(mean).toBeCloseTo(expected[people].mean, 12);
    expect(deviation ** 2).toBeCloseTo(expected[people].variance, 12);
  }
  expect(peopleSummary(view, { suppressBelow: 3, weeks: 0 })).toMatchObject({
    expected: {},
    people: { "1": null, "2": null }, // 7 − 6 would be told
    classes: { single: null, homes: null },
    counted: 7,
    waiting: null,
    optedOut: null,
  });
});

test("what is not told can't be worked out from the sum: none, or at least two numbers, unless there is one alone", () => {
  const cells = fc.dictionary(fc.constantFrom("1", "2", "3", "4", "5"), fc.nat(40));
  fc.assert(
    fc.property(cells, fc.integer({ min: 1, max: 20 }), (counts, below) => {
      const shown = suppressed(counts, below);
      expect(Object.keys(shown)).toEqual(Object.keys(counts));
      const there = Object.values(counts).filter((count) => count > 0).length;
      const hidden = Object.values(shown).filter((count) => count === null).length;
      expect(hidden === 1 && there > 1).toBe(false);
      for (const [name, count] of Object.entries(shown)) {
        if (count !== null)
          expect([counts[name], count === 0 || count >= below]).toEqual([count, true]);
      }
    }),
  );
});

test("the tree is that of the library over the same sessions, with what is near folded", () => {
  const tree = accountReport(two, "a", { withTree: true })?.tree;
  const account = two.of("a");
  assert(tree !== undefined && account !== undefined, "it has sessions");
  const { columns } = two.tableOf(account);
  // As docs/PEOPLE.md says: device 4.25, city .55, state .85, zip 4.55, day .8, part .7; a cut at .8.
  const weights = Float64Array.of(4.25, 0.55, 0.85, 4.55, 0.8, 0.7);
  const whole = agglomerate({ codes: columns, weights }, { linkage: "average" });
  expect(tree.cut).toBe(0.8);
  expect(tree.leaves.length).toBe(Math.min(40, whole.leafCount));
  expect(tree.merges.map(({ height }) => height)).toEqual([
    ...whole.heights.subarray(whole.leafCount - tree.leaves.length),
  ]);
  // Each node once below another, the last merge alone below none.
  const below = tree.merges.flatMap(({ first, second }) => [first, second]).sort((a, b) => a - b);
  expect(below).toEqual(Array.from({ length: 2 * tree.leaves.length - 2 }, (_, node) => node));
  expect(tree.leaves.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(60);
  // Cut where it says, its parts are the two homes, which the count found, too.
  const parts = cutAt(whole, tree.cut);
  expect(new Set(parts).size).toBe(2);
  for (const { city, device, persons, sessions } of tree.leaves) {
    expect(persons).toEqual([{ person: persons[0].person, sessions }]);
    expect(device?.slice(-1)).toBe(city?.slice(-1));
  }
});

test("a tree of one session is a leaf", () => {
  expect(accountReport(two, "few", { withTree: true })?.tree).toEqual({
    cut: 0.8,
    leaves: [{ sessions: 1, persons: [{ person: 0, sessions: 1 }] }],
    merges: [],
  });
});

test("of many different sessions forty leaves are told, which have all of them", () => {
  const sessions = Array.from({ length: 90 }, (_, i): Event[] => [
    {
      type: "access",
      time: peopleTime + i * hourMs,
      account: "many",
      session: `s-${i}`,
      device: `d-${i % 30}`,
      location: { city: `c-${i % 9}`, zip: `${i % 45}` },
    },
  ]).flat();
  const tree = accountReport(viewOf(sessions), "many", { withTree: true })?.tree;
  expect(tree?.leaves.length).toBe(40);
  expect(tree?.merges.length).toBe(39);
  expect(tree?.leaves.reduce((sum, leaf) => sum + leaf.sessions, 0)).toBe(90);
});

test("weeks tell how many people of each account were there, as a recount of the sessions does", () => {
  const account = "pair";
  const later = { seed: 2, account, people: 1, sessions: 20, firstSession: 11 * 6 * 7 };
  const view = viewOf([
    ...peopleCatalogue(2),
    ...peopleSessions({ seed: 1, account, people: 2, sessions: 60 }),
    ...peopleSessions(later),
    { type: "access", time: peopleTime, account: "few", session: "s" },
  ]);
  const { weeks = [], logTime } = peopleSummary(view, { suppressBelow: 1, weeks: 12 });
  expect(weeks.map(({ start }) => start)).toEqual(
    Array.from({ length: 12 }, (_, at) => logTime - (12 - at) * 7 * dayMs),
  );
  const list = accountReport(view, account, { withSessions: true })?.list ?? [];
  for (const { start, people } of weeks) {
    const present = list.filter((one) => one.start > start && one.start <= start + 7 * dayMs);
    const persons = new Set(present.flatMap(({ person, isBeyond }) => (isBeyond ? [] : [person])));
    persons.delete(undefined);
    expect(people).toEqual(persons.size === 0 ? {} : { [persons.size]: 1 });
  }
  const sizes = weeks.map(({ people }) => Object.keys(people)[0]);
  expect(sizes).toContain("2"); // the pair, at first
  expect(sizes[11]).toBe("1"); // later one alone
});

test("what a recount would cost follows from the sessions that fit nobody", () => {
  const view = viewOf([
    ...peopleCatalogue(3),
    ...Array.from({ length: 3 }, (_, i) =>
      peopleSessions({ seed: 10 + i, account: `a-${i}`, people: 1, sessions: 30 }),
    ).flat(),
  ]);
  const quiet = peopleSummary(view, { suppressBelow: 1, weeks: 0 }).ageing;
  expect(quiet).toMatchObject({
    runCost: 5,
    accounts: 3,
    growth: 0,
    bestDays: null,
    ageDaysMax: 30,
  });
  expect(peopleSummary(view, { suppressBelow: 4, weeks: 0 }).ageing).toBeNull();

  // Two strangers' sessions after the count of the tenth: each account is counted anew only when half are new.
  const strangers = [10, 11].map((number) =>
    peopleSessions({
      seed: number,
      account: "moved",
      people: 1,
      firstPerson: 2,
      sessions: 1,
      firstSession: number,
    }),
  );
  const moved = viewOf([
    ...peopleCatalogue(3),
    ...peopleSessions({ seed: 1, account: "moved", people: 1, sessions: 10 }),
    ...strangers.flat(),
  ]);
  const { ageing } = peopleSummary(moved, { suppressBelow: 1, weeks: 0 });
  const account = moved.of("moved");
  assert(account?.count !== undefined, "it is counted");
  const since = account.sessions.filter(({ isCounted }) => !isCounted);
  expect(since.every(({ isBeyond }) => isBeyond)).toBe(true);
  const age = Math.max(1, (moved.logTime - account.count.countedAt) / dayMs);
  const growth = ((1 - 0.02) * since.length) / age / age; // 2 % are chance
  expect(ageing?.growth).toBeCloseTo(growth, 12);
  expect(ageing?.bestDays).toBeCloseTo(Math.sqrt(5 / growth), 9);
  // No age costs less: the formula at ages around it.
  const cost = (days: number): number => 5 / days + growth * days;
  const best = ageing?.bestDays ?? Number.NaN;
  for (const other of [0.5, 0.9, 1.1, 2]) expect(cost(best * other)).toBeGreaterThan(cost(best));
});
