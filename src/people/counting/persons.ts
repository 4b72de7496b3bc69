/** Numbers persons by their earliest session, and says how sure each session's is. */
import { Affinities } from "./affinities.ts";
import { Mixture, type Person } from "./mixture.ts";
import type { Signs } from "./signs.ts";
import { softmax } from "./softmax.ts";

export interface Numbered {
  /** From 1, in the order of the first session. Shape (sessions,). */
  readonly persons: Uint16Array;
  /** In (0, 1]. Shape (sessions,). */
  readonly confidences: Float32Array;
}

/** @param partition whose each session is, any numbers from 0. Shape (sessions,). */
export function numberPersons(of: Signs, partition: Int32Array): Numbered {
  const numberOf = new Map<number, number>();
  for (const person of partition) {
    if (!numberOf.has(person)) numberOf.set(person, numberOf.size + 1);
  }
  const persons = Uint16Array.from(partition, (person) => numberOf.get(person) ?? 0);
  return { persons, confidences: confidencesOf(of, persons, numberOf.size) };
}

/** How well a session fits its person among all, judged by their other sessions. */
function confidencesOf(of: Signs, persons: Uint16Array, count: number): Float32Array {
  const confidences = new Float32Array(of.count).fill(1);
  if (count === 1) return confidences;
  const mixture = new Mixture(of);
  const people = personsOf(mixture, persons, count);
  const affinities = new Affinities(of, mixture, people);
  const fits = new Float64Array(count);
  for (let session = 0; session < of.count; session++) {
    const own = persons[session] - 1;
    affinities.write(fits, session, own);
    const shares = softmax(fits);
    // A conflict may have put it where it does not fit; it is there all the same, with the least that is told.
    confidences[session] = Math.max(shares[own], 1e-4);
  }
  return confidences;
}

/** The count tables of persons numbered from 1; sessions of 0 are nobody's yet. */
export function personsOf(mixture: Mixture, persons: Uint16Array, count: number): Person[] {
  const people = Array.from({ length: count }, () => mixture.makePerson());
  for (let session = 0; session < persons.length; session++) {
    if (persons[session] > 0) mixture.add(people[persons[session] - 1], session, 1);
  }
  return people;
}
