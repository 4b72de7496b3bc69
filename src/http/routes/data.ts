/** What is in the log, what was not taken, and what events may look like. */
import {
  eventSchema,
  eventsPageSchema,
  eventsQuery,
  eventTypesSchema,
  exampleOf,
  exportQuery,
  refusedEventsSchema,
} from "../../contract/index.ts";
import type { EventExports } from "../eventExports.ts";
import { schemaOf } from "../openapi.ts";
import { type BoundRoute, boundRoute, type Route, route } from "../route.ts";

export const dataRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/events",
    scope: "admin",
    tag: "Events",
    summary: "What is in the log, the newest first",
    description:
      "Page by page, `next` being the `before` of the page that follows. Events that were erased are not there. With a filter each " +
      "request looks at so many records at most, in turns of a few milliseconds, and says how far it came: go on while there is a `next`.",
    query: eventsQuery,
    replies: { 200: { description: "A page.", schema: eventsPageSchema } },
    handle: async ({ query: { type, ...query } }, engine) => ({
      body: await engine.events.page({ ...query, ...(type && { types: type }) }),
      headers: { "cache-control": "no-store" },
    }),
  }),
  route({
    method: "GET",
    path: "/v1/refused-events",
    scope: "admin",
    tag: "Events",
    summary: "What was not taken since the start, and why",
    description:
      "By the events of requests that were understood. Kept in memory alone: gone with the process, in no log and no snapshot.",
    replies: { 200: { description: "Counts, and the latest.", schema: refusedEventsSchema } },
    handle: (_call, engine) => ({
      body: engine.refused.report(),
      headers: { "cache-control": "no-store" },
    }),
  }),
  route({
    method: "GET",
    path: "/v1/event-types",
    scope: "read",
    tag: "Events",
    summary: "What events may look like, by type",
    replies: { 200: { description: "The types that are taken.", schema: eventTypesSchema } },
    handle: (_call, engine) => {
      const now = new Date().toISOString();
      const types = engine
        .eventTypes()
        .map(({ type, needed }) => ({ type, needed, example: exampleOf(type, needed, now) }));
      return { body: { types, schema: schemaOf(eventSchema) } };
    },
  }),
];

export function exportRoute(exports: EventExports): BoundRoute {
  return boundRoute({
    method: "GET",
    path: "/v1/events/export",
    scope: "admin",
    tag: "Events",
    summary: "The events of the log, to be taken along",
    description:
      "One event a line, in the order of the log, as they are there when it begins: what `foldback export events` writes, and what can be " +
      "taken in again. Of an account everything, for an access request. It takes at most half of the service's thread; two at a time. " +
      "Where it can't be ended the connection breaks off.",
    query: exportQuery,
    isStream: true,
    replies: { 200: { description: "Events.", mediaType: "application/x-ndjson" } },
    handle: ({ query: { type, ...query } }) => ({
      body: exports.begin({ ...query, ...(type && { types: type }) }),
      headers: {
        "content-type": "application/x-ndjson; charset=utf-8",
        "content-disposition": 'attachment; filename="events.ndjson"',
        "cache-control": "no-store",
        // It is sent as it comes, which a proxy is not to gather.
        "x-accel-buffering": "no",
      },
    }),
  });
}
