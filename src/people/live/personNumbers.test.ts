/** Persons keep their numbers from count to count. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { matchPersons, renumbered } from "./personNumbers.ts";

test("who has most of the sessions of a person before has its number; who has none is new", () => {
  expect(matchPersons([0, 0, 0], [1, 2, 1], 1)).toEqual({ numbers: [1, 2], next: 3 });
  expect(matchPersons([2, 2, 1, 1], [1, 1, 2, 2], 3)).toEqual({ numbers: [2, 1], next: 3 });
  // Split: the larger half keeps the number. Joined: the larger part gives it.
  expect(matchPersons([1, 1, 1, 1], [1, 2, 2, 2], 2)).toEqual({ numbers: [2, 1], next: 3 });
  expect(matchPersons([1, 2, 2], [1, 1, 1], 3)).toEqual({ numbers: [2], next: 3 });
  // A number that was given is not given again.
  expect(matchPersons([3, 0], [1, 2], 9)).toEqual({ numbers: [3, 9], next: 10 });
});

test("numbers are of one person each, and a partition that did not change keeps its own", () => {
  const persons = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(persons, persons, (raw, other) => {
      const before = raw.map((person) => person * 3);
      const after = densely(raw.map((_, at) => other[at % other.length]));
      const { numbers, next } = matchPersons(before, after, 100);
      expect(new Set(numbers).size).toBe(numbers.length);
      expect(
        numbers.every((number) => before.includes(number) || (number >= 100 && number < next)),
      ).toBe(true);
      const same = densely(raw);
      const kept = matchPersons(before, same, 100);
      expect(same.map((person) => kept.numbers[person - 1])).toEqual(before);
    }),
  );
});

test("evidence names persons by the numbers that they have", () => {
  const evidence = "2 homes; person 1 plays rock 80 % of the time; person 2 plays person 1 songs";
  expect(renumbered(evidence, [4, 7])).toBe(
    "2 homes; person 4 plays rock 80 % of the time; person 7 plays person 1 songs",
  );
});

/** The same partition with its parts numbered from 1. */
function densely(persons: readonly number[]): number[] {
  const numbers = [...new Set(persons)];
  return persons.map((person) => 1 + numbers.indexOf(person));
}
