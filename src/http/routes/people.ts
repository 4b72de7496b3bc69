import {
  accountPeopleSchema,
  assignedSchema,
  assignSchema,
  describedAccountParameters,
  peopleQuery,
  peopleSummarySchema,
  problemSchema,
  summaryQuery,
} from "../../contract/index.ts";
import { FoldbackError, problemOf } from "../../core/index.ts";
import type { AssignCall } from "../../engine/index.ts";
import { parse } from "../body.ts";
import { route } from "../route.ts";

const off = "or `people.enabled` is off";

export const peopleRoutes = [
  route({
    method: "GET",
    path: "/v1/accounts/{account}/people",
    // As what is said of accounts: a page has a key of `read`, which anybody may take from it.
    scope: "admin",
    tag: "People",
    summary: "Who is behind an account",
    description:
      "How many people, as of its latest count, with the probability of each number, what speaks for it, and what is kept of each person. " +
      "It is an estimate: a reason to ask, and none to close an account.",
    params: describedAccountParameters,
    query: peopleQuery,
    replies: {
      200: { description: "As far as it is known.", schema: accountPeopleSchema },
      404: { description: `It has no sessions, ${off}.`, schema: problemSchema },
    },
    handle: async ({ params: { account }, query }, engine) => ({
      body: await engine.people.of(account, { withSessions: query.sessions, withTree: query.tree }),
    }),
  }),
  route({
    method: "GET",
    path: "/v1/people/summary",
    scope: "admin",
    tag: "People",
    summary: "How many people are behind accounts",
    description: "Over all accounts. Numbers that are too small to be told are null.",
    query: summaryQuery,
    replies: {
      200: { description: "By their latest counts.", schema: peopleSummarySchema },
      404: { description: "`people.enabled` is off.", schema: problemSchema },
    },
    handle: async ({ query }, engine) => ({ body: await engine.people.summary(query) }),
  }),
  route({
    method: "POST",
    path: "/v1/people/assign",
    scope: "admin",
    tag: "People",
    summary: "Whose a session would be",
    description: "Of an account that is counted. Nothing of the session is kept.",
    body: {
      description: "What is known of it.",
      content: { "application/json": assignSchema },
    },
    replies: {
      200: { description: "Whom it fits best.", schema: assignedSchema },
      404: { description: `The account is not counted, ${off}.`, schema: problemSchema },
    },
    handle: async ({ body }, engine) => ({ body: await engine.people.assign(callOf(body)) }),
  }),
];

/** @throws FoldbackError REQUEST_INVALID naming the field. */
function callOf(body: string): AssignCall {
  const call = parse(body, "an object with an account");
  const problem = problemOf(assignSchema, call);
  if (problem === undefined) return call as AssignCall; // by its schema
  const name = problem.path.join(".") || "the body";
  const came = (JSON.stringify(problem.came) ?? "not there").slice(0, 80);
  throw new FoldbackError("REQUEST_INVALID", `${name} is ${came}; allowed: ${problem.allowed}`, {
    details: { parameter: name },
  });
}
