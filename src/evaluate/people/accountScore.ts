/** What a method says of one account, against the truth. */
import { assert } from "../../core/index.ts";
import type { AccountPeople, AccountSessions, CountPeople } from "../../people/index.ts";
import { adjustedRandIndex, bestMatching, contingency, pairwiseF1 } from "./agreement.ts";
import { encodeAccount, type KnownAccount, splitAccount, splitAt } from "./knownAccount.ts";

/**
 * Says whose a later session is: a person of the answer, from 1, or 0, somebody new.
 *
 * @param known the sessions that the answer is about.
 * @param later of the same account, with the codes of `known` and beyond ({@link splitAccount}).
 * @param session index in `later`.
 */
export type AssignSession = (
  known: AccountSessions,
  answer: AccountPeople,
  later: AccountSessions,
  session: number,
) => number;

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
 * one, or if it is given to somebody new and its true person was not there before.
 */
export function scorePeople(
  account: KnownAccount,
  count: CountPeople,
  assign?: AssignSession,
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
  assign: AssignSession,
): Pick<AccountScore, "assigned" | "assignedRight"> {
  const { known, later } = splitAccount(account, countedShare);
  const at = splitAt(account.sessions.length, countedShare);
  const truth = account.sessions.map(({ person }) => person);
  const answer = count(known);
  checkAnswer(answer, at);
  const before = truth.slice(0, at);
  const matched = bestMatching(contingency(answer.persons, before));
  let assignedRight = 0;
  for (let session = 0; session < later.tokens.length; session++) {
    const person = assign(known, answer, later, session);
    const whose = truth[at + session];
    const isRight = person === 0 ? !before.includes(whose) : matched[person - 1] + 1 === whose;
    if (isRight) assignedRight++;
  }
  return { assigned: later.tokens.length, assignedRight };
}

function checkAnswer({ people, persons, probabilities }: AccountPeople, sessions: number): void {
  assert(persons.length === sessions, "an answer says whose each session is");
  assert(
    persons.every((person) => person >= 1 && person <= people),
    "persons are from 1 to people",
  );
  assert(probabilities[people - 1] !== undefined, "an answer has its own probability");
}
