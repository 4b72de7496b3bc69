/** Whose sessions are, as the log says it. */
import { expect, test } from "vitest";
import type { Event } from "../event/index.ts";
import { Persons } from "./persons.ts";

function personsOf(events: readonly Partial<Event>[], accountsMax = 100): Persons {
  const persons = new Persons({ partitionCount: 1, accountsMax });
  for (const [offset, event] of events.entries()) {
    const whole = { type: "person_assigned", time: offset, account: "a", ...event };
    persons.apply({ partition: 0, offset, logTime: offset, event: whole });
  }
  return persons;
}

const said = (session: string, person: number): Partial<Event> => ({
  session,
  context: { person },
});

test("a session is the person's that was said last, and one that is new whoever was there last", () => {
  const persons = personsOf([said("s1", 1), said("s2", 2), said("s1", 3), said("s3", 0)]);
  expect(persons.of("a", "s1")).toBe(3);
  expect(persons.of("a", "s2")).toBe(2);
  expect(persons.of("a", "s3")).toBeUndefined(); // somebody new
  expect(persons.of("a", "s4")).toBe(3);
  expect(persons.of("a", undefined)).toBe(3);
  expect(persons.of("b", "s1")).toBeUndefined();
});

test("an account that is erased, or wants not to be counted, has none", () => {
  const [one, other] = [said("s1", 1), { type: "erase" }];
  expect(personsOf([one, other]).of("a", "s1")).toBeUndefined();
  for (const people of [0, "false"]) {
    const wish = { type: "account_set", context: { people } };
    expect(personsOf([one, wish]).of("a", "s1")).toBeUndefined();
  }
  const plan = { type: "account_set", context: { plan: "pro" } };
  expect(personsOf([one, plan]).of("a", "s1")).toBe(1);
});

test("the latest 32 sessions of an account are remembered, and as many accounts as may be", () => {
  const many = Array.from({ length: 40 }, (_, n) => said(`s${n}`, n + 1));
  const persons = personsOf(many);
  expect(persons.of("a", "s8")).toBe(9);
  expect(persons.of("a", "s7")).toBe(40); // forgotten: who was there last
  const accounts = ["a", "b", "c", "a", "d"].map((account) => ({ account, ...said("s", 1) }));
  const few = personsOf(accounts, 2);
  expect(["a", "b", "c", "d"].map((account) => few.of(account, "s"))).toEqual([
    1,
    undefined,
    undefined,
    1,
  ]);
});
