/** What is lost, late and refused between the client and a service; over sockets. */
import { expect, onTestFinished, test } from "vitest";
import { type FaultProxy, startFaultProxy } from "../testing/faultProxy.ts";
import { type ServedEngine, serveEngine } from "../testing/servedEngine.ts";
import { likesBegin } from "../testing/smallEngine.ts";
import { type ClientOptions, FoldbackClient, type NewEvent } from "./index.ts";

interface Line {
  readonly service: ServedEngine;
  readonly proxy: FaultProxy;
  readonly client: FoldbackClient;
}

/** A service, what fails before it, and a client that waits for nothing long. */
async function line(
  options: Partial<ClientOptions> = {},
  config: Parameters<typeof serveEngine>[0] = {},
): Promise<Line> {
  const service = await serveEngine(config);
  onTestFinished(async () => void (await service.close()));
  const proxy = await startFaultProxy(service.url);
  // Long enough that events of one moment are one batch, also where nothing is compiled yet.
  const batch = { eventsMax: 3, delayMs: 250, ...options.batch };
  const client = new FoldbackClient({ baseUrl: proxy.url, backoffMs: 1, ...options, batch });
  return { service, proxy, client };
}

const like = (n: number, more: Partial<NewEvent> = {}): NewEvent => ({
  type: "like",
  time: likesBegin + n,
  account: "a17",
  item: `song-${n}`,
  ...more,
});
const likes = (count: number): NewEvent[] => Array.from({ length: count }, (_, n) => like(n));
const songs = (count: number): string[] => likes(count).map(({ item }) => String(item));

/** Events in the log; closes the service. */
async function logged(service: ServedEngine): Promise<(string | undefined)[]> {
  return (await service.close()).filter(({ type }) => type === "like").map(({ item }) => item);
}

test("a batch that was taken, but whose reply was lost, is sent again, and counts once", async () => {
  const { service, proxy, client } = await line();
  proxy.fail("dropReply", "cutReply", { status: 502, body: "<html>" });
  await Promise.all(likes(3).map((event) => client.track(event)));
  expect(proxy.requests).toHaveLength(4);
  expect(new Set(proxy.requests.map(({ body }) => body)).size).toBe(1);
  expect(service.engine.status().ingested).toEqual({ accepted: 3, duplicates: 6, refused: 0 });
  expect(await logged(service)).toEqual(songs(3));
});

test("the same of `ingest`: what the first try took is a duplicate in the second", async () => {
  const { service, proxy, client } = await line();
  proxy.fail("dropReply");
  expect(await client.ingest(likes(2))).toEqual({ accepted: 0, duplicates: 2, refused: [] });
  expect(await logged(service)).toEqual(songs(2));
});

test("a batch that never arrived is sent again", async () => {
  const { service, proxy, client } = await line();
  proxy.fail("dropRequest", "dropRequest");
  await Promise.all(likes(7).map((event) => client.track(event)));
  expect(service.engine.status().ingested).toEqual({ accepted: 7, duplicates: 0, refused: 0 });
  expect(await logged(service)).toEqual(songs(7)); // and in order
});

test("a service that says when to come back is not asked before", async () => {
  const { proxy, client } = await line();
  proxy.fail({ status: 503, headers: { "retry-after": "1" } });
  const begun = performance.now();
  await client.track(like(1));
  expect(performance.now() - begun).toBeGreaterThan(1000);
  expect(proxy.requests).toHaveLength(2);
});

test("too many requests make the client wait, and nothing is lost", async () => {
  const { service, client, proxy } = await line(
    { attemptsMax: 20, totalMsMax: 60_000 },
    { http: { port: 0, requestsPerSecondMax: 1 } },
  );
  const results = await Promise.all(likes(4).map((event) => client.ingest([event])));
  expect(results.map(({ accepted }) => accepted)).toEqual([1, 1, 1, 1]);
  expect(proxy.requests.length).toBeGreaterThan(4);
  // One did not wait for another.
  expect(new Set(await logged(service))).toEqual(new Set(songs(4)));
});

test("a service that does not answer is given up for this try, and then for good", async () => {
  const { proxy, client } = await line({ timeoutMs: 300, attemptsMax: 10 });
  proxy.fail("stall");
  expect((await client.recommendations("a17")).account).toBe("a17");
  proxy.fail("stall", "stall");
  const reason: unknown = await client
    .recommendations("a17", {}, { attemptsMax: 2 })
    .catch((error: unknown) => error);
  const { headers } = proxy.requests.at(-1) ?? expect.unreachable();
  expect(reason).toMatchObject({ code: "TIMED_OUT", requestId: headers["x-request-id"] });
});

test("a change of an item whose reply was lost is not made again", async () => {
  const { service, proxy, client } = await line();
  proxy.fail("dropReply");
  await expect(client.putItem("song-1", { title: "One" })).rejects.toMatchObject({
    code: "UNREACHABLE",
    cause: expect.any(TypeError),
  });
  expect(proxy.requests).toHaveLength(1);
  expect(service.engine.item("song-1")?.properties).toEqual({ title: "One" });
});

test("nobody at that address", async () => {
  const gone = new FoldbackClient({ baseUrl: "http://127.0.0.1:1", attemptsMax: 2, backoffMs: 1 });
  await expect(gone.health()).rejects.toMatchObject({ code: "UNREACHABLE", status: undefined });
});

test("refusals in a batch come back to their own events; the others are taken", async () => {
  const { service, client } = await line();
  const ends = await Promise.allSettled([
    client.track(like(0)),
    client.track(like(1, { time: "yesterday" })),
    client.track(like(2)),
  ]);
  expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect((ends[1] as PromiseRejectedResult).reason).toMatchObject({
    code: "EVENT_INVALID",
    status: 202,
    requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
    details: { field: "time", came: '"yesterday"', allowed: expect.any(String) },
  });
  // Where none is taken the service says so with the status of an error.
  await expect(client.track(like(3, { time: "tomorrow" }))).rejects.toMatchObject({
    code: "EVENT_INVALID",
    status: 400,
    details: { field: "time", came: '"tomorrow"' },
  });
  expect(await logged(service)).toEqual(["song-0", "song-2"]);
});

test("batches larger than the service takes go in parts, by events and by bytes", async () => {
  const http = { port: 0, batchEventsMax: 40, bodyBytesMax: 2048 };
  const { service, proxy, client } = await line({ batch: { eventsMax: 100 } }, { http });
  await Promise.all(likes(150).map((event) => client.track(event)));
  expect(await logged(service)).toEqual(songs(150));
  // The first is too large by bytes, and no other is.
  const isTooLarge = proxy.requests.map(({ body }) => body.length > 2048);
  expect(isTooLarge.indexOf(true)).toBe(0);
  expect(isTooLarge.lastIndexOf(true)).toBe(0);
});

test("a full queue takes no more, and loses nothing of what it has", async () => {
  const { service, proxy, client } = await line({ batch: { queueEventsMax: 5 }, timeoutMs: 300 });
  proxy.fail("stall");
  const ends = await Promise.allSettled(likes(8).map((event) => client.track(event)));
  expect(ends.map(({ status }) => status)).toEqual([
    ...Array(5).fill("fulfilled"),
    ...Array(3).fill("rejected"),
  ]);
  for (const end of ends.slice(5)) {
    expect((end as PromiseRejectedResult).reason).toMatchObject({ code: "QUEUE_FULL" });
  }
  expect(await logged(service)).toEqual(songs(5));
});

test("close while sending: what was tracked arrives, and nothing is taken after it", async () => {
  const { service, proxy, client } = await line({ timeoutMs: 300 });
  proxy.fail("stall", "dropReply");
  const tracked = likes(5).map((event) => client.track(event));
  const closed = client.close();
  await expect(client.track(like(9))).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  await expect(client.trending()).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  await closed;
  await Promise.all(tracked);
  expect(await logged(service)).toEqual(songs(5));
});

test("close of a client whose service does not answer ends in time, and says what is not known to be taken", async () => {
  const { proxy, client } = await line({ batch: { closeMsMax: 50 } });
  proxy.fail("stall");
  const tracked = client.track(like(1));
  tracked.catch(() => {}); // looked at below
  const begun = performance.now();
  await client.close();
  expect(performance.now() - begun).toBeLessThan(5000);
  await expect(tracked).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
});

test("an event that is no JSON fails for itself", async () => {
  const { client } = await line();
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  await expect(client.track(circular as unknown as NewEvent)).rejects.toBeInstanceOf(TypeError);
  await client.close();
});

test("connections are used again, after errors too", async () => {
  const { client, proxy } = await line();
  for (let n = 0; n < 10; n++) {
    await client.trending();
    await expect(client.item("nothing")).rejects.toMatchObject({ code: "NOT_FOUND" });
  }
  expect(proxy.requests).toHaveLength(20);
  // Node opens a second one where the first is not free yet by a tick.
  expect(proxy.connectionCount()).toBeLessThanOrEqual(2);
});
