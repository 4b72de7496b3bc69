/** The answers as lines of people.csv and sessions.csv. */
import { assert, compareUtf8 } from "../../core/index.ts";
import { quotedCell } from "../../event/index.ts";
import type { AccountPeople } from "../accountPeople.ts";
import type { AccountSessions } from "../accountSessions.ts";

export const peopleHeader = "account,people,low,high,probability,class,evidence\n";
export const assignmentsHeader = "account,access_token,person,confidence\n";

/** Of probabilities: a tenth of a per mille is less than any of them is known to. */
const digits = 4;

export function peopleLine(people: AccountPeople): string {
  const { account, low, high, probabilities, usage, evidence } = people;
  const probability = probabilities[people.people - 1] ?? 0;
  const numbers = `${people.people},${low},${high},${probability.toFixed(digits)}`;
  return `${quotedCell(account)},${numbers},${usage},${quotedCell(evidence)}\n`;
}

/** By token, in the order of its UTF-8 bytes. */
export function assignmentLines(
  { account, tokens }: AccountSessions,
  people: AccountPeople,
): string {
  const { persons, confidences } = people;
  const order = tokens.map((_, at) => at);
  order.sort((a, b) => compareUtf8(tokens[a], tokens[b]));
  const name = quotedCell(account);
  let lines = "";
  for (const at of order) {
    lines += `${name},${quotedCell(tokens[at])},${persons[at]},${confidences[at].toFixed(digits)}\n`;
  }
  return lines;
}

/** That persons are numbered by their earliest session, and that there are as many as were counted: what every method promises. */
export function assertNumbered({ tokens }: AccountSessions, people: AccountPeople): void {
  const { persons } = people;
  assert(persons.length === tokens.length, "each session has a person");
  let highest = 0;
  for (const person of persons) {
    assert(person >= 1 && person <= highest + 1, "persons are numbered by their earliest session");
    highest = Math.max(highest, person);
  }
  assert(highest <= people.people, "no session is of a person who was not counted");
}
