/** The table of a live account against the one that is read, by other code, from the same events in a file. */
import { expect, test } from "vitest";
import { Random } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import { peopleSessions } from "../../testing/peopleStream.ts";
import { defaultDayParts } from "../tables/localTime.ts";
import { groupAccounts } from "../tables/readAccounts.ts";
import { Refusals } from "../tables/refusals.ts";
import { stageEvents } from "../tables/stageEvents.ts";
import { Staging } from "../tables/staging.ts";
import { type PlaceSource, Whereabouts } from "../tables/whereabouts.ts";
import type { LiveSession } from "./liveSession.ts";
import { sessionOf, sessionWith } from "./sessionEvents.ts";
import { compareSessions, sessionTable } from "./sessionTable.ts";

const places: PlaceSource = {
  placeAt: () => undefined,
  middleOf: ({ zip }) => (zip === "10001" ? { lat: 40.75, lon: -74 } : undefined),
  timeZoneAt: () => "America/New_York",
};

/** Sessions of three people, some of what they say missing, in any order. */
function events(): Event[] {
  const random = new Random(7);
  const all = peopleSessions({ seed: 3, account: "a", people: 3, sessions: 40 }).map((event) => {
    const { device, location, ...rest } = event;
    if (event.type === "access") {
      return {
        ...rest,
        ...(random.below(4) > 0 && device !== undefined && { device }),
        ...(random.below(4) > 0 && location !== undefined && { location }),
        ...(random.below(3) === 0 && { location: { city: "ü", timeZone: "Asia/Tokyo" } }),
      };
    }
    return {
      ...rest,
      ...(random.below(3) > 0 && { context: { genre: `genre-${random.below(5)}` } }),
      ...(random.below(3) > 0 && { artist: `artist-${random.below(6)}` }),
      ...(random.below(3) === 0 && { playlist: `list-${random.below(3)}` }),
    };
  });
  const bare: Event = { type: "access", time: all[0].time + 1, account: "a", session: "bare" };
  return [...all, bare];
}

function live(): ReturnType<typeof sessionTable> {
  const whereabouts = new Whereabouts(places);
  const context = {
    shared: (text: string) => text,
    factsOf: () => undefined,
    whereabouts,
  };
  const sessions = new Map<string, LiveSession>();
  for (const event of events()) {
    const token = event.session ?? "";
    const known = sessions.get(token);
    sessions.set(
      token,
      known === undefined
        ? sessionOf({ ...event, session: token }, context)
        : sessionWith(known, event, context),
    );
  }
  return sessionTable("a", [...sessions.values()].sort(compareSessions), whereabouts);
}

/** Numbered by first mention, as codes of what has no name may be in any order. */
function renumbered(codes: Int32Array): number[] {
  const numbers = new Map([[0, 0]]);
  return Array.from(codes, (code) => {
    const number = numbers.get(code) ?? numbers.size;
    numbers.set(code, number);
    return number;
  });
}

test("it is that of the same events in a file", async () => {
  expect.hasAssertions();
  const staging = await Staging.open();
  try {
    await stageEvents(staging, staging.addFile("events"), events(), 1);
    const grouped = await groupAccounts(staging, {
      dayParts: defaultDayParts,
      places,
      refusals: new Refusals(),
    });
    for await (const { accounts } of grouped.batches()) {
      const [{ actions: expectedActions, ...expected }] = accounts;
      const { actions, ...table } = live();
      expect(table).toEqual(expected);
      expect(actions.map(renumbered)).toEqual(expectedActions.map(renumbered));
      const [action, , , , genre] = actions;
      expect([action, genre]).toEqual([expectedActions[0], expectedActions[4]]);
      expect(table.hours.some((hour) => hour < 0)).toBe(true);
      expect(table.latitudes.some((latitude) => latitude > 0)).toBe(true);
    }
  } finally {
    await staging.close();
  }
});
