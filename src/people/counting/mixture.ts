/**
 * Persons as count tables: a mixture of Dirichlet-multinomials, one for each sign, with everything but the assignment summed out.
 *
 * Of a person with n sessions and counts c_v of the values v of sign j, which sum to N_j, with prior a_v that sums to A_j, and
 * strength t_j of the sign (how far it is believed, as signs are not independent of each other):
 *
 *     score = Σ_j t_j [ ln Γ(A_j) − ln Γ(A_j + N_j) + Σ_{v of j} ln Γ(a_v + c_v) − ln Γ(a_v) ]
 *
 * and a session x is that person's with weight n + 1 times Π_j Π_v ((a_v + c_v) / (A_j + N_j))^(t_j x_v). Values that one session
 * alone has are left out of the sums over v: they add the same whoever the session is.
 *
 * Source: Heller and Ghahramani, "Bayesian Hierarchical Clustering", ICML 2005, for merging by such scores; Neal, "Markov Chain
 * Sampling Methods for Dirichlet Process Mixture Models", 2000, algorithm 3, for the weight.
 */
import { assert } from "../../core/index.ts";
import { lnGamma } from "./lnGamma.ts";
import { priorSums, type Signs, signs } from "./signs.ts";

/** How far each sign is believed while persons are looked for; the final probability has strengths of its own (calibration.ts). */
export const strengths: readonly number[] = [1, 0.5, 0.3, 0.3, 0.5, 0.3, 0.1];

/** Less is what taking back leaves of rounding. */
const countMin = 1e-9;

export interface Person {
  sessions: number;
  /** Shape (valueCount,). */
  readonly counts: Float64Array;
  /** Shape (signs,). */
  readonly sums: Float64Array;
}

export class Mixture {
  readonly #signs: Signs;
  /** ln Γ of each prior, shape (valueCount,); undefined until a score wants it: who assigns alone does not pay for it. */
  #lnPriorsKnown: Float64Array | undefined;
  /** The same of each sign's sum. */
  readonly #lnPriorSums: Float64Array;

  constructor(of: Signs) {
    this.#signs = of;
    this.#lnPriorSums = Float64Array.from(priorSums, lnGamma);
  }

  get #lnPriors(): Float64Array {
    this.#lnPriorsKnown ??= this.#signs.priors.map(lnGamma);
    return this.#lnPriorsKnown;
  }

  makePerson(): Person {
    return {
      sessions: 0,
      counts: new Float64Array(this.#signs.valueCount),
      sums: new Float64Array(signs.length),
    };
  }

  /** @param times 1 adds the session, -1 takes it back. */
  add(person: Person, session: number, times: 1 | -1): void {
    const { starts, values, valueWeights, weights } = this.#signs;
    person.sessions += times;
    assert(person.sessions >= 0, "a person has no fewer than 0 sessions");
    for (let at = starts[session]; at < starts[session + 1]; at++) {
      person.counts[values[at]] += times * valueWeights[at];
    }
    for (let sign = 0; sign < signs.length; sign++) {
      person.sums[sign] += times * weights[session * signs.length + sign];
    }
  }

  join(one: Person, other: Person): Person {
    return {
      sessions: one.sessions + other.sessions,
      counts: one.counts.map((count, value) => count + other.counts[value]),
      sums: one.sums.map((sum, sign) => sum + other.sums[sign]),
    };
  }

  /** ln of the weight with which the session is the person's, who does not have it yet. O(values of the session). */
  affinity(person: Person, session: number): number {
    const { starts, values, valueWeights, weights, priors, signOfValue } = this.#signs;
    let result = Math.log(person.sessions + 1);
    for (let at = starts[session]; at < starts[session + 1]; at++) {
      const value = values[at];
      const strength = strengths[signOfValue[value]] * valueWeights[at];
      result += strength * Math.log(priors[value] + Math.max(0, person.counts[value]));
    }
    for (let sign = 0; sign < signs.length; sign++) {
      const weight = weights[session * signs.length + sign];
      if (weight > 0) {
        result -=
          strengths[sign] * weight * Math.log(priorSums[sign] + Math.max(0, person.sums[sign]));
      }
    }
    return result;
  }

  /** The score, by sign and without strengths, added to `parts` of shape (signs,). */
  addParts(person: Person, parts: Float64Array): void {
    const { priors, signOfValue, valueCount } = this.#signs;
    const lnPriors = this.#lnPriors;
    for (let sign = 0; sign < signs.length; sign++) {
      const sum = priorSums[sign];
      parts[sign] += this.#lnPriorSums[sign] - lnGamma(sum + Math.max(0, person.sums[sign]));
    }
    for (let value = 0; value < valueCount; value++) {
      const count = person.counts[value];
      if (count < countMin) continue;
      parts[signOfValue[value]] += lnGamma(priors[value] + count) - lnPriors[value];
    }
  }

  /** The score, and ln of the prior weight of so many sessions; `terms` of shape (valueCount,) gets what each value adds to it. */
  score(person: Person, terms: Float64Array): number {
    const { priors, signOfValue, valueCount } = this.#signs;
    const lnPriors = this.#lnPriors;
    let result = this.#sumTerms(person.sessions, person.sums, undefined);
    for (let value = 0; value < valueCount; value++) {
      const count = person.counts[value];
      terms[value] =
        count < countMin
          ? 0
          : strengths[signOfValue[value]] * (lnGamma(priors[value] + count) - lnPriors[value]);
      result += terms[value];
    }
    return result;
  }

  /**
   * The score of two people as one: their terms, but for values that both have.
   *
   * @param terms what `score` wrote for each.
   */
  joinedScore(one: Person, other: Person, terms: readonly [Float64Array, Float64Array]): number {
    const { priors, signOfValue, valueCount } = this.#signs;
    const lnPriors = this.#lnPriors;
    let result = this.#sumTerms(one.sessions + other.sessions, one.sums, other.sums);
    for (let value = 0; value < valueCount; value++) {
      if (one.counts[value] < countMin || other.counts[value] < countMin) {
        result += terms[0][value] + terms[1][value];
        continue;
      }
      const count = one.counts[value] + other.counts[value];
      const gamma = lnGamma(priors[value] + count) - lnPriors[value];
      result += strengths[signOfValue[value]] * gamma;
    }
    return result;
  }

  #sumTerms(sessions: number, sums: Float64Array, more: Float64Array | undefined): number {
    let result = lnGamma(sessions + 1);
    for (let sign = 0; sign < signs.length; sign++) {
      const sum = Math.max(0, sums[sign] + (more === undefined ? 0 : more[sign]));
      result += strengths[sign] * (this.#lnPriorSums[sign] - lnGamma(priorSums[sign] + sum));
    }
    return result;
  }
}
