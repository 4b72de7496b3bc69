import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sessionsOf, type ToldSession } from "../../testing/peopleSessions.ts";
import { Affinities } from "./affinities.ts";
import { Mixture, type Person, strengths } from "./mixture.ts";
import { priorSums, signs, signsOf } from "./signs.ts";

/** Some sessions of few values, so that most come again. */
const told: fc.Arbitrary<ToldSession[]> = fc.array(
  fc.record({
    device: fc.constantFrom("phone", "tv", "laptop"),
    zip: fc.constantFrom("10001", "10002"),
    hour: fc.integer({ min: -1, max: 167 }),
    plays: fc.array(
      fc.record({ genre: fc.constantFrom("rock", "jazz"), artist: fc.constantFrom("x", "y", "z") }),
      {
        maxLength: 4,
      },
    ),
  }),
  { minLength: 2, maxLength: 24 },
);

describe("a person's score", () => {
  test("is the chance of its sessions one after the other, by Pólya's urn", () => {
    // One sign with whole weights: the devices, of which each is in at least two sessions.
    const devices = ["a", "b", "a", "a", "b", "c", "c"];
    const of = signsOf(sessionsOf(devices.map((device) => ({ device }))));
    const mixture = new Mixture(of);
    const person = mixture.makePerson();
    let expected = 0;
    const counts = new Map<string, number>();
    for (const [session, device] of devices.entries()) {
      const before = counts.get(device) ?? 0;
      // A fifth evenly over three devices, the rest as they come in the account.
      const share = 0.8 * (devices.filter((other) => other === device).length / 7) + 0.2 / 3;
      expected += Math.log((priorSums[0] * share + before) / (priorSums[0] + session));
      counts.set(device, before + 1);
      mixture.add(person, session, 1);
    }
    const parts = new Float64Array(signs.length);
    mixture.addParts(person, parts);
    expect(parts[0]).toBeCloseTo(expected, 9);
    expect([...parts.slice(1)]).toEqual(new Array(signs.length - 1).fill(0));
  });

  test("is its parts times their strengths, and joined it is that of the two joined", () => {
    fc.assert(
      fc.property(told, fc.infiniteStream(fc.boolean()), (sessions, choices) => {
        const of = signsOf(sessionsOf(sessions));
        const mixture = new Mixture(of);
        const two = [mixture.makePerson(), mixture.makePerson()] as const;
        for (let session = 0; session < of.count; session++) {
          mixture.add(two[choices.next().value ? 1 : 0], session, 1);
        }
        const terms = [new Float64Array(of.valueCount), new Float64Array(of.valueCount)] as const;
        const scores = two.map((person, at) => mixture.score(person, terms[at]));
        for (const [at, person] of two.entries()) {
          expect(scores[at]).toBeCloseTo(scoreByParts(mixture, person), 8);
        }
        const joined = mixture.joinedScore(two[0], two[1], terms);
        expect(joined).toBeCloseTo(scoreByParts(mixture, mixture.join(two[0], two[1])), 8);
      }),
    );
  });
});

test("affinities from the table are those of the plain formula, also after moves", () => {
  fc.assert(
    fc.property(told, fc.infiniteStream(fc.integer({ min: 0, max: 2 })), (sessions, choices) => {
      const of = signsOf(sessionsOf(sessions));
      const mixture = new Mixture(of);
      const people = [0, 1, 2].map(() => mixture.makePerson());
      const owner = Array.from({ length: of.count }, () => -1);
      const affinities = new Affinities(of, mixture, people);
      const fits = new Float64Array(3);
      for (let step = 0; step < 3 * of.count; step++) {
        const session = step % of.count;
        const before = owner[session];
        affinities.write(fits, session, before);
        if (before >= 0) mixture.add(people[before], session, -1);
        const plain = people.map((person) => mixture.affinity(person, session));
        if (before >= 0) mixture.add(people[before], session, 1);
        for (const [person, fit] of fits.entries()) expect(fit).toBeCloseTo(plain[person], 8);
        const to = choices.next().value;
        if (to !== before) affinities.move(session, before, to);
        owner[session] = to;
      }
    }),
    { numRuns: 40 },
  );
});

function scoreByParts(mixture: Mixture, person: Person): number {
  const parts = new Float64Array(signs.length);
  mixture.addParts(person, parts);
  let sum = 0; // ln n! of the sessions
  for (let n = 2; n <= person.sessions; n++) sum += Math.log(n);
  return parts.reduce((total, part, sign) => total + strengths[sign] * part, sum);
}
