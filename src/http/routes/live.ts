/** How it fares from second to second, and who asks: what the page begins with. */
import type { IncomingHttpHeaders } from "node:http";
import { basename } from "node:path";
import {
  callerSchema,
  evaluationSchema,
  liveQuery,
  liveSnapshotSchema,
  problemSchema,
} from "../../contract/index.ts";
import { FoldbackError } from "../../core/index.ts";
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
      "Server-sent events: each is a snapshot, the first at once. Who reads too slowly misses some. At most 64 listen at a " +
      "time. It ends when the service does: listen again.",
    query: liveQuery,
    isStream: true,
    replies: {
      200: {
        description: "Snapshots, each the data of one event.",
        schema: liveSnapshotSchema,
        mediaType: "text/event-stream",
      },
    },
    handle: ({ query }) => ({
      body: feed.listen(query.snapshots),
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
  path: "/v1/evaluation",
  scope: "read",
  tag: "Operations",
  summary: "How good its lists were, by `foldback evaluate`",
  replies: {
    200: { description: "The report beside the data.", schema: evaluationSchema },
    404: { description: "None was made in this data directory.", schema: problemSchema },
  },
  handle: async (_call, engine) => {
    const evaluation = await engine.evaluation();
    if (evaluation === undefined) {
      throw new FoldbackError(
        "NOT_FOUND",
        "no evaluation was made in this data directory; `foldback evaluate FILE --data DIR` makes one",
      );
    }
    // Where it lies is the operator's.
    return { body: { ...evaluation, file: basename(evaluation.file) } };
  },
});

/** @param callerOf who asks; throws where nobody knows. */
export function callerRoute(
  callerOf: (headers: IncomingHttpHeaders) => Caller,
  isKeyNeeded: boolean,
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
      return { body: { name, scopes, isKeyNeeded }, headers: { "cache-control": "no-store" } };
    },
  });
}
