/** What is exported is what is there, and importing it into an empty directory gives the same bytes again. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Foldback } from "#foldback/engine";
import { systemClock } from "../core/index.ts";
import { type Event, parseEvents, type TableFormat, tableFormats } from "../event/index.ts";
import { loggedEvents } from "../testing/loggedEvents.ts";
import { smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { resolveConfig } from "./config.ts";
import type { Config } from "./configSchema.ts";
import { exportAccounts, exportEvents, exportItems } from "./exportFile.ts";
import { importFile } from "./importFile.ts";
import { importAccounts, importItems } from "./migrate.ts";
import { withLog } from "./offlineLog.ts";

const config = () => resolveConfig(smallConfig(join(temporaryDirectory(), "data")));

async function logOf(events: readonly Event[]): Promise<Config> {
  const into = config();
  await withLog(into, systemClock, (log) => log.append(events, { timeOfEvents: true }));
  return into;
}

function parsed(inputs: readonly unknown[]): Event[] {
  const { events, refused } = parseEvents(inputs, { now: Date.now() });
  expect(refused).toEqual([]);
  return events;
}

const describedEvents = parsed([
  { type: "like", time: 1000, account: "a", item: "seen-first" },
  {
    type: "item_set",
    time: 2000,
    item: 'Zoë, "1"',
    artist: "ABBA",
    context: {
      title: "a|b\nc",
      zip: "007",
      price: 0.1234567890123,
      item: "x",
      "properties.y": 1e-7,
    },
  },
  { type: "item_set", time: 3000, item: "gone", context: { title: "t", n: 1 } },
  {
    type: "item_set",
    time: 4000,
    item: "seen-first",
    context: { title: "1984", code: "12", mixed: 1 },
  },
  { type: "item_set", time: 5000, item: "gone", context: { deleted: 1 } },
  { type: "item_set", time: 6000, item: "bare" },
  {
    type: "item_set",
    time: 7000,
    item: "seen-first",
    context: { title: "1984", code: "12", mixed: "x" },
  },
  { type: "item_set", time: 8000, item: "last", context: { mixed: 2.5, z: "\r", a: "–" } },
]);

/** Each its own way back: the file that is exported, imported into an empty directory, is exported the same. */
async function roundTrip(
  from: Config,
  format: TableFormat,
  exporting: typeof exportItems,
  importing: (into: Config, file: string) => Promise<{ readonly refusedCount: number }>,
) {
  const directory = temporaryDirectory();
  const [first, second] = ["first", "second"].map((name) => join(directory, `${name}.${format}`));
  const result = await exporting(from, first, { format });
  const into = config();
  const { refusedCount } = await importing(into, first);
  expect(refusedCount).toBe(0);
  await exporting(into, second, { format });
  const bytes = readFileSync(first);
  expect(readFileSync(second).equals(bytes)).toBe(true);
  expect(bytes.length).toBe(result.sizeBytes);
  expect(readdirSync(directory).sort()).toEqual([`first.${format}`, `second.${format}`]);
  return { result, into, text: bytes.toString() };
}

describe.each(tableFormats)("items as %s", (format) => {
  const itemsAndBack = (from: Config) => roundTrip(from, format, exportItems, importItems);

  test("come back as the same bytes, and as the same catalogue", async () => {
    const from = await logOf(describedEvents);
    const { result, into } = await itemsAndBack(from);
    expect(result.count).toBe(4);
    const catalogues = [];
    for (const directory of [from, into]) {
      const engine = await Foldback.open(directory);
      await engine.settled();
      catalogues.push(
        engine.items({ limit: 100 }).items.map(({ item, properties }) => ({ item, properties })),
      );
      await engine.close();
    }
    // CSV has no types: a code that is written as a number is one.
    const [before, after] = catalogues;
    if (format !== "csv") expect(after).toEqual(before);
    expect(after.map(({ item }) => item)).toEqual(["seen-first", 'Zoë, "1"', "bare", "last"]);
    expect(after[0].properties).toEqual({
      title: "1984",
      code: format === "csv" ? 12 : "12",
      mixed: "x",
    });
    expect(result.leftOut.length).toBe(format === "csv" ? 1 : 0);
  });

  test("that are none are a file without rows, which comes back", async () => {
    const { result } = await itemsAndBack(await logOf(describedEvents.slice(0, 1)));
    expect(result.count).toBe(0);
  });

  test("of any kind come back as the same bytes", async () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "7", ".", "-", '"', ",", "\n", "\r", "é", "😀", "|", " "),
      minLength: 1,
      maxLength: 6,
    });
    const value = fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
    const name = fc.constantFrom(
      "a",
      "b",
      "10",
      "title",
      "artist x",
      "item",
      "properties.",
      "é",
      "properties.item",
    );
    const context = fc.dictionary(name, value, { maxKeys: 5 });
    const items = fc.array(fc.record({ item: text, context }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(items, async (described) => {
        const events = described.map((each, i) => ({ type: "item_set", time: i, ...each }));
        await itemsAndBack(await logOf(parsed(events)));
      }),
      { numRuns: 15 },
    );
  });
});

describe.each(tableFormats)("accounts as %s", (format) => {
  const accountsAndBack = (from: Config) => roundTrip(from, format, exportAccounts, importAccounts);
  const says = (time: number, account: string, context?: object) => ({
    type: "account_set",
    time,
    account,
    ...(context && { context }),
  });

  test("come back as the same bytes, and as the same pages", async () => {
    const from = await logOf(
      parsed([
        says(1000, "a", { plan: "free", artist: "1984", account: "x" }),
        { type: "like", time: 1500, account: "nobody", item: "i" },
        { type: "item_set", time: 1600, item: "i", context: { plan: "item" } },
        says(2000, "gone", { plan: "pro" }),
        says(3000, 'Zoë, "1"', { mixed: 1, "properties.y": 1e-7 }),
        says(4000, "gone"),
        says(5000, "a", { plan: "pro", mixed: "x", categories: "a|b" }),
      ]),
    );
    const { result, into } = await accountsAndBack(from);
    expect(result.count).toBe(2);
    for (const directory of [from, into]) {
      const engine = await Foldback.open(directory);
      await engine.settled();
      expect(engine.accounts({ limit: 10 })).toEqual({
        accounts: [
          { account: 'Zoë, "1"', properties: { mixed: 1, "properties.y": 1e-7 } },
          { account: "a", properties: { plan: "pro", mixed: "x", categories: "a|b" } },
        ],
      });
      await engine.close();
    }
  });

  test("of any kind come back as the same bytes", async () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "7", ".", "-", '"', ",", "\n", "\r", "é", "😀", "|", " "),
      minLength: 1,
      maxLength: 6,
    });
    const value = fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
    const name = fc.constantFrom("a", "10", "title", "item", "account", "properties.account", "é");
    const context = fc.dictionary(name, value, { maxKeys: 5 });
    const accounts = fc.array(fc.record({ account: text, context }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(accounts, async (described) => {
        const events = described.map(({ account, context }, i) => says(i, account, context));
        await accountsAndBack(await logOf(parsed(events)));
      }),
      { numRuns: 10 },
    );
  });

  test("that were erased are not in it, also before their events are gone", async () => {
    const events = parsed([says(1000, "a", { n: 1 }), says(2000, "b", { n: 2 })]);
    const from = await logOf([...events, { type: "erase", time: 3000, account: "a" }]);
    const { result, text } = await accountsAndBack(from);
    expect(result.count).toBe(1);
    if (format !== "parquet") expect(text).not.toContain("a,1");
  });
});

const everyField = {
  id: "1",
  type: "rate",
  time: 1_700_000_000_001,
  account: "007",
  session: "s",
  device: "d",
  location: { city: "A, B", state: "C", zip: "00123" },
  item: "i",
  artist: "r",
  playlist: "p",
  request: "q",
  position: 0,
  value: -0.5,
  currency: "EUR",
  seconds: 1e-7,
  ad: { channel: "c", advertiser: "v", campaign: "m", group: "g", creative: "k", cost: 0.25 },
  source: "o",
  country: "DE",
  platform: "l",
  context: { mood: 'x "y"\n', n: 3, code: "12", both: 1 },
};
const events = parsed([
  { type: "access", time: 0, session: "early" },
  everyField,
  { ...everyField, id: "2", time: 1_700_000_000_000, context: { both: "1" } },
  ...describedEvents.slice(1, 3),
]);

describe.each(tableFormats)("events as %s", (format) => {
  test("come back as the same bytes, and as the same events", async () => {
    const { result, into } = await roundTrip(
      await logOf(events),
      format,
      exportEvents,
      (to, file) => importFile(to, file, { order: "file" }),
    );
    expect(result.count).toBe(events.length);
    const numbered = events.map((event) =>
      JSON.parse(
        JSON.stringify(event).replace('"code":"12"', '"code":12').replace('"both":"1"', '"both":1'),
      ),
    );
    expect(await loggedEvents(into)).toEqual(format === "csv" ? numbered : events);
    expect(result.leftOut.map(({ count }) => count)).toEqual(format === "csv" ? [1, 1] : []);
  });

  test("that only the engine says are left out, and counted", async () => {
    const { result, text } = await roundTrip(
      await logOf([
        ...events.slice(0, 1),
        {
          type: "served",
          time: 1,
          account: "a",
          request: "r",
          list: [{ item: "i", propensity: 1 }],
        },
        { type: "heartbeat", time: 2 },
        { type: "heartbeat", time: 3 },
      ]),
      format,
      exportEvents,
      (to, file) => importFile(to, file, { order: "file" }),
    );
    expect(result.count).toBe(1);
    expect(text).not.toContain("heartbeat");
    expect(result.leftOut).toEqual([
      { reason: "heartbeat: only the engine itself says it", count: 2 },
      { reason: "served: only the engine itself says it", count: 1 },
    ]);
  });
});

test("a table has the columns that its events have, in their order, features last", async () => {
  const directory = temporaryDirectory();
  const file = join(directory, "x.csv");
  await exportEvents(await logOf(events.slice(0, 2)), file, { format: "csv" });
  const [header, first] = readFileSync(file, "utf8").split("\n");
  expect(header).toBe(
    "id,type,time,account,session,device,location.city,location.state,location.zip,item,artist,playlist,request," +
      "position,value,currency,seconds,ad.channel,ad.advertiser,ad.campaign,ad.group,ad.creative,ad.cost,source," +
      "country,platform,context.both,context.code,context.mood,context.n",
  );
  expect(first).toBe(`,access,1970-01-01T00:00:00.000Z,,early${",".repeat(25)}`);
});

test("an export goes to a stream as well", async () => {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  await exportItems(await logOf(describedEvents), stream, { format: "ndjson" });
  const [first] = Buffer.concat(chunks).toString().split("\n");
  expect(JSON.parse(first)).toEqual({
    item: "seen-first",
    properties: { title: "1984", code: "12", mixed: "x" },
  });
});

test("without a data directory, and into a place that is not there, it is told, and nothing is made", async () => {
  const none = config();
  await expect(exportItems(none, "x.csv", { format: "csv" })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
  });
  expect([existsSync(none.dataDirectory), existsSync("x.csv")]).toEqual([false, false]);
  const from = await logOf(events);
  const file = join(temporaryDirectory(), "nope", "x.csv");
  await expect(exportEvents(from, file, { format: "csv" })).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
  });
});
