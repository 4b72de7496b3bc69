import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dayMs, hourMs } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import { attributionEvents } from "../../testing/attributionEvents.ts";
import { withTables } from "../../testing/attributionFiles.ts";
import { historiesOf } from "../../testing/attributionReference.ts";
import { directoryOf } from "../../testing/eventFiles.ts";
import type { History } from "../history.ts";
import type { EventTables, EventTablesOptions } from "./eventTables.ts";
import { histories } from "./histories.ts";

const conversions = ["purchase", "subscribe"];

async function all(tables: EventTables): Promise<History[]> {
  const found: History[] = [];
  for await (const history of histories(tables)) found.push(history);
  return found;
}

async function read(
  files: readonly (readonly Event[])[],
  options: Partial<EventTablesOptions> = {},
): Promise<History[]> {
  return withTables(files, all, { conversions, ...options });
}

/** Ids by key: touches, then conversions. */
async function idsOf(
  events: readonly Event[],
  options: Partial<EventTablesOptions> = {},
): Promise<Record<string, string[][]>> {
  const found = await read([events], options);
  return Object.fromEntries(
    found.map(({ key, touches, conversions: ends }) => [
      key,
      [touches.map(({ id }) => id), ends.map(({ id }) => id)],
    ]),
  );
}

const at = Date.parse("2026-01-01T00:00:00Z");
const who = { account: "a" };

function click(id: string, time: number, more: Partial<Event> = who): Event {
  return { type: "ad_click", id, time: at + time, ad: { channel: "social" }, ...more };
}

function purchase(id: string, time: number, more: Partial<Event> = who): Event {
  return { type: "purchase", id, time: at + time, ...more };
}

test("are those of the plain reference, for random events in two files", async () => {
  await fc.assert(
    fc.asyncProperty(attributionEvents, attributionEvents, async (one, other) => {
      const placed = [one, other].flatMap((events, file) =>
        events.map((event, line) => ({ event, file, line: line + 1 })),
      );
      expect(await read([one, other])).toEqual(historiesOf(placed, conversions));
    }),
    { numRuns: 30 },
  );
});

describe("identity", () => {
  test("a session is of the account that logs in next in it, else of the one before", async () => {
    const events = [
      click("before", 0, { session: "s" }),
      { type: "access", time: at + 10, account: "a", session: "s" },
      click("between", 20, { session: "s" }),
      { type: "access", time: at + 30, account: "b", session: "s" },
      click("after", 40, { session: "s" }),
      click("never", 0, { session: "a" }),
    ];
    expect(await idsOf(events)).toEqual({ a: [["never"], []], b: [["between", "after"], []] });
    const keys = (await read([events])).map(({ key, touches }) => [key, touches[0].id]);
    expect(keys).toEqual([
      ["a", "before"],
      ["a", "never"],
      ["b", "between"],
    ]);
  });

  test("of several logins at once the smallest account counts, as UTF-8 bytes", async () => {
    const login = (account: string): Event => ({ type: "access", time: at, account, session: "s" });
    const events = [login("\u{1f600}"), login("\uffee"), click("1", 0, { session: "s" })];
    expect(await idsOf(events)).toEqual({ "\uffee": [["1"], []] });
  });

  test("linked accounts are one, by the smallest name, over any number of links", async () => {
    const link = (account: string, other: string): Event => ({
      type: "link",
      time: at + 99,
      account,
      context: { account: other },
    });
    const events = [
      link("d", "c"),
      link("b", "c"),
      click("1", 0, { account: "d" }),
      purchase("2", 1, { account: "b" }),
      click("3", 2, { account: "e" }),
    ];
    expect(await idsOf(events)).toEqual({ b: [["1"], ["2"]], e: [["3"], []] });
  });

  test("persons are apart, and what is of nobody known is apart from them", async () => {
    const directory = directoryOf({
      "sessions.csv": "account,access_token,person,confidence\na,s1,1,0.9\na,s2,2,0.8\n",
    });
    const events = [
      click("1", 0, { account: "a", session: "s1" }),
      purchase("2", 1, { account: "a", session: "s2" }),
      purchase("3", 2, { account: "a", session: "s1" }),
      purchase("4", 3, { account: "a", session: "other" }),
      purchase("5", 4),
      click("6", 5, { session: "s2" }), // logged in before
    ];
    expect(await idsOf(events, { persons: `${directory}/sessions.csv` })).toEqual({
      a: [[], ["4", "5"]],
      "a / person 1": [["1"], ["3"]],
      "a / person 2": [["6"], ["2"]],
    });
  });
});

describe("duplicates", () => {
  test("a touch of one source, type and id is one, however much later; its first time counts", async () => {
    const events = [
      click("1", 90 * dayMs),
      click("1", 5),
      click("1", 7, { account: "b" }),
      click("1", 6, { ...who, source: "app" }),
      { ...click("1", 8), type: "ad_impression" },
    ];
    const found = await read([events]);
    expect(found.map(({ touches }) => touches.map(({ time }) => time - at))).toEqual([[5, 6, 8]]);
  });

  test("a conversion is one within 48 hours of the one that was kept, and another after", async () => {
    const times = [0, 24 * hourMs, 48 * hourMs, 48 * hourMs + 1, 96 * hourMs + 1, 96 * hourMs + 2];
    const found = await read([times.map((time) => purchase("1", time)).toReversed()]);
    expect(found[0].conversions.map(({ time }) => time - at)).toEqual([
      0,
      48 * hourMs + 1,
      96 * hourMs + 2,
    ]);
  });

  test("events without an id are none, and are called by their lines", async () => {
    const { id: _, ...nameless } = click("", 1);
    const found = await read([[nameless, nameless], [nameless]]);
    expect(found[0].touches.map(({ id }) => id)).toEqual(["line:1", "line:1", "line:2"]);
  });
});

describe("money", () => {
  const priced = (value: number, currency?: string): Event => ({
    ...purchase(`${value}`, 0),
    value,
    ...(currency === undefined ? {} : { currency }),
  });
  const values = async (
    events: readonly Event[],
    options: Partial<EventTablesOptions> = {},
  ): Promise<number[]> => (await read([events], options))[0].conversions.map(({ value }) => value);

  test("is in minor units of its currency", async () => {
    expect(await values([priced(12.5, "EUR"), priced(3)])).toEqual([1250, 300]);
    expect(await values([priced(500, "JPY")])).toEqual([500]);
    expect(await values([priced(1.5, "KWD")])).toEqual([1500]);
  });

  test("of several currencies needs to be told what each is worth", async () => {
    const events = [priced(10, "EUR"), priced(20, "USD")];
    await expect(values(events)).rejects.toMatchObject({ code: "REQUEST_INVALID" });
    await expect(
      values(events, { money: { currency: "EUR", rates: new Map([["EUR", 1]]) } }),
    ).rejects.toMatchObject({ code: "REQUEST_INVALID" });
    const rates = new Map([
      ["EUR", 1],
      ["USD", 0.5],
    ]);
    expect(await values(events, { money: { currency: "EUR", rates } })).toEqual([1000, 1000]);
    expect(await values(events, { money: { currency: "USD", rates } })).toEqual([2000, 2000]);
  });
});
