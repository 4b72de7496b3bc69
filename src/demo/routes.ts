import { demoChangeSchema, demoClockSchema, demoQuery, demoSchema } from "../contract/index.ts";
import { type BoundRoute, bodyAs, boundRoute } from "../http/index.ts";
import type { Demo } from "./demo.ts";

/** What only a demo answers: no service of a real stream knows the truth. */
export function demoRoutes(demo: Demo): BoundRoute[] {
  return [
    boundRoute({
      method: "GET",
      path: "/v1/demo",
      scope: "read",
      tag: "Operations",
      summary: "What is true of the simulated world, beside what the engine says",
      description: "Of `foldback demo` alone.",
      query: demoQuery,
      replies: { 200: { description: "As of now.", schema: demoSchema } },
      handle: async ({ query: { account, home } }) => ({
        body: await demo.figures({ account, home }),
        headers: { "cache-control": "no-store" },
      }),
    }),
    boundRoute({
      method: "PUT",
      path: "/v1/demo",
      scope: "admin",
      tag: "Operations",
      summary: "How fast the simulated world goes, or whether it stands",
      description: "Of `foldback demo` alone. What is not given stays.",
      body: {
        description: "What changes.",
        content: { "application/json": demoChangeSchema },
      },
      replies: { 200: { description: "The clock, as it goes now.", schema: demoClockSchema } },
      handle: ({ body }) => {
        demo.change(bodyAs(demoChangeSchema, body, "an object with speed or isPaused"));
        return { body: demo.clock() };
      },
    }),
  ];
}
