import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { hourMs, Random } from "../../core/index.ts";
import { Draws } from "../draws.ts";
import { type HouseholdOptions, simulateHouseholds } from "./households.ts";
import { drawGamma } from "./listener.ts";
import {
  drawHouseholdParameters,
  type HouseholdLevel,
  type HouseholdParameters,
  householdLevels,
  householdParameters,
} from "./parameters.ts";
import type { SimulatedAccount, SimulatedSession } from "./records.ts";

function take(
  level: HouseholdOptions["level"],
  accounts: number,
  parameters: Partial<HouseholdParameters> = {},
  more: Partial<HouseholdOptions> = {},
): SimulatedAccount[] {
  return [...simulateHouseholds({ level, accounts, seed: 3, parameters, ...more })];
}

function sessionsOf(accounts: readonly SimulatedAccount[]): SimulatedSession[] {
  return accounts.flatMap(({ sessions }) => sessions);
}

/** Nothing is missing or wrong. */
const exact = {
  deviceMissing: 0,
  locationMissing: 0,
  columnMissing: 0,
  gpsFault: 0,
  zipNoise: 0,
  vpnShare: 0,
  leftOn: 0,
};
const stay = { trips: 0, holidayHomeShare: 0 };

function hasOverlap({ sessions }: SimulatedAccount): boolean {
  let free = 0;
  return sessions.some(({ end, start }) => {
    const isBefore = start < free;
    free = Math.max(free, end);
    return isBefore;
  });
}

function byPerson(account: SimulatedAccount): SimulatedSession[][] {
  return Array.from({ length: account.people }, (_, at) =>
    account.sessions.filter(({ person }) => person === at + 1),
  );
}

/** The value that comes most often. */
function mode(values: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string | undefined, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}

describe("the same options", () => {
  test("give the same accounts, to the byte, however many are asked for", () => {
    const all = take("mixed", 30, {}, { varies: 1 });
    expect(take("mixed", 10, {}, { varies: 1 })).toEqual(all.slice(0, 10));
    const hash = createHash("sha256").update(JSON.stringify(all)).digest("hex");
    expect(hash).toBe("8e5687e439d717e0353c32f81e9ed18aa99de88d2f492d57ce301133f480a0d8");
  });

  test("but for another seed give others", () => {
    expect(take("L2", 3, {}, { seed: 4 })).not.toEqual(take("L2", 3));
  });

  test("that can't be are refused by name", () => {
    for (const [parameters, setting] of [
      [{ genres: 3 }, "genres"],
      [{ genres: 10.5 }, "genres"],
      [{ tasteCorrelation: 1.5 }, "tasteCorrelation"],
      [{ sessionsMin: 500 }, "sessionsMin"],
      [{ nothing: 1 } as Partial<HouseholdParameters>, "nothing"],
    ] as const) {
      const refused = expect.objectContaining({ code: "CONFIG_INVALID", details: { setting } });
      expect(() => take("L1", 1, parameters)).toThrow(refused);
    }
    expect(() => take("L1", 0)).toThrow(
      expect.objectContaining({ details: { setting: "accounts" } }),
    );
  });
});

describe("parameters", () => {
  test("that are drawn are allowed, differ from the defaults, and a default of 0 stays", () => {
    for (const level of householdLevels) {
      const defaults = householdParameters(level);
      const random = new Random(1);
      for (let i = 0; i < 50; i++) {
        const drawn = drawHouseholdParameters(random, level);
        expect(householdParameters(level, drawn)).toEqual(drawn);
        expect(drawn).not.toEqual(defaults);
        for (const [name, value] of Object.entries(defaults)) {
          if (value === 0) expect(drawn[name as keyof HouseholdParameters]).toBe(0);
        }
      }
    }
  });
});

describe("sessions", () => {
  const accounts = take("mixed", 80, {}, { varies: 1 });

  test("are in order of time and of token, of all people that are told, each with some", () => {
    for (const account of accounts) {
      const { people, sessions } = account;
      expect(sessions.length).toBeGreaterThanOrEqual(30);
      expect(sessions.length).toBeLessThanOrEqual(300);
      for (let i = 1; i < sessions.length; i++) {
        expect(sessions[i].start).toBeGreaterThanOrEqual(sessions[i - 1].start);
        expect(sessions[i].token > sessions[i - 1].token).toBe(true);
      }
      expect(new Set(sessions.map(({ person }) => person)).size).toBe(people);
    }
  });

  test("of one person never overlap but where a device is left on, nor ever do those on one device", () => {
    const isApart = (sessions: readonly SimulatedSession[]): boolean =>
      sessions.every(({ start }, i) => i === 0 || start > sessions[i - 1].end);
    for (const { sessions } of accounts) {
      for (const device of new Set(sessions.map((session) => session.device))) {
        const own = sessions.filter((session) => session.device === device);
        if (device !== undefined) expect(isApart(own)).toBe(true);
      }
    }
    for (const account of take("mixed", 60, { leftOn: 0 }, { varies: 1 })) {
      for (const own of byPerson(account)) expect(isApart(own)).toBe(true);
    }
  });

  test("overlap only where the service lets them", () => {
    const overlapping = (overlapShare: number): number =>
      take("L3", 40, { overlapShare, sessionsMin: 200 }).filter(hasOverlap).length;
    const alone = take("L3", 30, { singleShare: 1, leftOn: 0.2, overlapShare: 1 });
    expect(alone.some(hasOverlap)).toBe(true);
    expect(overlapping(0)).toBe(0);
    expect(overlapping(1)).toBeGreaterThan(10);
  });

  test("have their actions in order, and end with the last", () => {
    for (const { actions, end, start } of sessionsOf(accounts)) {
      const times = actions.map(({ time }) => time);
      expect([...times].sort((a, b) => a - b)).toEqual(times);
      expect(end).toBe(times.at(-1) ?? start + hourMs / 2);
      expect(times[0] ?? start).toBe(start);
    }
  });

  test("say the day and part of the day of the clock at their place, and the offset from UTC", () => {
    const zones: Record<string, string> = {
      NY: "America/New_York",
      BE: "Europe/Berlin",
      NSW: "Australia/Sydney",
      AZ: "America/Phoenix",
    };
    const located = sessionsOf(take("L2", 60, { ...exact, ...stay })).filter(
      ({ state }) => zones[state ?? ""],
    );
    expect(located.length).toBeGreaterThan(1000);
    for (const { day, hourOfWeek, offsetMs, part, start, state } of located) {
      const format = new Intl.DateTimeFormat("en", {
        timeZone: zones[state as string],
        weekday: "long",
        hour: "2-digit",
        hourCycle: "h23",
      });
      const parts = Object.fromEntries(
        format.formatToParts(start).map(({ type, value }) => [type, value]),
      );
      expect(day).toBe(parts["weekday"].toLowerCase());
      expect(hourOfWeek % 24).toBe(Number(parts["hour"]));
      expect(part).toBe(
        ["night", "morning", "afternoon", "evening"][Math.floor((hourOfWeek % 24) / 6)],
      );
      expect(new Date(start + offsetMs).getUTCHours()).toBe(hourOfWeek % 24);
    }
  });

  test("of one person are where one can be: nobody is faster than an aeroplane", () => {
    let away = 0;
    for (const account of take("L3", 60, {
      ...exact,
      trips: 2,
      tripDays: 3,
      holidayHomeShare: 0.3,
    })) {
      for (const own of byPerson(account)) {
        const located = own.filter(({ latitude }) => latitude !== undefined);
        for (let i = 1; i < located.length; i++) {
          const km = haversineKm(located[i - 1], located[i]);
          if (km < 60) continue;
          away++;
          const hours = (located[i].start - located[i - 1].end) / hourMs;
          expect(km / hours).toBeLessThan(1000);
        }
      }
    }
    expect(away).toBeGreaterThan(150);
  });
});

describe("levels", () => {
  /** Of accounts with several people: the shares with different homes, and with a device that several use. */
  function sharesOf(level: HouseholdLevel): { homes: number; devices: number } {
    const accounts = take(level, 80, { ...exact, ...stay }).filter(({ people }) => people > 1);
    const share = (is: (account: SimulatedAccount) => boolean): number =>
      accounts.filter(is).length / accounts.length;
    const homes = accounts.map((account) => {
      const nights = byPerson(account).map((own) =>
        own.filter(({ hourOfWeek }) => hourOfWeek % 24 >= 19),
      );
      return nights.filter((own) => own.length > 8).map((own) => mode(own.map(({ zip }) => zip)));
    });
    const known = homes.filter((each) => each.length > 1);
    return {
      homes: known.filter((each) => new Set(each).size > 1).length / known.length,
      devices: share((account) => {
        const users = byPerson(account).map((own) => new Set(own.map(({ device }) => device)));
        return users.some((own, i) =>
          users.some((other, j) => i < j && [...own].some((each) => other.has(each))),
        );
      }),
    };
  }

  test("L1: homes apart; L2: one home, own devices; L3, L4: one home, shared devices", () => {
    const shares = householdLevels.map(sharesOf);
    expect(shares.map(({ homes }) => homes > 0.9)).toEqual([true, false, false, false]);
    expect(shares.slice(1).every(({ homes }) => homes < 0.1)).toBe(true);
    expect(shares.map(({ devices }) => devices).slice(0, 2)).toEqual([0, 0]);
    expect(shares[2].devices).toBeGreaterThan(0.6);
    expect(shares[3].devices).toBeGreaterThan(0.85);
  });

  test("have 1 to 5 people, 45 % of them 1, and 2.1 on the mean; resold accounts 3 to 12", () => {
    const accounts = take("mixed", 1500, { sessionsMax: 30, songsMean: 1 });
    const people = accounts.map((account) => account.people);
    expect(people.filter((count) => count === 1).length / 1500).toBeCloseTo(0.45, 1);
    expect(people.reduce((a, b) => a + b) / 1500).toBeCloseTo(2.1, 1);
    const others = accounts.filter(({ usage }) => usage !== "resold");
    expect(Math.max(...others.map((account) => account.people))).toBe(5);
    const resold = accounts.filter(({ usage }) => usage === "resold");
    expect(resold.length).toBeGreaterThan(10);
    const strangers = resold.map((account) => account.people);
    expect(Math.min(...strangers)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...strangers)).toBeGreaterThan(5);
    expect(Math.max(...strangers)).toBeLessThanOrEqual(12);
    expect(
      accounts.every((account) => (account.usage === "single") === (account.people === 1)),
    ).toBe(true);
  });
});

describe("what is missing or wrong", () => {
  test("is as often as the parameters say", () => {
    const sessions = sessionsOf(
      take("L2", 60, {
        ...stay,
        deviceMissing: 0.1,
        locationMissing: 0.2,
        columnMissing: 0.05,
        gpsFault: 0.1,
        genreMissing: 0.3,
      }),
    );
    const share = (is: (session: SimulatedSession) => boolean): number =>
      sessions.filter(is).length / sessions.length;
    expect(share(({ device }) => device === undefined)).toBeCloseTo(0.1, 1);
    expect(share(({ latitude }) => latitude === undefined)).toBeCloseTo(0.2, 1);
    expect(share(({ latitude, longitude }) => latitude === 0 && longitude === 0)).toBeCloseTo(
      0.04,
      1,
    );
    expect(share(({ day }) => day === undefined)).toBeCloseTo(0.05, 1);
    expect(share(({ latitude, city }) => (latitude ?? 0) !== 0 && city === undefined)).toBeCloseTo(
      0.04,
      1,
    );
    const actions = sessions.flatMap((session) => session.actions);
    expect(actions.filter(({ genre }) => genre === undefined).length / actions.length).toBeCloseTo(
      0.3,
      1,
    );
  });

  test("a VPN changes the place, not the device", () => {
    const [account] = take("L3", 1, {
      ...exact,
      ...stay,
      vpnShare: 1,
      vpnUse: 0.5,
      singleShare: 1,
      sharedUse: 0,
    });
    const home = mode(account.sessions.map(({ zip }) => zip));
    const { longitude = 0 } = account.sessions.find(({ zip }) => zip === home) as SimulatedSession;
    const isNear = (session: SimulatedSession): boolean =>
      Math.abs((session.longitude ?? 0) - longitude) < 1;
    const elsewhere = account.sessions.filter((session) => !isNear(session));
    expect(elsewhere.length / account.sessions.length).toBeGreaterThan(0.3);
    const devices = new Set(account.sessions.filter(isNear).map(({ device }) => device));
    expect(elsewhere.every(({ device }) => devices.has(device))).toBe(true);
  });
});

describe("tastes", () => {
  function sharesOf(sessions: readonly SimulatedSession[]): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { actions } of sessions) {
      for (const { genre = "" } of actions) counts.set(genre, (counts.get(genre) ?? 0) + 1);
    }
    return counts;
  }

  function cosine(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
    const dot = (x: ReadonlyMap<string, number>, y: ReadonlyMap<string, number>): number =>
      [...x].reduce((sum, [genre, count]) => sum + count * (y.get(genre) ?? 0), 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  }

  /** Mean cosine of the genres of an account's first two people. */
  function likeness(tasteCorrelation: number, more: Partial<HouseholdParameters> = {}): number {
    const parameters = {
      tasteCorrelation,
      singleShare: 0,
      sessionsMin: 250,
      playlistUse: 0,
      ...more,
    };
    const cosines = take("L2", 30, parameters).map((account) => {
      const [first, second] = byPerson(account).map(sharesOf);
      return cosine(first, second);
    });
    return cosines.reduce((a, b) => a + b) / cosines.length;
  }

  test("are the more alike, the more they are correlated", () => {
    const [none, half, most] = [likeness(0), likeness(0.5), likeness(1)];
    expect(none).toBeLessThan(half - 0.1);
    expect(half).toBeLessThan(most - 0.1);
    expect(most).toBeGreaterThan(0.85);
  });

  test("of one person drift", () => {
    const halves = (tasteDrift: number): number => {
      const parameters = {
        tasteDrift,
        singleShare: 1,
        sessionsMin: 280,
        days: 180,
        playlistUse: 0,
      };
      const cosines = take("L2", 40, { ...parameters, tasteConcentration: 1 }).map(({ sessions }) =>
        cosine(sharesOf(sessions.slice(0, 60)), sharesOf(sessions.slice(-60))),
      );
      return cosines.reduce((a, b) => a + b) / cosines.length;
    };
    expect(halves(0.5)).toBeLessThan(halves(0) - 0.1);
  });

  test("repeat songs and keep to artists, as far as they are told to", () => {
    const distinct = (parameters: Partial<HouseholdParameters>, of: "song" | "artist"): number => {
      const sessions = sessionsOf(take("L2", 30, { singleShare: 1, ...parameters }));
      const actions = sessions.flatMap((session) => session.actions);
      return new Set(actions.map((action) => action[of])).size / actions.length;
    };
    const never = { songRepeat: 0, artistLoyalty: 0, playlistUse: 0, sessionFocus: 0 };
    expect(distinct({ ...never, songRepeat: 0.8 }, "song")).toBeLessThan(
      distinct(never, "song") / 2,
    );
    expect(distinct({ ...never, artistLoyalty: 0.9 }, "artist")).toBeLessThan(
      distinct(never, "artist") / 2,
    );
  });

  test("downloads come again on a person's other devices", () => {
    const again = (downloadAgain: number): number => {
      const sessions = sessionsOf(take("L2", 40, { ...exact, downloadAgain, downloadShare: 0.3 }));
      return sessions.filter(({ actions }) => actions[0]?.action === "download").length;
    };
    expect(again(0)).toBe(0);
    expect(again(1)).toBeGreaterThan(50);
  });

  test("a gamma variable has its mean and variance", () => {
    for (const shape of [0.2, 1, 3.5]) {
      const draws = new Draws(1, 0);
      const values = Array.from({ length: 40_000 }, () => drawGamma(shape, draws));
      const mean = values.reduce((a, b) => a + b) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      expect(mean / shape).toBeCloseTo(1, 1);
      expect(variance / shape).toBeCloseTo(1, 1);
    }
  });
});

describe("a year", () => {
  const year = { days: 360, sessionsMin: 200, sessionsMax: 500, ...exact };

  test("brings people who come and go, where it is asked for", () => {
    const changing = take("L2", 30, { ...year, joins: 0.05, leaves: 0.05, singleShare: 1 });
    expect(changing.filter(({ people }) => people > 1).length).toBeGreaterThan(8);
    expect(changing.every(({ people }) => people <= 5)).toBe(true);
    const late = changing.flatMap((account) => byPerson(account).map((own) => own[0].start));
    expect(Math.max(...late) - Math.min(...late)).toBeGreaterThan(200 * 24 * hourMs);
    expect(changing.every(({ people, usage }) => (people === 1) === (usage === "single"))).toBe(
      true,
    );
    expect(take("L2", 15, { ...year, singleShare: 1 }).every(({ people }) => people === 1)).toBe(
      true,
    );
  });

  test("brings moves: the place of the last month is not that of the first", () => {
    const moved = (moves: number): number =>
      take("L2", 20, { ...year, ...stay, moves, singleShare: 1 }).filter(({ sessions }) => {
        const at = (some: readonly SimulatedSession[]): string | undefined =>
          mode(some.map(({ zip }) => zip));
        return at(sessions.slice(0, 40)) !== at(sessions.slice(-40));
      }).length;
    expect(moved(0)).toBeLessThan(4);
    expect(moved(0.2)).toBeGreaterThan(12);
  });
});

function haversineKm(a: SimulatedSession, b: SimulatedSession): number {
  const radians = (degrees: number | undefined): number => ((degrees ?? 0) * Math.PI) / 180;
  const [north, east] = [
    radians(b.latitude) - radians(a.latitude),
    radians(b.longitude) - radians(a.longitude),
  ];
  const h =
    Math.sin(north / 2) ** 2 +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(east / 2) ** 2;
  return 12_742 * Math.asin(Math.sqrt(h));
}
