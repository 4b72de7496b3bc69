/** What is answered of accounts, of all of them together, and of sessions that are not in the log. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { dayMs, hourMs } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import {
  peopleCatalogue,
  peopleRecords,
  peopleSessions,
  peopleTime,
} from "../../testing/peopleStream.ts";
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
  const report = accountReport(two, "a", { withSessions: false });
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
  const report = accountReport(viewOf([...peopleCatalogue(2), ...first, ...later]), "a", {
    withSessions: false,
  });
  const [present, gone] = report?.persons ?? [];
  const home = (person: typeof present) => person.places[0].city;
  const byHome = Object.fromEntries([present, gone].map((one) => [home(one), one.isActive]));
  expect(byHome).toEqual({ "city-0": true, "city-1": false });
  expect(report?.activePersons).toBe(1);
});

test("a session is assigned by its device and place, by its time in either form, and by what was played", () => {
  const numbers = Object.fromEntries(
    (accountReport(two, "a", { withSessions: false })?.persons ?? []).map(({ person, places }) => [
      places[0].city,
      person,
    ]),
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
  expect(peopleSummary(view, 1)).toMatchObject({
    people: { "1": 6, "2": 1 },
    classes: { single: 6, homes: 1 },
    counted: 7,
    waiting: 1,
    optedOut: 1,
  });
  expect(peopleSummary(view, 3)).toMatchObject({
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
