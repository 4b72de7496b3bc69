import { accountParameters, erasureSchema } from "../../contract/index.ts";
import { route } from "../route.ts";

export const accountRoutes = [
  route({
    method: "DELETE",
    path: "/v1/accounts/{account}",
    scope: "admin",
    tag: "Accounts",
    summary: "Forget an account",
    description:
      "Its history, its rows of the models, its events in the log, and the snapshots that have them. The reply " +
      "comes when no file of the data directory has its name: it takes a snapshot, and a pass over the log. " +
      "Where the connection ends before, or the process does, it is done all the same. What the account does " +
      "afterwards is done by somebody new. Counts that are of nobody in particular stay: trends, and which items " +
      "are wanted together.",
    params: accountParameters,
    replies: { 200: { description: "It is forgotten.", schema: erasureSchema } },
    handle: async ({ params }, engine) => ({ body: await engine.erase([params.account]) }),
  }),
];
