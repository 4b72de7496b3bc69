/** Accounts over HTTP: what is said of them is described, changed in part, listed, and goes when they are erased. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Foldback } from "#foldback/engine";
import { createServer } from "#foldback/http";
import { keySetting } from "../testing/frontService.ts";
import { injected } from "../testing/injected.ts";
import { likes, smallConfig } from "../testing/smallEngine.ts";

let directory: string;
let engine: Foldback;
let server: ReturnType<typeof createServer>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "foldback-accounts-"));
  engine = await Foldback.open(smallConfig(directory));
  server = createServer(engine);
});

afterAll(async () => {
  await server.close();
  await engine.close();
  rmSync(directory, { recursive: true });
});

interface Body {
  readonly properties: unknown;
  readonly accounts: readonly { readonly account: string }[];
  readonly next: string;
  readonly code: string;
  readonly detail: string;
}

async function ask(
  method: Parameters<typeof injected>[1],
  url: string,
  payload?: unknown,
  headers?: Record<string, string>,
) {
  const reply = await injected<Body>(server, method, url, payload, headers);
  return { status: reply.status, etag: String(reply.headers["etag"]), body: reply.body };
}

/** Both kinds answer alike. */
describe.each(["accounts", "items"])("%s", (kind) => {
  const url = `/v1/${kind}/${encodeURIComponent("a/b ü")}`;
  const propertiesNow = async () => (await ask("GET", url)).body.properties;

  test("are described as a whole, read, and changed in part", async () => {
    expect(await ask("GET", url)).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    const put = await ask("PUT", url, { plan: "free", age: 40, vip: true, tags: ["a", "b"] });
    expect(put).toMatchObject({
      status: 200,
      body: { properties: { plan: "free", age: 40, vip: 1, tags: "a|b" } },
    });
    const patch = { plan: "pro", age: null, none: null, new: [] };
    const patched = await ask("PATCH", url, patch, {
      "content-type": "application/merge-patch+json",
    });
    expect(patched).toMatchObject({ status: 200 });
    expect(patched.body.properties).toEqual({ plan: "pro", vip: 1, tags: "a|b" });
    expect(await propertiesNow()).toEqual({ plan: "pro", vip: 1, tags: "a|b" });
    expect((await ask("PUT", url, { plan: "free" })).body.properties).toEqual({ plan: "free" });
  });

  test("of which nothing was said are described by a patch, but for `if-match: *`", async () => {
    const other = `${url}-other`;
    const match = { "if-match": "*" };
    expect((await ask("PATCH", other, { n: 1 }, match)).status).toBe(412);
    expect((await ask("PATCH", other, { n: 1, m: null })).body.properties).toEqual({ n: 1 });
    expect((await ask("PATCH", other, { n: 2 }, match)).body.properties).toEqual({ n: 2 });
  });

  test("have an etag, by which nobody's change is lost, also of those that come at once", async () => {
    const { etag } = await ask("PUT", url, { n: 0 });
    expect((await ask("GET", url)).etag).toBe(etag);
    expect((await ask("GET", url, undefined, { "if-none-match": etag })).status).toBe(304);
    const replies = await Promise.all(
      [1, 2, 3, 4].map((n) => ask("PUT", url, { n }, { "if-match": etag })),
    );
    expect(replies.map(({ status }) => status)).toEqual([200, 412, 412, 412]);
    expect(replies[1].body.code).toBe("PRECONDITION_FAILED");
    expect(await propertiesNow()).toEqual({ n: 1 });
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => ask("PATCH", url, { [`p${i}`]: i, n: null })),
    );
    expect(await propertiesNow()).toEqual(
      Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`p${i}`, i])),
    );
    expect((await ask("PATCH", url, { n: 9 }, { "if-match": etag })).status).toBe(412);
  });

  test.each([
    ["PUT", '{"n": null}', "properties.n"],
    ["PATCH", '{"n": {"m": 1}}', "properties.n"],
    ["PATCH", '{"n": ["a|b"]}', "properties.n"],
    ["PATCH", "[]", "properties is []"],
    ["PATCH", "{", "the body is no JSON"],
    ["PUT", `{"n": "${"x".repeat(2049)}"}`, "properties.n"],
    ["PATCH", `{"__proto__": 1}`, "properties"],
  ] as const)("%s %s is refused, and changes nothing", async (method, body, detail) => {
    const before = await propertiesNow();
    const reply = await ask(method, url, body);
    expect([reply.status, reply.body.code]).toEqual([400, "REQUEST_INVALID"]);
    expect(reply.body.detail).toContain(detail);
    expect(await propertiesNow()).toEqual(before);
  });

  test("keep 64 properties: a patch that adds another is refused", async () => {
    const full = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`p${i}`, i]));
    expect((await ask("PUT", url, full)).status).toBe(200);
    expect((await ask("PATCH", url, { more: 1 })).status).toBe(400);
    expect((await ask("PATCH", url, { more: 1, p0: null })).status).toBe(200);
  });
});

test("an account without properties has no description, and one that is erased neither", async () => {
  const url = "/v1/accounts/short";
  await ask("PUT", url, { n: 1 });
  const emptied = await ask("PUT", url, {});
  expect(emptied).toMatchObject({ status: 200, etag: "undefined", body: { properties: {} } });
  expect((await ask("GET", url)).status).toBe(404);
  await ask("PATCH", url, { n: 2 });
  expect((await ask("PATCH", url, { n: null })).body.properties).toEqual({});
  await ask("PUT", url, { n: 3 });
  expect((await ask("DELETE", url)).status).toBe(200);
  expect((await ask("GET", url)).status).toBe(404);
});

test("many at once, each taken or refused for itself; then in pages", async () => {
  const all = Array.from({ length: 7 }, (_, i) => ({ account: `bulk-${i}`, properties: { i } }));
  const wrong = [{ account: "", properties: {} }, { item: "x", properties: {} }, 7];
  expect((await ask("POST", "/v1/accounts", [...all, ...wrong])).body).toMatchObject({
    accepted: 7,
    refused: [
      { index: 7, field: "account" },
      { index: 8 },
      { index: 9, field: "account", came: "7" },
    ],
  });
  const lines = '{"account":"bulk-7","properties":{"i":7}}\nno JSON\n';
  const ndjson = await ask("POST", "/v1/accounts", lines, {
    "content-type": "application/x-ndjson",
  });
  expect(ndjson.body).toMatchObject({ accepted: 1, refused: [{ index: 1 }] });
  const found: string[] = [];
  for (let after = ""; ; ) {
    const { body } = await ask("GET", `/v1/accounts?limit=2${after}`);
    found.push(...(body.accounts ?? []).map(({ account }) => account));
    if (body.next === undefined) break;
    if (after === "") await ask("PUT", "/v1/accounts/bulk-0", { i: "again" }); // comes at the end
    after = `&after=${body.next}`;
  }
  expect(found.filter((account) => account.startsWith("bulk-"))).toEqual([
    ...[1, 2, 3, 4, 5, 6, 7, 0].map((i) => `bulk-${i}`),
  ]);
  expect(await ask("GET", "/v1/accounts?after=nobody")).toMatchObject({ status: 400 });
  expect(await ask("GET", "/v1/accounts?limit=1001")).toMatchObject({ status: 400 });
});

test("rules read what is said of the account; lists for everybody have none", async () => {
  const filter = encodeURIComponent("language == account.language");
  await engine.ingest(likes(0, 200));
  await ask("PUT", "/v1/items/item-1", { language: "de" });
  await ask("PUT", "/v1/items/item-2", { language: "en" });
  await ask("PUT", "/v1/accounts/reader", { language: "de" });
  const listed = async (account: string) => {
    const url = `/v1/accounts/${account}/recommendations?filter=${filter}`;
    const reply = await server.inject(url);
    return reply.json<{ readonly items: readonly { item: string }[] }>().items;
  };
  expect(await listed("reader")).toMatchObject([{ item: "item-1" }]);
  await ask("PATCH", "/v1/accounts/reader", { language: "en" });
  expect(await listed("reader")).toMatchObject([{ item: "item-2" }]);
  const ofNobody = (await listed("nobody")).map(({ item }) => item); // whose language is null, as theirs is
  expect(ofNobody.length).toBeGreaterThan(3);
  expect(ofNobody.filter((item) => ["item-1", "item-2"].includes(item))).toEqual([]);
  for (const url of ["/v1/trending", "/v1/items", "/v1/items/item-1/similar"]) {
    expect(await ask("GET", `${url}?filter=${filter}`)).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining("account.language") },
    });
  }
});

test("accounts that wanted the same are named, most alike first, and none that is erased", async () => {
  const like = (account: string, item: string) => ({
    type: "like",
    time: Date.now(),
    account,
    item,
  });
  const pairs = ["n1 x", "n1 y", "n2 x", "n2 y", "n3 y", "n3 z", "n4 z"];
  await engine.ingest(pairs.map((pair) => like(pair.slice(0, 2), `near-${pair.slice(3)}`)));
  const nearest = async (n: number) => {
    const reply = await server.inject(`/v1/accounts/n1/similar?n=${n}`);
    return reply.json<{ readonly accounts: unknown }>().accounts;
  };
  const [n2, n3] = [
    { account: "n2", score: 1 },
    { account: "n3", score: 0.5 },
  ];
  expect(await nearest(10)).toMatchObject([n2, { account: "n3", score: expect.closeTo(0.5) }]);
  expect(await nearest(1)).toMatchObject([{ account: "n2", score: expect.closeTo(1) }]);
  expect((await ask("GET", "/v1/accounts/n1/similar?n=321")).status).toBe(400);
  expect((await ask("GET", "/v1/accounts/unheard/similar")).body).toEqual({ accounts: [] });
  await engine.erase(["n2"]);
  expect(await nearest(10)).toMatchObject([{ account: n3.account }]);
});

test("keys of pages can describe accounts, and read nothing of others", async () => {
  const keyed = await Foldback.open({
    ...smallConfig(mkdtempSync(join(directory, "keyed-"))),
    http: {
      port: 0,
      keys: [keySetting("page", ["ingest", "read"]), keySetting("backend", ["admin"])],
    },
  });
  const guarded = createServer(keyed);
  const status = async (name: string, method: "GET" | "PUT" | "PATCH" | "POST", url: string) => {
    const payload = method === "GET" ? {} : { payload: method === "POST" ? "[]" : '{"n":1}' };
    const headers = { "x-api-key": name };
    return (await guarded.inject({ method, url, headers, ...payload })).statusCode;
  };
  expect(await status("page", "PUT", "/v1/accounts/a")).toBe(200);
  expect(await status("page", "POST", "/v1/accounts")).toBe(202);
  for (const [method, url] of [
    ["GET", "/v1/accounts/a"],
    ["GET", "/v1/accounts"],
    ["GET", "/v1/accounts/a/similar"],
    ["PATCH", "/v1/accounts/a"],
  ] as const) {
    expect(await status("page", method, url)).toBe(403);
    expect(await status("backend", method, url)).toBe(200);
  }
  expect(await status("page", "PATCH", "/v1/items/a")).toBe(200);
  await guarded.close();
  await keyed.close();
});

test("traits of Segment's identify add to what is said, in the order in which they come", async () => {
  const identify = (traits: object) =>
    ask("POST", "/v1/identify", { userId: "traited", anonymousId: "s", traits });
  await ask("PUT", "/v1/accounts/traited", { plan: "free", city: "Bonn" });
  await Promise.all([identify({ plan: "pro" }), identify({ age: 30 }), identify({ plan: "team" })]);
  const batch = [
    { type: "identify", userId: "traited", traits: { age: 31 } },
    { type: "identify", userId: "traited", traits: { vip: true } },
  ];
  await ask("POST", "/v1/batch", { batch });
  expect((await ask("GET", "/v1/accounts/traited")).body.properties).toEqual({
    plan: "team",
    city: "Bonn",
    age: 31,
    vip: 1,
  });
});
