/** The client against the service itself, over a socket. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startFaultProxy } from "../testing/faultProxy.ts";
import { type ServedEngine, serveEngine } from "../testing/servedEngine.ts";
import { likes, likesBegin } from "../testing/smallEngine.ts";
import { type ClientOptions, FoldbackClient, FoldbackClientError } from "./index.ts";

let service: ServedEngine;
let client: FoldbackClient;

beforeAll(async () => {
  service = await serveEngine({ http: { port: 0, logRequests: true } });
  client = new FoldbackClient({ baseUrl: service.url });
  await client.ingest(likes(0, 400));
  await service.engine.settled();
});

afterAll(async () => {
  await client.close();
  await service.close();
});

const like = (account: string, item: string) => ({
  type: "like",
  time: likesBegin + 500_000,
  account,
  item,
});

/** What a call fails of. */
async function failureOf(call: Promise<unknown>): Promise<FoldbackClientError> {
  const reason = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(reason).toBeInstanceOf(FoldbackClientError);
  return reason as FoldbackClientError;
}

test("events are ingested, and the next recommendation knows of them", async () => {
  const [first] = (await client.recommendations("reader", { n: 500 })).items;
  expect(await client.ingest([like("reader", first.item)])).toEqual({
    accepted: 1,
    duplicates: 0,
    refused: [],
  });
  const { account, request, items } = await client.recommendations("reader", { n: 500 });
  expect([account, typeof request]).toEqual(["reader", "string"]);
  expect(items.map(({ item }) => item)).not.toContain(first.item);
});

test("a tracked event is known to the next recommendation once it is acknowledged", async () => {
  const [first] = (await client.recommendations("tracker", { n: 500 })).items;
  await client.track(like("tracker", first.item));
  const { items } = await client.recommendations("tracker", { n: 500 });
  expect(items.map(({ item }) => item)).not.toContain(first.item);
});

test("an account is forgotten", async () => {
  const [first] = (await client.recommendations("leaver", { n: 500 })).items;
  await client.track(like("leaver", first.item));
  expect(await client.eraseAccount("leaver")).toMatchObject({ accounts: 1 });
  const { items } = await client.recommendations("leaver", { n: 500 });
  expect(items.map(({ item }) => item)).toContain(first.item);
});

test("events that are refused are told by index, also where all are", async () => {
  const bad = { ...like("refuser", "item-1"), time: "yesterday" };
  expect(await client.ingest([like("refuser", "item-1"), bad])).toEqual({
    accepted: 1,
    duplicates: 0,
    refused: [expect.objectContaining({ index: 1, field: "time", came: '"yesterday"' })],
  });
  expect(await client.ingest([bad])).toMatchObject({ accepted: 0, refused: [{ index: 0 }] });
  expect(await client.ingest([])).toEqual({ accepted: 0, duplicates: 0, refused: [] });
});

test("rules, reasons and what is missing", async () => {
  await client.putItem("item-2", { title: "Two", artist: "r7", categories: ["rock", "live"] });
  const { items, missing } = await client.recommendations("ruler", {
    n: 500,
    filter: 'artist == "r7"',
    categories: ["rock", "pop"],
    boost: "2",
    diversity: 0.1 + 0.2, // 17 decimals, which the service would not read
    explain: true,
    missing: ["item-1", "nothing"],
  });
  expect(items).toEqual([expect.objectContaining({ item: "item-2", title: "Two" })]);
  expect(items[0].why?.boost).toBe(2);
  expect(missing).toEqual([
    expect.objectContaining({ item: "item-1", why: "otherCategory" }),
    { item: "nothing", why: "unknown" },
  ]);
});

test("similar items and boards", async () => {
  const names = async (list: Promise<{ readonly items: readonly { readonly item: string }[] }>) =>
    (await list).items.map(({ item }) => item);
  const { engine } = service;
  const query = { n: 3, exclude: ["item-3"] };
  const call = { count: 3, rules: { exclude: ["item-3"] } };
  const of = (items: readonly { readonly item: string }[]) => items.map(({ item }) => item);
  expect(await names(client.similar("item-1", query))).toEqual(of(engine.similar("item-1", call)));
  expect(await names(client.trending(query))).toEqual(of(engine.board("trending", call)));
  expect(await names(client.popular(query))).toEqual(of(engine.board("popular", call)));
  expect(await names(client.latest(query))).toEqual(of(engine.board("latest", call)));
});

test("an item is described, read, changed only as it is known, and taken out", async () => {
  const put = await client.putItem("film/1 ü", { title: "One", price: 3, live: true });
  expect(put).toEqual({
    item: "film/1 ü",
    properties: { title: "One", price: 3, live: 1 },
    etag: expect.stringMatching(/^".+"$/),
  });
  expect(await client.item("film/1 ü")).toEqual(put);
  const ifMatch = String(put.etag);
  const changed = await client.putItem("film/1 ü", { title: "Uno" }, { ifMatch });
  expect(changed.etag).not.toBe(put.etag);
  const late = await failureOf(client.putItem("film/1 ü", { title: "Eins" }, { ifMatch }));
  expect([late.code, late.status, late.details]).toEqual([
    "PRECONDITION_FAILED",
    412,
    { etag: changed.etag },
  ]);
  expect(await failureOf(client.deleteItem("film/1 ü", { ifMatch }))).toMatchObject({
    code: "PRECONDITION_FAILED",
  });
  expect(await client.deleteItem("film/1 ü")).toBeUndefined();
  expect(await failureOf(client.item("film/1 ü"))).toMatchObject({
    code: "NOT_FOUND",
    status: 404,
    details: { item: "film/1 ü" },
  });
});

test("an account is described, read, changed only as it is known, and in part; an item too", async () => {
  const put = await client.putAccount("a/1 ü", { plan: "free", age: 3, vip: true });
  const etag: unknown = expect.stringMatching(/^".+"$/);
  expect(put).toEqual({ account: "a/1 ü", properties: { plan: "free", age: 3, vip: 1 }, etag });
  expect(await client.account("a/1 ü")).toEqual(put);
  const ifMatch = String(put.etag);
  const patched = await client.patchAccount("a/1 ü", { plan: "pro", age: null }, { ifMatch });
  expect(patched.properties).toEqual({ plan: "pro", vip: 1 });
  for (const late of [
    client.putAccount("a/1 ü", {}, { ifMatch }),
    client.patchAccount("a/1 ü", {}, { ifMatch }),
  ]) {
    expect(await failureOf(late)).toMatchObject({ code: "PRECONDITION_FAILED", status: 412 });
  }
  expect(await client.putAccount("a/1 ü", {})).toEqual({
    account: "a/1 ü",
    properties: {},
    etag: undefined,
  });
  expect(await failureOf(client.account("a/1 ü"))).toMatchObject({
    code: "NOT_FOUND",
    details: { account: "a/1 ü" },
  });
  await client.putItem("patched", { title: "One", price: 3 });
  expect((await client.patchItem("patched", { title: null, price: 4 })).properties).toEqual({
    price: 4,
  });
});

test("accounts in bulk, and as one sequence, whatever their pages", async () => {
  const accounts = Array.from({ length: 25 }, (_, n) => ({
    account: `bulk-${n}`,
    properties: { n },
  }));
  const wrong = { account: "", properties: {} };
  expect(await client.putAccounts([...accounts, wrong])).toMatchObject({
    accepted: 25,
    refused: [{ index: 25, field: "account" }],
  });
  const found: unknown[] = [];
  for await (const one of client.accounts({ limit: 10 })) found.push(one);
  expect(found.slice(-25)).toEqual(accounts);
  const page = await client.accountsPage({ limit: 2 });
  expect(page.accounts).toHaveLength(2);
  const rest = client.accounts({ ...(page.next && { after: page.next }) });
  expect((await rest.next()).value).toEqual(found[2]);
});

test("items in bulk, and the catalogue as one sequence, whatever its pages", async () => {
  const items = Array.from({ length: 25 }, (_, n) => ({
    item: `bulk-${n}`,
    properties: { bulk: n },
  }));
  const wrong = { item: "", properties: {} };
  expect(await client.putItems([...items, wrong])).toMatchObject({
    accepted: 25,
    refused: [{ index: 25, field: "item" }],
  });
  const found: string[] = [];
  for await (const { item } of client.items({ limit: 10, filter: "bulk >= 0" })) found.push(item);
  expect(found).toEqual(items.map(({ item }) => item));

  const page = await client.itemsPage({ limit: 2, filter: "bulk >= 3" });
  expect(page.items.map(({ item }) => item)).toEqual(["bulk-3", "bulk-4"]);
  const rest = client.items({ filter: "bulk >= 3", ...(page.next && { after: page.next }) });
  expect((await rest.next()).value).toMatchObject({ item: "bulk-5" });
});

test("pages are asked for as they are needed, and no more", async () => {
  const asked: string[] = [];
  const counting = new FoldbackClient({
    baseUrl: service.url,
    fetch: (input, init) => {
      asked.push((input as URL).href);
      return fetch(input, init);
    },
  });
  for await (const _ of counting.items({ limit: 5 })) break;
  expect(asked).toEqual([`${service.url}/v1/items?limit=5`]);
});

test("health, and status with the numbers of the engine", async () => {
  await service.engine.settled();
  expect(await client.health()).toEqual({ status: "ok" });
  const { records, ready } = await client.status();
  expect([records, ready]).toEqual([service.engine.status().records, true]);
});

test("a service that is not ready says so in its status, and that is no error", async () => {
  const proxy = await startFaultProxy(service.url);
  const body = JSON.stringify({ ...service.engine.status(), ready: false });
  const headers = { "content-type": "application/json; charset=utf-8" };
  proxy.fail({ status: 503, headers, body });
  expect(await new FoldbackClient({ baseUrl: proxy.url }).status()).toMatchObject({ ready: false });
  expect(proxy.requests).toHaveLength(1);
});

test.each(["Zoë Müller", "a/b", "100%", "東京-🎧", "x?y&z=1#", "a+b", "...", "%2e"])(
  "an account of any characters is the same account in both requests: %j",
  async (account) => {
    const [first] = (await client.recommendations(account, { n: 500 })).items;
    await client.ingest([like(account, first.item)]);
    const after = await client.recommendations(account, { n: 500 });
    expect(after.account).toBe(account);
    expect(after.items.map(({ item }) => item)).not.toContain(first.item);
  },
);

test("ids that no URL can hold are refused before they become another address", async () => {
  for (const id of [".", ".."]) {
    for (const call of [client.recommendations(id), client.item(id), client.deleteItem(id)]) {
      expect(await failureOf(call)).toMatchObject({ code: "REQUEST_INVALID", status: undefined });
    }
  }
  expect(await failureOf(client.item(""))).toMatchObject({ code: "REQUEST_INVALID", status: 400 });
});

test("an error has code, status, facts and the id that the service's log has", async () => {
  const error = await failureOf(client.recommendations("a", { n: 0 }));
  expect(error).toMatchObject({
    name: "FoldbackClientError",
    code: "REQUEST_INVALID",
    status: 400,
    message: 'n is "0"; allowed: a whole number from 1 to 500',
    details: { parameter: "n" },
  });
  const line = { id: error.requestId, code: "REQUEST_INVALID" };
  await expect.poll(() => service.lines.at(-1)).toMatchObject(line); // after the reply
});

test("a service with keys: none, a wrong one, one without the scope, the right one", async () => {
  const sha256 = (key: string) => createHash("sha256").update(key).digest("hex");
  const closed = await serveEngine({
    http: { port: 0, keys: [{ name: "app", sha256: sha256("app-key"), scopes: ["read"] }] },
  });
  onTestFinished(async () => void (await closed.close()));
  const withKey = (key?: string) =>
    new FoldbackClient({ baseUrl: closed.url, ...(key !== undefined && { apiKey: key }) });
  const unauthenticated = { code: "UNAUTHENTICATED", status: 401 };
  expect(await failureOf(withKey().trending())).toMatchObject(unauthenticated);
  expect(await failureOf(withKey("app-kex").trending())).toMatchObject(unauthenticated);
  expect(await withKey("app-key").trending()).toEqual({ items: [] });
  expect(await failureOf(withKey("app-key").track(like("a", "item-1")))).toMatchObject({
    code: "FORBIDDEN",
    status: 403,
    details: { scope: "ingest" },
  });
});

test("a path in the base is kept", async () => {
  const proxy = await startFaultProxy(service.url);
  const health = '{"status":"ok"}';
  proxy.fail({ status: 200, body: health }, { status: 200, body: health });
  for (const base of ["/recommender", "/recommender/"]) {
    await new FoldbackClient({ baseUrl: new URL(base, proxy.url) }).health();
  }
  expect(proxy.requests.map(({ url }) => url)).toEqual([
    "/recommender/healthz",
    "/recommender/healthz",
  ]);
});

test.each<[string, Partial<ClientOptions>]>([
  ["no URL", { baseUrl: "here" }],
  ["another protocol", { baseUrl: "ftp://example.org" }],
  ["a user in the URL", { baseUrl: "http://key@example.org" }],
  ["a query in the URL", { baseUrl: "http://example.org?x=1" }],
  ["a key that no header can hold", { apiKey: "a\nb" }],
  ["no tries", { attemptsMax: 0 }],
  ["no number", { timeoutMs: Number.NaN }],
  ["longer than timers are", { totalMsMax: Number.POSITIVE_INFINITY }],
  ["empty batches", { batch: { eventsMax: 0 } }],
])("options that are none are refused: %s", (_, options) => {
  const make = () => new FoldbackClient({ baseUrl: "http://127.0.0.1:1", ...options });
  expect(make).toThrow(/baseUrl is .*; allowed|apiKey|allowed/);
});

test("there is a method for every operation of the contract but the pages, Segment's and /metrics", async () => {
  const contract = (await (await fetch(`${service.url}/openapi.json`)).json()) as {
    readonly paths: Readonly<
      Record<string, Readonly<Record<string, { readonly tags: readonly string[] }>>>
    >;
  };
  const operations = Object.entries(contract.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { tags }]) => !tags.includes("Segment"))
      .map(([method]) => `${method.toUpperCase()} ${path}`),
  );
  const called = new Set<string>();
  const recording = new FoldbackClient({
    baseUrl: "http://service.example",
    fetch: (input, init) => {
      const { pathname } = input as URL;
      called.add(
        `${init?.method} ${pathname.replace("ACCOUNT", "{account}").replace("ITEM", "{item}").replace("EXPERIMENT", "{experiment}")}`,
      );
      return Promise.resolve(
        new Response('{"items":[],"accounts":[],"evaluations":[],"refused":[]}'),
      );
    },
  });
  await recording.track(like("a", "b"));
  await recording.ingest([]);
  await recording.recommendations("ACCOUNT");
  await recording.eraseAccount("ACCOUNT");
  await recording.similar("ITEM");
  await recording.trending();
  await recording.popular();
  await recording.latest();
  await recording.item("ITEM");
  await recording.putItem("ITEM", {});
  await recording.patchItem("ITEM", {});
  await recording.account("ACCOUNT");
  await recording.similarAccounts("ACCOUNT");
  await recording.people("ACCOUNT", { sessions: true });
  await recording.peopleSummary();
  await recording.assignPerson({ account: "ACCOUNT", day: "Monday", part: "night" });
  await recording.compareAttribution({ by: "channel" });
  await recording.attributionCredit({ "half-life": "7d" });
  await recording.attributionPaths();
  await recording.timeToConversion();
  await recording.putAccount("ACCOUNT", {});
  await recording.patchAccount("ACCOUNT", {});
  await recording.putAccounts([]);
  await recording.accounts().next();
  await recording.deleteItem("ITEM");
  await recording.putItems([]);
  await recording.items().next();
  await recording.experiments();
  await recording.experiment("EXPERIMENT");
  await recording.activeAccounts();
  await recording.history("ACCOUNT");
  await recording.evaluation();
  await recording.caller();
  await expect(recording.live().next()).rejects.toMatchObject({ code: "REPLY_INVALID" });
  await recording.eventsPage();
  await expect(recording.exportEvents()).rejects.toMatchObject({ code: "REPLY_INVALID" });
  await recording.refusedEvents();
  await recording.eventTypes();
  await recording.status();
  await recording.health();
  const pages = ["GET /docs", "GET /", "GET /assets/{file}"];
  const others = ["GET /metrics", "GET /openapi.json", ...pages];
  expect([...called, ...others].toSorted()).toEqual(operations.toSorted());
});
