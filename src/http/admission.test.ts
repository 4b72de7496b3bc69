/** Who is let in: keys and scopes, limits, origins; and what every reply carries. */

import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { Foldback, type UserConfig } from "#foldback/engine";
import { createServer } from "#foldback/http";
import { likes, smallConfig } from "../testing/smallEngine.ts";
import type { RequestLine } from "./server.ts";

let directory: string;
let engine: Foldback;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "foldback-http-"));
  engine = await Foldback.open(smallConfig(directory));
  await engine.ingest(likes(0, 200));
  await engine.settled();
});

afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true });
});

type Server = ReturnType<typeof createServer>;

/** A server over the same engine with other settings. */
function serverWith(
  http: NonNullable<UserConfig["http"]>,
  onRequest?: (line: RequestLine) => void,
): Server {
  const config = { ...engine.config, http: { ...engine.config.http, ...http } };
  const over = new Proxy(engine, {
    get: (of, name) => {
      if (name === "config") return config;
      const value: unknown = Reflect.get(of, name, of);
      return typeof value === "function" ? value.bind(of) : value;
    },
  });
  const server = createServer(over, onRequest === undefined ? {} : { onRequest });
  onTestFinished(() => server.close());
  return server;
}

const sha256 = (key: string): string => createHash("sha256").update(key).digest("hex");
const keys: NonNullable<NonNullable<UserConfig["http"]>["keys"]> = [
  { name: "app", sha256: sha256("app-key"), scopes: ["ingest", "read"] },
  { name: "ops", sha256: sha256("ops-key"), scopes: ["admin"] },
];
const recommendations = "/v1/accounts/account-1/recommendations";

test("who waits too long behind others is turned away, and the next turn begins anew", async () => {
  const server = serverWith({ waitMsMax: 5 });
  const busy = (ms: number): void => {
    for (const began = performance.now(); performance.now() - began < ms; );
  };
  server.addHook("onSend", (_request, _reply, payload, done) => {
    busy(3); // as if it took so long
    done(null, payload);
  });
  const address = await server.listen({ port: 0 });
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const askSixTimes = (path: string): Promise<Asked[]> =>
    Promise.all(Array.from({ length: 6 }, () => ask(`${address}${path}`, agent)));
  await askSixTimes("/healthz"); // six connections, which are kept
  for (let turn = 0; turn < 2; turn++) {
    const replies = await askSixTimes("/v1/trending");
    expect(replies[0].status).toBe(200);
    const refused = replies.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(1);
    for (const { retryAfter, body } of refused) {
      expect(retryAfter).toBe("1");
      expect(body).toMatchObject({ code: "OVERLOADED", waitMsMax: 5 });
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // What tells whether it lives is always answered.
  expect((await askSixTimes("/healthz")).every(({ status }) => status === 200)).toBe(true);
});

test("who has filled a turn is turned away, and not the service beside it whose request comes last", async () => {
  const [flooded, beside] = [serverWith({ waitMsMax: 1 }), serverWith({ waitMsMax: 1 })];
  await Promise.all([flooded.ready(), beside.ready()]);
  const ask = async (server: Server): Promise<number> =>
    (await server.inject(`${recommendations}?n=500`)).statusCode;
  const flood = Array.from({ length: 30 }, () => ask(flooded)); // all in one turn
  const last = ask(beside);
  expect(await last).toBe(200);
  expect((await Promise.all(flood)).filter((status) => status === 503).length).toBeGreaterThan(1);
});

interface Asked {
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
  readonly body: unknown;
}

function ask(url: string, agent: Agent): Promise<Asked> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.once("end", () =>
        resolve({
          status: response.statusCode,
          retryAfter: response.headers["retry-after"],
          body: JSON.parse(text),
        }),
      );
    }).once("error", reject);
  });
}

test("without keys in the config everybody may do everything", async () => {
  const server = serverWith({});
  for (const url of [recommendations, "/metrics"]) {
    expect((await server.inject(url)).statusCode).toBe(200);
  }
});

test("with keys: none or a wrong one is 401, one without the scope 403", async () => {
  const server = serverWith({ keys });
  const ask = async (url: string, headers: Record<string, string> = {}) => {
    const reply = await server.inject({ url, headers });
    return [reply.statusCode, reply.headers["www-authenticate"]];
  };
  expect(await ask(recommendations)).toEqual([401, "Bearer"]);
  expect(await ask(recommendations, { authorization: "Bearer app-kex" })).toEqual([401, "Bearer"]);
  expect(await ask(recommendations, { authorization: "Bearer " })).toEqual([401, "Bearer"]);
  expect(await ask(recommendations, { authorization: "Digest app-key" })).toEqual([401, "Bearer"]);
  expect(await ask(recommendations, { "x-api-key": sha256("app-key") })).toEqual([401, "Bearer"]);
  expect(await ask(recommendations, { authorization: "Bearer ops-key" })).toEqual([403, undefined]);
  expect(await ask("/metrics", { authorization: "Bearer app-key" })).toEqual([403, undefined]);
  const basic = `Basic ${Buffer.from("app-key:").toString("base64")}`;
  for (const headers of [
    { authorization: "Bearer app-key" },
    { authorization: "bearer app-key" },
    { "x-api-key": "app-key" },
    { authorization: basic },
  ]) {
    expect(await ask(recommendations, headers)).toEqual([200, undefined]);
  }
  expect(await ask("/metrics", { "x-api-key": "ops-key" })).toEqual([200, undefined]);
});

test("who may not is turned away before anything is taken", async () => {
  const server = serverWith({ keys });
  const before = engine.status().records;
  const payload = JSON.stringify(likes(1000, 1));
  const reply = await server.inject({ method: "POST", url: "/v1/events", payload });
  expect(reply.statusCode).toBe(401);
  expect(engine.status().records).toBe(before);
});

test("what watches the service, and what reads the contract, needs no key", async () => {
  const server = serverWith({ keys, requestsPerSecondMax: 1, concurrentMax: 1 });
  for (const url of ["/healthz", "/readyz", "/openapi.json", "/docs", "/healthz", "/healthz"]) {
    expect((await server.inject(url)).statusCode, url).toBe(200);
  }
});

test("beyond its requests a second a caller gets 429 and when to come again; others are served", async () => {
  const server = serverWith({
    keys: [...keys, { ...keys[0], name: "b", sha256: sha256("b") }],
    requestsPerSecondMax: 3,
  });
  const ask = (key: string) =>
    server.inject({ url: recommendations, headers: { "x-api-key": key } });
  const statuses: number[] = [];
  for (let i = 0; i < 5; i++) statuses.push((await ask("app-key")).statusCode);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  const refused = await ask("app-key");
  expect(refused.json()).toMatchObject({
    code: "RATE_LIMITED",
    status: 429,
    requestsPerSecondMax: 3,
  });
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
  expect((await ask("b")).statusCode).toBe(200);
});

test("beyond the requests that may be under way it is 503, and again room when they are done", async () => {
  const server = serverWith({ concurrentMax: 2 });
  const post = (n: number) =>
    server.inject({ method: "POST", url: "/v1/events", payload: JSON.stringify(likes(n, 1)) });
  const replies = await Promise.all([2000, 2001, 2002, 2003].map(post));
  expect(replies.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([
    202, 202, 503, 503,
  ]);
  const refused = replies.find(({ statusCode }) => statusCode === 503);
  expect(refused?.json()).toMatchObject({ code: "OVERLOADED", concurrentMax: 2 });
  expect(refused?.headers["retry-after"]).toBe("1");
  expect((await post(2004)).statusCode).toBe(202);
});

test("pages of other origins may call it only where the config names them", async () => {
  const preflight = (server: Server, origin: string, method = "POST") =>
    server.inject({
      method: "OPTIONS",
      url: "/v1/events",
      headers: { origin, "access-control-request-method": method },
    });
  const closed = await preflight(serverWith({}), "https://shop.example");
  expect(closed.headers["access-control-allow-origin"]).toBeUndefined();
  const open = serverWith({ corsOrigins: ["https://shop.example"] });
  const named = await preflight(open, "https://shop.example");
  expect([named.statusCode, named.headers["access-control-allow-origin"]]).toEqual([
    204,
    "https://shop.example",
  ]);
  const other = await preflight(open, "https://other.example");
  expect(other.headers["access-control-allow-origin"]).toBeUndefined();
  const { headers } = await preflight(open, "https://shop.example", "DELETE");
  expect(headers["access-control-allow-methods"]).toBe("POST, GET, PUT, PATCH, DELETE");
});

test("a page of another origin may read errors, too", async () => {
  const server = serverWith({ keys, corsOrigins: ["https://shop.example"] });
  const origin = { origin: "https://shop.example" };
  for (const [url, status] of [
    [recommendations, 401],
    [`${recommendations}?n=x`, 400],
    ["/nothing", 404],
  ] as const) {
    const key = status === 401 ? {} : { "x-api-key": "app-key" };
    const reply = await server.inject({ url, headers: { ...origin, ...key } });
    expect(reply.statusCode).toBe(status);
    expect(reply.headers["access-control-allow-origin"], url).toBe("https://shop.example");
    expect(reply.headers["x-request-id"], url).toBeDefined();
  }
});

test("every reply has the headers that keep browsers from guessing, and the request's id", async () => {
  const server = serverWith({});
  for (const url of ["/healthz", "/nothing", recommendations]) {
    const { headers } = await server.inject({ url, headers: { "x-request-id": "trace-1" } });
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "SAMEORIGIN",
      "content-security-policy": expect.stringContaining("default-src 'none'"),
    });
    if (url !== "/nothing") expect(headers["x-request-id"]).toBe("trace-1");
  }
  const { headers } = await server.inject({
    url: "/healthz",
    headers: { "x-request-id": "a b\t" },
  });
  expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
});

test("a line for each request, where the config says so: who, what, how it ended, and nothing of its body", async () => {
  const lines: RequestLine[] = [];
  const server = serverWith({ keys, logRequests: true }, (line) => lines.push(line));
  await server.inject({ url: `${recommendations}?n=x`, headers: { "x-api-key": "app-key" } });
  await server.inject("/nothing");
  expect(lines).toEqual([
    {
      id: expect.any(String),
      caller: "app",
      method: "GET",
      route: "/v1/accounts/{account}/recommendations",
      status: 400,
      milliseconds: expect.any(Number),
      code: "REQUEST_INVALID",
    },
    expect.objectContaining({ caller: "", route: "none", status: 404, code: "NOT_FOUND" }),
  ]);
});

test("a parameter that there is not is refused with those there are", async () => {
  const reply = await serverWith({}).inject(`${recommendations}?nn=3`);
  expect(reply.statusCode).toBe(400);
  expect(reply.json()).toMatchObject({
    code: "REQUEST_INVALID",
    parameter: "nn",
    detail: expect.stringContaining(
      'there is no parameter "nn"; there is: n, session, device, platform,',
    ),
  });
});
