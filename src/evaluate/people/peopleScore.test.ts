import { describe, expect, test } from "vitest";
import type { AccountPeople, AccountSessions, UsageClass } from "../../people/index.ts";
import { type AccountScore, type AssignSessions, scorePeople } from "./accountScore.ts";
import { encodeAccount, type KnownAccount, type KnownSession } from "./knownAccount.ts";
import { calibrationError, summarisePeople, wilson } from "./peopleScore.ts";

function session(at: number, person: number, more: Partial<KnownSession> = {}): KnownSession {
  return {
    token: `t${String(at).padStart(3, "0")}`,
    person,
    start: at * 3_600_000,
    end: at * 3_600_000 + 60_000,
    hourOfWeek: at % 168,
    device: `d${person}`,
    city: "Berlin",
    state: undefined,
    zip: "10435",
    day: "monday",
    part: "night",
    latitude: 52.5,
    longitude: 13.4,
    actions: [],
    ...more,
  };
}

function accountOf(persons: readonly number[], usage: UsageClass = "family"): KnownAccount {
  const sessions = persons.map((person, at) => session(at, person));
  return { account: "a", people: new Set(persons).size, usage, sessions };
}

/** Says that each device is a person. */
function byDevice(sessions: AccountSessions): AccountPeople {
  const persons = new Uint16Array(sessions.tokens.length);
  for (let i = 0; i < persons.length; i++) persons[i] = sessions.columns[i * 6];
  const people = Math.max(...persons);
  const probabilities = Array.from({ length: people }, (_, at) => (at + 1 === people ? 0.8 : 0.2));
  return {
    account: sessions.account,
    people,
    probabilities: people === 1 ? [1] : probabilities,
    low: people,
    high: people,
    usage: people === 1 ? "single" : "homes",
    evidence: "devices",
    persons,
    confidences: new Float32Array(persons.length).fill(1),
  };
}

/** The person of the device; the first one, and beyond, on a device that nobody had. */
const sameDevice: AssignSessions = (sessions, persons) => {
  const owners = new Map<number, number>();
  for (const [i, person] of persons.entries()) {
    if (person !== 0) owners.set(sessions.columns[i * 6], person);
  }
  return Array.from(persons, (known, i) => {
    const person = owners.get(sessions.columns[i * 6]);
    return known !== 0 ? undefined : { person: person ?? 1, isBeyond: person === undefined };
  });
};

/** All alike. */
function always(person: number, isBeyond: boolean): AssignSessions {
  return (_sessions, persons) =>
    Array.from(persons, (known) => (known === 0 ? { person, isBeyond } : undefined));
}

function scoreOf(people: number, found: number, probability: number): AccountScore {
  return {
    people,
    found,
    probability,
    isCovered: people === found,
    isUsageRight: true,
    randIndex: people === found ? 1 : 0,
    pairF1: 0.5,
    assigned: found,
    assignedRight: 1,
  };
}

describe("the sessions of a known account", () => {
  const account: KnownAccount = {
    account: "a",
    people: 2,
    usage: "family",
    sessions: [
      session(0, 1, { device: "ü", city: undefined, latitude: 0, longitude: 0 }),
      session(1, 2, {
        device: "z",
        actions: [{ action: "play", song: "s2", artist: "r", playlist: undefined, genre: "pop" }],
      }),
      session(2, 1, {
        device: "a",
        actions: [
          { action: "play", song: "s1", artist: undefined, playlist: "p", genre: "folk" },
          { action: "like", song: "s2", artist: "r", playlist: "p", genre: "pop" },
        ],
      }),
    ],
  };

  test("are codes in the order of bytes, 0 for what is missing, and no place at (0, 0)", () => {
    const encoded = encodeAccount(account);
    expect([...encoded.columns]).toEqual([
      ...[3, 0, 0, 1, 1, 1],
      ...[2, 1, 0, 1, 1, 1],
      ...[1, 1, 0, 1, 1, 1],
    ]);
    expect(encoded.names[0]).toEqual(["a", "z", "ü"]);
    expect([...encoded.actionStarts]).toEqual([0, 0, 1, 3]);
    expect(encoded.actions.map((codes) => [...codes])).toEqual([
      ...[
        [2, 2, 1],
        [2, 1, 2],
        [1, 0, 1],
        [0, 1, 1],
        [2, 1, 2],
      ],
    ]);
    expect([encoded.actionNames, encoded.genreNames]).toEqual([
      ["like", "play"],
      ["folk", "pop"],
    ]);
    expect([...encoded.latitudes]).toEqual([Number.NaN, 52.5, 52.5]);
    expect([...encoded.starts]).toEqual([0, 3_600_000, 7_200_000]);
  });
});

describe("the score of an account", () => {
  test("that is told rightly, and whose later sessions are", () => {
    const score = scorePeople(accountOf([1, 2, 1, 2, 2, 1, 2, 1, 1, 2]), byDevice, sameDevice);
    expect(score).toEqual({
      people: 2,
      found: 2,
      probability: 0.8,
      isCovered: true,
      isUsageRight: false,
      randIndex: 1,
      pairF1: 1,
      assigned: 2,
      assignedRight: 2,
    });
  });

  test("somebody new is right where the person was not there before, and only there", () => {
    const newcomer = accountOf([1, 2, 1, 2, 2, 1, 2, 1, 3, 2]);
    expect(scorePeople(newcomer, byDevice, sameDevice).assignedRight).toBe(2);
    expect(scorePeople(newcomer, byDevice, always(1, true)).assignedRight).toBe(1);
    expect(scorePeople(newcomer, byDevice, always(1, false)).assignedRight).toBe(0);
    expect(scorePeople(newcomer, byDevice, always(2, true)).assignedRight).toBe(2);
  });

  test("an answer without a person for each session is a bug", () => {
    const broken = (sessions: AccountSessions): AccountPeople => ({
      ...byDevice(sessions),
      persons: new Uint16Array(1),
    });
    expect(() => scorePeople(accountOf([1, 2, 1]), broken)).toThrow("whose each session is");
  });
});

describe("the summary of scores", () => {
  const scores = [
    scoreOf(1, 1, 0.95),
    scoreOf(1, 3, 0.65),
    scoreOf(2, 1, 0.91),
    scoreOf(3, 3, 0.62),
    scoreOf(4, 3, 0.55),
  ];

  test("is what it is by hand", () => {
    const summary = summarisePeople(scores);
    const means = Object.entries(summary).flatMap(([name, value]) =>
      name === "accounts" || name === "calibration"
        ? []
        : [[name, (value as { mean: number }).mean]],
    );
    expect(Object.fromEntries(means)).toEqual({
      exact: 0.4,
      absoluteError: 0.8,
      withinOne: 0.8,
      falseAlarms: 0.5,
      misses: 1 / 3,
      randIndex: 0.4,
      pairF1: 0.5,
      assignment: 5 / 11,
      usage: 1,
    });
    expect(summary.calibration.sureShare.mean).toBe(0.4);
    expect(summary.calibration.sureRight.mean).toBe(0.5);
    expect(summary.calibration.coverage.mean).toBe(0.4);
    // Bins from 0.5, 0.6 and 0.9: |0 − 0.55|, |1 − 1.27| and |1 − 1.86|, by five accounts.
    expect(summary.calibration.error.mean).toBeCloseTo((0.55 + 0.27 + 0.86) / 5, 12);
    expect(summary.exact).toEqual(wilson(2, 5));
    const { low, high, mean } = summary.absoluteError;
    expect(low).toBeLessThan(mean);
    expect(high).toBeGreaterThan(mean);
  });

  test("the same scores give the same intervals; of nothing there is no mean", () => {
    expect(summarisePeople(scores)).toEqual(summarisePeople(scores));
    const single = summarisePeople([scoreOf(1, 1, 1)]);
    expect(single.misses.mean).toBeNaN();
    expect(single.exact.mean).toBe(1);
    expect(calibrationError([scoreOf(1, 1, 1)])).toBe(0);
  });

  test("Wilson's interval has the values of the tables", () => {
    // Newcombe, 1998, table I, method 3.
    const rounded = (hits: number, count: number): number[] => {
      const { low, high } = wilson(hits, count);
      return [low, high].map((end) => Number(end.toFixed(4)));
    };
    expect(rounded(81, 263)).toEqual([0.2553, 0.3662]);
    expect(rounded(15, 148)).toEqual([0.0624, 0.1605]);
    expect(rounded(0, 20)).toEqual([0, 0.1611]);
    expect(rounded(1, 29)).toEqual([0.0061, 0.1718]);
  });
});
