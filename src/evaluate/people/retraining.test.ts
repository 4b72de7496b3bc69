import { describe, expect, test } from "vitest";
import { dayMs } from "../../core/index.ts";
import type { AccountPeople, AccountSessions } from "../../people/index.ts";
import type { KnownAccount, KnownSession } from "./knownAccount.ts";
import {
  defaultPolicies,
  type PersonAssigner,
  type RetrainingReport,
  retrainingExperiment,
} from "./retraining.ts";
import { retrainingPlot } from "./retrainingPlot.ts";

/** A device's name begins with whose it is; on one that is new the first person is guessed, beyond the cut. */
const byName: PersonAssigner = {
  count: (sessions: AccountSessions): AccountPeople => {
    const owners = sessions.names[0].map((name) => name[0]);
    const letters = [...new Set(owners)];
    const persons = sessions.tokens.map(
      (_, i) => letters.indexOf(owners[sessions.columns[6 * i] - 1]) + 1,
    );
    const people = letters.length;
    return {
      account: sessions.account,
      people,
      probabilities: letters.map((_, at) => (at + 1 === people ? 1 : 0)),
      ...{ low: people, high: people, usage: "family", evidence: "" },
      persons: Uint16Array.from(persons),
      confidences: new Float32Array(persons.length).fill(1),
    };
  },
  assign: (sessions, persons) => {
    const owners = new Map<number, number>();
    for (const [i, person] of persons.entries()) {
      if (person !== 0) owners.set(sessions.columns[6 * i], person);
    }
    return Array.from(persons, (known, i) => {
      const person = owners.get(sessions.columns[6 * i]);
      return known !== 0 ? undefined : { person: person ?? 1, isBeyond: person === undefined };
    });
  },
};

/** One session a day, of the person and on the device that are said for the day. */
function accountOf(
  days: number,
  of: (day: number) => { person: number; device: string },
): KnownAccount {
  const sessions = Array.from({ length: days }, (_, day): KnownSession => {
    const { device, person } = of(day);
    return {
      token: `t${String(day).padStart(4, "0")}`,
      ...{ person, device, start: day * dayMs, end: day * dayMs + 1000, hourOfWeek: 0 },
      ...{ city: undefined, state: undefined, zip: undefined, day: undefined, part: undefined },
      ...{ latitude: undefined, longitude: undefined, actions: [] },
    };
  });
  const people = new Set(sessions.map(({ person }) => person)).size;
  return { account: "a", people, usage: people === 1 ? "single" : "family", sessions };
}

/** Two people, by turns, until one gets another phone. */
function changing(dayOfChange: number): KnownAccount {
  return accountOf(450, (day) => {
    const person = 1 + (day % 2);
    return { person, device: `${"xab"[person]}${person === 2 && day >= dayOfChange ? 1 : 0}` };
  });
}

/** Per policy: sessions given rightly, runs a year. */
function outcomes({ policies }: RetrainingReport): Record<string, readonly number[]> {
  return Object.fromEntries(
    policies.map(({ assignment, name, runs }) => [name, [assignment.mean, Math.round(runs.mean)]]),
  );
}

describe("policies of retraining", () => {
  test("where nothing changes, every session is right, and only age makes a run", () => {
    const report = retrainingExperiment([changing(1000)], byName);
    expect(report).toMatchObject({ accounts: 1, months: 12, runCost: 5 });
    expect(outcomes(report)).toEqual({
      "every month": [1, 11],
      "every 3 months": [1, 3],
      "every 6 months": [1, 1],
      "every 12 months": [1, 0],
      "> 10 % beyond the cut": [1, 0],
      "by cost": [1, 0],
    });
    for (const { countError } of report.policies) expect(countError.mean).toBe(0);
  });

  test("a new device costs half of the sessions until the next run", () => {
    // The change comes with the start of month 2 after the first window.
    const report = retrainingExperiment([changing(150)], byName);
    const monthly = report.policies[0].byMonth.map(({ assignment }) => assignment);
    expect(monthly.slice(0, 4)).toEqual([1, 1, 0.5, 1]);
    const yearly = report.policies[3].byMonth.map(({ assignment }) => assignment);
    expect(yearly).toEqual([1, 1, ...new Array<number>(10).fill(0.5)]);
    const trigger = report.policies[4];
    expect(trigger.byMonth.slice(0, 4).map(({ assignment }) => assignment)).toEqual([1, 1, 0.5, 1]);
    expect(trigger.runs.mean).toBeLessThan(report.policies[1].runs.mean);
    expect(trigger.cost.mean).toBe(15 + 5); // half of a month, and a run
    expect(outcomes(report)["by cost"]).toEqual(outcomes(report)["> 10 % beyond the cut"]);
  });

  test("who left is counted until they have been silent for two months, where that is heeded", () => {
    const leaving = accountOf(450, (day) => {
      const person = day < 120 ? 1 + (day % 2) : 1;
      return { person, device: "xab"[person] };
    });
    const report = retrainingExperiment([leaving], byName);
    const yearly = report.policies[3].byMonth;
    expect(yearly.slice(0, 5).map(({ countError }) => countError)).toEqual([0, 1, 1, 1, 1]);
    expect(yearly.slice(0, 5).map(({ countErrorActive }) => countErrorActive)).toEqual([
      0, 1, 0, 0, 0,
    ]);
  });

  test("by cost: no run where it would cost more than it saves", () => {
    const dear = retrainingExperiment([changing(150)], byName, { runCost: 1000 });
    expect(outcomes(dear)["by cost"]).toEqual(outcomes(dear)["every 12 months"]);
    const [free] = defaultPolicies(0).slice(-1);
    const seen = { age: 1, sessions: 10, beyondCut: 1, beyondAtFirst: 0, monthsLeft: 2 };
    expect(free.isDue(seen)).toBe(true);
    expect(free.isDue({ ...seen, beyondAtFirst: 0.1 })).toBe(false);
  });

  test("accounts too short for a window and a month are left out; with no other there is no result", () => {
    const short = accountOf(60, () => ({ person: 1, device: "d" }));
    expect(retrainingExperiment([short, changing(150)], byName).accounts).toBe(1);
    expect(() => retrainingExperiment([short], byName)).toThrow("sessions in its first months");
  });

  test("the picture has a line for each policy, and says what was done", () => {
    const report = retrainingExperiment([changing(150), changing(300)], byName);
    const picture = retrainingPlot(report);
    expect(picture).toMatch(/^<svg/);
    expect(picture.match(/<polyline/g)?.length).toBe(18);
    expect(picture).toContain("every 3 months: ");
    expect(picture).toContain("2 accounts over 12 months");
  });
});
