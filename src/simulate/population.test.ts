import { describe, expect, test } from "vitest";
import { Draws } from "./draws.ts";
import { type Person, Population } from "./population.ts";
import { dot } from "./tastes.ts";

const count = 8000;
const population = new Population(count, 0, new Draws(1, 1));
const accounts = [...population.accounts()];

/** Of so many, a share: whether it is within four standard errors of the stated one. */
function expectShare(found: number, of: number, share: number): void {
  expect(Math.abs(found / of - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / of));
}

function peopleOf(account: number): Person[] {
  const { account: name, people } = accounts[account];
  return Array.from({ length: people }, (_, i) => population.find(name, i + 1) as Person);
}

describe("households", () => {
  test("have the stated shares of several homes, of being held out, of laptops and second places", () => {
    const several = accounts.filter(({ people }) => people > 1);
    expectShare(several.filter(({ kind }) => kind === "homes").length, several.length, 0.15);
    expectShare(accounts.filter(({ isHeldOut }) => isHeldOut).length, count, 0.1);
    const { people } = population;
    expectShare(people.filter(({ laptop }) => laptop > 0).length, people.length, 0.4);
    const outgoing = people.filter(({ routine }) => routine.goesOut);
    const withSecond = people.filter(({ second }) => second !== undefined);
    expectShare(withSecond.length, outgoing.length, 0.75);
    expect(withSecond.every(({ routine }) => routine.goesOut)).toBe(true);
  });

  test("live in one home, unless they are told to have several", () => {
    for (const [index, { kind }] of accounts.entries()) {
      const homes = new Set(peopleOf(index).map(({ home }) => home));
      expect(homes.size).toBe(kind === "homes" ? 2 : 1);
    }
  });

  test("have devices of their own numbers, as many as they are told to", () => {
    for (const [index, { devices }] of accounts.entries()) {
      const own = peopleOf(index).flatMap(({ phone, laptop }) =>
        laptop > 0 ? [phone, laptop] : [phone],
      );
      const all = population.hasTv(index) ? [1, ...own] : own;
      expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: devices }, (_, i) => i + 1));
    }
  });

  test("have tastes more alike than strangers", () => {
    let [together, apart, pairs] = [0, 0, 0];
    for (let index = 0; index + 1 < count; index++) {
      if (accounts[index].kind !== "family") continue;
      const [first, second] = peopleOf(index);
      together += dot(first.taste, second.taste);
      apart += dot(first.taste, peopleOf(index + 1)[0].taste);
      pairs++;
    }
    expect(together / pairs).toBeGreaterThan(apart / pairs + 0.1);
  });
});

test("people go to a second place in their own region, other than home", () => {
  for (const { home, region, second } of population.people) {
    expect(region.places).toContain(home);
    if (second === undefined) continue;
    expect(region.places).toContain(second);
    expect(second).not.toBe(home);
  }
});

test("sessions a day have the stated mean and limit", () => {
  const rates = population.people.map(({ sessionsPerDay }) => sessionsPerDay);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  expect(mean).toBeGreaterThan(0.68);
  expect(mean).toBeLessThan(0.72);
  expect(Math.max(...rates)).toBeLessThanOrEqual(6);
});

test("there is nobody beyond an account's people", () => {
  expect(population.find("a1", accounts[0].people + 1)).toBeUndefined();
  expect(population.find(`a${count + 1}`, 1)).toBeUndefined();
  expect(population.find("b", 1)).toBeUndefined();
  expect(population.find("a2", 0)).toBeUndefined();
});
