/** Spans as an SDK in the same process gets them: errors, requests that are cut, projects. */
import { trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { Foldback } from "#foldback/engine";
import { createServer } from "#foldback/http";
import { frontOfTest, smallProject } from "../testing/frontService.ts";
import { smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

const exporter = new InMemorySpanExporter();

beforeAll(() => {
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
});

afterEach(() => exporter.reset());

// Other files run in this process, too.
afterAll(() => trace.disable());

const finished = () =>
  exporter.getFinishedSpans().map(({ name, attributes, status }) => ({ name, attributes, status }));

async function engineOfTest(): Promise<Foldback> {
  const engine = await Foldback.open(smallConfig(temporaryDirectory()));
  onTestFinished(() => engine.close());
  return engine;
}

test("what the service can't do is an error, by its code; what the caller did wrong is none", async () => {
  const engine = await engineOfTest();
  const server = createServer(engine);
  const address = await server.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => server.close());
  await fetch(`${address}/v1/trending?n=0`);
  await engine.close();
  await fetch(`${address}/v1/trending`);
  await vi.waitFor(() => expect(finished()).toHaveLength(2)); // a span ends a moment after its reply
  expect(finished()).toMatchObject([
    { attributes: { "http.response.status_code": 400 }, status: { code: 0 } },
    {
      attributes: { "http.response.status_code": 503, "error.type": "CLOSED" },
      status: { code: 2 },
    },
  ]);
  expect(finished()[0].attributes).not.toHaveProperty("error.type");
});

test("a request whose caller has gone ends, without a status", async () => {
  const server = createServer(await engineOfTest());
  const address = await server.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => server.close());
  const gone = new AbortController();
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("[")),
  });
  const init = { method: "POST", body, duplex: "half", signal: gone.signal } as const;
  const asking = fetch(`${address}/v1/events`, init);
  asking.catch(() => {}); // it is aborted
  await vi.waitFor(async () =>
    expect(await new Promise((resolve) => server.server.getConnections((_, n) => resolve(n)))).toBe(
      1,
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  gone.abort();
  await vi.waitFor(() =>
    expect(finished()).toMatchObject([
      { attributes: { "error.type": "aborted" }, status: { code: 2 } },
    ]),
  );
  expect(finished()[0].attributes).not.toHaveProperty("http.response.status_code");
});

test("methods and routes that nobody knows are of one name", async () => {
  const server = createServer(await engineOfTest());
  onTestFinished(() => server.close());
  await server.inject({ method: "PROPFIND" as "GET", url: "/v1/trending" });
  await server.inject("/one");
  await server.inject("/two");
  expect(
    finished().map(({ name, attributes }) => [name, attributes["http.request.method"]]),
  ).toEqual([
    ["HTTP", "_OTHER"],
    ["GET", "GET"],
    ["GET", "GET"],
  ]);
});

test("a span says which project's it is; of what no project answers, none", async () => {
  const directory = temporaryDirectory();
  const { ask } = await frontOfTest(["shop", "news"].map((name) => smallProject(directory, name)));
  for (const key of ["shop-read", "news-read", "nobodys"]) await ask("/v1/trending", key);
  await vi.waitFor(() => {
    const roots = finished().filter(({ name }) => name === "GET /v1/trending");
    expect(roots.map(({ attributes }) => attributes["foldback.project"])).toEqual([
      "shop",
      "news",
      undefined,
    ]);
  });
});
