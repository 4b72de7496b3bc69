/** What pages and lines of the log have, against all records filtered by hand. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Foldback } from "#foldback/engine";
import type { Event, LogRecord } from "../event/index.ts";
import { openEmbeddedLog } from "../log/index.ts";
import { readEverything } from "../testing/logRecords.ts";
import { likes, likesBegin, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { exportEvents } from "./exportFile.ts";
import { type EventsRequest, LoggedEvents } from "./loggedEvents.ts";

/** Over a log of its own, without an engine around it. */
async function logOf(
  events: readonly Event[],
  { directory = temporaryDirectory(), segmentBytesMax = 64 * 1024 } = {},
) {
  const log = await openEmbeddedLog({ directory: join(directory, "log"), segmentBytesMax });
  for (let at = 0; at < events.length; at += 3000) await log.append(events.slice(at, at + 3000));
  const logged = new LoggedEvents({
    log,
    nameOf: (account) => account,
    sessionsOf: async (accounts) => Promise.resolve(accounts.map((account) => `${account}-before`)),
    checkOpen: () => {},
  });
  return { log, logged };
}

const types = ["like", "play", "skip"];

/** Ten thousand, in several segments; what account 1 rated is rare. */
function mixed(count: number): Event[] {
  return likes(0, count).map((event, n) => ({
    ...event,
    type: n % 3333 === 5 ? "rate" : types[n % 3],
    ...(n % 3333 === 5 && { account: "account-1", value: 4 }),
  }));
}

describe("pages", () => {
  let log: Awaited<ReturnType<typeof logOf>>["log"];
  let logged: LoggedEvents;
  let directory: string;
  let all: LogRecord[];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "foldback-events-"));
    ({ log, logged } = await logOf(mixed(10_000), { directory }));
    all = await readEverything(log);
  });
  afterAll(async () => {
    await log.close();
    rmSync(directory, { recursive: true });
  });

  /** All that pages give, one after the other. */
  async function followed(request: EventsRequest) {
    const records = [];
    let looked = 0;
    let { before } = request;
    for (;;) {
      const page = await logged.page({ ...request, ...(before !== undefined && { before }) });
      expect(page.events.length).toBeLessThanOrEqual(request.limit);
      expect(page.looked).toBeGreaterThan(0);
      records.push(...page.events);
      looked += page.looked;
      before = page.next;
      if (before === undefined) return { records, looked };
    }
  }

  test("have every record that matches once, the newest first, whatever the filter and the size", async () => {
    const sometimes = <T>(arbitrary: fc.Arbitrary<T>) =>
      fc.option(arbitrary, { nil: undefined, freq: 1 });
    const filters = fc
      .record({
        types: fc.subarray([...types, "rate", "visit"]),
        account: sometimes(fc.constantFrom("account-1", "account-7", "nobody")),
        item: sometimes(fc.constantFrom("item-3", "item-44")),
        before: sometimes(fc.integer({ min: 1, max: 12_000 })),
        limit: fc.integer({ min: 37, max: 1000 }),
      })
      // What is not asked for is not there.
      .map((given) => JSON.parse(JSON.stringify(given)) as EventsRequest);
    await fc.assert(
      fc.asyncProperty(filters, async (request) => {
        const { types: of = [], account, item, before = Infinity } = request;
        const expected = all.filter(
          ({ event, offset }) =>
            offset < before &&
            (of.length === 0 || of.includes(event.type)) &&
            (account === undefined || event.account === account) &&
            (item === undefined || event.item === item),
        );
        const { records, looked } = await followed(request);
        expect(records.map(({ offset }) => offset)).toEqual(
          expected.map(({ offset }) => offset).reverse(),
        );
        expect(looked).toBe(Math.min(before, 10_000));
      }),
      {
        numRuns: 40,
        // More than a page in the last window; a rare event far back; none at all.
        examples: [
          [{ types: ["like", "play"], limit: 100 }],
          [{ types: ["rate"], account: "account-1", limit: 37 }],
          [{ types: ["visit"], limit: 37, before: 12_000 }],
        ],
      },
    );
  });

  test("have offset, log time and the event as they are in the log", async () => {
    const { events } = await logged.page({ limit: 2 });
    const [second, first] = all.slice(-2);
    expect(events).toEqual(
      [first, second].map(({ offset, logTime, event }) => ({ offset, logTime, event })),
    );
  });

  test.each([0, 1001, 1.5])("of %s events are refused", async (limit) => {
    await expect(logged.page({ limit })).rejects.toMatchObject({ code: "REQUEST_INVALID" });
  });
});

describe("what a request looks at", () => {
  test("is 100,000 records, and it can go on", async () => {
    const { log, logged } = await logOf(likes(0, 110_000), {
      segmentBytesMax: 4 * 1024 * 1024,
    });
    const none = await logged.page({ types: ["visit"], limit: 100 });
    expect(none).toEqual({ events: [], looked: 100_000, next: 10_000 });
    const ofNobody = await logged.page({ account: "nobody", limit: 100 });
    expect(ofNobody).toEqual({ events: [], looked: 100_000, next: 10_000 });
    const rest = await logged.page({ account: "nobody", limit: 100, before: 10_000 });
    expect(rest).toEqual({ events: [], looked: 10_000 });
    await log.close();
  });

  test("is nothing where the log is empty", async () => {
    const { log, logged } = await logOf([]);
    expect(await logged.page({ limit: 10 })).toEqual({ events: [], looked: 0 });
    await log.close();
  });
});

async function linesOf(
  logged: LoggedEvents,
  request: Parameters<LoggedEvents["lines"]>[0] = {},
): Promise<Event[]> {
  const parts: string[] = [];
  for await (const part of logged.lines(request)) parts.push(part);
  const text = parts.join("");
  if (text === "") return [];
  expect(text.endsWith("\n")).toBe(true);
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line) as Event);
}

describe("lines", () => {
  const said: Event[] = [
    ...mixed(2500),
    { type: "heartbeat", time: likesBegin },
    { type: "served", time: likesBegin, account: "account-1", request: "r", list: [] },
    { type: "play", time: likesBegin, session: "account-1-before", item: "item-1" },
    { type: "link", time: likesBegin, account: "account-2", context: { account: "account-1" } },
    { type: "item_set", time: likesBegin, item: "account-1" },
    { type: "erased", time: 0 },
  ];

  test("are the events of the log in its order, without what the engine said, by type, item and time", async () => {
    const { log, logged } = await logOf(said);
    const unsaid = ["heartbeat", "served", "erased"];
    const expected = said.filter(({ type }) => !unsaid.includes(type));
    expect(await linesOf(logged)).toEqual(expected);
    const [from, to] = [likesBegin + 100_000, likesBegin + 900_000];
    expect(await linesOf(logged, { from, to, types: ["like", "play"], item: "item-3" })).toEqual(
      expected.filter(
        ({ time, type, item }) =>
          time >= from && time < to && (type === "like" || type === "play") && item === "item-3",
      ),
    );
    await log.close();
  });

  test("of an account are all that an erasure would take: sessions before, links, what it was shown", async () => {
    const { log, logged } = await logOf(said);
    const expected = said.filter(
      ({ account, session, context }) =>
        account === "account-1" ||
        session === "account-1-before" ||
        context?.["account"] === "account-1",
    );
    expect(expected.length).toBeGreaterThan(50);
    expect(await linesOf(logged, { account: "account-1" })).toEqual(expected);
    await log.blank({
      needles: ["account-1", "account-1-before"],
      matches: ({ event }) =>
        expected.some((each) => JSON.stringify(each) === JSON.stringify(event)),
    });
    expect(await linesOf(logged, { account: "account-1" })).toEqual([]);
    expect((await logged.page({ account: "account-1", limit: 10 })).events).toEqual([]);
    const newest = await logged.page({ limit: 1000 });
    expect(newest.events.map(({ event }) => event.type)).not.toContain("erased");
    await log.close();
  });
});

describe("of an engine", () => {
  test("lines are what `foldback export events` writes, byte for byte", async () => {
    const directory = temporaryDirectory();
    const engine = await Foldback.open(smallConfig(join(directory, "data")));
    await engine.ingest([
      ...likes(0, 1500),
      { type: "link", time: likesBegin, account: "account-1", context: { account: "account-2" } },
    ]);
    engine.serve({ account: "account-1", count: 3 });
    await engine.settled();
    const parts: string[] = [];
    for await (const part of engine.events.lines({})) parts.push(part);
    await engine.close();
    const path = join(directory, "events.ndjson");
    const { count } = await exportEvents(engine.config, path, { format: "ndjson" });
    expect(count).toBe(1501);
    expect(parts.join("")).toBe(readFileSync(path, "utf8"));
  });

  test("accounts are asked for by their names where the log has pseudonyms, and not after they were erased", async () => {
    const directory = temporaryDirectory();
    const pseudonymKeyFile = join(directory, "pseudonyms.key");
    writeFileSync(pseudonymKeyFile, "0123456789abcdef0123456789abcdef");
    const engine = await Foldback.open({
      ...smallConfig(join(directory, "data")),
      privacy: { pseudonymKeyFile },
    });
    await engine.ingest(likes(0, 100));
    const sent = likes(0, 100).filter(({ account }) => account === "account-3").length;
    const { events } = await engine.events.page({ account: "account-3", limit: 100 });
    expect(events).toHaveLength(sent);
    const [{ event }] = events;
    expect(event.account).toMatch(/^~[\w-]{22}$/);
    const byPseudonym = await engine.events.page({ account: event.account ?? "", limit: 100 });
    expect(byPseudonym.events).toEqual(events);
    await engine.erase(["account-3"]);
    const left = await engine.events.page({ limit: 1000 });
    expect(left.events).toHaveLength(100 - sent);
    expect(left.events.filter((each) => each.event.account === event.account)).toEqual([]);
    await engine.close();
    await expect(engine.events.page({ limit: 1 })).rejects.toMatchObject({ code: "CLOSED" });
  });
});
