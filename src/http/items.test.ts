/** The catalogue and the lists of the service: what is said of an item takes effect on the next request. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Foldback } from "#foldback/engine";
import { createServer } from "#foldback/http";
import { injected } from "../testing/injected.ts";
import { likes, smallConfig } from "../testing/smallEngine.ts";

let directory: string;
let engine: Foldback;
let server: ReturnType<typeof createServer>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "foldback-items-"));
  engine = await Foldback.open(smallConfig(directory));
  await engine.ingest(likes(0, 400));
  await engine.settled();
  server = createServer(engine);
});

afterAll(async () => {
  await server.close();
  await engine.close();
  rmSync(directory, { recursive: true });
});

interface Body {
  readonly item: string;
  readonly properties: unknown;
  readonly next: string;
  readonly code: string;
  readonly detail: string;
  readonly refused: readonly { readonly field: string; readonly index: number }[];
  readonly accepted: number;
  readonly items: readonly { readonly item: string; readonly why: unknown }[];
  readonly missing: readonly { readonly item: string; readonly why: string }[];
}

const ask = (
  method: Parameters<typeof injected>[1],
  url: string,
  payload?: unknown,
  headers?: Record<string, string>,
) => injected<Body>(server, method, url, payload, headers);

const listed = async (account: string, query = ""): Promise<string[]> => {
  const { body } = await ask("GET", `/v1/accounts/${account}/recommendations?n=100${query}`);
  return (body.items ?? []).map(({ item }) => item);
};

test("an item is described, read, changed and taken out", async () => {
  const url = `/v1/items/${encodeURIComponent("a/b ü")}`;
  expect(await ask("GET", url)).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
  const put = await ask("PUT", url, {
    title: "One",
    price: 3,
    categories: ["rock", "live"],
    live: true,
  });
  const properties = { title: "One", price: 3, categories: "rock|live", live: 1 };
  expect(put).toMatchObject({ status: 200, body: { item: "a/b ü", properties } });
  expect(await ask("GET", url)).toMatchObject({ status: 200, body: { properties } });
  expect((await ask("PUT", url, { artist: "r7" })).body.properties).toEqual({ artist: "r7" });
  expect((await ask("DELETE", url)).status).toBe(204);
  expect((await ask("GET", url)).status).toBe(404);
  expect((await ask("DELETE", url)).status).toBe(404);
  expect((await ask("PUT", url, { title: "Again" })).status).toBe(200);
});

test("who changes an item that has changed meanwhile is told so", async () => {
  const first = await ask("PUT", "/v1/items/shared", { price: 1 });
  const etag = String(first.headers["etag"]);
  expect((await ask("GET", "/v1/items/shared", undefined, { "if-none-match": etag })).status).toBe(
    304,
  );
  const second = await ask("PUT", "/v1/items/shared", { price: 2 }, { "if-match": etag });
  expect(second.status).toBe(200);
  const late = await ask("PUT", "/v1/items/shared", { price: 3 }, { "if-match": etag });
  expect(late).toMatchObject({ status: 412, body: { code: "PRECONDITION_FAILED" } });
  expect((await ask("DELETE", "/v1/items/shared", undefined, { "if-match": etag })).status).toBe(
    412,
  );
  expect((await ask("GET", "/v1/items/shared")).body.properties).toEqual({ price: 2 });
  expect((await ask("PUT", "/v1/items/new one", { price: 3 }, { "if-match": "*" })).status).toBe(
    412,
  );
});

test.each([
  ["null", "properties is null"],
  ["[1]", "properties"],
  ['{"title": null}', "properties"],
  ['{"tags": ["a|b"]}', "properties"],
  ['{"price": {"eur": 3}}', "properties"],
  ["{", "the body is no JSON"],
])("what is no description is refused: %s", async (body, detail) => {
  const reply = await ask("PUT", "/v1/items/bad", body);
  expect([reply.status, reply.body.code]).toEqual([400, "REQUEST_INVALID"]);
  expect(reply.body.detail).toContain(detail);
  expect((await ask("GET", "/v1/items/bad")).status).toBe(404);
});

test("many at once, each taken or refused for itself", async () => {
  const items = [
    { item: "bulk-1", properties: { price: 1 } },
    { item: "bulk-2", properties: { price: [3] } },
    7,
    { item: "bulk-3", properties: { price: 3 } },
  ];
  const reply = await ask("POST", "/v1/items", items);
  expect(reply).toMatchObject({
    status: 202,
    body: { accepted: 2, refused: [{ index: 1, field: "properties.price" }, { index: 2 }] },
  });
  const lines = `${JSON.stringify({ item: "bulk-4", properties: { price: 4 } })}\nno JSON\n`;
  const ndjson = await ask("POST", "/v1/items", lines, { "content-type": "application/x-ndjson" });
  expect(ndjson.body).toMatchObject({ accepted: 1, refused: [{ index: 1 }] });
});

test("the catalogue comes in pages, each item once, and filtered where asked for", async () => {
  const found: string[] = [];
  let after = "";
  for (let pages = 0; pages < 100; pages++) {
    const { body } = await ask("GET", `/v1/items?limit=2${after}`);
    found.push(...(body.items ?? []).map(({ item }) => item));
    if (body.next === undefined) break;
    after = `&after=${encodeURIComponent(body.next)}`;
  }
  expect(found).toEqual(expect.arrayContaining(["a/b ü", "shared", "bulk-1", "bulk-3", "bulk-4"]));
  expect(new Set(found).size).toBe(found.length);
  const filtered = await ask("GET", `/v1/items?filter=${encodeURIComponent("price >= 3")}`);
  expect(filtered.body.items?.map(({ item }) => item).toSorted()).toEqual(["bulk-3", "bulk-4"]);
  expect(await ask("GET", "/v1/items?after=nobody")).toMatchObject({ status: 400 });
  expect(await ask("GET", "/v1/items?limit=0")).toMatchObject({ status: 400 });
});

test("what is hidden is not recommended from the next request on, and again when it is shown", async () => {
  const [first] = await listed("account-1");
  await ask("PUT", `/v1/items/${first}`, { title: "T", hidden: true });
  expect(await listed("account-1")).not.toContain(first);
  const { body } = await ask("GET", `/v1/accounts/account-1/recommendations?missing=${first}`);
  expect(body.missing).toEqual([{ item: first, why: "hidden" }]);
  await ask("PUT", `/v1/items/${first}`, { title: "T", until: Date.now() - 1 });
  expect(await listed("account-1")).not.toContain(first);
  await ask("PUT", `/v1/items/${first}`, { title: "T", until: Date.now() + 60_000 });
  expect((await listed("account-1"))[0]).toBe(first);
  await ask("DELETE", `/v1/items/${first}`);
  expect(await listed("account-1")).not.toContain(first);
  expect((await ask("GET", "/v1/popular?n=500")).body.items?.map(({ item }) => item)).not.toContain(
    first,
  );
});

test("rules of a request: filter, boost, pins, caps; and mistakes in them are shown", async () => {
  const before = await listed("account-3");
  expect(before.length).toBeGreaterThan(10);
  const [a, b, c] = before.slice(-3);
  for (const [item, price] of [
    [a, 1],
    [b, 2],
    [c, 3],
  ] as const) {
    await ask("PUT", `/v1/items/${item}`, { price, artist: "r1" });
  }
  const by = (rule: string, text: string): string => `&${rule}=${encodeURIComponent(text)}`;
  expect((await listed("account-3", by("filter", "price >= 2"))).toSorted()).toEqual(
    [b, c].toSorted(),
  );
  expect(
    (await listed("account-3", by("boost", "if(price > 0, 1000, 1)"))).slice(0, 3).toSorted(),
  ).toEqual([a, b, c].toSorted());
  expect((await listed("account-3", `&pinned=${c}&pinned=${a}`)).slice(0, 2)).toEqual([c, a]);
  const capped = await listed("account-3", "&artistMax=1");
  expect(capped.filter((item) => [a, b, c].includes(item))).toHaveLength(1);
  expect(await listed("account-3", `&exclude=${a}&exclude=${b}`)).not.toContain(a);
  expect(await listed("account-3", "&categories=nothing")).toEqual([]);
  const wrong = await ask(
    "GET",
    `/v1/accounts/account-3/recommendations?filter=${encodeURIComponent("price >> 2")}`,
  );
  expect(wrong).toMatchObject({
    status: 400,
    body: { code: "REQUEST_INVALID", detail: expect.stringContaining("filter, line 1, column 8") },
  });
  for (const query of ["diversity=2", "artistMax=0", "boost=%27a%27", "categories="]) {
    expect((await ask("GET", `/v1/accounts/a/recommendations?${query}`)).status, query).toBe(400);
  }
});

test("boards and neighbours answer alike for everybody", async () => {
  for (const url of ["/v1/trending", "/v1/popular", "/v1/latest", "/v1/items/item-31/similar"]) {
    const { status, body } = await ask("GET", `${url}?n=5`);
    expect(status).toBe(200);
    expect(body.items?.length, url).toBe(5);
  }
  expect((await ask("GET", "/v1/items/nothing/similar")).body.items).toEqual([]);
});

test("after a restart the catalogue is what it was", async () => {
  const before = (await ask("GET", "/v1/items?limit=1000")).body.items;
  await server.close();
  await engine.close();
  engine = await Foldback.open(smallConfig(directory));
  await engine.settled();
  server = createServer(engine);
  expect((await ask("GET", "/v1/items?limit=1000")).body.items).toEqual(before);
});
