/** Looking at data over HTTP: the log, what was refused, what events may look like, CSV, exports. */
import { createHash } from "node:crypto";
import { type ClientRequest, get } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FoldbackClient, FoldbackClientError } from "#foldback/client";
import { type ServedEngine, serveEngine } from "../testing/servedEngine.ts";
import { likes } from "../testing/smallEngine.ts";

const keys = { reader: "fb_reader_of_data", owner: "fb_owner_of_data" };
const sha256 = (key: string) => createHash("sha256").update(key).digest("hex");

let served: ServedEngine;
let client: FoldbackClient;

beforeAll(async () => {
  served = await serveEngine({
    eventTypes: ["raise_hand"],
    http: {
      waitMsMax: 60_000,
      keys: [
        { name: "reader", sha256: sha256(keys.reader), scopes: ["read"] },
        { name: "owner", sha256: sha256(keys.owner), scopes: ["ingest", "read", "admin"] },
      ],
    },
  });
  client = new FoldbackClient({ baseUrl: served.url, apiKey: keys.owner });
  await client.ingest(likes(0, 300));
});

afterAll(async () => {
  await client.close();
  await served.close();
});

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream).text();
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "none";
  } catch (error) {
    if (error instanceof FoldbackClientError) return error.code;
    throw error;
  }
}

test("the log is for admin, the types of events for read", async () => {
  const reader = new FoldbackClient({ baseUrl: served.url, apiKey: keys.reader });
  expect(await codeOf(reader.eventsPage())).toBe("FORBIDDEN");
  expect(await codeOf(reader.refusedEvents())).toBe("FORBIDDEN");
  expect(await codeOf(reader.exportEvents())).toBe("FORBIDDEN");
  expect((await reader.eventTypes()).types.length).toBeGreaterThan(20);
});

test("pages of the log come by type, account and item, and lead back to its beginning", async () => {
  const expected = likes(0, 300).reverse();
  const found: unknown[] = [];
  let before: number | undefined;
  do {
    const page = await client.eventsPage({
      type: ["like", "play"],
      limit: 70,
      ...(before !== undefined && { before }),
    });
    found.push(...page.events.map(({ event }) => event));
    before = page.next;
  } while (before !== undefined);
  expect(found).toEqual(expected);
  const { account, item } = expected[50];
  const { events } = await client.eventsPage({ account: account ?? "", item: item ?? "" });
  expect(events.map(({ event }) => event)).toEqual(
    expected.filter((each) => each.account === account && each.item === item),
  );
  expect(await codeOf(client.eventsPage({ limit: 0 }))).toBe("REQUEST_INVALID");
});

test("what was refused is there with its reason, by whichever way it came", async () => {
  const base = (await client.refusedEvents()).count;
  await client.ingest([{ type: "like", time: Date.now(), account: "a" }]);
  await client.ingestText('{"type":"like"\n{"type":"nonsense"}', "application/x-ndjson");
  await served.engine.ingestSegment({ source: "site", messages: [{ type: "track" }] });
  const { count, fields, events } = await client.refusedEvents();
  expect(count - base).toBe(4);
  expect(fields.map(({ field }) => field)).toEqual(expect.arrayContaining(["item", "type"]));
  expect(events.slice(0, 4).map(({ type, index }) => [type, index])).toEqual([
    ["track", 0],
    ["nonsense", 1],
    [undefined, 0],
    ["like", 0],
  ]);
  expect(events[1].allowed).toContain("raise_hand");
  expect(count).toBe(served.engine.status().ingested.refused);
});

describe("types of events", () => {
  test("are those of the config too; each example is taken, and not without a field that it needs", async () => {
    const { types, schema } = await client.eventTypes();
    expect(types.map(({ type }) => type)).toContain("raise_hand");
    const acceptedOf = async (event: object) => (await served.engine.ingest([event])).accepted;
    for (const { type, needed, example } of types) {
      expect([type, await acceptedOf(example)]).toEqual([type, 1]);
      for (const [first] of needed) {
        const accepted = await acceptedOf(without(example, first));
        expect([type, first, accepted]).toEqual([type, first, 0]);
      }
    }
    const visit = types.find(({ type }) => type === "visit");
    expect(visit?.needed).toEqual([["account", "session"], ["ad.channel"]]);
    const contract = (await (await fetch(`${served.url}/openapi.json`)).json()) as {
      readonly components: { readonly schemas: Record<string, unknown> };
    };
    expect(schema).toEqual(contract.components.schemas["Event"]);
  });
});

/** @param path dotted for what is inside. */
function without(example: object, path: string): object {
  const [field, name] = path.split(".", 2);
  const { [field]: value, ...rest } = example as Record<string, object>;
  if (name === undefined) return rest;
  const { [name]: _, ...others } = value as Record<string, unknown>;
  return { ...rest, [field]: others };
}

describe("CSV", () => {
  const text = (rows: readonly string[]) => `${rows.join("\r\n")}\r\n`;

  test("is taken as a file of it is, each row for itself", async () => {
    const rows = [
      "Type,time,account,item,ad.channel,context.mood,context.bpm",
      'play,1700000000,"csv, ""one""",item-1,,calm,96',
      "",
      "visit,2026-01-31T12:00:00Z,csv-two,,search,,",
      "like,yesterday,csv-two,item-1,,,",
      "like,1700000000,csv-two",
    ];
    const result = await client.ingestText(text(rows), "text/csv");
    expect(result).toMatchObject({ accepted: 2, duplicates: 0 });
    expect(result.refused).toMatchObject([
      { index: 2, field: "time", came: '"yesterday"' },
      { index: 3, field: "row", came: "3 cells" },
    ]);
    const { events } = await client.eventsPage({ limit: 2 });
    expect(events.map(({ event }) => event)).toEqual([
      {
        type: "visit",
        time: Date.parse("2026-01-31T12:00:00Z"),
        account: "csv-two",
        ad: { channel: "search" },
      },
      {
        type: "play",
        time: 1_700_000_000_000,
        account: 'csv, "one"',
        item: "item-1",
        context: { mood: "calm", bpm: 96 },
      },
    ]);
  });

  test("with unknown columns, without a time, with an open quote or too many rows is refused as a whole", async () => {
    const before = served.engine.status().records;
    const send = (rows: readonly string[]) => codeOf(client.ingestText(text(rows), "text/csv"));
    expect(await send(["time,colour", "1,red"])).toBe("REQUEST_INVALID");
    expect(await send(["account,item", "a,b"])).toBe("REQUEST_INVALID");
    expect(await send(["time,account", '1,"a'])).toBe("REQUEST_INVALID");
    const many = Array.from({ length: 5001 }, (_, n) => `${1_700_000_000 + n},many,item-1`);
    expect(await send(["time,account,item", ...many])).toBe("BATCH_TOO_LARGE");
    expect(served.engine.status().records).toBe(before);
    expect(await client.ingestText("", "text/csv")).toEqual({
      accepted: 0,
      duplicates: 0,
      refused: [],
    });
  });
});

/** Begun, and not read. Not by `fetch`, which opens another connection for one that is left, and keeps it. */
function unreadExport(url: string): Promise<ClientRequest> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/v1/events/export`, { agent: false }, () => resolve(request));
    request.on("error", reject);
  });
}

describe("exports", () => {
  test("are the log line by line, but for what the engine said; narrowed down by account and time", async () => {
    const own = await serveEngine();
    const ownClient = new FoldbackClient({ baseUrl: own.url });
    await own.engine.ingest(likes(0, 2500));
    own.engine.serve({ account: "account-1", count: 3 });
    await own.engine.settled();
    const text = await textOf(await ownClient.exportEvents());
    const part = await textOf(
      await ownClient.exportEvents({ account: "account-4", from: likes(100, 1)[0].time }),
    );
    const logged = await own.close();
    expect(logged.map(({ type }) => type)).toContain("served");
    const linesOf = (events: readonly object[]) =>
      events.map((each) => `${JSON.stringify(each)}\n`);
    expect(text).toBe(linesOf(logged.filter(({ type }) => type === "like")).join(""));
    const expected = likes(100, 2400).filter(({ account }) => account === "account-4");
    expect(part).toBe(linesOf(expected).join(""));
  });

  test("are two at a time, and one that is left makes room", async () => {
    const own = await serveEngine();
    const ownClient = new FoldbackClient({ baseUrl: own.url, attemptsMax: 1 });
    // More than sockets and buffers hold, so that the unread ones wait.
    for (let at = 0; at < 15_000; at += 3000) {
      await own.engine.ingest(
        likes(at, 3000).map((event) => ({ ...event, context: { note: "x".repeat(2000) } })),
      );
    }
    const [first] = [await unreadExport(own.url), await unreadExport(own.url)];
    expect(await codeOf(ownClient.exportEvents({ to: 1 }))).toBe("OVERLOADED");
    first.destroy();
    await expect
      .poll(() => codeOf(ownClient.exportEvents({ to: 1 }).then(textOf)), { timeout: 10_000 })
      .toBe("none");
    // The other is broken off.
    const beganMs = performance.now();
    await own.close();
    expect(performance.now() - beganMs).toBeLessThan(10_000);
  });
});
