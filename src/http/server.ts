import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { FoldbackError } from "../core/index.ts";
import { type Foldback, recommendationsMax } from "../engine/index.ts";
import { eventsOf } from "./body.ts";
import { statusByCode } from "./status.ts";

/** Items of a reply that names no number. */
const countDefault = 10;

/**
 * The HTTP service over one engine. Does not listen yet.
 *
 * - `POST /v1/events` takes one event or a batch; 202 once every accepted one is on disk.
 * - `GET /v1/accounts/{account}/recommendations?n=10` answers what to show next.
 * - `GET /healthz` says that the process answers; `GET /readyz` that it has caught up with its log.
 *
 * Every error is `{"error": {"code", "message"}}`; codes are those of the catalogue.
 */
export function createServer(engine: Foldback): FastifyInstance {
  const server = fastify({
    bodyLimit: engine.config.http.bodyBytesMax,
    logger: false, // a line a request costs more than the request
    routerOptions: { maxParamLength: 1024 }, // an id of 256 characters, each as %XX of 4 bytes
  });
  // The body is parsed here, for every content type alike: what is no JSON gets our own error.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) =>
    done(null, body),
  );

  server.post("/v1/events", async (request, reply) => {
    const inputs = eventsOf(String(request.body ?? ""), request.headers["content-type"] ?? "");
    const result = await engine.ingest(inputs);
    const isAllRefused = result.refused.length > 0 && result.refused.length === inputs.length;
    if (!isAllRefused) return reply.code(202).send(result);
    const [{ field, came, allowed }] = result.refused;
    const error = {
      code: "EVENT_INVALID",
      message: `${field} is ${came}; allowed: ${allowed}`,
    };
    return reply.code(statusByCode.EVENT_INVALID).send({ error, ...result });
  });

  server.get<{ Params: { account: string }; Querystring: { n?: string } }>(
    "/v1/accounts/:account/recommendations",
    (request, reply) => {
      const { account } = request.params;
      const items = engine.recommend({ account, count: countOf(request.query.n) });
      return reply.send({ account, items });
    },
  );

  server.get("/healthz", (_request, reply) => reply.send({ status: "ok" }));

  server.get("/readyz", (_request, reply) => {
    const status = engine.status();
    return reply.code(status.ready ? 200 : 503).send(status);
  });

  server.setNotFoundHandler((request, reply) =>
    sendError(
      reply,
      404,
      "REQUEST_INVALID",
      `there is no ${request.method} ${request.url}; there are POST /v1/events, ` +
        "GET /v1/accounts/{account}/recommendations, GET /healthz and GET /readyz",
    ),
  );
  server.setErrorHandler((error, _request, reply) => {
    if (error instanceof FoldbackError) {
      return sendError(reply, statusByCode[error.code], error.code, error.message);
    }
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    if (status === 413) {
      const { bodyBytesMax } = engine.config.http;
      return sendError(
        reply,
        413,
        "BATCH_TOO_LARGE",
        `the body is over ${bodyBytesMax} bytes; send it in parts`,
      );
    }
    if (status < 500) return sendError(reply, status, "REQUEST_INVALID", (error as Error).message);
    process.stderr.write(`${(error as Error).stack}\n`); // a bug: the reply must not show its insides
    return sendError(reply, 500, "INTERNAL", "an error in the server; its log has the details");
  });
  return server;
}

function countOf(n: string | undefined): number {
  if (n === undefined) return countDefault;
  if (/^\d{1,6}$/.test(n)) return Number(n);
  throw new FoldbackError(
    "REQUEST_INVALID",
    `n is ${JSON.stringify(n.slice(0, 20))}; allowed: whole numbers from 1 to ${recommendationsMax}`,
  );
}

function sendError(
  reply: FastifyReply,
  status: number,
  code: string,
  message: string,
): FastifyReply {
  return reply.code(status).send({ error: { code, message } });
}
