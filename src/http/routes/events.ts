import { eventSchema, ingestResultSchema, problemSchema } from "../../contract/index.ts";
import { Type } from "../../core/index.ts";
import { eventsOf, isCsv, withoutMark } from "../body.ts";
import { problemFor, problemType } from "../problem.ts";
import { route } from "../route.ts";

export const eventRoutes = [
  route({
    method: "POST",
    path: "/v1/events",
    scope: "ingest",
    tag: "Events",
    summary: "Take events",
    description:
      "Answers once every accepted event is on disk; the next recommendation knows of them. Each event is taken " +
      "or refused for itself. With an `id` a batch may be sent again, and counts once.",
    body: {
      description:
        'One event, an array of them, `{"events": […]}`, one event a line, or a row an event.',
      content: {
        "application/json": Type.Union([
          eventSchema,
          Type.Array(eventSchema),
          Type.Object({ events: Type.Array(eventSchema) }, { title: "EventBatch" }),
        ]),
        "application/x-ndjson": Type.String({ description: "One event a line." }),
        "text/csv": Type.String({
          description:
            "A first row with names of fields, dotted for what is inside, as `ad.channel`; then a row an event.",
        }),
      },
    },
    replies: {
      202: { description: "Taken, where not refused.", schema: ingestResultSchema },
      400: {
        description:
          "The body is no JSON; or no event of it could be taken, and `refused` says why.",
        schema: problemSchema,
      },
    },
    handle: async ({ body, headers, stages }, engine) => {
      const type = String(headers["content-type"] ?? "");
      const result = await (isCsv(type)
        ? engine.ingestCsv(withoutMark(body), stages)
        : engine.ingest(eventsOf(body, type), stages));
      const [first] = result.refused;
      const isAnyTaken = result.accepted + result.duplicates > 0;
      if (first === undefined || isAnyTaken) return { status: 202, body: result };
      const detail = `${first.field} is ${first.came}; allowed: ${first.allowed}`;
      const problem = problemFor("EVENT_INVALID", detail, { ...result });
      return { status: 400, body: problem, headers: { "content-type": problemType } };
    },
  }),
];
