import { describe, expect, test } from "vitest";
import { sessionsOf, type ToldSession } from "../../testing/peopleSessions.ts";
import { countBest } from "./best.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const monday = Date.UTC(2025, 2, 3);
const newYork = { city: "New York", state: "NY", zip: "10001", latitude: 40.75, longitude: -74 };
const boston = { city: "Boston", state: "MA", zip: "02108", latitude: 42.36, longitude: -71.06 };
const losAngeles = {
  city: "Los Angeles",
  state: "CA",
  zip: "90001",
  latitude: 33.97,
  longitude: -118.25,
};
const newark = { city: "Newark", state: "NJ", zip: "07102", latitude: 40.73, longitude: -74.17 };

/** A session on a day at an hour, with one song of each genre named, each ten minutes. */
function at(
  day: number,
  hour: number,
  more: ToldSession,
  genres: readonly string[] = [],
): ToldSession {
  const start = monday + day * dayMs + hour * hourMs;
  const plays = genres.map((genre, song) => ({ genre, artist: `${genre} ${(day + song) % 3}` }));
  const end = plays.length === 0 ? start + hourMs / 2 : start + plays.length * 500_000;
  return { start, end, hour: (day % 7) * 24 + hour, ...more, plays };
}

function inOrder(sessions: readonly ToldSession[]): ReturnType<typeof sessionsOf> {
  return sessionsOf([...sessions].sort((a, b) => (a.start ?? 0) - (b.start ?? 0)));
}

function days(count: number, of: (day: number) => readonly ToldSession[]): ToldSession[] {
  return Array.from({ length: count }, (_, day) => day).flatMap((day) => of(day));
}

const phone = { device: "phone", ...newYork };

describe("one person is", () => {
  test("who uses one device at home", () => {
    const answer = countBest(inOrder(days(40, (day) => [at(day, 19, phone, ["rock", "pop"])])));
    expect(answer).toMatchObject({ people: 1, low: 1, high: 1, usage: "single" });
    expect(new Set(answer.persons)).toEqual(new Set([1]));
    expect(answer.confidences[0]).toBe(1);
  });

  test("a commuter, who listens at home, on the way and at work, on two devices", () => {
    const answer = countBest(
      inOrder(
        days(60, (day) => [
          at(day, 7, phone, ["rock", "pop"]),
          at(day, 12, { device: "laptop", ...newark }, ["rock"]),
          at(day, 18, { ...newark, device: "phone" }, ["pop", "rock"]),
          at(day, 21, { device: "laptop", ...newYork }, ["rock", "pop"]),
        ]),
      ),
    );
    expect(answer.people).toBe(1);
  });

  test("a traveller", () => {
    const answer = countBest(
      inOrder(
        days(60, (day) => [
          at(day, 20, day > 30 && day < 42 ? { device: "phone", ...losAngeles } : phone, [
            "jazz",
            "soul",
          ]),
        ]),
      ),
    );
    expect(answer.people).toBe(1);
  });

  test("who has a holiday home, with a tablet that stays there", () => {
    const answer = countBest(
      inOrder(
        days(84, (day) =>
          day % 7 < 5
            ? [at(day, 20, phone, ["jazz", "soul"])]
            : [
                at(day, 11, { device: "tablet", ...boston }, ["soul", "jazz"]),
                at(day, 20, { device: "phone", ...boston }, ["jazz", "soul"]),
              ],
        ),
      ),
    );
    expect(answer.people).toBe(1);
  });

  test("who replaces a device", () => {
    const answer = countBest(
      inOrder(
        days(60, (day) => [
          at(day, 20, { ...phone, device: day < 30 ? "old" : "new" }, ["jazz", "folk"]),
        ]),
      ),
    );
    expect(answer.people).toBe(1);
  });

  test("who sometimes uses a VPN, and the answer says so", () => {
    const answer = countBest(
      inOrder(
        days(40, (day) => [
          at(day, 18, phone, ["jazz"]),
          at(day, 19, day % 4 === 0 ? { device: "phone", ...losAngeles } : phone, ["jazz"]),
          at(day, 20, phone, ["jazz"]),
        ]),
      ),
    );
    expect(answer.people).toBe(1);
    expect(answer.evidence).toMatch(/10 sessions displaced on one device: VPN/u);
  });
});

describe("several people are", () => {
  const two = days(40, (day) => [
    at(day, 19, phone, ["rock", "metal", "rock"]),
    at(day, 19, { ...newYork, device: "tablet" }, ["jazz", "classical", "jazz"]),
  ]);

  test("two who listen at once, at one home; the answer says so", () => {
    const answer = countBest(inOrder(two));
    expect(answer).toMatchObject({ people: 2, usage: "family" });
    expect(answer.evidence).toMatch(/40 sessions overlapping another on a second device/u);
    // Numbered by the earliest session: of two at once, by the token.
    expect([...answer.persons.slice(0, 4)]).toEqual([1, 2, 1, 2]);
  });

  test("two in different cities", () => {
    const answer = countBest(
      inOrder(
        days(40, (day) => [
          at(day, 9, phone, ["rock", "metal"]),
          at(day, 19, { device: "other", ...losAngeles }, ["jazz", "soul"]),
        ]),
      ),
    );
    expect(answer).toMatchObject({ people: 2, low: 2, high: 2, usage: "homes" });
  });

  test("two on one shared tablet and own phones, three devices", () => {
    const tablet = { ...newYork, device: "tablet" };
    const answer = countBest(
      inOrder(
        days(60, (day) => [
          at(day, 7, phone, ["rock", "metal", "rock", "metal"]),
          at(day, 8, { ...newYork, device: "second" }, ["jazz", "classical", "jazz", "classical"]),
          at(
            day,
            18,
            tablet,
            day % 2 === 0 ? ["rock", "metal", "rock"] : ["jazz", "classical", "jazz"],
          ),
        ]),
      ),
    );
    expect(answer.people).toBe(2);
    const tabletPersons = [...answer.persons].filter((_, session) => session % 3 === 2);
    expect(tabletPersons.slice(0, 4)).toEqual([1, 2, 1, 2]);
  });

  test("a dozen strangers: resold", () => {
    const answer = countBest(
      inOrder(
        days(20, (day) =>
          Array.from({ length: 12 }, (_, person) =>
            at(
              day,
              person * 2,
              {
                device: `d${person}`,
                city: `c${person}`,
                state: `s${person}`,
                zip: `z${person}`,
                latitude: 30 + person,
                longitude: -80 - 3 * person,
              },
              [`g${person}`, `g${person}`],
            ),
          ),
        ),
      ),
    );
    expect(answer).toMatchObject({ people: 12, usage: "resold" });
  });
});

describe("an answer", () => {
  const full = days(40, (day) => [
    at(day, 8, phone, ["rock", "metal"]),
    at(day, 20, { device: "other", ...losAngeles }, ["jazz", "soul"]),
  ]);

  test("has probabilities that sum to 1, an interval around the count, and says what the data lacked", () => {
    const bare = full.map(({ start: _start, end: _end, hour = 0, plays: _plays, ...session }) => ({
      ...session,
      ...{ day: hour < 120 ? "monday" : "sunday", part: "evening" },
    }));
    for (const [sessions, lacks] of [
      [full, ""],
      [full.map(({ plays: _plays, ...session }) => session), "without actions"],
      [bare, "without times, actions"],
    ] as const) {
      const answer = countBest(sessionsOf(sessions));
      expect(answer.probabilities.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 9);
      expect(answer.low).toBeLessThanOrEqual(answer.people);
      expect(answer.high).toBeGreaterThanOrEqual(answer.people);
      expect(answer.people).toBe(2);
      expect(answer.evidence.includes("without")).toBe(lacks !== "");
      expect(answer.evidence).toContain(lacks);
    }
  });

  test("can be had of a single session that says nothing", () => {
    const answer = countBest(sessionsOf([{}]));
    expect(answer).toMatchObject({ people: 1, probabilities: [1], usage: "single" });
    expect(answer.evidence).toBe("without devices, places, times, actions");
  });

  test("does not depend on what was asked before", () => {
    const sessions = inOrder(full);
    const first = countBest(sessions);
    countBest(sessionsOf([{ device: "x" }]));
    expect(countBest(sessions)).toEqual(first);
  });
});
