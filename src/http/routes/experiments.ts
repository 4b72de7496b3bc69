import { createHash } from "node:crypto";
import {
  experimentParameters,
  experimentSchema,
  experimentsSchema,
  problemSchema,
} from "../../contract/index.ts";
import { FoldbackError } from "../../core/index.ts";
import type { ExperimentReport } from "../../engine/index.ts";
import { route } from "../route.ts";

export const experimentRoutes = [
  route({
    method: "GET",
    path: "/v1/experiments",
    scope: "read",
    tag: "Experiments",
    summary: "All experiments",
    description:
      "What may be said of each by now, in the order of the config; then those that the config has no more.",
    replies: { 200: { description: "They.", schema: experimentsSchema } },
    handle: async (_call, engine) => ({ body: { experiments: await engine.experiments() } }),
  }),
  route({
    method: "GET",
    path: "/v1/experiments/{experiment}",
    scope: "read",
    tag: "Experiments",
    summary: "One experiment",
    description:
      "Intervals and p-values may be looked at at any time, as often as one likes. The metric that the verdict goes by " +
      "is decided on before: of four metrics one is significant by chance four times as often.",
    params: experimentParameters,
    requestHeaders: { "if-none-match": "No body where its `etag` is still this." },
    replies: {
      200: {
        description: "It.",
        schema: experimentSchema,
        headers: { etag: "Of what is said of it: another one once anything else may be said." },
      },
      304: { description: "It is as `if-none-match` has it." },
      404: { description: "There is no experiment of that name.", schema: problemSchema },
    },
    handle: async ({ params, headers }, engine) => {
      const all = await engine.experiments();
      const found = all.find(({ name }) => name === params.experiment);
      if (found === undefined) throw notFound(params.experiment, all);
      const etag = etagOf(found);
      if (headers["if-none-match"] === etag) return { status: 304, body: "", headers: { etag } };
      return { body: found, headers: { etag } };
    },
  }),
];

function notFound(name: string, all: readonly ExperimentReport[]): FoldbackError {
  const names = all.map((experiment) => experiment.name);
  const there = names.length === 0 ? "none" : names.join(", ");
  return new FoldbackError("NOT_FOUND", `there is no experiment ${name}; there is: ${there}`, {
    details: { experiment: name },
  });
}

function etagOf(report: ExperimentReport): string {
  const hash = createHash("sha256").update(JSON.stringify(report));
  return `"${hash.digest("base64url").slice(0, 22)}"`;
}
