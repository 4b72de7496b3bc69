/** What a method says of one account, against the truth. */
import { assert } from "../../core/index.ts";
import type { AccountPeople, AccountSessions, CountPeople } from "../../people/index.ts";
import { adjustedRandIndex, bestMatching, contingency, pairwiseF1 } from "./agreement.ts";
import { encodeAccount, type KnownAccount } from "./knownAccount.ts";

/** Whose a session is that was not counted. */
export interface SessionAssignment {
  /** The nearest, from 1. */
  readonly person: number;
  /** Somebody new, or travelling on a new device. */
  readonly isBeyond: boolean;
}

/**
 * Gives the sessions whose person is 0 to persons of the others. None teaches another.
 *
 * @param sessions of the account, old and new.
 * @param persons of these, from 1; 0: to be assigned. Shape (sessions,).
 * @returns by session; undefined where a person was known.
 */
export type AssignSessions = (
  sessions: AccountSessions,
  persons: Uint16Array,
) => readonly (SessionAssignment | undefined)[];

export interface AccountScore {
  readonly people: number;
  readonly found: number;
  /** Of exactly that many, as the method says. */
  readonly probability: number;
  /** Whether the true count is within the method's interval. */
  readonly isCovered: boolean;
  readonly isUsageRight: boolean;
  readonly randIndex: number;
  readonly pairF1: number;
  /** Later sessions that were assigned, and rightly; both 0 where none were. */
  readonly assigned: number;
  readonly assignedRight: number;
}

/** What comes before is counted, what comes after is assigned. */
const countedShare = 0.8;

/**
 * Counts the people over all sessions; and, where there is a way to assign sessions, over the first 80 % of
 * them by time, whose answer the later ones are assigned by. Persons found are matched with true ones, one to one, so
 * that the sessions of the first 80 % agree best. A later session is right if its person is the match of the true
 * one, or if it is told to be beyond all and its true person was not there before.
 */
export function scorePeople(
  account: KnownAccount,
  count: CountPeople,
  assign?: AssignSessions,
): AccountScore {
  const answer = count(encodeAccount(account));
  const truth = account.sessions.map(({ person }) => person);
  checkAnswer(answer, truth.length);
  const table = contingency(answer.persons, truth);
  const { high, low, people: found, probabilities } = answer;
  return {
    people: account.people,
    found,
    probability: probabilities[found - 1],
    isCovered: low <= account.people && account.people <= high,
    isUsageRight: answer.usage === account.usage,
    randIndex: adjustedRandIndex(table),
    pairF1: pairwiseF1(table),
    ...(assign === undefined
      ? { assigned: 0, assignedRight: 0 }
      : assignLater(account, count, assign)),
  };
}

function assignLater(
  account: KnownAccount,
  count: CountPeople,
  assign: AssignSessions,
): Pick<AccountScore, "assigned" | "assignedRight"> {
  const { sessions } = account;
  const at = countedOf(sessions.length);
  const truth = sessions.map(({ person }) => person);
  const answer = count(
    encodeAccount({ account: account.account, sessions: sessions.slice(0, at) }),
  );
  checkAnswer(answer, at);
  const before = new Set(truth.slice(0, at));
  const matched = bestMatching(contingency(answer.persons, truth.slice(0, at)));
  const persons = new Uint16Array(sessions.length);
  persons.set(answer.persons);
  const assigned = assign(encodeAccount(account), persons);
  const right = truth.slice(at).filter((whose, i) => {
    const told = assigned[at + i];
    assert(told !== undefined, "every later session is assigned");
    return before.has(whose) ? matched[told.person - 1] + 1 === whose : told.isBeyond;
  });
  return { assigned: sessions.length - at, assignedRight: right.length };
}

/** How many of an account's sessions are counted before the others are assigned: at least one. */
export function countedOf(sessions: number): number {
  return Math.max(1, Math.floor(countedShare * sessions));
}

function checkAnswer({ people, persons, probabilities }: AccountPeople, sessions: number): void {
  assert(persons.length === sessions, "an answer says whose each session is");
  assert(
    persons.every((person) => person >= 1 && person <= people),
    "persons are from 1 to people",
  );
  assert(probabilities[people - 1] !== undefined, "an answer has its own probability");
}
