/** A thread that counts the people of the accounts that it is sent. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../core/index.ts";
import type { CountPeople } from "../accountPeople.ts";
import type { CountedBatch, CounterModule, CountReply, CountRequest } from "./countProtocol.ts";
import { assertNumbered, assignmentLines, peopleLine } from "./resultRows.ts";

const port = parentPort;
assert(port !== null, "the counting thread is started as a worker");
const { url, name } = workerData as CounterModule; // countAccounts.ts makes it
const module = (await import(url)) as Record<string, CountPeople>;
const count = module[name];
assert(typeof count === "function", `${url} exports ${name}`);
const encoder = new TextEncoder();

port.on("message", ({ sequence, accounts }: CountRequest) => {
  const counted = countBatch(accounts);
  const reply: CountReply = { sequence, counted };
  port.postMessage(reply, [counted.people.buffer, counted.assignments.buffer]);
});

function countBatch(accounts: CountRequest["accounts"]): CountedBatch {
  let people = "";
  let assignments = "";
  let sessionCount = 0;
  const counts: number[] = [];
  const classes: CountedBatch["classes"][number][] = [];
  for (const sessions of accounts) {
    const answer = count(sessions);
    assertNumbered(sessions, answer);
    people += peopleLine(answer);
    assignments += assignmentLines(sessions, answer);
    sessionCount += sessions.tokens.length;
    counts.push(answer.people);
    classes.push(answer.usage);
  }
  return {
    people: encoder.encode(people),
    assignments: encoder.encode(assignments),
    sessionCount,
    counts,
    classes,
  };
}
