import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { FoldbackError } from "../core/index.ts";
import { type Foldback, type RequestMoment, recommendationsMax } from "../engine/index.ts";
import { eventsOf } from "./body.ts";
import { Metrics } from "./metrics.ts";
import { statusByCode } from "./status.ts";

/** As long as a field of an event. */
const textLengthMax = 256;
/** Items of a reply that names no number. */
const countDefault = 10;
/** What a caller should wait before it tries again: the queue of the disk empties in a fraction of it. */
const retryAfterSeconds = 1;

/** What there is, for those who ask for something else. */
const routes = [
  { method: "POST", path: "/v1/events", pattern: /^\/v1\/events$/ },
  {
    method: "GET",
    path: "/v1/accounts/{account}/recommendations",
    pattern: /^\/v1\/accounts\/[^/]+\/recommendations$/,
  },
  { method: "GET", path: "/healthz", pattern: /^\/healthz$/ },
  { method: "GET", path: "/readyz", pattern: /^\/readyz$/ },
  { method: "GET", path: "/metrics", pattern: /^\/metrics$/ },
];

/**
 * The HTTP service over one engine. Does not listen yet.
 *
 * - `POST /v1/events` takes one event or a batch; 202 once every accepted one is on disk.
 * - `GET /v1/accounts/{account}/recommendations?n=10` answers what to show next.
 * - `GET /healthz` says that the process answers; `GET /readyz` that it has caught up with its log.
 * - `GET /metrics` has its numbers in the Prometheus text format.
 *
 * Every error is `{"error": {"code", "message"}}`; codes are those of the catalogue, and `INTERNAL` for
 * a bug. `docs/API.md` has them all by example.
 */
export function createServer(engine: Foldback): FastifyInstance {
  const server = fastify({
    bodyLimit: engine.config.http.bodyBytesMax,
    logger: false, // a line a request costs more than the request
    // While it closes, what still comes over open connections is answered by the engine, as long as that runs.
    return503OnClosing: false,
    // As much as Node takes of a request's head: the engine says how long an account may be.
    routerOptions: { maxParamLength: 16_384 },
    frameworkErrors: (error, request, reply) => {
      handleError(error, request, reply, engine);
    },
  });
  // The body is parsed here, for every content type alike: what is no JSON gets our own error.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) =>
    done(null, body),
  );

  server.post<{ Body: string | undefined }>("/v1/events", async (request, reply) => {
    checkEncoding(request);
    const inputs = eventsOf(request.body ?? "", request.headers["content-type"] ?? "");
    const result = await engine.ingest(inputs);
    const [first] = result.refused;
    if (first === undefined || result.refused.length < inputs.length) {
      return reply.code(202).send(result);
    }
    const error = {
      code: "EVENT_INVALID",
      message: `${first.field} is ${first.came}; allowed: ${first.allowed}`,
    };
    return reply.code(statusByCode.EVENT_INVALID).send({ error, ...result });
  });

  server.get<{ Params: { account: string }; Querystring: Readonly<Record<string, unknown>> }>(
    "/v1/accounts/:account/recommendations",
    (request, reply) => {
      const { account } = request.params;
      const { query } = request;
      const call = { account, count: countOf(query["n"]), moment: momentOf(query) };
      return reply.send({
        account,
        ...(engine.config.serving.log ? engine.serve(call) : { items: engine.recommend(call) }),
      });
    },
  );

  server.get("/healthz", (_request, reply) => reply.send({ status: "ok" }));

  server.get("/readyz", (_request, reply) => {
    const status = engine.status();
    return reply.code(status.ready ? 200 : 503).send(status);
  });

  const metrics = new Metrics();
  server.get("/metrics", async (_request, reply) => {
    const text = await metrics.text(engine.status());
    return reply.header("content-type", metrics.contentType).send(text);
  });
  server.addHook("onResponse", (request, reply, done) => {
    const { method, routeOptions } = request;
    metrics.observe({
      method,
      route: routeOptions.url ?? "none",
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    });
    done();
  });

  // A connection with a request under way is not idle when the service begins to close, and would be
  // kept open after its reply: so the reply says that it ends.
  let isClosing = false;
  server.addHook("preClose", (done) => {
    isClosing = true;
    done();
  });
  server.addHook("onSend", (_request, reply, payload, done) => {
    if (isClosing) reply.header("connection", "close");
    done(null, payload);
  });

  server.setNotFoundHandler(sayWhatThereIs);
  server.setErrorHandler((error, request, reply) => handleError(error, request, reply, engine));
  return server;
}

/** @throws FoldbackError REQUEST_INVALID naming `n`, as the engine would name `count`. */
function countOf(n: unknown): number {
  if (n === undefined) return countDefault;
  const count = typeof n === "string" && /^\d{1,6}$/.test(n) ? Number(n) : 0;
  if (count >= 1 && count <= recommendationsMax) return count;
  throw new FoldbackError(
    "REQUEST_INVALID",
    `n is ${JSON.stringify(n).slice(0, 40)}; allowed: whole numbers from 1 to ${recommendationsMax}`,
  );
}

/** What the query says of the moment. @throws FoldbackError REQUEST_INVALID naming the field. */
function momentOf(query: Readonly<Record<string, unknown>>): RequestMoment {
  const moment: Record<string, string> = {};
  for (const field of ["device", "platform", "country"]) {
    const value = query[field];
    if (value === undefined) continue;
    if (typeof value !== "string" || value === "" || value.length > textLengthMax) {
      throw new FoldbackError(
        "REQUEST_INVALID",
        `${field} is ${JSON.stringify(value).slice(0, 40)}; allowed: one text of 1 to ${textLengthMax} characters`,
      );
    }
    moment[field] = value;
  }
  return moment;
}

/** Compressed bytes would be told to be no JSON, which is true and no help. */
function checkEncoding(request: FastifyRequest): void {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return;
  throw new FoldbackError(
    "REQUEST_INVALID",
    `the body's content-encoding is ${JSON.stringify(encoding.slice(0, 40))}; allowed: none`,
  );
}

function sayWhatThereIs(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { method, url } = request;
  const [path] = url.split("?", 1);
  const found = routes.find(({ pattern }) => pattern.test(path));
  if (found !== undefined) {
    reply.header("allow", found.method);
    const message = `${found.path} does not take ${method}; allowed: ${found.method}`;
    return sendError(reply, 405, "REQUEST_INVALID", message);
  }
  const there = routes.map((route) => `${route.method} ${route.path}`).join(", ");
  const message = `there is no ${method} ${path.slice(0, 80)}; there are ${there}`;
  return sendError(reply, 404, "REQUEST_INVALID", message);
}

/** The one place where an error becomes a reply. */
function handleError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  engine: Foldback,
): FastifyReply {
  if (error instanceof FoldbackError) {
    const status = statusByCode[error.code];
    if (status === 503) reply.header("retry-after", retryAfterSeconds);
    return sendError(reply, status, error.code, error.message);
  }
  const { statusCode = 500, stack, message } = error as Error & { readonly statusCode?: number };
  if (statusCode === 413) {
    const { bodyBytesMax } = engine.config.http;
    const said = `the body is over ${bodyBytesMax} bytes; send it in parts`;
    return sendError(reply, 413, "BATCH_TOO_LARGE", said);
  }
  if (statusCode < 500) return sendError(reply, statusCode, "REQUEST_INVALID", message);
  // A bug: the reply must not show its insides, but a number to find them by.
  process.stderr.write(`${request.id} ${request.method} ${request.url}: ${stack}\n`);
  const said = `an error in the server; its standard error has the details, under ${request.id}`;
  return sendError(reply, 500, "INTERNAL", said);
}

function sendError(
  reply: FastifyReply,
  status: number,
  code: string,
  message: string,
): FastifyReply {
  return reply.code(status).send({ error: { code, message } });
}
