import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { createRequire } from "node:module";
import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
  type FastifyServerOptions,
} from "fastify";
import type { Problem } from "../contract/index.ts";
import { FoldbackError } from "../core/index.ts";
import type { Config, Foldback } from "../engine/index.ts";
import { EventExports } from "./eventExports.ts";
import { type Caller, checkScope, Keys } from "./keys.ts";
import { LiveFeed } from "./liveFeed.ts";
import { Metrics } from "./metrics.ts";
import { openApiOf } from "./openapi.ts";
import { problemFor, problemOfError, problemType } from "./problem.ts";
import { type BoundRoute, boundTo, parameterReader, type Route } from "./route.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { attributionRoutes } from "./routes/attribution.ts";
import { dataRoutes, exportRoute } from "./routes/data.ts";
import { documentationRoutes } from "./routes/documentation.ts";
import { eventRoutes } from "./routes/events.ts";
import { experimentRoutes } from "./routes/experiments.ts";
import { itemRoutes } from "./routes/items.ts";
import { callerRoute, evaluationRoute, liveRoute } from "./routes/live.ts";
import { healthRoute, operationRoutes } from "./routes/operations.ts";
import { pageRoutes } from "./routes/page.ts";
import { peopleRoutes } from "./routes/people.ts";
import { recommendationRoutes } from "./routes/recommendations.ts";
import { segmentRoutes } from "./routes/segment.ts";
import { isTraced, traceRequests } from "./tracing.ts";
import { TurnShare, turn } from "./turn.ts";

export interface ServerOptions {
  /** Told of every request that was answered, where the config says so. */
  readonly onRequest?: (line: RequestLine) => void;
  /** Where its requests are counted; by default in metrics of its own. */
  readonly metrics?: Metrics;
  /** Which of several projects it is. */
  readonly project?: string;
}

/** What `createService` answers with. */
export interface Service {
  readonly http: Config["http"];
  /** Who asks. @throws FoldbackError UNAUTHENTICATED. */
  readonly callerOf: (headers: IncomingHttpHeaders) => Caller;
  readonly routes: readonly BoundRoute[];
  readonly metrics: Metrics;
  readonly project?: string | undefined;
  readonly onRequest?: ServerOptions["onRequest"];
  /** Whose pages may read it; by default those of `http.corsOrigins`. */
  readonly allowsOrigin?: (origin: string | undefined) => boolean;
  /** Makes the server that listens; by default Fastify does. */
  readonly serverFactory?: FastifyServerFactory;
}

/** A request as logs have it. */
export interface RequestLine {
  /** Of `x-request-id`: the caller's, or made here. */
  readonly id: string;
  /** The name of the caller's key. */
  readonly caller: string;
  readonly method: string;
  /** Its pattern; `none` where there is no such route. */
  readonly route: string;
  readonly status: number;
  readonly milliseconds: number;
  /** Code of the error, where it is one. */
  readonly code?: string;
  /** Of the trace that it is in, where it is traced. */
  readonly trace?: string;
}

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | undefined;
    problemCode: string | undefined;
  }
  interface FastifyContextConfig {
    route?: BoundRoute;
  }
}

/** What a caller should wait before it tries again: the queue of the disk empties in a fraction of it. */
const retryAfterSeconds = 1;
/** For how long a page need not ask again whether it may ask: as long as browsers keep that at most. */
const preflightSeconds = 7200;
const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

/** The routes of one engine's resources. */
export const engineRoutes: readonly Route[] = [
  ...eventRoutes,
  ...dataRoutes,
  ...segmentRoutes,
  ...recommendationRoutes,
  ...itemRoutes,
  ...accountRoutes,
  ...experimentRoutes,
  ...peopleRoutes,
  ...attributionRoutes,
  evaluationRoute,
];

/**
 * The HTTP service over one engine: every route of the contract. Does not listen yet.
 *
 * `GET /docs` is the contract to read, `GET /openapi.json` the same for programs. Errors are problem details
 * (RFC 9457) with the codes of the catalogue, and `INTERNAL` for a bug.
 */
export function createServer(engine: Foldback, options: ServerOptions = {}): FastifyInstance {
  const { http } = engine.config;
  const { metrics = new Metrics(), project, onRequest } = options;
  const keys = new Keys(http.keys);
  const feed = new LiveFeed(() => ({
    time: Date.now(),
    status: engine.status(),
    ...engine.live(),
    requests: metrics.requestTimes(),
  }));
  const exports = new EventExports((request) => engine.events.lines(request));
  const server = createService({
    http,
    callerOf: (headers) => keys.callerOf(headers),
    routes: [
      ...engineRoutes.map((route) => boundTo(engine, route)),
      exportRoute(exports),
      liveRoute(feed),
      healthRoute,
      ...operationRoutes(metrics).map((route) => boundTo(engine, route)),
    ],
    metrics,
    project,
    ...(onRequest && { onRequest }),
  });
  server.addHook("preClose", (done) => {
    feed.close();
    exports.close();
    done();
  });
  return server;
}

/** A server of these routes, and of their documentation. Does not listen yet. */
export function createService(service: Service): FastifyInstance {
  const { http, metrics, project } = service;
  const server = fastify(serverOptions(service));
  const routes: BoundRoute[] = [
    ...service.routes,
    callerRoute(service.callerOf, http.keys.length > 0),
    ...pageRoutes(),
    ...documentationRoutes(() => openApiOf(routes, version)),
  ];
  // The body is parsed by its route, for every content type alike: what is no JSON gets our own error.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) =>
    done(null, body),
  );
  server.decorateRequest("caller", undefined);
  server.decorateRequest("problemCode", undefined);
  server.addHook("onRequest", (request, reply, done) => {
    void reply.header("x-request-id", request.id);
    done();
  });
  if (isTraced()) {
    traceRequests(server, version, project === undefined ? {} : { "foldback.project": project });
  }
  // Replies are data, and a page without scripts: nothing in them may act.
  void server.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], styleSrc: ["'unsafe-inline'"] },
    },
  });
  const { allowsOrigin } = service;
  if (allowsOrigin !== undefined || http.corsOrigins.length > 0) {
    const ofConfig = http.corsOrigins.includes("*") ? "*" : http.corsOrigins;
    const origin =
      allowsOrigin === undefined
        ? ofConfig
        : async (came: string | undefined) => Promise.resolve(allowsOrigin(came));
    const methods = [...new Set(routes.map(({ method }) => method))];
    const exposedHeaders = ["etag", "retry-after", "x-request-id"];
    void server.register(cors, { origin, methods, exposedHeaders, maxAge: preflightSeconds });
  }
  if (http.requestsPerSecondMax > 0) {
    void server.register(rateLimit, {
      max: http.requestsPerSecondMax,
      timeWindow: 1000,
      keyGenerator: ({ caller, ip }) => (http.keys.length > 0 ? (caller?.name ?? ip) : ip),
      allowList: ({ routeOptions }) => routeOptions.config.route?.scope === "none",
      errorResponseBuilder: (_request, { max }) =>
        new FoldbackError("RATE_LIMITED", `more than ${max} requests in a second; send fewer`, {
          details: { requestsPerSecondMax: max },
        }),
    });
  }
  void server.register((instance, _options, done) => {
    admit(instance, service);
    for (const route of routes) add(instance, route, service);
    done();
  });
  observe(server, metrics, http.logRequests ? service.onRequest : undefined);
  closeConnections(server);
  server.setNotFoundHandler((request, reply) => sayWhatThereIs(request, reply, routes));
  server.setErrorHandler((error, request, reply) => handleError(error, request, reply, http));
  return server;
}

function serverOptions({ http, serverFactory }: Service): FastifyServerOptions {
  return {
    ...(serverFactory && { serverFactory }),
    bodyLimit: http.bodyBytesMax,
    logger: false, // its lines cost more than a request; ours are in `RequestLine`
    // While it closes, what still comes over open connections is answered by the engine, as long as that runs.
    return503OnClosing: false,
    // As much as Node takes of a request's head: the contract says how long an account may be.
    routerOptions: { maxParamLength: 16_384 },
    genReqId: (request) => {
      const { "x-request-id": given } = request.headers;
      return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
    },
    frameworkErrors: (error, request, reply) => {
      handleError(error, request, reply, http);
    },
  };
}

/**
 * Who asks, and whether there is room for one more. Before the body is read; after the headers that let a page of
 * another origin read what it is told.
 */
function admit(server: FastifyInstance, { http, callerOf }: Service): void {
  const { concurrentMax, waitMsMax } = http;
  const share = new TurnShare();
  let underWay = 0;
  server.addHook("onRequest", (request, reply, done) => {
    const { route } = request.routeOptions.config;
    if (route === undefined || route.scope === "none") return done();
    request.caller = callerOf(request.headers);
    checkScope(request.caller, route.scope);
    if (underWay >= concurrentMax) {
      throw new FoldbackError(
        "OVERLOADED",
        `${underWay} requests are under way; allowed: ${concurrentMax}. Send this again later`,
        { details: { concurrentMax } },
      );
    }
    const waitedMs = turn.waitedMs();
    if (waitedMs > waitMsMax && !turn.owes(share)) {
      throw new FoldbackError(
        "OVERLOADED",
        `it has waited for ${waitedMs.toFixed(0)} ms behind others; allowed: ${waitMsMax}. Send this again later`,
        { details: { waitMsMax } },
      );
    }
    turn.take(share);
    underWay++;
    reply.raw.once("close", () => {
      underWay--;
    });
    done();
  });
}

function add(server: FastifyInstance, route: BoundRoute, { http }: Service): void {
  const readParams = parameterReader(route.params);
  const readQuery = parameterReader(route.query);
  server.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ":$1"),
    config: { route },
    handler: async (request, reply) => {
      if (route.body !== undefined) checkEncoding(request.headers["content-encoding"]);
      const call = {
        params: readParams(request.params as Record<string, unknown>),
        query: readQuery(request.query as Record<string, unknown>),
        body: (request.body as string | undefined) ?? "",
        headers: request.headers,
        keyName: http.keys.length > 0 ? request.caller?.name : undefined,
        stages: request.span,
      };
      const { status = 200, headers = {}, body } = await route.handle(call);
      request.span?.endStage();
      return reply.code(status).headers(headers).send(body);
    },
  });
}

/** Compressed bytes would be told to be no JSON, which is true and no help. */
function checkEncoding(encoding: string | undefined): void {
  if (encoding === undefined || encoding === "identity") return;
  throw new FoldbackError(
    "MEDIA_TYPE_UNSUPPORTED",
    `the body's content-encoding is ${JSON.stringify(encoding.slice(0, 40))}; allowed: none`,
  );
}

function observe(
  server: FastifyInstance,
  metrics: Metrics,
  onRequest: ServerOptions["onRequest"],
): void {
  server.addHook("onResponse", (request, reply, done) => {
    const { method, caller, problemCode } = request;
    const { path: route = "none", isStream = false } = request.routeOptions.config.route ?? {};
    const status = reply.statusCode;
    if (!isStream) metrics.observe({ method, route, status, seconds: reply.elapsedTime / 1000 });
    onRequest?.({
      id: request.id,
      caller: caller?.name ?? "",
      method,
      route,
      status,
      milliseconds: Math.round(reply.elapsedTime * 1000) / 1000,
      ...(problemCode === undefined ? {} : { code: problemCode }),
      ...(request.span && { trace: request.span.traceId }),
    });
    done();
  });
}

/**
 * A connection with a request under way is not idle when the service begins to close, and would be kept open
 * after its reply: so the reply says that it ends.
 */
function closeConnections(server: FastifyInstance): void {
  let isClosing = false;
  server.addHook("preClose", (done) => {
    isClosing = true;
    done();
  });
  server.addHook("onSend", (_request, reply, payload, done) => {
    if (isClosing) void reply.header("connection", "close");
    done(null, payload);
  });
}

function sayWhatThereIs(
  request: FastifyRequest,
  reply: FastifyReply,
  routes: readonly BoundRoute[],
): FastifyReply {
  const { method, url } = request;
  const [path] = url.split("?", 1);
  const ofPath = routes.filter((route) => patternOf(route.path).test(path));
  if (ofPath.length > 0) {
    const methods = ofPath.map((route) => route.method).join(", ");
    void reply.header("allow", methods);
    const detail = `${ofPath[0].path} does not take ${method}; allowed: ${methods}`;
    return send(request, reply, problemFor("METHOD_NOT_ALLOWED", detail));
  }
  const there = routes.map((route) => `${route.method} ${route.path}`).join(", ");
  const detail = `there is no ${method} ${path.slice(0, 80)}; there are ${there}; GET /docs describes them`;
  return send(request, reply, problemFor("NOT_FOUND", detail));
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}

/** The one place where an error becomes a reply. */
function handleError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { bodyBytesMax }: Config["http"],
): FastifyReply {
  if (error instanceof FoldbackError) {
    if (error.code === "UNAUTHENTICATED") void reply.header("www-authenticate", "Bearer");
    return send(request, reply, problemOfError(error));
  }
  const { statusCode = 500, stack, message } = error as Error & { readonly statusCode?: number };
  if (statusCode === 413) {
    const detail = `the body is over ${bodyBytesMax} bytes; send it in parts`;
    return send(request, reply, problemFor("BATCH_TOO_LARGE", detail, { bodyBytesMax }));
  }
  if (statusCode === 415)
    return send(request, reply, problemFor("MEDIA_TYPE_UNSUPPORTED", message));
  if (statusCode < 500) return send(request, reply, problemFor("REQUEST_INVALID", message));
  // A bug: the reply must not show its insides, but a number to find them by.
  process.stderr.write(`${request.id} ${request.method} ${request.url}: ${stack}\n`);
  const detail = `an error in the server; its standard error has the details, under ${request.id}`;
  return send(request, reply, problemFor("INTERNAL", detail));
}

function send(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  request.problemCode = problem.code;
  if (problem.status === 503) void reply.header("retry-after", String(retryAfterSeconds));
  return reply.code(problem.status).header("content-type", problemType).send(problem);
}
