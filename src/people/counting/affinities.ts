/**
 * How well each session fits each person, kept as sessions move: what `Mixture.affinity` says, from a table of logarithms.
 *
 * A table of strength × ln(prior + count) by value and person, in which a session looks up its values; only its own person's entries are
 * computed anew, as that person is judged without the session. Moving a session renews the entries of its values for two people.
 */
import { type Mixture, type Person, strengths } from "./mixture.ts";
import { priorSums, type Signs, signs } from "./signs.ts";

export class Affinities {
  readonly #of: Signs;
  readonly #mixture: Mixture;
  readonly #people: readonly Person[];
  /** Shape (valueCount, people). */
  readonly #logCounts: Float64Array;
  /** Shape (signs, people). */
  readonly #logSums: Float64Array;
  /** Shape (people,). */
  readonly #logSizes: Float64Array;

  /** @param people whose tables this changes from here on. */
  constructor(of: Signs, mixture: Mixture, people: readonly Person[]) {
    this.#of = of;
    this.#mixture = mixture;
    this.#people = people;
    this.#logCounts = new Float64Array(of.valueCount * people.length);
    this.#logSums = new Float64Array(signs.length * people.length);
    this.#logSizes = new Float64Array(people.length);
    for (let person = 0; person < people.length; person++) {
      for (let value = 0; value < of.valueCount; value++) this.#renewCount(value, person);
      this.#renewSums(person);
    }
  }

  /**
   * Writes ln of the weight of each person for the session into `out`, of shape (people,).
   *
   * @param own whose the session is, without which that person is judged; -1: nobody's.
   */
  write(out: Float64Array, session: number, own: number): void {
    const { starts, values, valueWeights, weights, priors, signOfValue } = this.#of;
    const width = this.#people.length;
    out.set(this.#logSizes);
    const person = own < 0 ? undefined : this.#people[own];
    let ownSum = person === undefined ? 0 : Math.log(person.sessions);
    for (let at = starts[session]; at < starts[session + 1]; at++) {
      const value = values[at];
      const weight = valueWeights[at];
      const row = value * width;
      for (let other = 0; other < width; other++)
        out[other] += weight * this.#logCounts[row + other];
      if (person !== undefined) {
        const rest = Math.max(0, person.counts[value] - weight);
        ownSum += weight * strengths[signOfValue[value]] * Math.log(priors[value] + rest);
      }
    }
    for (let sign = 0; sign < signs.length; sign++) {
      const weight = weights[session * signs.length + sign];
      if (weight === 0) continue;
      const row = sign * width;
      for (let other = 0; other < width; other++) out[other] -= weight * this.#logSums[row + other];
      if (person !== undefined) {
        const rest = Math.max(0, person.sums[sign] - weight);
        ownSum -= weight * strengths[sign] * Math.log(priorSums[sign] + rest);
      }
    }
    if (person !== undefined) out[own] = ownSum;
  }

  /** @param from -1: nobody's so far. */
  move(session: number, from: number, to: number): void {
    if (from >= 0) this.#mixture.add(this.#people[from], session, -1);
    this.#mixture.add(this.#people[to], session, 1);
    const { starts, values } = this.#of;
    for (let at = starts[session]; at < starts[session + 1]; at++) {
      if (from >= 0) this.#renewCount(values[at], from);
      this.#renewCount(values[at], to);
    }
    if (from >= 0) this.#renewSums(from);
    this.#renewSums(to);
  }

  #renewCount(value: number, person: number): void {
    const { priors, signOfValue } = this.#of;
    const count = Math.max(0, this.#people[person].counts[value]);
    this.#logCounts[value * this.#people.length + person] =
      strengths[signOfValue[value]] * Math.log(priors[value] + count);
  }

  #renewSums(person: number): void {
    const { sessions, sums } = this.#people[person];
    for (let sign = 0; sign < signs.length; sign++) {
      this.#logSums[sign * this.#people.length + person] =
        strengths[sign] * Math.log(priorSums[sign] + Math.max(0, sums[sign]));
    }
    this.#logSizes[person] = Math.log(sessions + 1);
  }
}
