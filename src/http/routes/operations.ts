import { healthSchema, statusSchema } from "../../contract/index.ts";
import type { Metrics } from "../metrics.ts";
import { boundRoute, type Route, route } from "../route.ts";

export const healthRoute = boundRoute({
  method: "GET",
  path: "/healthz",
  scope: "none",
  tag: "Operations",
  summary: "Does the process answer?",
  replies: {
    200: { description: "It does. Restart it where there is no reply.", schema: healthSchema },
  },
  handle: () => ({ body: { status: "ok" } }),
});

export function operationRoutes(metrics: Metrics): Route[] {
  return [
    route({
      method: "GET",
      path: "/readyz",
      scope: "none",
      tag: "Operations",
      summary: "Has it caught up with its log?",
      replies: {
        200: { description: "It has.", schema: statusSchema },
        503: {
          description: "Not yet, or it is closing: send requests elsewhere.",
          schema: statusSchema,
        },
      },
      handle: (_call, engine) => {
        const status = engine.status();
        return { status: status.ready ? 200 : 503, body: status };
      },
    }),
    route({
      method: "GET",
      path: "/metrics",
      scope: "admin",
      tag: "Operations",
      summary: "Numbers for Prometheus",
      replies: { 200: { description: "In the text format.", mediaType: "text/plain" } },
      handle: async (_call, engine) => ({
        body: await metrics.text(engine.status()),
        headers: { "content-type": metrics.contentType },
      }),
    }),
  ];
}
