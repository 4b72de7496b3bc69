/** Files by SQL and the stream event by event, the two ways to the same numbers, on the same events: 200 random streams side by side. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dayMs, Random, systemClock } from "../../core/index.ts";
import { type Event, eventKey, type LogRecord } from "../../event/index.ts";
import { attributionStream } from "../../testing/attributionStream.ts";
import { temporaryDirectory } from "../../testing/temporaryDirectory.ts";
import { creditReport, JourneySums } from "../credit/index.ts";
import { compare } from "../grid/compare.ts";
import { each } from "../grid/each.ts";
import { type GridRequest, gridSettings, keysOf } from "../grid/gridSettings.ts";
import { touchDimensions } from "../history.ts";
import { journeysOf } from "../journeys/index.ts";
import { costsOf } from "../tables/costs.ts";
import { EventTables } from "../tables/eventTables.ts";
import { endOfData, histories } from "../tables/histories.ts";
import { resolve } from "../tables/resolve.ts";
import { AttributionView } from "./attributionView.ts";
import { compareLive, creditLive } from "./queries.ts";
import { historiesOf, resolvedConversions } from "./resolve.ts";

const conversions = ["purchase", "subscribe"];
const cents = (amount: number): number => amount * 100;

/** Streams in which nothing of one is of another; mixed, but each in its order. */
function sideBySide(count: number): Event[] {
  const random = new Random(count);
  const streams = Array.from({ length: count }, (_, stream) => {
    const own = <T extends string | undefined>(name: T): T =>
      (name === undefined ? name : `${name}/${stream}`) as T; // a text in the place of a text
    return attributionStream(stream + 1).map(({ account, session, id, context, ...event }) => ({
      ...event,
      ...(account !== undefined && { account: own(account) }),
      ...(session !== undefined && { session: own(session) }),
      ...(id !== undefined && { id: own(id) }),
      ...(context && { context: { account: own(String(context["account"])) } }),
    }));
  });
  const mixed: Event[] = [];
  for (let left = streams; left.length > 0; left = left.filter((stream) => stream.length > 0)) {
    const event = left[random.below(left.length)].shift();
    if (event !== undefined) mixed.push(event);
  }
  return mixed;
}

function viewOf(events: readonly Event[], key: "account" | "person" = "account"): AttributionView {
  const view = new AttributionView({
    ...{ key, partitionCount: 1, conversions, accountsMax: 10_000, sessionsMax: 10_000 },
    ...{ eventsMax: 1000, conversionsMs: 90 * dayMs, lookbackMs: 90 * dayMs },
  });
  for (const [at, event] of events.entries()) {
    // A record's offset is its event's line.
    const record: LogRecord = { partition: 0, offset: at + 1, logTime: events[0].time, event };
    expect(eventKey(event)).not.toBe("");
    view.apply(record);
  }
  return view;
}

/** Of tens of thousands the first that differs, as text: deep equality would take most of the time, and say too much. */
function expectSame(actual: readonly unknown[], expected: readonly unknown[]): void {
  const texts = expected.map((one) => JSON.stringify(one));
  const at = actual.findIndex((one, i) => JSON.stringify(one) !== texts[i]);
  if (at >= 0) expect(JSON.stringify(actual[at])).toBe(texts[at]);
  expect(actual.length).toBe(texts.length);
}

const requests: readonly GridRequest[] = [
  {},
  { click: ["1h", "7d"], engaged: ["off", "90d"], view: ["6h"], count: "once", by: ["channel"] },
  { click: ["2d"], by: ["account", "week"], basis: "conversion", count: "once" },
  { click: ["7d"], by: ["campaign"], only: ["channel=search", "channel=social"], count: "once" },
];

test("the same bytes: histories, credit, each conversion of each cell, and the grid", async () => {
  const events = sideBySide(200);
  const view = viewOf(events);
  const path = join(temporaryDirectory(), "events.ndjson");
  writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  for (const request of requests) {
    const tables = await EventTables.open({ conversions, clock: systemClock });
    try {
      await tables.addFile(path);
      expect(tables.refused).toEqual({ count: 0, examples: [] });
      const settings = { ...gridSettings(request), events: conversions };
      const by = keysOf(settings);
      const options = {
        dimensions: touchDimensions.filter((dimension) => by.includes(dimension)),
        hasAccounts: by.includes("account"),
        hasIds: true,
      };
      const resolved = await resolve(tables, options);
      const { money } = await tables.prepare();
      const expected = compare(resolved, await costsOf(tables, by), settings, money);
      const { cells, sameSession } = compareLive(view, { settings, money: {} });
      expectSame(cells, expected.cells);
      expectSame(sameSession, expected.sameSession);
      expect(cells.some(({ conversions: count }) => count > 0)).toBe(true);

      const live = resolvedConversions(view.state.identities(), { ...options, toMinor: cents });
      expect(live.count).toBe(resolved.count);
      expect(live.count).toBeGreaterThan(2000);
      expectSame([...each(live, settings)], [...each(resolved, settings)]);
      if (request === requests[0]) {
        const found = [];
        for await (const history of histories(tables)) found.push(history);
        expectSame([...historiesOf(view.state.identities(), cents)], found);

        const journeys = { events: conversions, lookbackMs: 3 * dayMs, journey: "reset" } as const;
        const sums = new JourneySums({ halfLifeMs: dayMs, by: "campaign" });
        const options = {
          ...journeys,
          events: new Set(conversions),
          endOfData: await endOfData(tables),
        };
        for (const history of found) {
          for (const journey of journeysOf(history, options)) sums.add(journey);
        }
        const {
          currency: _,
          logTime: _time,
          ...credit
        } = creditLive(view, {
          ...{ journeys, money: {}, sums: { halfLifeMs: dayMs, by: "campaign" }, credit: {} },
        });
        expectSame([credit], [creditReport(sums, { minorUnits: money.minorUnits })]);
        expect(credit.totals.nulls).toBeGreaterThan(30);
      }
    } finally {
      await tables.close();
    }
  }
}, 30_000);

test("the same histories by person, whenever it is said whose a session is", async () => {
  const random = new Random(5);
  const events = sideBySide(60);
  const pairs = new Map<string, readonly [account: string, session: string]>();
  for (const { account, session } of events) {
    if (account !== undefined && session !== undefined) {
      pairs.set(JSON.stringify([account, session]), [account, session]);
    }
  }
  const said = new Map<string, number>();
  const all = events.flatMap((event) => {
    const saying: Event[] = [];
    if (random.below(3) === 0) {
      const [key, [account, session]] = [...pairs][random.below(pairs.size)];
      const person = random.below(4);
      said.set(key, person);
      const { time } = event;
      saying.push({ type: "person_assigned", time, account, session, context: { person } });
    }
    return [event, ...saying];
  });
  const lines = [...said].flatMap(([key, person]) => {
    const [account, session] = pairs.get(key) ?? ["", ""];
    return person === 0 ? [] : [`${account},${session},${person},1\n`];
  });
  expect(lines.length).toBeGreaterThan(100);
  const directory = temporaryDirectory();
  const persons = join(directory, "sessions.csv");
  writeFileSync(persons, `account,access_token,person,confidence\n${lines.join("")}`);
  const path = join(directory, "events.ndjson");
  writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  const tables = await EventTables.open({ conversions, clock: systemClock, persons });
  try {
    await tables.addFile(path);
    const found = [];
    for await (const history of histories(tables)) found.push(history);
    expect(found.some(({ key }) => key.includes(" / person 2"))).toBe(true);
    const numbers = new Map(events.map((event, at) => [event, at + 1]));
    const view = viewOf([], "person");
    for (const event of all) {
      view.state.apply(event, numbers.get(event) ?? 1_000_000);
    }
    expectSame([...historiesOf(view.state.identities(), cents)], found);
  } finally {
    await tables.close();
  }
}, 30_000);
