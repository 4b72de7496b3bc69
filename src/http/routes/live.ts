/** How it fares from second to second, and who asks: what the page begins with. */
import type { IncomingHttpHeaders } from "node:http";
import { basename } from "node:path";
import {
  callerSchema,
  evaluationsSchema,
  liveQuery,
  liveReadingSchema,
  problemSchema,
} from "../../contract/index.ts";
import type { Caller } from "../keys.ts";
import type { LiveFeed } from "../liveFeed.ts";
import { type BoundRoute, boundRoute, route } from "../route.ts";

export function liveRoute(feed: LiveFeed): BoundRoute {
  return boundRoute({
    method: "GET",
    path: "/v1/live",
    scope: "read",
    tag: "Operations",
    summary: "How it fares, once a second",
    description:
      "Server-sent events: each is a reading, the first at once. Who reads too slowly misses some. At most 64 listen at a " +
      "time. It ends when the service does: listen again.",
    query: liveQuery,
    isStream: true,
    replies: {
      200: {
        description: "Readings, each the data of one event.",
        schema: liveReadingSchema,
        mediaType: "text/event-stream",
      },
    },
    handle: ({ query }) => ({
      body: feed.listen(query.readings),
      headers: {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        // Nothing else will come over it, and a proxy is not to wait for its end.
        connection: "close",
        "x-accel-buffering": "no",
      },
    }),
  });
}

export const evaluationRoute = route({
  method: "GET",
  path: "/v1/evaluations",
  scope: "read",
  tag: "Operations",
  summary: "How good its lists were, by `foldback evaluate`",
  replies: {
    200: {
      description: "The report beside the data; none where none was made there.",
      schema: evaluationsSchema,
    },
  },
  handle: async (_call, engine) => {
    const evaluation = await engine.evaluation();
    if (evaluation === undefined) return { body: { evaluations: [] } };
    // Where the file lies is the operator's; what was left out, and how fast it was, stays in the report.
    const { events, evaluated, seconds, metrics, baselines, curve } = evaluation;
    const file = basename(evaluation.file);
    const { halfLifeHours: _, ...recency } = baselines.recency;
    const of = { ...baselines, recency };
    const report = { file, events, evaluated, seconds, metrics, baselines: of, curve };
    return { body: { evaluations: [report] } };
  },
});

/** @param callerOf who asks; throws where nobody knows. */
export function callerRoute(
  callerOf: (headers: IncomingHttpHeaders) => Caller,
  { isKeyNeeded, isDemo }: { readonly isKeyNeeded: boolean; readonly isDemo: boolean },
): BoundRoute {
  return boundRoute({
    method: "GET",
    path: "/v1/key",
    scope: "none",
    tag: "Operations",
    summary: "What is the caller's key good for?",
    replies: {
      200: { description: "That.", schema: callerSchema },
      401: { description: "No key, or one that is not known.", schema: problemSchema },
    },
    handle: ({ headers }) => {
      const { name, scopes } = callerOf(headers);
      const body = { name, scopes, isKeyNeeded, ...(isDemo && { isDemo }) };
      return { body, headers: { "cache-control": "no-store" } };
    },
  });
}
