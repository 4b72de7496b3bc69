import fc from "fast-check";
import { expect, test } from "vitest";
import { sessionsOf, type ToldSession } from "../../testing/peopleSessions.ts";
import { assignSimple, countSimple } from "./simple.ts";

const parts = ["morning", "noon", "evening"];
const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** Of somebody with one device at one home. */
function sessionsAt(home: string, device: string, count: number): ToldSession[] {
  return Array.from({ length: count }, (_, at) => ({
    device,
    city: home,
    state: home.slice(0, 1),
    zip: `${home}-1`,
    day: days[at % days.length],
    part: parts[at % parts.length],
  }));
}

test("one person with one device at one home is one, for sure", () => {
  const answer = countSimple(sessionsOf(sessionsAt("aa", "phone", 20)));
  expect(answer).toMatchObject({ people: 1, low: 1, high: 1, usage: "single" });
  expect(answer.probabilities[0]).toBeGreaterThan(0.95);
});

test("people in separate homes are as many as homes, numbered by their first session", () => {
  const told = [
    ...sessionsAt("bb", "tablet", 15),
    ...sessionsAt("aa", "phone", 20),
    ...sessionsAt("cc", "tv", 12),
  ];
  const { people, persons, confidences, usage } = countSimple(sessionsOf(told));
  expect(people).toBe(3);
  expect([...persons]).toEqual([
    ...new Array<number>(15).fill(1),
    ...new Array<number>(20).fill(2),
    ...new Array<number>(12).fill(3),
  ]);
  expect(Math.min(...confidences)).toBeGreaterThan(0.7);
  expect(usage).not.toBe("single");
});

test("a trip with another device is nobody's own: its sessions go to the nearest person", () => {
  const told = [
    ...sessionsAt("aa", "phone", 20),
    ...sessionsAt("zz", "rented", 2),
    ...sessionsAt("bb", "tablet", 20),
  ];
  const { people, persons, evidence } = countSimple(sessionsOf(told));
  expect(people).toBe(2);
  expect(new Set(persons).size).toBe(2);
  expect(evidence).toContain("2 in clusters too small for a person");
});

test("says nothing of two people where there are too few sessions for it", () => {
  const told = [...sessionsAt("aa", "phone", 1), ...sessionsAt("bb", "tablet", 1)];
  expect(countSimple(sessionsOf(told)).people).toBe(1);
  expect(countSimple(sessionsOf([{}])).people).toBe(1);
});

test("keeps what an answer promises, whatever the sessions", () => {
  const value = (prefix: string): fc.Arbitrary<string | undefined> =>
    fc.option(
      fc.integer({ min: 0, max: 3 }).map((at) => `${prefix}${at}`),
      { nil: undefined },
    );
  const told = fc
    .record({ device: value("d"), city: value("c"), zip: value("z"), part: value("p") })
    .map((session) => Object.fromEntries(Object.entries(session).filter(([, one]) => one)));
  fc.assert(
    fc.property(fc.array(told, { minLength: 1, maxLength: 60 }), (list) => {
      const sessions = sessionsOf(list);
      const answer = countSimple(sessions);
      const { people, probabilities, low, high, persons, confidences } = answer;
      expect(probabilities.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 9);
      expect(probabilities[people - 1]).toBe(Math.max(...probabilities));
      expect(low).toBeLessThanOrEqual(people);
      expect(high).toBeGreaterThanOrEqual(people);
      expect(Math.max(...persons)).toBe(people);
      expect(new Set(persons).size).toBe(people);
      expect(persons[0]).toBe(1);
      expect(confidences.every((one) => one > 0 && one <= 1)).toBe(true);
      expect(countSimple(sessions)).toEqual(answer);
    }),
  );
});

test("assigns a new session to who is nearest on average, and says when nobody is near", () => {
  const known = [...sessionsAt("aa", "phone", 20), ...sessionsAt("bb", "tablet", 15)];
  const fresh = [
    ...sessionsAt("bb", "tablet", 1),
    ...sessionsAt("aa", "tv", 1),
    ...sessionsAt("zz", "rented", 1),
  ];
  const persons = Uint16Array.from([
    ...new Array<number>(20).fill(1),
    ...new Array<number>(15).fill(2),
    ...new Array<number>(3).fill(0),
  ]);
  const assigned = assignSimple(sessionsOf([...known, ...fresh]), persons);
  expect(assigned.slice(0, 35).every((one) => one === undefined)).toBe(true);
  expect(assigned.slice(35)).toMatchObject([
    { person: 2, isBeyond: false },
    { person: 1, isBeyond: false },
    { isBeyond: true },
  ]);
});
