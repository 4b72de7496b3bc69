/** The live view of people: the contract of views, when accounts are counted, who sessions are given to, and what is forgotten. */
import { describe, expect, test } from "vitest";
import { dayMs, hourMs } from "../../core/index.ts";
import type { Event, LogRecord } from "../../event/index.ts";
import { MemorySnapshot } from "../../testing/memorySnapshot.ts";
import {
  peopleCatalogue,
  peopleRecords,
  peopleSessions,
  peopleTime,
} from "../../testing/peopleStream.ts";
import { viewConformance } from "../../testing/viewConformance.ts";
import { PeopleView, type PeopleViewOptions } from "./peopleView.ts";

const options: PeopleViewOptions = {
  partitionCount: 4,
  sessionsMax: 300,
  accountsMax: 1000,
  itemsMax: 1000,
  retentionMs: 90 * dayMs,
  recount: { sessionsMin: 10, ageMaxMs: 30 * dayMs, runCost: 5 },
};

function viewOf(events: readonly Event[], changed: Partial<PeopleViewOptions> = {}): PeopleView {
  const view = new PeopleView({ ...options, ...changed });
  for (const record of peopleRecords(events)) view.apply(record);
  return view;
}

/** Of the truth's person, by the first session of it. */
function numberOf(view: PeopleView, person: number, account = "a"): number | undefined {
  const session = view.of(account)?.sessions.find(({ token }) => token.endsWith(`-${person}`));
  return view.personOf(account, session?.token ?? "");
}

const at = (days: number): number => peopleTime + days * dayMs;

describe.each([
  ["within its limits", options],
  [
    "at all of its limits",
    {
      ...options,
      sessionsMax: 14,
      accountsMax: 2,
      itemsMax: 20,
      retentionMs: 6 * dayMs,
      recount: { sessionsMin: 5, ageMaxMs: 2 * dayMs, runCost: 5 },
    },
  ],
])("%s", (_, limits) => {
  const records = peopleRecords([
    ...peopleCatalogue(3),
    ...peopleSessions({ seed: 1, account: "pair", people: 2, sessions: 40 }),
    ...peopleSessions({ seed: 2, account: "one", people: 1, sessions: 25, betweenMs: 9 * hourMs }),
    ...peopleSessions({
      seed: 3,
      account: "three",
      people: 3,
      sessions: 20,
      betweenMs: 13 * hourMs,
    }),
    { type: "account_set", time: at(2), account: "one", context: { people: 0 } },
    { type: "account_set", time: at(4), account: "one", context: { plan: "free" } },
    { type: "erase", time: at(5), account: "three" },
    { type: "play", time: at(1), account: "pair", session: "no access", item: "song-0-1" },
    { type: "access", time: at(1) - hourMs, account: "pair", session: "no access", device: "d" },
    { type: "play", time: at(3), session: "anonymous", item: "song-0-1" },
    { type: "heartbeat", time: at(9) },
  ]);
  viewConformance("people", { records, makeView: () => new PeopleView(limits), cutCount: 12 });
});

describe("counting", () => {
  const pair = peopleSessions({ seed: 4, account: "pair", people: 2, sessions: 60 });
  const single = peopleSessions({ seed: 5, account: "single", people: 1, sessions: 60 });

  test("two people are told apart, session by session, and one is one", () => {
    const view = viewOf([...peopleCatalogue(2), ...pair, ...single]);
    expect(view.of("pair")?.count).toMatchObject({ people: 2, usage: "homes" });
    expect(view.of("single")?.count).toMatchObject({ people: 1, usage: "single" });
    const byTruth = new Map<string, Set<number | undefined>>();
    for (const { token } of view.of("pair")?.sessions ?? []) {
      const truth = token.slice(-1);
      byTruth.set(truth, (byTruth.get(truth) ?? new Set()).add(view.personOf("pair", token)));
    }
    expect([...byTruth.values()].map(({ size }) => size)).toEqual([1, 1]);
    expect(new Set([...byTruth.values()].flatMap((numbers) => [...numbers])).size).toBe(2);
  });

  test("whose sessions are is to be said of those of shared accounts, until it has been", () => {
    const events = [...peopleCatalogue(2), ...pair, ...single];
    const view = viewOf(events);
    const unsaid = view.unsaid(1000);
    expect(unsaid.map(({ account }) => account)).toEqual(Array.from({ length: 60 }, () => "pair"));
    for (const { session, person } of unsaid) {
      expect(person).toBe(view.personOf("pair", session) ?? 0);
    }
    const records = peopleRecords(events);
    const { offset: last, logTime } = records[records.length - 1];
    for (const [at, { account, session, person }] of unsaid.entries()) {
      const event: Event = {
        type: "person_assigned",
        time: logTime,
        account,
        session,
        context: { person: at === 7 ? person + 1 : person },
      };
      view.apply({ partition: 0, offset: last + 1 + at, logTime, event });
    }
    expect(view.unsaid(1000)).toEqual([unsaid[7]]); // which somebody else was said of
    const snapshot = new MemorySnapshot();
    view.save(snapshot);
    const restored = new PeopleView(options);
    restored.restore(snapshot);
    expect(restored.unsaid(1000)).toEqual([unsaid[7]]);
  });

  test("an account is counted from its tenth session on, once that is over", () => {
    const events = peopleSessions({ seed: 6, account: "a", people: 2, sessions: 11 });
    const ten = events.filter(({ session }) => !session?.startsWith("a-10-"));
    expect(viewOf(ten).of("a")?.count).toBeUndefined();
    expect(viewOf(events).of("a")?.count).toMatchObject({ sessionCount: 10 });
    const next: Event = { type: "heartbeat", time: at(3) };
    expect(viewOf([...ten, next]).of("a")?.count).toMatchObject({ sessionCount: 10 }); // a new day
  });

  test("a count is made again when half of the sessions are new, and not before", () => {
    const counts = (sessions: number) =>
      viewOf(peopleSessions({ seed: 7, account: "a", people: 1, sessions })).of("a")?.count
        ?.sessionCount;
    expect([11, 20, 21, 40, 41].map(counts)).toEqual([10, 10, 20, 20, 40]);
  });

  test("a count is made again when strangers come, and they become a person with a number of their own", () => {
    const pair = peopleSessions({ seed: 8, account: "a", people: 2, sessions: 40 });
    const before = [...peopleCatalogue(6), ...pair];
    const newcomer = { seed: 9, account: "a", people: 1, firstPerson: 5, firstSession: 40 };
    const some = peopleSessions({ ...newcomer, sessions: 5 });
    const view = viewOf([...before, ...some]);
    const stranger = view.of("a")?.sessions.at(-1);
    expect(stranger).toMatchObject({ isBeyond: true, isCounted: false });
    expect(view.personOf("a", stranger?.token ?? "")).toBeUndefined();
    const account = view.of("a");
    expect(account && view.recountReason(account)).toBe("beyond");
    const more = viewOf([...before, ...peopleSessions({ ...newcomer, sessions: 60 })]);
    expect(more.of("a")?.count?.people).toBe(3);
    expect(new Set([0, 1, 5].map((person) => numberOf(more, person))).size).toBe(3);
  });

  test("persons keep their numbers when they are counted again", () => {
    const catalogue = peopleCatalogue(2);
    const at60 = viewOf([...catalogue, ...pair]);
    const more = { seed: 14, account: "pair", people: 2, sessions: 60, firstSession: 60 };
    const at120 = viewOf([...catalogue, ...pair, ...peopleSessions(more)]);
    expect([at60, at120].map((view) => view.of("pair")?.count?.sessionCount)).toEqual([40, 80]);
    for (const person of [0, 1]) {
      expect(numberOf(at120, person, "pair")).toBe(numberOf(at60, person, "pair"));
    }
  });

  test("a count is made again when it is too old", () => {
    const slow = { seed: 10, account: "a", people: 1, betweenMs: 2.5 * dayMs };
    const countedAt = viewOf(peopleSessions({ ...slow, sessions: 11 })).of("a")?.count?.countedAt;
    const view = viewOf(peopleSessions({ ...slow, sessions: 24 }), {
      recount: { sessionsMin: 10, ageMaxMs: 7 * dayMs, runCost: 5 },
    });
    expect(view.of("a")?.count?.countedAt).toBeGreaterThan((countedAt ?? 0) + 7 * dayMs);
  });

  test("the same records in other batches, over restarts, give the same counts", () => {
    const records = peopleRecords([...peopleCatalogue(2), ...pair, ...single]);
    const whole = viewOf([...peopleCatalogue(2), ...pair, ...single]);
    let view = new PeopleView(options);
    for (const [i, record] of records.entries()) {
      view.apply(record);
      if (i % 97 !== 0) continue;
      const snapshot = new MemorySnapshot();
      view.save(snapshot);
      view = new PeopleView(options);
      view.restore(snapshot);
    }
    expect(view.of("pair")).toEqual(whole.of("pair"));
  });

  test("a session is judged as it begins, and by what was done in it when the next one does", () => {
    const events = [...peopleCatalogue(2), ...pair];
    const known = viewOf(events);
    for (const truth of [0, 1]) {
      const bare = { account: "pair", session: "bare" };
      const plays = Array.from({ length: 6 }, (_, play): Event => {
        return { ...bare, type: "play", time: at(11) + play + 1, item: `song-${truth}-${play}` };
      });
      const begun = [...events, { ...bare, type: "access", time: at(11) }, ...plays];
      const judgedOnce = viewOf(begun).of("pair")?.sessions.at(-1);
      expect(judgedOnce).toMatchObject({ token: "bare", isChanged: true, isCounted: false });
      const next: Event = { type: "access", time: at(12), account: "pair", session: "next" };
      const judged = viewOf([...begun, next])
        .of("pair")
        ?.sessions.at(-2);
      expect(judged).toMatchObject({
        token: "bare",
        person: numberOf(known, truth, "pair"),
        isChanged: false,
      });
    }
  });

  test("a session that is not in the log is assigned, and nothing of it is kept", () => {
    const view = viewOf(pair);
    const account = view.of("pair");
    if (account === undefined) throw new Error("it is there");
    const known = account.sessions.find(({ token }) => token.endsWith("-1"));
    const before = structuredClone(account);
    const event: Event & { session: string } = {
      type: "access",
      time: at(12),
      account: "pair",
      session: "draft",
      device: "device-pair-1",
      location: { city: "city-1", state: "s", zip: "10001" },
    };
    const assigned = view.assigned(account, view.draft([event]));
    expect(assigned).toMatchObject({ person: known?.person, isBeyond: false });
    expect(assigned.confidence).toBeGreaterThan(0.9);
    const stranger = { ...event, device: "other", location: { city: "far", zip: "9" } };
    expect(view.assigned(account, view.draft([stranger])).isBeyond).toBe(true);
    expect(account).toEqual(before);
  });
});

describe("sessions", () => {
  const first = (view: PeopleView) => view.of("a")?.sessions[0];
  const access: Event = { type: "access", time: at(1), account: "a", session: "s", device: "d" };

  test("are those of any event with an account and a token; what came first stays, what is missing is filled", () => {
    const play: Event = { type: "play", time: at(1) + 1, account: "a", session: "s", item: "i" };
    const late: Event = { ...access, time: at(1) - hourMs, device: "e", location: { city: "c" } };
    const view = new PeopleView(options);
    let offset = 0;
    for (const event of [play, access, late]) {
      view.apply({ partition: 0, offset: offset++, logTime: at(1) + 2, event });
    }
    expect(view.of("a")?.sessions.length).toBe(1);
    expect(first(view)).toMatchObject({
      start: at(1) - hourMs,
      device: "d",
      city: "c",
      lastAction: at(1) + 1,
    });
  });

  test("have the hour of their time zone, else that of their place", () => {
    const at = (place: object, changed = {}) =>
      first(viewOf([{ ...access, location: { city: "c", ...place } }], changed))?.hour;
    expect(at({ timeZone: "Asia/Tokyo" })).toBe(24 + 9); // Tuesday
    expect([at({}), at({ timeZone: "No/Where" })]).toEqual([-1, -1]);
    const places = {
      placeAt: () => undefined,
      middleOf: ({ city }: { readonly city?: string }) =>
        city === "Lima" ? { lat: -12, lon: -77 } : undefined,
      timeZoneAt: () => "America/Lima",
    };
    expect([at({ city: "Lima" }, { places }), at({}, { places })]).toEqual([24 - 5, -1]);
  });

  test("know what was played: the genre of the event, else of the catalogue", () => {
    const set: Event = {
      type: "item_set",
      time: at(0),
      item: "i",
      artist: "r",
      context: { categories: "rock | pop" },
    };
    const play: Event = { type: "play", time: at(2), account: "a", session: "s", item: "i" };
    const own: Event = { ...play, time: at(3), context: { genre: "jazz" }, artist: "r" };
    const [one, two] = first(viewOf([set, access, play, own]))?.actions ?? [];
    expect([one.genre, two.genre]).toEqual(["rock", "jazz"]);
    expect(one).toMatchObject({ action: "play", song: two.song, artist: two.artist });
    expect(one.artist).toBeGreaterThan(0);
    const after = { ...set, time: at(4) };
    expect(first(viewOf([access, play, after]))?.actions[0]).toMatchObject({
      genre: "",
      artist: 0,
    });
  });

  test("are kept in so many, and so many of what was done in one", () => {
    const plays = Array.from({ length: 60 }, (_, i): Event => {
      return { type: "play", time: at(1) + i, account: "a", session: "s", item: `i${i}` };
    });
    expect(first(viewOf([access, ...plays]))).toMatchObject({ lastAction: at(1) + 59 });
    expect(first(viewOf([access, ...plays]))?.actions.length).toBe(50);
    const many = peopleSessions({ seed: 11, account: "a", people: 1, sessions: 30 });
    const view = viewOf(many, { sessionsMax: 12 });
    expect(view.of("a")?.sessions.map(({ token }) => token.split("-")[1])).toEqual(
      Array.from({ length: 12 }, (_, i) => `${18 + i}`),
    );
  });

  test("go when they are too old, and the count with the last that it was made of", () => {
    const events = peopleSessions({ seed: 12, account: "a", people: 1, sessions: 12 });
    const later = (days: number): Event => ({ type: "heartbeat", time: at(days) });
    expect(viewOf([...events, later(90)]).of("a")?.sessions.length).toBe(12);
    expect(viewOf([...events, later(91)]).of("a")?.sessions.length).toBeLessThan(12);
    expect(viewOf([...events, later(93)]).of("a")).toBeUndefined();
    const again: Event = { ...access, time: at(91.9), session: "new" };
    const view = viewOf([...events, again, later(93)]);
    expect(view.of("a")).toMatchObject({ count: undefined, sessions: [{ person: 0 }] });
    const old = {
      partition: 0,
      offset: 1e6,
      logTime: at(93),
      event: { ...access, session: "old" },
    };
    view.apply(old); // 92 days late
    expect(view.of("a")?.sessions.length).toBe(1);
  });
});

describe("who is not counted", () => {
  const events = peopleSessions({ seed: 13, account: "a", people: 2, sessions: 30 });
  const wish = (days: number, people: string | number | undefined): Event => ({
    type: "account_set",
    time: at(days),
    account: "a",
    context: { plan: "free", ...(people !== undefined && { people }) },
  });

  test.each([0, "false"])(
    "an account with people = %j is forgotten, and nothing of it is kept",
    (no) => {
      const view = viewOf([...events, wish(3, no)]);
      expect([view.of("a"), view.isOptedOut("a"), view.optedOutCount]).toEqual([
        undefined,
        true,
        1,
      ]);
      const again = viewOf([...events, wish(3, no), wish(3.1, undefined)]);
      expect([again.isOptedOut("a"), again.of("a")?.count?.sessionCount]).toEqual([false, 10]);
    },
  );

  test("an erased account is forgotten, with its wish, and may come back as somebody new", () => {
    const erase: Event = { type: "erase", time: at(2), account: "a" };
    const view = viewOf([...events, wish(1, 0), erase]);
    expect(view.isOptedOut("a")).toBe(false);
    expect(view.of("a")?.sessions[0].start).toBeGreaterThanOrEqual(at(2));
    const snapshot = new MemorySnapshot();
    const gone: LogRecord[] = peopleRecords([...events, { ...erase, time: at(60) }]);
    const empty = new PeopleView(options);
    for (const record of gone) empty.apply(record);
    empty.save(snapshot);
    const bytes = Buffer.concat([...snapshot.sections.values()]).toString("latin1");
    for (const planted of ["device-a", "city-", "a-1-"]) expect(bytes).not.toContain(planted);
  });

  test("the account that was quiet the longest goes where there are too many", () => {
    const others = ["b", "c"].map(
      (account, i): Event => ({
        type: "access",
        time: at(20 + i),
        account,
        session: "s",
      }),
    );
    const view = viewOf([...events, ...others], { accountsMax: 2 });
    expect([...view.accounts()].map(({ key }) => key)).toEqual(["b", "c"]);
  });
});
