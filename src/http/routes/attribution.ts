import {
  compareQuery,
  comparisonSchema,
  creditQuery,
  creditSchema,
  pathsQuery,
  pathsSchema,
  problemSchema,
  timeToConversionQuery,
  timeToConversionSchema,
} from "../../contract/index.ts";
import { route } from "../route.ts";

const off = { 404: { description: "`attribution.enabled` is off.", schema: problemSchema } };

// By account, rows are of single people; a key of `read` may be in a page.
const shared = { method: "GET", scope: "admin", tag: "Attribution" } as const;

export const attributionRoutes = [
  route({
    ...shared,
    path: "/v1/attribution/compare",
    summary: "Conversions under each click and view window",
    description:
      "What each combination of windows counts, costs and earns, beside a last click in the same session. A conversion is in it within a " +
      "second. Credit says what came before a conversion, not what caused it.",
    query: compareQuery,
    replies: {
      200: { description: "A row for each cell, event and group.", schema: comparisonSchema },
      ...off,
    },
    handle: async ({ query }, engine) => ({ body: await engine.attribution.compare(query) }),
  }),
  route({
    ...shared,
    path: "/v1/attribution/credit",
    summary: "What each channel earned under each model",
    description: "All models on the same journeys, side by side; Markov and Shapley exactly.",
    query: creditQuery,
    replies: { 200: { description: "By model and channel.", schema: creditSchema }, ...off },
    handle: async ({ query }, engine) => ({ body: await engine.attribution.credit(query) }),
  }),
  route({
    ...shared,
    path: "/v1/attribution/paths",
    summary: "What stood in journeys, and together",
    description:
      "The paths with the most conversions, direct and assisted ones, overlaps and transitions.",
    query: pathsQuery,
    replies: { 200: { description: "Facts, before any model.", schema: pathsSchema }, ...off },
    handle: async ({ query }, engine) => ({ body: await engine.attribution.paths(query) }),
  }),
  route({
    ...shared,
    path: "/v1/attribution/time-to-conversion",
    summary: "How long journeys take",
    description: "From the first and from the last touch to the conversion, and how many touches.",
    query: timeToConversionQuery,
    replies: { 200: { description: "By event.", schema: timeToConversionSchema }, ...off },
    handle: async ({ query }, engine) => ({
      body: await engine.attribution.timeToConversion(query),
    }),
  }),
];
