/** The routes of Segment's tracking API, request by request. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Foldback } from "#foldback/engine";
import { createServer } from "#foldback/http";
import { smallConfig } from "../testing/smallEngine.ts";

let directory: string;
let engine: Foldback;
let server: ReturnType<typeof createServer>;

const sha256 = (key: string): string => createHash("sha256").update(key).digest("hex");

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "foldback-http-"));
  engine = await Foldback.open({
    ...smallConfig(directory),
    http: {
      batchEventsMax: 20,
      corsOrigins: ["https://shop.example"],
      keys: [
        { name: "web", sha256: sha256("web-key"), scopes: ["ingest"] },
        { name: "app", sha256: sha256("app-key"), scopes: ["ingest"] },
        { name: "reader", sha256: sha256("reader-key"), scopes: ["read"] },
      ],
    },
  });
  server = createServer(engine);
});

afterAll(async () => {
  await server.close();
  await engine.close();
  rmSync(directory, { recursive: true });
});

async function post(
  path: string,
  body: unknown,
  key = "web-key",
  contentType = "application/json",
) {
  const basic = Buffer.from(`${key}:`).toString("base64");
  const reply = await server.inject({
    method: "POST",
    url: path,
    headers: { authorization: `Basic ${basic}`, "content-type": contentType },
    payload: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: reply.statusCode, body: reply.json<Record<string, unknown>>() };
}

const viewed = (item: string, more: object = {}) => ({
  userId: "u1",
  event: "Product Viewed",
  properties: { product_id: item },
  ...more,
});
const taken = { success: true, duplicates: 0, refused: [], unmapped: [] };

test.each(["/v1/track", "/v1/t"])("%s takes one message, whatever it is called", async (path) => {
  const message = viewed(path, { type: "identify", sentAt: new Date().toISOString() });
  expect(await post(path, message)).toEqual({ status: 200, body: { ...taken, accepted: 1 } });
  const plain = await post(path, message, "web-key", "text/plain"); // as browsers send it, to do without a preflight
  expect(plain).toEqual({ status: 200, body: { ...taken, accepted: 1 } });
});

test.each([
  ["identify", "i"],
  ["page", "p"],
  ["screen", "s"],
  ["group", "g"],
  ["alias", "a"],
])("/v1/%s and /v1/%s acknowledge what no event says", async (name, letter) => {
  for (const path of [name, letter]) {
    expect(await post(`/v1/${path}`, { userId: "u1", groupId: "g", traits: {} })).toEqual({
      status: 200,
      body: { ...taken, accepted: 0, unmapped: [{ kind: "message", name, count: 1 }] },
    });
  }
});

test.each(["/v1/batch", "/v1/b"])("%s says what became of each", async (path) => {
  const batch = [
    { type: "track", ...viewed("p1", { messageId: `${path} 1` }) },
    { type: "track", ...viewed("") },
    { type: "identify", anonymousId: "u1" },
    { type: "track", ...viewed("p1", { messageId: `${path} 1` }) },
    5,
    { type: "identify", userId: "u2" },
    { type: "track", ...viewed("p2", { context: { traits: { a: 1 } } }) },
  ];
  expect(await post(path, { batch, sentAt: new Date().toISOString() })).toEqual({
    status: 200,
    body: {
      success: true,
      accepted: 2,
      duplicates: 1,
      refused: [
        {
          index: 1,
          field: "properties.product_id",
          came: "nothing",
          allowed: "an item: view_content needs one",
        },
        { index: 4, field: "message", came: "5", allowed: "a JSON object" },
      ],
      unmapped: [
        { kind: "message", name: "identify", count: 2 },
        { kind: "field", name: "context.traits", count: 1 },
      ],
    },
  });
});

test("the ids of two keys don't meet", async () => {
  const message = viewed("p1", { messageId: "same" });
  const results = [];
  for (const key of ["web-key", "app-key", "web-key"]) {
    const { body } = await post("/v1/track", message, key);
    results.push([body["accepted"], body["duplicates"]]);
  }
  expect(results).toEqual([
    [1, 0],
    [1, 0],
    [0, 1],
  ]);
});

test.each([
  ["/v1/batch", "no JSON", 400, "REQUEST_INVALID"],
  ["/v1/batch", "", 400, "REQUEST_INVALID"],
  ["/v1/batch", "null", 400, "REQUEST_INVALID"],
  ["/v1/batch", "[]", 400, "REQUEST_INVALID"],
  ["/v1/batch", { batch: {} }, 400, "REQUEST_INVALID"],
  ["/v1/batch", { batch: [{ type: "track" }] }, 400, "EVENT_INVALID"],
  ["/v1/track", "no JSON", 400, "REQUEST_INVALID"],
  ["/v1/track", "null", 400, "EVENT_INVALID"],
  ["/v1/track", { userId: "u" }, 400, "EVENT_INVALID"],
  ["/v1/batch", { batch: Array.from({ length: 21 }, () => ({})) }, 413, "BATCH_TOO_LARGE"],
] as const)("%s of %j is refused", async (path, body, status, code) => {
  expect(await post(path, body)).toMatchObject({ status, body: { code } });
});

test("products count: a batch that becomes too many events is too large, and nothing of it is taken", async () => {
  const before = engine.status().ingested;
  const products = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ product_id: `p${i}` }));
  const order = (count: number) =>
    viewed("", {
      type: "track",
      event: "Order Completed",
      properties: { products: products(count) },
    });
  expect(await post("/v1/batch", { batch: [order(19), order(2)] })).toMatchObject({
    status: 413,
    body: { code: "BATCH_TOO_LARGE", events: 21, batchEventsMax: 20 },
  });
  expect(engine.status().ingested).toEqual(before);
  expect(await post("/v1/batch", { batch: [order(18), order(2)] })).toMatchObject({
    status: 200,
    body: { accepted: 20 },
  });
});

test("a context of the batch is written with each message, and may not make it too large", async () => {
  const batch = Array.from({ length: 20 }, (_, i) => viewed(`p${i}`, { type: "track" }));
  const note = "x".repeat(500_000);
  expect(await post("/v1/batch", { batch, context: { note } })).toMatchObject({
    status: 413,
    body: { code: "BATCH_TOO_LARGE", allowed: engine.config.http.bodyBytesMax },
  });
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, 1]));
  expect((await post("/v1/batch", { batch, context: many })).status).toBe(413);
  expect((await post("/v1/batch", { batch, context: { locale: "no" } })).status).toBe(200);
});

test("depth is no way to bring it down", async () => {
  const deep = "[".repeat(1_000_000) + "]".repeat(1_000_000);
  const inside = `{"type":"track","userId":"u","event":"Product Viewed","properties":{"product_id":"p","a":${deep}},"context":{"location":{"country":${deep}},"campaign":${deep}}}`;
  const bodies = [
    deep,
    `{"batch":${deep}}`,
    `{"batch":[${inside}]}`,
    `{"batch":[${inside}],"context":{"a":${deep}}}`,
  ];
  const statuses = [];
  for (const body of bodies) statuses.push((await post("/v1/batch", body)).status);
  expect(statuses).toEqual([400, 400, 200, 200]);
});

test("whatever comes is answered, and by no bug", async () => {
  const path = fc.constantFrom("/v1/track", "/v1/page", "/v1/batch");
  const message = fc.record(
    {
      type: fc.constantFrom("track", "page", "x"),
      userId: fc.string(),
      properties: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record({ batch: fc.array(fc.oneof(message, fc.jsonValue())), context: fc.jsonValue() }),
  );
  const law = fc.asyncProperty(path, body, async (to, what) => {
    expect([200, 400, 413]).toContain((await post(to, what)).status);
  });
  await fc.assert(law, { numRuns: 200 });
});

test("a page may send its key", async () => {
  const origin = "https://shop.example";
  const preflight = await server.inject({
    method: "OPTIONS",
    url: "/v1/t",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    },
  });
  expect(preflight.statusCode).toBe(204);
  expect(preflight.headers).toMatchObject({
    "access-control-allow-origin": origin,
    "access-control-allow-headers": expect.stringContaining("authorization"),
    "access-control-allow-methods": expect.stringContaining("POST"),
  });
});

test("a key without the scope, or none, is turned away", async () => {
  expect((await post("/v1/track", viewed("p"), "reader-key")).status).toBe(403);
  expect((await post("/v1/track", viewed("p"), "other-key")).status).toBe(401);
  expect((await post("/v1/track", viewed("p"), "")).status).toBe(401);
});

test("an empty batch is one, and says nothing", async () => {
  expect(await post("/v1/batch", { batch: [] })).toEqual({
    status: 200,
    body: { ...taken, accepted: 0 },
  });
});

test("what is not mapped is counted, and names come to an end", async () => {
  const batches = Array.from({ length: 10 }, (_, n) =>
    Array.from({ length: 20 }, (_, i) =>
      viewed("", { type: "track", event: `Name ${n * 20 + i}` }),
    ),
  );
  for (const batch of batches) await post("/v1/batch", { batch });
  const { unmapped } = engine.status();
  expect(unmapped.length).toBeLessThanOrEqual(102);
  const names = unmapped.filter(({ name }) => name.startsWith("Name ") || name === "(others)");
  expect(names.reduce((sum, { count }) => sum + count, 0)).toBe(200);
});
