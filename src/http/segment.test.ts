/** Segment's own SDK for Node, pointed at the service: what is in the log is what it was told. */
import { Analytics } from "@segment/analytics-node";
import { expect, onTestFinished, test } from "vitest";
import { FoldbackError } from "#foldback/core";
import { type Event, Foldback, type UserConfig } from "#foldback/engine";
import { createServer } from "#foldback/http";
import { loggedEvents } from "../testing/loggedEvents.ts";
import { smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

interface Service {
  readonly engine: Foldback;
  readonly server: ReturnType<typeof createServer>;
  /** Listens, and gives the address. */
  listen(): Promise<string>;
  /** Closes all, and gives what is in the log. */
  logged(): Promise<Event[]>;
}

async function open(
  config: UserConfig = {},
  over: (engine: Foldback) => Foldback = (engine) => engine,
): Promise<Service> {
  const engine = await Foldback.open({ ...smallConfig(temporaryDirectory()), ...config });
  const server = createServer(over(engine));
  const close = async (): Promise<void> => {
    await server.close();
    await engine.close();
  };
  onTestFinished(close); // twice is once
  return {
    engine,
    server,
    listen: () => server.listen({ host: "127.0.0.1", port: 0 }),
    async logged() {
      await close();
      return loggedEvents(engine.config);
    },
  };
}

function sdk(
  host: string,
  more: Partial<ConstructorParameters<typeof Analytics>[0]> = {},
): Analytics {
  const analytics = new Analytics({ host, writeKey: "write-key", ...more });
  analytics.on("error", ({ reason }) => {
    throw reason;
  });
  return analytics;
}

const library = {
  "library.name": "@segment/analytics-node",
  "library.version": expect.any(String),
};
/** The SDK's clock and ours are the same here: the correction is the way from one to the other. */
const soonAfter = (time: Date) =>
  expect.toSatisfy((ms: number) => ms >= +time && ms < +time + 5000);

test("what the SDK was told is in the log, event by event", async () => {
  const events = {
    "Song Played": { type: "play", properties: { item: "song_id", seconds: "listened" } },
  };
  const service = await open({ segment: { events } });
  const analytics = sdk(await service.listen(), { flushAt: 3 });
  const timestamp = new Date(Date.now() - 3_600_000);
  const time = soonAfter(timestamp);
  const who = { userId: "u1", timestamp };

  analytics.identify({ ...who, anonymousId: "a1", traits: { name: "Somebody", plan: "pro" } });
  analytics.page({
    anonymousId: "a1",
    name: "Home",
    properties: { path: "/" },
    context: { campaign: { name: "spring", medium: "cpc", source: "search" } },
    timestamp,
    messageId: "page-1",
  });
  analytics.track({
    ...who,
    event: "Product Viewed",
    properties: { product_id: "p1" },
    messageId: "view-1",
  });
  analytics.track({
    ...who,
    event: "Song Played",
    properties: { song_id: 9, listened: 61 },
    messageId: "song-1",
  });
  analytics.track({
    ...who,
    event: "Order Completed",
    properties: {
      order_id: "o1",
      currency: "EUR",
      products: [
        { product_id: "p1", price: 4, quantity: 2 },
        { product_id: "p2", price: 3 },
      ],
    },
    messageId: "order-1",
  });
  for (const position of [20, 30, 40, 50]) {
    const properties = { session_id: "s1", asset_id: "v1", position };
    analytics.track({ ...who, event: "Video Content Playing", properties });
  }
  analytics.group({ ...who, groupId: "g1" });
  analytics.alias({ ...who, previousId: "a1" });
  await analytics.closeAndFlush();

  expect(service.engine.status()).toMatchObject({
    ingested: { accepted: 7, duplicates: 2, refused: 0 },
    unmapped: expect.arrayContaining([
      { kind: "field", name: "traits.name", count: 1 },
      { kind: "message", name: "Video Content Playing", count: 1 },
      { kind: "message", name: "group", count: 1 },
      { kind: "message", name: "alias", count: 1 },
    ]),
  });
  const common = { time, account: "u1", source: "segment" };
  const order = { order_id: "o1", ...library };
  const logged = await service.logged();
  const isSet = ({ type }: { readonly type: string }) => type === "account_set";
  expect(logged.filter(isSet)).toMatchObject([
    { account: "u1", session: "a1", source: "segment", context: { plan: "pro" } },
  ]);
  // Batches may overtake each other.
  expect(
    logged
      .filter((event) => !isSet(event))
      .toSorted((a, b) => (a.id ?? "").localeCompare(b.id ?? "")),
  ).toEqual([
    {
      ...common,
      id: "order-1/0",
      type: "purchase",
      item: "p1",
      value: 8,
      currency: "EUR",
      context: { event: "Order Completed", price: 4, quantity: 2, ...order },
    },
    {
      ...common,
      id: "order-1/1",
      type: "purchase",
      item: "p2",
      value: 3,
      currency: "EUR",
      context: { event: "Order Completed", price: 3, ...order },
    },
    {
      id: "page-1",
      type: "visit",
      time,
      session: "a1",
      ad: { channel: "cpc", campaign: "spring" },
      source: "segment",
      context: { name: "Home", path: "/", "campaign.source": "search", ...library },
    },
    {
      ...common,
      id: "song-1",
      type: "play",
      item: "9",
      seconds: 61,
      context: { event: "Song Played", ...library },
    },
    {
      ...common,
      id: "video s1 v1",
      type: "play",
      item: "v1",
      seconds: expect.toBeOneOf([30, 40, 50]),
      context: { event: "Video Content Playing", session_id: "s1", ...library },
    },
    {
      ...common,
      id: "view-1",
      type: "view_content",
      item: "p1",
      context: { event: "Product Viewed", ...library },
    },
  ]);
});

const viewed = (item: string) => ({
  userId: "u1",
  event: "Product Viewed",
  properties: { product_id: item },
});

test("a batch that was refused for want of room is sent again, and counts once", async () => {
  let attempts = 0;
  const service = await open(
    {},
    (engine) =>
      new Proxy(engine, {
        get(of, name) {
          const value: unknown = Reflect.get(of, name, of);
          if (name === "ingestSegment" && ++attempts === 1) {
            return () =>
              Promise.reject(new FoldbackError("OVERLOADED", "full; send this again later"));
          }
          return typeof value === "function" ? value.bind(of) : value;
        },
      }),
  );
  const analytics = sdk(await service.listen());
  const statuses: unknown[] = [];
  analytics.on("http_response", ({ status, headers }) =>
    statuses.push([status, headers["retry-after"]]),
  );
  for (const item of ["p1", "p2"]) analytics.track(viewed(item));
  await analytics.closeAndFlush();
  expect(statuses).toEqual([
    [503, "1"],
    [200, undefined],
  ]);
  expect((await service.logged()).map(({ item }) => item)).toEqual(["p1", "p2"]);
});

test("a batch that was taken, but whose reply was lost, is sent again, and counts once", async () => {
  const service = await open();
  let replies = 0;
  service.server.addHook("onSend", (_request, reply, payload, done) => {
    if (++replies === 1) void reply.code(503);
    done(null, payload);
  });
  const analytics = sdk(await service.listen());
  analytics.track({
    ...viewed("p1"),
    event: "Order Completed",
    properties: { products: [{ sku: "a" }, { sku: "b" }] },
  });
  analytics.track(viewed("p1"));
  await analytics.closeAndFlush();
  expect(replies).toBe(2);
  expect(service.engine.status().ingested).toEqual({ accepted: 3, duplicates: 3, refused: 0 });
  expect((await service.logged()).map(({ item }) => item)).toEqual(["a", "b", "p1"]);
});

test("too many requests make the SDK wait, and nothing is lost", async () => {
  const service = await open({ http: { port: 0, requestsPerSecondMax: 1 } });
  const analytics = sdk(await service.listen(), { flushAt: 1 });
  const statuses: number[] = [];
  analytics.on("http_response", ({ status }) => statuses.push(status));
  for (const item of ["p1", "p2"]) analytics.track(viewed(item));
  await analytics.closeAndFlush();
  expect(statuses).toContain(429);
  expect(new Set((await service.logged()).map(({ item }) => item))).toEqual(new Set(["p1", "p2"]));
});
