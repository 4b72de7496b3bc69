/** Ways to count the people of an account that ours are compared with. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert } from "#foldback/core";
import type { AssignSessions, SessionAssignment } from "#foldback/evaluate";
import {
  type AccountPeople,
  type AccountSessions,
  accessColumns,
  assignSessions,
  assignSimple,
  type CountPeople,
  countBest,
  countSimple,
} from "#foldback/people";
import type { Peers } from "./peers.ts";

export interface Method {
  readonly name: string;
  readonly count: CountPeople;
  readonly assign: AssignSessions;
}

export const alwaysOne: Method = {
  name: "always one",
  count: (sessions) => answerOf(sessions, new Array<number>(sessions.tokens.length).fill(1)),
  assign: (_sessions, persons) => eachNew(persons, () => 1),
};

export const simple: Method = {
  name: "foldback, simple",
  count: countSimple,
  assign: assignSimple,
};

export const best: Method = { name: "foldback, best", count: countBest, assign: assignSessions };

/**
 * Plain average linkage with silhouette, all in SciPy, over all of these sessions in one process; `count` looks its answers up.
 * Later sessions go to the cluster with the smallest mean Hamming distance, of equal ones to the larger.
 */
export function scipySilhouette(
  peers: Peers,
  directory: string,
  all: readonly AccountSessions[],
): Method {
  const path = join(directory, "sessions");
  const rows = all.flatMap(({ columns, tokens }) => [tokens.length, ...columns]);
  writeFileSync(path, Int32Array.from(rows));
  const answers = JSON.parse(peers.run("people", path)) as number[][];
  assert(answers.length === all.length, "there is an answer for each account");
  const byKey = new Map(all.map((sessions, at) => [keyOf(sessions), answers[at]]));
  return {
    name: "SciPy average, silhouette",
    count: (sessions) => {
      const persons = byKey.get(keyOf(sessions));
      assert(persons !== undefined, "the account was asked for");
      return answerOf(sessions, persons);
    },
    assign: byMeanDistance,
  };
}

/** An account's sessions and the first part of them are told apart by their number. */
function keyOf({ account, tokens }: AccountSessions): string {
  return `${account} ${tokens.length}`;
}

/** A method without probabilities is sure of its count. Persons are numbered by their first session. */
function answerOf({ account }: AccountSessions, labels: readonly number[]): AccountPeople {
  const numbers = new Map<number, number>();
  for (const label of labels) if (!numbers.has(label)) numbers.set(label, numbers.size + 1);
  const people = numbers.size;
  return {
    account,
    people,
    probabilities: Array.from({ length: people }, (_, at) => (at + 1 === people ? 1 : 0)),
    low: people,
    high: people,
    usage: people === 1 ? "single" : "family",
    evidence: "",
    persons: Uint16Array.from(labels, (label) => numbers.get(label) ?? 0),
    confidences: new Float32Array(labels.length).fill(1),
  };
}

function byMeanDistance({ columns }: AccountSessions, persons: Uint16Array): Assignments {
  const width = accessColumns.length;
  const people = persons.reduce((most, person) => Math.max(most, person), 0);
  return eachNew(persons, (session) => {
    const sizes = new Array<number>(people).fill(0);
    const distances = new Array<number>(people).fill(0);
    for (const [i, person] of persons.entries()) {
      if (person === 0) continue;
      sizes[person - 1]++;
      for (let j = 0; j < width; j++) {
        if (columns[i * width + j] !== columns[session * width + j]) distances[person - 1]++;
      }
    }
    let best = 0;
    for (let person = 1; person < people; person++) {
      const difference = distances[person] / sizes[person] - distances[best] / sizes[best];
      if (difference < 0 || (difference === 0 && sizes[person] > sizes[best])) best = person;
    }
    return best + 1;
  });
}

type Assignments = (SessionAssignment | undefined)[];

/** Nobody is ever new. */
function eachNew(persons: Uint16Array, personOf: (session: number) => number): Assignments {
  return Array.from(persons, (known, session) =>
    known === 0 ? { person: personOf(session), isBeyond: false } : undefined,
  );
}
