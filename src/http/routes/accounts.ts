import {
  accountHistorySchema,
  accountParameters,
  accountPatchSchema,
  accountPropertiesSchema,
  accountsPageSchema,
  accountsQuery,
  activeAccountsQuery,
  activeAccountsSchema,
  describedAccountParameters,
  describedAccountSchema,
  erasureSchema,
  historyQuery,
  namedAccountSchema,
  similarAccountsQuery,
  similarAccountsSchema,
} from "../../contract/index.ts";
import { route } from "../route.ts";
import { descriptionRoutes, type Resource } from "./descriptions.ts";

const accounts: Resource<typeof describedAccountParameters> = {
  kind: "account",
  path: "/v1/accounts",
  tag: "Accounts",
  // A page has a key of `ingest` or `read`, which anybody may take from it: what is said of others is not for them.
  scopes: { read: "admin", patch: "admin" },
  params: describedAccountParameters,
  nameOf: ({ account }) => account,
  find: (engine, account) => engine.account(account),
  schemas: {
    named: namedAccountSchema,
    properties: accountPropertiesSchema,
    patch: accountPatchSchema,
    reply: describedAccountSchema,
  },
  putDescription: "Without properties nothing is said of it any more; what it did stays.",
};

export const accountRoutes = [
  route({
    method: "GET",
    path: "/v1/accounts",
    scope: "admin",
    tag: "Accounts",
    summary: "Accounts of which something is said, page by page",
    description:
      "In the order in which they were described last. One that is described anew meanwhile comes again at the end: who " +
      "follows the pages to the end has seen all.",
    query: accountsQuery,
    replies: { 200: { description: "A page.", schema: accountsPageSchema } },
    handle: ({ query }, engine) => ({ body: engine.accounts(query) }),
  }),
  route({
    method: "GET",
    path: "/v1/active-accounts",
    scope: "admin",
    tag: "Accounts",
    summary: "Accounts and sessions that did something, the latest first",
    description:
      "Among the first 200,000 that are known; the others are found by their whole name.",
    query: activeAccountsQuery,
    replies: { 200: { description: "Some of them.", schema: activeAccountsSchema } },
    handle: ({ query }, engine) => ({ body: { accounts: engine.activeAccounts(query) } }),
  }),
  route({
    method: "GET",
    path: "/v1/accounts/{account}/history",
    scope: "admin",
    tag: "Accounts",
    summary: "What an account had",
    description: "Empty of one that nobody has heard of.",
    params: accountParameters,
    query: historyQuery,
    replies: { 200: { description: "The latest first.", schema: accountHistorySchema } },
    handle: ({ params: { account }, query }, engine) => ({
      body: engine.history(account, query.limit),
    }),
  }),
  ...descriptionRoutes(accounts),
  route({
    method: "GET",
    path: "/v1/accounts/{account}/similar",
    scope: "admin",
    tag: "Accounts",
    summary: "Accounts that wanted the same lately",
    description:
      "Of the accounts that wanted any of its last 20 items last, those with the most in common: cosine of these items and " +
      "of the last 64 that the other wanted. None of an account that wanted nothing.",
    params: accountParameters,
    query: similarAccountsQuery,
    replies: { 200: { description: "Most alike first.", schema: similarAccountsSchema } },
    handle: ({ params: { account }, query }, engine) => ({
      body: { accounts: engine.similarAccounts(account, query.n) },
    }),
  }),
  route({
    method: "DELETE",
    path: "/v1/accounts/{account}",
    scope: "admin",
    tag: "Accounts",
    summary: "Forget an account",
    description:
      "What is said of it, its history, its rows of the models, its events in the log, and the snapshots that have them. The reply " +
      "comes when no file of the data directory has its name: it takes a snapshot, and a pass over the log. " +
      "Where the connection ends before, or the process does, it is done all the same. What the account does " +
      "afterwards is done by somebody new. Counts that are of nobody in particular stay: trends, and which items " +
      "are wanted together.",
    params: accountParameters,
    replies: { 200: { description: "It is forgotten.", schema: erasureSchema } },
    handle: async ({ params }, engine) => ({ body: await engine.erase([params.account]) }),
  }),
];
