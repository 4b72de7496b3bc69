/** Readings once a second, over a socket as pages listen. */
import { afterEach, describe, expect, it, test } from "vitest";
import { FoldbackClient, type LiveReading } from "#foldback/client";
import { type ServedEngine, serveEngine } from "../testing/servedEngine.ts";
import { likes } from "../testing/smallEngine.ts";

let served: ServedEngine | undefined;

afterEach(async () => {
  await served?.close();
  served = undefined;
});

async function serve(config: Parameters<typeof serveEngine>[0] = {}): Promise<ServedEngine> {
  served = await serveEngine(config);
  return served;
}

const readerKey = "fb_reader";
/** SHA-256 of it. */
const readerHash = "fcc3dfb5a7408112b58c59862fd39e80cb471fb3151be6065249735b0430eb8c";

describe("GET /v1/live", () => {
  it("tells what the engine knows, at once and then each second", async () => {
    const { url, engine } = await serve();
    await engine.ingest(likes(0, 200));
    await engine.settled();
    const client = new FoldbackClient({ baseUrl: url });
    await client.recommendations("account-1");
    const readings: LiveReading[] = [];
    const beganMs = performance.now();
    for await (const reading of client.live({ readings: 2 })) readings.push(reading);
    expect(performance.now() - beganMs).toBeGreaterThan(400); // a timer that others share comes within a second
    expect(readings).toHaveLength(2);
    for (const reading of readings) {
      expect(reading.status.ingested.accepted).toBe(200);
    }
    const [{ tables, requests, memory }] = readings;
    const accounts = tables.find(({ table }) => table === "account");
    expect(accounts && accounts.ids + accounts.pending).toBe(20);
    expect(memory.usedBytes).toBeLessThan(memory.sizeBytesMax);
    const lists = requests.find(({ route }) => route.endsWith("/recommendations"));
    expect(lists?.count).toBe(1);
    expect(requests.some(({ route }) => route === "/v1/live")).toBe(false);
  });

  it("ends when the service closes, and takes nobody any more", async () => {
    const { url, close } = await serve();
    const client = new FoldbackClient({ baseUrl: url });
    const listening = client.live();
    await listening.next();
    const beganMs = performance.now();
    await close();
    expect(await listening.next()).toEqual({ done: true, value: undefined });
    expect(performance.now() - beganMs).toBeLessThan(5000);
  });

  it("turns away who comes beyond the limit, and has room again when one leaves", async () => {
    const { url } = await serve();
    const client = new FoldbackClient({ baseUrl: url });
    const all = Array.from({ length: 64 }, () => client.live());
    await Promise.all(all.map((each) => each.next()));
    await expect(client.live().next()).rejects.toMatchObject({ code: "OVERLOADED", status: 503 });
    await all[0].return();
    await expect.poll(async () => (await client.live({ readings: 1 }).next()).done).toBe(false);
    await Promise.all(all.map((each) => each.return()));
  });

  it("ends for who stops listening, by signal too", async () => {
    const { url } = await serve();
    const client = new FoldbackClient({ baseUrl: url });
    const controller = new AbortController();
    const listening = client.live({}, { signal: controller.signal });
    await listening.next();
    controller.abort(new Error("enough"));
    await expect(listening.next()).rejects.toThrow("enough");
  });
});

describe("keys", () => {
  const http = { keys: [{ name: "reader", sha256: readerHash, scopes: ["read" as const] }] };

  it("tells a key what it is good for, and nobody else", async () => {
    const { url } = await serve({ http });
    const reader = new FoldbackClient({ baseUrl: url, apiKey: readerKey });
    expect(await reader.caller()).toEqual({ name: "reader", scopes: ["read"], isKeyNeeded: true });
    for (const apiKey of [undefined, "fb_other"]) {
      const other = new FoldbackClient({ baseUrl: url, ...(apiKey && { apiKey }) });
      await expect(other.caller()).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
      await expect(other.live().next()).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    }
    expect((await reader.live({ readings: 1 }).next()).value?.status.ready).toBe(true);
    await expect(reader.activeAccounts()).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(reader.history("a")).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  it("without keys, everybody may do everything", async () => {
    const { url } = await serve();
    const caller = await new FoldbackClient({ baseUrl: url }).caller();
    expect(caller).toEqual({
      name: "anyone",
      scopes: ["ingest", "read", "admin"],
      isKeyNeeded: false,
    });
  });
});

test("a preview is in no log", async () => {
  const { url, engine, close } = await serve();
  await engine.ingest(likes(0, 50));
  const client = new FoldbackClient({ baseUrl: url });
  const { request, items } = await client.recommendations("account-1", { preview: true });
  expect(request).toBeUndefined();
  expect(items.length).toBeGreaterThan(0);
  await client.recommendations("account-1");
  const events = await close();
  expect(events.filter(({ type }) => type === "served")).toHaveLength(1);
});

test("active accounts and histories are those of the events", async () => {
  const { url, engine } = await serve();
  const events = likes(0, 120);
  await engine.ingest(events);
  const client = new FoldbackClient({ baseUrl: url });
  const { accounts } = await client.activeAccounts({ limit: 3 });
  // By hand: who liked last, the latest first.
  const order = [...new Set(events.toReversed().map(({ account }) => account))];
  expect(accounts.map(({ account }) => account)).toEqual(order.slice(0, 3));
  const [{ account, items, lastTime }] = accounts;
  const own = events.filter((event) => event.account === account).map(({ item }) => item);
  const had = [...new Set(own)];
  expect([items, lastTime]).toEqual([had.length, events.at(-1)?.time]);
  const history = await client.history(account, { limit: 2 });
  expect(history.count).toBe(had.length);
  expect(history.items).toHaveLength(2);
  expect(history.items.every(({ item, isWanted }) => had.includes(item) && isWanted)).toBe(true);
  expect(await client.history("nobody")).toEqual({
    account: "nobody",
    count: 0,
    lastTime: null,
    items: [],
  });
  const ofPrefix = await client.activeAccounts({ prefix: "account-1", limit: 100 });
  expect(ofPrefix.accounts.every(({ account: name }) => name.startsWith("account-1"))).toBe(true);
  expect(ofPrefix.accounts.length).toBe(
    new Set(order.filter((name) => name?.startsWith("account-1"))).size,
  );
});
