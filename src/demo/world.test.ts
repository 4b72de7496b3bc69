import { expect, test } from "vitest";
import { dayMs, hourMs } from "../core/index.ts";
import { type Simulated, simulate, simulateHouseholds } from "../simulate/index.ts";
import { heardType } from "./householdStream.ts";
import { demoOptions } from "./options.ts";
import { World } from "./world.ts";

const start = Date.UTC(2026, 2, 2);
const options = demoOptions({ now: 0, accounts: 12, daysBefore: 3, days: 7, seed: 5, start });

function takenBy(stepMs: number, seed = 5): Simulated[] {
  const world = new World({ ...options, seed });
  const all: Simulated[] = [];
  for (let until = start + stepMs; until < world.end + stepMs; until += stepMs) {
    all.push(...world.take(Math.min(until, world.end)));
  }
  return all;
}

test("the same options give the same events and truths, however they are taken; another seed gives others", () => {
  const hourly = takenBy(hourMs);
  expect(hourly.length).toBeGreaterThan(2000);
  const byAccount = (all: readonly Simulated[]) => all.map((one) => JSON.stringify(one)).sort();
  expect(byAccount(takenBy(7 * hourMs))).toEqual(byAccount(hourly));
  expect(takenBy(hourMs)).toEqual(hourly);
  expect(byAccount(takenBy(hourMs, 6))).not.toEqual(byAccount(hourly));
});

test("events come in order of time, each once, none before its step ends", () => {
  const world = new World(options);
  const ids = new Set<string>();
  let last = start;
  for (let until = start + hourMs; until <= world.end; until += hourMs) {
    for (const { event } of world.take(until)) {
      expect(event.time).toBeGreaterThanOrEqual(last);
      expect(event.time).toBeLessThan(until);
      last = event.time;
      const id = event.id ?? `${event.type} ${event.item} ${event.time}`;
      expect(ids.has(id)).toBe(false);
      ids.add(id);
    }
  }
});

test("listeners are those of the simulated service, untouched; households those of the simulated ones", () => {
  const all = takenBy(5 * hourMs);
  const ofHouseholds = (one: Simulated) => one.event.account?.startsWith("h") === true;
  const listeners = all.filter((one) => !ofHouseholds(one));
  const plain = [...simulate({ accounts: 12, days: 7, items: 500, seed: 5, start })].filter(
    ({ event }) => event.time < start + 7 * dayMs,
  );
  expect(listeners).toEqual(plain);
  const world = new World(options);
  const parameters = { days: 7, sessionsMin: 5, sessionsMax: 23 };
  const households = [
    ...simulateHouseholds({ level: "mixed", accounts: 12, seed: 5, start, parameters }),
  ];
  const accesses = all.filter((one) => ofHouseholds(one) && one.event.type === "access");
  for (const { account, people, sessions } of households) {
    const name = account.replace("a", "h");
    expect(world.households.people.get(name)).toBe(people);
    const found = accesses.filter(({ event }) => event.account === name);
    expect(found.map(({ truth }) => truth.person)).toEqual(sessions.map(({ person }) => person));
    expect(found.map(({ event }) => event.device)).toEqual(sessions.map(({ device }) => device));
  }
  const heard = all.filter(({ event }) => event.type === heardType);
  const actions = households.flatMap(({ sessions }) => sessions.flatMap((one) => one.actions));
  expect(heard).toHaveLength(actions.filter(({ time }) => time < start + 7 * dayMs).length);
});

test("by default the days before end with the day that it is, so that nobody's clock is ahead of the stream", () => {
  const now = Date.UTC(2026, 10, 27, 19, 30);
  const { start: begun, daysBefore } = demoOptions({ now });
  expect(begun + daysBefore * dayMs).toBe(Date.UTC(2026, 10, 28));
});
