/**
 * How many people are behind an account, and which session is whose: the default method.
 *
 * A session says which device, where, when, and what was played (signs.ts). Facts come first (facts.ts). For each number of people the
 * best partition of the sessions is looked for under a mixture of Dirichlet-multinomials (partitions.ts, mixture.ts), and a conditional
 * logit fitted on simulated households turns their scores into probabilities (calibration.ts). The answer is the likeliest number.
 *
 * Works without what was played, without times, without places, and says what it lacked.
 */
import { assert } from "../../core/index.ts";
import type { AccountPeople } from "../accountPeople.ts";
import type { AccountSessions } from "../accountSessions.ts";
import type { Partition } from "./allocation.ts";
import { probabilitiesOf } from "./calibration.ts";
import { homesOf, usageOf } from "./homes.ts";
import { shortestInterval } from "./interval.ts";
import { partitionsOf } from "./partitions.ts";
import { numberPersons } from "./persons.ts";
import { signsOf } from "./signs.ts";
import { wordsOf } from "./words.ts";

const intervalMass = 0.9;

/**
 * O(people² · values) of an account; about a millisecond for 100 sessions with 450 actions.
 *
 * @param sessions at least one.
 */
export function countBest(sessions: AccountSessions): AccountPeople {
  assert(sessions.tokens.length > 0, "an account has sessions");
  const signs = signsOf(sessions);
  const partitions = partitionsOf(signs);
  const probabilities = probabilitiesOf(partitions, signs);
  const people = 1 + probabilities.indexOf(Math.max(...probabilities));
  const chosen = partitions.find((partition) => partition.people === people);
  const one = partitions[partitions.length - 1];
  assert(chosen !== undefined, "the likeliest number of people has a partition");
  const { persons, confidences } = numberPersons(signs, chosen.persons);
  const homes = homesOf(sessions, signs, persons);
  return {
    account: sessions.account,
    people,
    probabilities,
    ...shortestInterval(probabilities, intervalMass),
    usage: usageOf(homes),
    evidence: wordsOf({ sessions, signs, people, homes, persons, gains: gainsOf(chosen, one) }),
    persons,
    confidences,
  };
}

function gainsOf(chosen: Partition, one: Partition): Float64Array {
  return chosen.parts.map((part, sign) => part - one.parts[sign]);
}
