/** How a process of several projects fares, without and with its operator's key. */
import type { IncomingHttpHeaders } from "node:http";
import { processStatusSchema, projectStates, statusSchema } from "../../contract/index.ts";
import { Type } from "../../core/index.ts";
import type { Project, ProjectReport } from "../project.ts";
import { type BoundRoute, boundRoute } from "../route.ts";

interface ProjectsRoutesOptions {
  readonly reports: () => readonly ProjectReport[];
  readonly whoAsks: (headers: IncomingHttpHeaders) => "operator" | Project | undefined;
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
}

export function projectsRoutes({ reports, whoAsks, metrics }: ProjectsRoutesOptions): BoundRoute[] {
  return [
    boundRoute({
      method: "GET",
      path: "/readyz",
      scope: "none",
      tag: "Operations",
      summary: "Has it caught up with its logs?",
      description:
        "With the key of a project: as that one has it. Else of the process: ready once each project is, or has " +
        "failed; one that has failed takes the others nothing. With the operator's key, each by name.",
      replies: {
        200: { description: "It has.", schema: Type.Union([processStatusSchema, statusSchema]) },
        503: {
          description: "Not yet, or it is closing: send requests elsewhere.",
          schema: Type.Union([processStatusSchema, statusSchema]),
        },
      },
      handle: ({ headers }) => {
        const who = whoAsks(headers);
        if (who !== undefined && who !== "operator") throw who.whyNotOpen();
        const all = reports();
        const counts = Object.fromEntries(
          projectStates.map((state) => [state, all.filter((each) => each.state === state).length]),
        );
        const { opening, catchingUp, failed } = counts;
        const ready = opening + catchingUp === 0 && failed < all.length;
        const list = who === "operator" ? { list: all } : {};
        return { status: ready ? 200 : 503, body: { ready, projects: counts, ...list } };
      },
    }),
    boundRoute({
      method: "GET",
      path: "/metrics",
      scope: "admin",
      tag: "Operations",
      summary: "Numbers for Prometheus",
      description:
        "With the operator's key: of all projects, under the label `project`, and of the process. With a key of a " +
        "project: of that one.",
      replies: { 200: { description: "In the text format.", mediaType: "text/plain" } },
      handle: async () => {
        const { text, contentType } = await metrics();
        return { body: text, headers: { "content-type": contentType } };
      },
    }),
  ];
}
