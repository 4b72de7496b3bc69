/**
 * Whose a new session is: the person whose other sessions it is likeliest to belong to, or nobody's known.
 *
 * Affinities of the mixture (mixture.ts) as probabilities. Someone new has what nobody has: a session is *beyond the cut* where neither
 * its device nor its place was ever this person's, or anybody's of the account, so far.
 */
import { assert } from "../../core/index.ts";
import type { AccountSessions } from "../accountSessions.ts";
import { Mixture } from "./mixture.ts";
import { personsOf } from "./persons.ts";
import { signsOf } from "./signs.ts";
import { softmax } from "./softmax.ts";

export interface Assigned {
  /** From 1: whom it fits best. */
  readonly person: number;
  /** In (0, 1]. */
  readonly confidence: number;
  /** Someone new, or somebody travelling on a new device. */
  readonly isBeyond: boolean;
}

/**
 * Assigns the sessions that have no person yet, each by those that had one before; none teaches another.
 *
 * @param sessions all of the account's, old and new.
 * @param persons whose each is, from 1; 0: to be assigned. Shape (sessions,). At least one is known.
 * @returns by session; undefined where a person was known.
 */
export function assignSessions(
  sessions: AccountSessions,
  persons: Uint16Array,
): (Assigned | undefined)[] {
  assert(persons.length === sessions.tokens.length, "every session has a person or 0");
  const people = persons.reduce((most, person) => Math.max(most, person), 0);
  assert(people > 0, "at least one session has a person");
  const signs = signsOf(sessions);
  const mixture = new Mixture(signs);
  const tables = personsOf(mixture, persons, people);
  const known = { devices: new Set<number>(), places: new Set<number>() };
  for (let session = 0; session < persons.length; session++) {
    if (persons[session] === 0) continue;
    known.devices.add(signs.devices[session]);
    known.places.add(signs.places[session]);
  }
  return Array.from(persons, (person, session) => {
    if (person !== 0) return undefined;
    const shares = softmax(tables.map((table) => mixture.affinity(table, session)));
    const confidence = Math.max(...shares);
    const isBeyond =
      !known.devices.has(signs.devices[session]) && !known.places.has(signs.places[session]);
    return { person: 1 + shares.indexOf(confidence), confidence, isBeyond };
  });
}
