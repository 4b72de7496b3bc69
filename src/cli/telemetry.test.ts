/** What a collector gets of a real `foldback serve`, sent by the SDK itself. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type FoldbackProcess, startFoldback } from "../testing/foldbackProcess.ts";
import { type ReceivedSpan, startOtlpReceiver } from "../testing/otlpReceiver.ts";
import { likes, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

function serve(env: Readonly<Record<string, string>>, http: object = {}): FoldbackProcess {
  const cwd = temporaryDirectory();
  const config = smallConfig("data");
  writeFileSync(
    join(cwd, "foldback.config.json"),
    JSON.stringify({ ...config, http: { ...config.http, ...http } }),
  );
  return startFoldback(["serve", "--json"], { cwd, env });
}

async function listening(server: FoldbackProcess): Promise<string> {
  const [line] = await server.output(/\{.*"listening".*\n/);
  return (JSON.parse(line) as { address: string }).address;
}

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const callerSpan = "00f067aa0ba902b7";

test("each request is a span on its caller's trace, with its stages below; no account, item or address is told", async () => {
  const receiver = await startOtlpReceiver();
  const server = serve(
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.address,
      OTEL_SERVICE_NAME: "recommendations",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test",
    },
    { logRequests: true },
  );
  const address = await listening(server);
  const headers = { traceparent: `00-${traceId}-${callerSpan}-01` };
  const body = JSON.stringify(likes(0, 50));
  const recommendations = `${address}/v1/accounts/account-1/recommendations`;
  expect((await fetch(`${address}/v1/events`, { method: "POST", body, headers })).status).toBe(202);
  expect((await fetch(`${recommendations}?filter=price<1`, { headers })).status).toBe(200);
  expect((await fetch(`${recommendations}?n=none`)).status).toBe(400);
  expect((await fetch(`${address}/nothing/account-1`)).status).toBe(404);
  expect((await fetch(`${address}/readyz`)).status).toBeGreaterThan(0);
  server.child.kill("SIGTERM");
  const { code, stdout, stderr } = await server.ended;
  expect([code, stderr]).toEqual([0, ""]);

  const roots = receiver.spans.filter(({ kind }) => kind === 2);
  const childrenOf = (span: ReceivedSpan): string[] =>
    receiver.spans
      .filter(({ parentSpanId }) => parentSpanId === span.spanId)
      .sort((a, b) => Number(a.start - b.start))
      .map(({ name }) => name);
  const route = "/v1/accounts/{account}/recommendations";
  const common = { "url.scheme": "http", "network.protocol.version": "1.1" };
  const get = { ...common, "http.request.method": "GET" };
  expect(roots.map(({ name, status, attributes }) => ({ name, status, attributes }))).toEqual([
    {
      name: "POST /v1/events",
      status: 0,
      attributes: {
        ...common,
        "http.request.method": "POST",
        "http.route": "/v1/events",
        "url.path": "/v1/events",
        "http.response.status_code": 202,
      },
    },
    ...[200, 400].map((status) => ({
      name: `GET ${route}`,
      status: 0,
      attributes: {
        ...get,
        "http.route": route,
        "url.path": route,
        "http.response.status_code": status,
      },
    })),
    { name: "GET", status: 0, attributes: { ...get, "http.response.status_code": 404 } },
  ]);
  const [posted, recommended, refused] = roots;
  for (const span of [posted, recommended]) {
    expect([span.traceId, span.parentSpanId]).toEqual([traceId, callerSpan]);
  }
  expect([refused.traceId === traceId, refused.parentSpanId]).toEqual([false, ""]);
  expect(childrenOf(posted)).toEqual(["parsing", "logging", "applying"]);
  expect(childrenOf(recommended)).toEqual(["candidates", "ranking", "reranking", "responses"]);
  expect(childrenOf(refused)).toEqual([]);
  for (const span of receiver.spans) {
    const parent = roots.find(({ spanId }) => spanId === span.parentSpanId) ?? span;
    expect(span.traceId).toBe(parent.traceId);
    expect(span.end).toBeGreaterThanOrEqual(span.start);
    expect(span.start).toBeGreaterThanOrEqual(parent.start);
    expect(span.end).toBeLessThanOrEqual(parent.end);
    expect(Math.abs(Number(span.start / 1_000_000n) - Date.now())).toBeLessThan(120_000);
    expect(span.resource).toMatchObject({
      "service.name": "recommendations",
      "deployment.environment": "test",
    });
  }
  expect(receiver.text()).not.toMatch(/account-1|item-|price|none|127\.0\.0\.1/);
  const lines = stdout.split("\n").filter((line) => line.includes('"event":"request"'));
  const traces = lines.map((line) => (JSON.parse(line) as { trace?: string }).trace);
  expect(traces).toEqual([...roots.map((span) => span.traceId), undefined]);
}, 60_000);

test("a caller's trace that is not kept is not, and a share may be set: the SDK's own variables hold", async () => {
  const receiver = await startOtlpReceiver();
  const server = serve({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.address}/v1/traces`,
    OTEL_TRACES_SAMPLER: "parentbased_always_off",
  });
  const address = await listening(server);
  for (const flags of ["00", "01"]) {
    const headers = { traceparent: `00-${traceId}-${callerSpan}-${flags}` };
    await fetch(`${address}/v1/trending`, { headers });
  }
  await fetch(`${address}/v1/popular`);
  server.child.kill("SIGTERM");
  expect(await server.ended).toMatchObject({ code: 0, stderr: "" });
  expect(receiver.spans.map(({ name }) => name)).toEqual(["GET /v1/trending"]);
}, 60_000);

test("a collector that is not there is told of, and nothing else suffers from it", async () => {
  const server = serve({
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
    OTEL_BSP_SCHEDULE_DELAY: "50",
    OTEL_EXPORTER_OTLP_TIMEOUT: "500",
  });
  const address = await listening(server);
  for (let n = 0; n < 3; n++) expect((await fetch(`${address}/v1/trending`)).status).toBe(200);
  await server.output(/"tracesFailed".*ECONNREFUSED/);
  server.child.kill("SIGTERM");
  expect(await server.ended).toMatchObject({ code: 0, stderr: "" });
}, 60_000);

test("a protocol that is not spoken is refused; what is switched off is off", async () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };
  const grpc = await serve({ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }).ended;
  expect([grpc.code, grpc.stderr]).toEqual([2, expect.stringContaining("http/protobuf")]);
  const off = serve({
    ...endpoint,
    OTEL_SDK_DISABLED: "true",
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
  });
  await listening(off);
  off.child.kill("SIGTERM");
  expect(await off.ended).toMatchObject({ code: 0 });
}, 60_000);
