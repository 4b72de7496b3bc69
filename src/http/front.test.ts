/**
 * Several projects in one process: what is of one is never seen, changed or counted with a key of another, also where
 * both have accounts and items of the same names.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FoldbackError } from "#foldback/core";
import { recordsIn } from "../testing/dataDirectory.ts";
import {
  type FrontService,
  frontOfTest,
  keySetting,
  keysOf,
  type Seen,
  smallProject,
  startFront,
} from "../testing/frontService.ts";
import { likes, likesBegin } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

const names = ["shop", "news"] as const;
type Name = (typeof names)[number];
const other = { shop: "news", news: "shop" } as const;
/** Stands in everything that is of a project alone. */
const markOf = (name: Name): string => `mark-of-${name}`;
const operatorKey = "operator-key";

const noConfig = new FoldbackError("CONFIG_INVALID", "no-config");

let directory: string;
let service: FrontService;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "foldback-projects-"));
  service = await startFront(
    [
      ...names.map((name) => smallProject(directory, name)),
      { name: "broken", load: () => Promise.reject(noConfig), retryMs: 60_000 },
    ],
    { keys: [keySetting(operatorKey, ["admin"])] },
  );
  for (const name of names) await fill(service, name);
});

afterAll(async () => {
  await service.front.close();
  rmSync(directory, { recursive: true });
});

/** Accounts and items of names that both have, and of names of its own; texts of its own everywhere. */
async function fill({ post, ask, engine }: FrontService, name: Name): Promise<void> {
  const key = `${name}-ingest`;
  const mark = markOf(name);
  const own = Array.from({ length: 20 }, (_, i) => ({
    type: "like",
    time: likesBegin + i,
    account: i % 2 === 0 ? `${mark}-account` : "account-1",
    item: `${mark}-item-${i}`,
  }));
  expect((await post("/v1/events", key, [...likes(0, 300), ...own])).status).toBe(202);
  const described = { title: mark, artist: mark, categories: [mark], price: 3 };
  for (const item of ["item-1", `${mark}-item-0`]) {
    const body = JSON.stringify(described);
    expect((await ask(`/v1/items/${item}`, key, { method: "PUT", body })).status).toBe(200);
  }
  const track = { userId: "account-1", event: `${mark} event`, properties: { [mark]: mark } };
  expect((await post("/v1/track", key, track)).status).toBe(200);
  await engine(name).settled();
}

/** Every GET of the contract, on names of both, of the one's own, and of the other's; and what is refused. */
function urlsOf(name: Name): string[] {
  const theirs = markOf(other[name]);
  const items = ["item-1", `${markOf(name)}-item-0`, "item-2"];
  const accounts = ["account-1", "account-2", `${markOf(name)}-account`, "nobody"];
  return [
    ...accounts.flatMap((account) => [
      `/v1/accounts/${account}/recommendations?n=500`,
      `/v1/accounts/${account}/history`,
      `/v1/accounts/${account}/recommendations?n=500&explain=true&boost=price&missing=item-1`,
    ]),
    ...items.flatMap((item) => [`/v1/items/${item}`, `/v1/items/${item}/similar?n=500`]),
    ...["trending", "popular", "latest"].map((board) => `/v1/${board}?n=500`),
    `/v1/items?limit=1000`,
    `/v1/items?limit=1000&filter=${encodeURIComponent(`price > 2`)}`,
    `/v1/items?after=${markOf(name)}-item-0`,
    "/readyz",
    "/healthz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/",
    "/v1/live?readings=1",
    "/v1/key",
    "/v1/evaluations",
    "/v1/active-accounts",
    "/v1/nothing",
    "/v1/trending?n=0",
    // What is asked for by a name of the other's is not known here; the reply may repeat the name that was asked for.
    `/v1/popular?categories=${theirs}`,
  ];
}

test("no reply to a key of one has anything of the other, nor to no key, nor to one that nobody has", async () => {
  for (const name of names) {
    const seen: Seen[] = [];
    for (const url of urlsOf(name)) {
      for (const key of keysOf(name)) seen.push(await service.ask(url, key.name));
    }
    for (const { text } of seen) {
      expect(text).not.toContain(markOf(other[name]));
      expect(text).not.toContain(other[name]);
      expect(text).not.toContain("broken");
    }
    const own = seen.filter(({ text }) => text.includes(markOf(name)));
    expect(own.length, "it does see its own").toBeGreaterThan(15);
  }
  for (const key of [undefined, "nobodys-key"]) {
    for (const url of [...urlsOf("shop"), ...urlsOf("news")]) {
      const { status, text } = await service.ask(url, key);
      expect(text, url).not.toMatch(/mark-of|shop|news|broken/);
      expect([200, 400, 401, 404], url).toContain(status);
      if (url.startsWith("/v1/") && url !== "/v1/nothing") expect(status, url).toBe(401);
    }
  }
});

test("what is the other's by name is not known: 404, or an answer as of a name that nobody has", async () => {
  for (const name of names) {
    const theirs = markOf(other[name]);
    expect((await service.ask(`/v1/items/${theirs}-item-0`, `${name}-read`)).status).toBe(404);
    const itemsOf = async (url: string): Promise<unknown> =>
      (JSON.parse((await service.ask(url, `${name}-read`)).body) as { items: unknown }).items;
    expect(await itemsOf(`/v1/items/${theirs}-item-0/similar`)).toEqual([]);
    expect(await itemsOf(`/v1/popular?categories=${theirs}`)).toEqual([]);
    const ofTheirs = await itemsOf(`/v1/accounts/${theirs}-account/recommendations`);
    const ofNobody = await itemsOf("/v1/accounts/somebody-unheard-of/recommendations");
    expect(ofTheirs).toEqual(ofNobody);
  }
});

test("a key is good for what its own project gives it: 403 beyond, and 401 if it is nobody's", async () => {
  const routes = [
    ["GET", "/v1/trending", "read"],
    ["GET", "/v1/items/item-1", "read"],
    ["POST", "/v1/events", "ingest"],
    ["POST", "/v1/track", "ingest"],
    ["POST", "/v1/t", "ingest"],
    ["POST", "/v1/batch", "ingest"],
    ["DELETE", "/v1/accounts/nobody", "admin"],
    ["GET", "/metrics", "admin"],
  ] as const;
  for (const [method, url, scope] of routes) {
    const body = method === "POST" ? { body: "[]" } : {};
    for (const { name: key } of names.flatMap(keysOf)) {
      const { status } = await service.ask(url, key, { method, ...body });
      if (!key.endsWith(scope)) expect([key, url, status]).toEqual([key, url, 403]);
      else expect(status, `${key} ${url}`).toBeLessThan(401);
    }
    for (const key of [undefined, "nobodys-key", "SHOP-read", "shop-read "]) {
      if (key?.trim() === "shop-read") continue; // fetch takes the space away
      expect((await service.ask(url, key, { method, ...body })).status, url).toBe(401);
    }
    const operator = await service.ask(url, operatorKey, { method, ...body });
    expect(operator.status, url).toBe(url === "/metrics" ? 200 : 403);
  }
});

test("every way to send a key leads to the same project", async () => {
  const basic = `Basic ${Buffer.from("shop-read:").toString("base64")}`;
  for (const headers of [
    { authorization: "Bearer shop-read" },
    { authorization: basic },
    { "x-api-key": "shop-read" },
    // Two keys: the same one counts for who is asked and for who answers.
    { "x-api-key": "shop-read", authorization: "Bearer news-read" },
  ]) {
    const { text } = await service.ask("/v1/items/item-1", undefined, { headers });
    expect(text).toContain(markOf("shop"));
    expect(text).not.toContain(markOf("news"));
  }
});

test("an etag is of one project's item, and a change under it changes that one alone", async () => {
  const etagOf = async (name: Name): Promise<string> =>
    (await service.ask("/v1/items/item-1", `${name}-read`)).headers.get("etag") ?? "";
  const [ofShop, ofNews] = [await etagOf("shop"), await etagOf("news")];
  expect(ofShop).not.toBe(ofNews);
  const put = (key: string, etag: string) =>
    service.ask("/v1/items/item-1", key, {
      method: "PUT",
      headers: { "if-match": etag },
      body: JSON.stringify({ title: "other" }),
    });
  const refused = await put("shop-ingest", ofNews);
  expect(refused.status).toBe(412);
  expect(await etagOf("shop")).toBe(ofShop);
  const cached = await service.ask("/v1/items/item-1", "news-read", {
    headers: { "if-none-match": ofShop },
  });
  expect(cached.status).toBe(200);
});

test("at once, under the same names, each log has what came with its keys, and lists are of its own items", async () => {
  const cwd = temporaryDirectory();
  const { front, post, ask } = await startFront(names.map((name) => smallProject(cwd, name)));
  const work = names.flatMap((name) =>
    Array.from({ length: 4 }, async (_, worker) => {
      for (let n = 0; n < 25; n++) {
        const account = `account-${n % 5}`;
        const event = (i: number) => ({
          id: `${worker}-${n}-${i}`, // the same ids in both: duplicates are of one project
          type: "like",
          time: likesBegin + n,
          account,
          item: `item-${n}`,
          context: { mark: markOf(name) },
        });
        const own = { ...event(1), item: `${markOf(name)}-${worker}-${n}` };
        const taken = await post("/v1/events", `${name}-ingest`, [event(0), own]);
        expect(JSON.parse(taken.body)).toMatchObject({ accepted: 2, duplicates: 0 });
        const url = `/v1/accounts/${account}/recommendations?n=500`;
        const { text } = await ask(url, `${name}-read`);
        expect(text).not.toContain(markOf(other[name]));
      }
    }),
  );
  await Promise.all(work);
  await front.close();
  for (const name of names) {
    const all = await recordsIn(join(cwd, name));
    const taken = all.filter(({ event }) => event.type === "like");
    expect(taken).toHaveLength(200);
    expect(taken.every(({ event }) => event.context?.["mark"] === markOf(name))).toBe(true);
    expect(JSON.stringify(all)).not.toContain(markOf(other[name]));
  }
});

test("an account that one forgets is still known to the other", async () => {
  const cwd = temporaryDirectory();
  const { front, post, ask, engine } = await startFront(
    names.map((name) => smallProject(cwd, name)),
  );
  for (const name of names) {
    const events = [...likes(0, 200), { ...likes(0, 1)[0], id: "x", account: "forgotten-one" }];
    await post("/v1/events", `${name}-ingest`, events);
    await engine(name).settled();
  }
  const url = "/v1/accounts/forgotten-one";
  const listsOf = async (): Promise<string[]> => {
    const reply = await ask(`${url}/recommendations?n=500`, "news-read");
    const { items } = JSON.parse(reply.body) as { items: { item: string }[] };
    return items.map(({ item }) => item);
  };
  const before = await listsOf();
  expect(before).not.toContain(likes(0, 1)[0].item);
  const erased = await ask(url, "shop-admin", { method: "DELETE" });
  expect(JSON.parse(erased.body)).toMatchObject({ accounts: 1 });
  expect(await listsOf()).not.toContain(likes(0, 1)[0].item); // it still knows what the account has had
  await front.close();
  const filesWith = (name: Name): string[] =>
    readdirSync(join(cwd, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => readFileSync(path).includes("forgotten-one"));
  expect(filesWith("shop")).toEqual([]);
  expect(filesWith("news").length).toBeGreaterThan(0);
});

test("what one may do in a second, or at once, the other has for itself", async () => {
  const cwd = temporaryDirectory();
  const { ask, post } = await frontOfTest([
    smallProject(cwd, "shop", { requestsPerSecondMax: 3 }),
    smallProject(cwd, "news", { concurrentMax: 1 }),
  ]);
  const statusesOf = async (key: string, count: number, url = "/v1/trending") =>
    (await Promise.all(Array.from({ length: count }, () => ask(url, key)))).map((s) => s.status);
  const [shop, news] = [await statusesOf("shop-read", 10), await statusesOf("news-read", 1)];
  expect(shop.filter((status) => status === 429).length).toBeGreaterThanOrEqual(7);
  expect(news).toEqual([200]);
  // Appends wait for the disk, so they are under way together.
  const posted = await Promise.all(
    Array.from({ length: 20 }, (_, n) => post("/v1/events", "news-ingest", likes(n * 10, 10))),
  );
  expect(posted.filter(({ status }) => status === 503).length).toBeGreaterThan(0);
  const meanwhile = await post("/v1/events", "shop-ingest", likes(0, 1));
  expect(meanwhile.status).toBe(202);
});

test("pages of other origins: asked before, yes where any project would; told is what its own project allows", async () => {
  const cwd = temporaryDirectory();
  const { ask } = await frontOfTest([
    smallProject(cwd, "shop", { corsOrigins: ["https://shop.example"] }),
    smallProject(cwd, "news"),
  ]);
  const allowed = ({ headers }: Seen): string | null => headers.get("access-control-allow-origin");
  const preflight = (origin: string) =>
    ask("/v1/events", undefined, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
  expect(allowed(await preflight("https://shop.example"))).toBe("https://shop.example");
  expect(allowed(await preflight("https://other.example"))).toBeNull();
  const from = { headers: { origin: "https://shop.example" } };
  expect(allowed(await ask("/v1/trending", "shop-read", from))).toBe("https://shop.example");
  expect(allowed(await ask("/v1/trending", "news-read", from))).toBeNull();
  expect(allowed(await ask("/v1/trending", "nobodys", from))).toBe("https://shop.example");
});

/** Values by name and labels; fails where a name's values do not stand together. */
function metricsIn(text: string): Map<string, number> {
  const values = new Map<string, number>();
  const begun: string[] = [];
  for (const line of text.split("\n").filter((each) => each !== "")) {
    const type = /^# TYPE (\S+)/.exec(line);
    if (type !== null) {
      expect(begun).not.toContain(type[1]);
      begun.push(type[1]);
    }
    if (line.startsWith("#")) continue;
    const [, name, labels, value] = /^([a-z_0-9]+)(\{.*\})? (\S+)$/.exec(line) ?? [];
    expect(name.startsWith(begun.at(-1) ?? "nothing"), line).toBe(true);
    values.set(`${name}${labels ?? ""}`, Number(value));
  }
  return values;
}

test("metrics: of one project for its key, of all by label for the operator's, the process for that alone", async () => {
  const ofShop = metricsIn((await service.ask("/metrics", "shop-admin")).body);
  for (const key of ofShop.keys()) expect(key).toContain('project="shop"');
  const ofAll = metricsIn((await service.ask("/metrics", operatorKey)).body);
  for (const name of names) {
    expect(ofAll.get(`foldback_ready{project="${name}"}`)).toBe(1);
    expect(ofAll.get(`foldback_log_records{project="${name}"}`)).toBe(
      service.engine(name).status().records,
    );
  }
  expect(ofAll.get('foldback_ready{project="broken"}')).toBe(0);
  expect(ofAll.has('foldback_log_records{project="broken"}')).toBe(false);
  expect(ofAll.get("process_resident_memory_bytes")).toBeGreaterThan(1e7);
  const refused = [...ofAll].filter(
    ([key]) => key.includes("_count{") && !key.includes("project="),
  );
  expect(refused.length, "what no project answered is counted, too").toBeGreaterThan(0);
});

test("readyz: counts for everybody, one project for its key, each by name for the operator's", async () => {
  const ask = async (key?: string) => {
    const { status, body } = await service.ask("/readyz", key);
    return { status, body: JSON.parse(body) as Record<string, unknown> };
  };
  const projects = { opening: 0, catchingUp: 0, ready: 2, readOnly: 0, failed: 1 };
  expect(await ask()).toEqual({ status: 200, body: { ready: true, projects } });
  const { records } = service.engine("shop").status();
  expect(await ask("shop-read")).toMatchObject({ status: 200, body: { ready: true, records } });
  const { list } = (await ask(operatorKey)).body;
  expect(list).toMatchObject([
    { project: "shop", state: "ready", status: { records } },
    { project: "news", state: "ready" },
    { project: "broken", state: "failed", reason: "no-config" },
  ]);
});

test("the contract that the process shows is OpenAPI 3.1, and has the routes of a project", async () => {
  const contract = JSON.parse((await service.ask("/openapi.json")).body) as { paths: object };
  const ofProject = JSON.parse((await service.ask("/openapi.json", "shop-read")).body) as {
    paths: object;
  };
  const { valid, errors } = await new Validator().validate(structuredClone(contract) as never);
  expect([valid, errors]).toEqual([true, undefined]);
  expect(Object.keys(contract.paths).sort()).toEqual(Object.keys(ofProject.paths).sort());
});
