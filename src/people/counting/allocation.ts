import { Affinities } from "./affinities.ts";
import { lnGamma } from "./lnGamma.ts";
import { Mixture, type Person, strengths } from "./mixture.ts";
import { type Signs, signs } from "./signs.ts";

/** Rounds over all sessions in which they move; most accounts are still after two or three. */
const roundsMax = 5;
/** What two sessions in conflict cost in the same person, as ln of odds, times how far the conflict is believed. */
const conflictCost = 4;

export interface Partition {
  readonly people: number;
  /** Whose each session is, from 0. Shape (sessions,). */
  readonly persons: Int32Array;
  /** Scores by sign without strengths, summed over people. Shape (signs,). */
  readonly parts: Float64Array;
  /** ln of the prior of persons having so many sessions each. */
  readonly sizes: number;
  /** Conflicts within persons, weighted. */
  readonly conflicts: number;
  /** Sessions of the person with the fewest. */
  readonly fewest: number;
  /** Mean over sessions of the probability that it is somebody else's than the partition says. */
  readonly doubt: number;
  /** Share of sessions that are on a device of which most sessions are somebody else's. */
  readonly borrowed: number;
}

type Summary = Pick<Partition, "parts" | "sizes" | "conflicts" | "fewest">;

/** Whose each session is, while that is looked for, and everybody's count table. */
export class Allocation {
  readonly #signs: Signs;
  readonly #mixture: Mixture;
  /** Who each session is in conflict with: pairs of session and cost, one after the other. */
  readonly #conflictsOf: readonly number[][];
  readonly #personOf: Int32Array;
  readonly #people: Person[];
  /** Undefined once sessions or people have moved. */
  #summed: Summary | undefined;

  /** One person a device. @param from what is copied. */
  constructor(of: Signs, from?: Allocation) {
    this.#signs = of;
    this.#mixture = from === undefined ? new Mixture(of) : from.#mixture;
    this.#conflictsOf = from === undefined ? conflictsBySession(of) : from.#conflictsOf;
    this.#personOf = from === undefined ? unitsByDevice(of) : from.#personOf.slice();
    this.#people = from === undefined ? this.#makePeople() : from.#people.map(copyOf);
  }

  get people(): number {
    return this.#people.length;
  }

  copy(): Allocation {
    return new Allocation(this.#signs, this);
  }

  #makePeople(): Person[] {
    const people: Person[] = [];
    for (let session = 0; session < this.#personOf.length; session++) {
      const person = this.#personOf[session];
      if (person < 0) continue;
      while (people.length <= person) people.push(this.#mixture.makePerson());
      this.#mixture.add(people[person], session, 1);
    }
    return people;
  }

  /** Each session to whom it fits best, in canonical order, until none moves; who is left without any is gone. */
  settle(): void {
    this.#summed = undefined;
    const people = this.#people;
    const affinities = new Affinities(this.#signs, this.#mixture, people);
    const fits = new Float64Array(people.length);
    for (let round = 0; round < roundsMax; round++) {
      let moved = 0;
      for (let session = 0; session < this.#signs.count; session++) {
        const before = this.#personOf[session];
        affinities.write(fits, session, before);
        this.#subtractConflicts(fits, session);
        let best = 0;
        for (let person = 1; person < people.length; person++) {
          if (fits[person] > fits[best] + 1e-12) best = person;
        }
        if (best === before) continue;
        affinities.move(session, before, best);
        this.#personOf[session] = best;
        moved++;
      }
      if (moved === 0) break;
    }
    for (let person = people.length - 1; person >= 0; person--) {
      if (people[person].sessions === 0) this.#remove(person, -1);
    }
  }

  /**
   * The pair whose joining costs the least; the earlier one where several cost the same.
   *
   * @returns what it adds to the score, without the prior of sizes.
   */
  joinCheapest(): number {
    const people = this.#people;
    const terms = people.map(() => new Float64Array(this.#signs.valueCount));
    const scores = people.map((person, at) => this.#mixture.score(person, terms[at]));
    let bestGain = Number.NEGATIVE_INFINITY;
    let keep = 0;
    let gone = 1;
    for (let one = 0; one < people.length; one++) {
      for (let other = one + 1; other < people.length; other++) {
        const pair = [terms[one], terms[other]] as const;
        const joined = this.#mixture.joinedScore(people[one], people[other], pair);
        const gain = joined - scores[one] - scores[other];
        if (gain <= bestGain) continue;
        bestGain = gain;
        keep = one;
        gone = other;
      }
    }
    people[keep] = this.#mixture.join(people[keep], people[gone]);
    this.#remove(gone, keep);
    return bestGain;
  }

  /** The person whose sessions lose the least when each goes to whom it fits second best. */
  dissolveLoosest(): void {
    const people = this.#people;
    const affinities = new Affinities(this.#signs, this.#mixture, people);
    const fits = new Float64Array(people.length);
    const losses = new Float64Array(people.length);
    const second = new Int32Array(this.#signs.count);
    for (let session = 0; session < this.#signs.count; session++) {
      const own = this.#personOf[session];
      affinities.write(fits, session, own);
      this.#subtractConflicts(fits, session);
      let best = own === 0 ? 1 : 0;
      for (let person = best + 1; person < people.length; person++) {
        if (person !== own && fits[person] > fits[best] + 1e-12) best = person;
      }
      second[session] = best;
      losses[own] += fits[own] - fits[best];
    }
    let loosest = 0;
    for (let person = 1; person < people.length; person++) {
      if (losses[person] < losses[loosest]) loosest = person;
    }
    for (let session = 0; session < this.#signs.count; session++) {
      if (this.#personOf[session] !== loosest) continue;
      this.#mixture.add(people[loosest], session, -1);
      this.#mixture.add(people[second[session]], session, 1);
      this.#personOf[session] = second[session];
    }
    this.#remove(loosest, -1);
  }

  /** What is compared between partitions into as many people. */
  score(): number {
    const { parts, sizes, conflicts } = this.#summary();
    let score = sizes - conflictCost * conflicts;
    for (let sign = 0; sign < signs.length; sign++) score += strengths[sign] * parts[sign];
    return score;
  }

  #doubt(): number {
    const people = this.#people;
    if (people.length === 1) return 0;
    const affinities = new Affinities(this.#signs, this.#mixture, people);
    const fits = new Float64Array(people.length);
    let doubt = 0;
    for (let session = 0; session < this.#signs.count; session++) {
      const own = this.#personOf[session];
      affinities.write(fits, session, own);
      let odds = 0;
      for (let person = 0; person < people.length; person++) {
        if (person !== own) odds += Math.exp(Math.min(fits[person] - fits[own], 700));
      }
      doubt += odds / (1 + odds);
    }
    return doubt / this.#signs.count;
  }

  #borrowed(): number {
    const { count, devices } = this.#signs;
    const width = this.#people.length;
    const largest = devices.reduce((most, device) => Math.max(most, device), 0);
    const uses = new Int32Array((largest + 1) * width);
    for (let session = 0; session < count; session++) {
      uses[devices[session] * width + this.#personOf[session]]++;
    }
    let borrowed = 0;
    for (let device = 1; device <= largest; device++) {
      const row = uses.subarray(device * width, (device + 1) * width);
      borrowed +=
        row.reduce((sum, use) => sum + use, 0) - row.reduce((most, use) => Math.max(most, use), 0);
    }
    return borrowed / count;
  }

  #subtractConflicts(fits: Float64Array, session: number): void {
    const conflicts = this.#conflictsOf[session];
    for (let at = 0; at < conflicts.length; at += 2) {
      const other = this.#personOf[conflicts[at]];
      if (other >= 0) fits[other] -= conflicts[at + 1];
    }
  }

  /** Takes a person out; whose sessions are then `heir`'s. */
  #remove(person: number, heir: number): void {
    this.#summed = undefined;
    this.#people.splice(person, 1);
    for (let session = 0; session < this.#personOf.length; session++) {
      const of = this.#personOf[session];
      if (of === person) this.#personOf[session] = heir;
      else if (of > person) this.#personOf[session] = of - 1;
    }
  }

  partition(): Partition {
    return {
      people: this.#people.length,
      persons: this.#personOf.slice(),
      ...this.#summary(),
      doubt: this.#doubt(),
      borrowed: this.#borrowed(),
    };
  }

  #summary(): Summary {
    this.#summed ??= this.#sum();
    return this.#summed;
  }

  #sum(): Summary {
    const parts = new Float64Array(signs.length);
    const count = this.#people.length;
    let sizes = lnGamma(count) - lnGamma(this.#signs.count + count);
    let fewest = Number.POSITIVE_INFINITY;
    for (const person of this.#people) {
      this.#mixture.addParts(person, parts);
      sizes += lnGamma(person.sessions + 1);
      fewest = Math.min(fewest, person.sessions);
    }
    const { facts } = this.#signs;
    let conflicts = 0;
    for (const { first, second, weight } of facts.conflicts) {
      if (this.#personOf[first] === this.#personOf[second]) conflicts += weight * facts.trust;
    }
    return { parts, sizes, conflicts, fewest };
  }
}

function copyOf({ sessions, counts, sums }: Person): Person {
  return { sessions, counts: counts.slice(), sums: sums.slice() };
}

/** One unit a device, in the order of its code; sessions without a device have none yet, -1; all are one where none has a device. */
function unitsByDevice({ devices, count }: Signs): Int32Array {
  const units = new Int32Array(count).fill(-1);
  const unitOf = new Map<number, number>();
  for (const device of [...new Set(devices)].sort((a, b) => a - b)) {
    if (device !== 0) unitOf.set(device, unitOf.size);
  }
  for (let session = 0; session < count; session++) {
    units[session] = unitOf.get(devices[session]) ?? (unitOf.size === 0 ? 0 : -1);
  }
  return units;
}

function conflictsBySession({ facts, count }: Signs): readonly number[][] {
  const conflictsOf: number[][] = Array.from({ length: count }, () => []);
  for (const { first, second, weight } of facts.conflicts) {
    const cost = conflictCost * weight * facts.trust;
    conflictsOf[first].push(second, cost);
    conflictsOf[second].push(first, cost);
  }
  return conflictsOf;
}
