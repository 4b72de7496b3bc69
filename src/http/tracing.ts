/**
 * Requests as OpenTelemetry spans, for whoever has registered an SDK in this process: `foldback serve` where the
 * environment names a collector, or a program that loads it. Without one nothing of this is called.
 *
 * Source: Semantic Conventions for HTTP Spans, stable, https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Stages } from "../core/index.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Where it is traced. */
    span?: RequestSpan;
  }
}

/** What is called otherwise is `_OTHER`: names of spans and values of attributes are few. */
const knownMethods = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);

/** Whether an SDK is registered in this process: without one, spans are of no trace. */
export function isTraced(): boolean {
  const probe = trace.getTracer("foldback").startSpan("probe"); // never ended, so never sent
  return isSpanContextValid(probe.spanContext());
}

/**
 * A span for each request whose route asks for a key, and for each that has no route; so none for probes. It goes on
 * the caller's trace, if the request says which (`traceparent`).
 *
 * @param attributes of all of them.
 */
export function traceRequests(
  server: FastifyInstance,
  version: string,
  attributes: Attributes,
): void {
  const tracer = trace.getTracer("foldback", version);
  server.decorateRequest("span");
  server.addHook("onRequest", (request, reply, done) => {
    if (request.routeOptions.config.route?.scope === "none") return done();
    const span = new RequestSpan(tracer, request, attributes);
    if (span.isRecording) request.span = span;
    reply.raw.once("close", () => span.end(request, reply));
    done();
  });
}

/**
 * The span of one request, with a child for each stage that takes time inside.
 *
 * Accounts and items stand in paths and queries, and callers in addresses: none of them is told. `url.path` is the
 * route's pattern.
 */
class RequestSpan implements Stages {
  readonly #tracer: Tracer;
  readonly #span: Span;
  readonly #context: Context;
  /** Added to `performance.now()`: one clock for parent and children, so that these lie within. */
  readonly #epochMs = Date.now() - performance.now();
  #stage: Span | undefined;

  constructor(tracer: Tracer, request: FastifyRequest, attributes: Attributes) {
    const route = request.routeOptions.config.route?.path;
    const method = knownMethods.has(request.method) ? request.method : "_OTHER";
    const name = method === "_OTHER" ? "HTTP" : method;
    const parent = propagation.extract(context.active(), request.headers);
    this.#tracer = tracer;
    this.#span = tracer.startSpan(
      route === undefined ? name : `${name} ${route}`,
      {
        kind: SpanKind.SERVER,
        startTime: this.#now(),
        attributes: {
          ...attributes,
          "http.request.method": method,
          ...(route !== undefined && { "http.route": route, "url.path": route }),
          "url.scheme": request.protocol,
          "network.protocol.version": request.raw.httpVersion,
        },
      },
      parent,
    );
    this.#context = trace.setSpan(parent, this.#span);
  }

  /** Whether it is of a trace that is kept. */
  get isRecording(): boolean {
    return this.#span.isRecording();
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  begin(stage: string): void {
    const now = this.#now();
    this.#stage?.end(now);
    this.#stage = this.#tracer.startSpan(stage, { startTime: now }, this.#context);
  }

  /** What was begun has ended: what follows is of no stage. */
  endStage(): void {
    this.#stage?.end(this.#now());
    this.#stage = undefined;
  }

  end({ problemCode }: FastifyRequest, { raw, statusCode }: FastifyReply): void {
    this.endStage();
    const isWhole = raw.writableFinished;
    if (isWhole) this.#span.setAttribute("http.response.status_code", statusCode);
    if (!isWhole || statusCode >= 500) {
      const type = isWhole ? (problemCode ?? String(statusCode)) : "aborted";
      this.#span.setAttribute("error.type", type);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end(this.#now());
  }

  #now(): number {
    return this.#epochMs + performance.now();
  }
}
