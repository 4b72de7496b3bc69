/** Attribution in an engine that runs: at once, after restarts, after erasure, and what it refuses. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Foldback, type UserConfig } from "#foldback/engine";
import { dayMs } from "../core/index.ts";
import { attributionStream } from "../testing/attributionStream.ts";
import { filesWith } from "../testing/filesWith.ts";
import { peopleSessions, recently } from "../testing/peopleStream.ts";
import { smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { resolveConfig } from "./config.ts";

const on = (directory: string, attribution: UserConfig["attribution"] = {}): UserConfig => ({
  ...smallConfig(directory, { snapshotEveryRecords: 50, snapshotsKept: 3 }),
  attribution: { enabled: true, ...attribution },
});

const now = Date.now();
const before = (days: number): number => now - Math.round(days * dayMs);

/** Twelve that bought for 50 each, after clicks and views that cost 50 each. Days before the purchase. */
function twelve(): object[] {
  const clicks = [[0.5], [3], [10], [20], [27.9], [29], [], [], [], [9], [0.9], []];
  const views = [[], [], [], [], [], [], [0.5], [3], [8], [0.2], [0.1], []];
  // Fourteen touches; the last two cost nothing.
  let left = 12;
  return clicks.flatMap((of, user) => {
    const account = `user-${user}`;
    const touch = (type: string) => (days: number) => ({
      ...{ type, time: before(1 + days), account, id: `${type}-${user}` },
      ad: { channel: "social", cost: left-- > 0 ? 50 : 0 },
    });
    return [
      ...of.map(touch("ad_click")),
      ...views[user].map(touch("ad_impression")),
      { type: "purchase", time: before(1), account, id: `order-${user}`, value: 50 },
    ];
  });
}

test("the grid, the credit, the paths and the times of events that have come", async () => {
  const engine = await Foldback.open(on(temporaryDirectory()));
  await engine.ingest(twelve());
  await engine.settled();
  const { cells, settings } = await engine.attribution.compare({
    ...{ click: "1d,7d,28d", engaged: "off", view: "off,1d,7d", current: "7d/off/1d" },
    events: "purchase",
  });
  const cell = (click: string, view: string) =>
    cells.find((one) => one.click === click && one.view === view && one.event === "purchase");
  expect(cell("7d", "1d")).toMatchObject({ conversions: 5, byClick: 3, byView: 2, cpa: 120 });
  expect(cell("28d", "7d")).toMatchObject({ conversions: 9, byClick: 7, byView: 2, roas: 0.75 });
  expect(cell("28d", "7d")?.cpa).toBeCloseTo(66.67, 2);
  expect(cell("28d", "7d")?.changeVsCurrent).toBeCloseTo(0.8, 12);
  expect(cell("1d", "off")).toMatchObject({ conversions: 2, cpa: 300, unattributed: 10 });
  expect(settings).toMatchObject({ current: "7d/off/1d", events: ["purchase"], currency: null });

  const { models, totals } = await engine.attribution.credit({ lookback: "28d" });
  expect(totals).toMatchObject({ conversions: 12, value: 600, unattributed: 2 });
  expect(models["last-touch"]).toEqual([{ channel: "social", conversions: 10, value: 500 }]);
  const { topPaths } = await engine.attribution.paths({ touches: "click" });
  expect(topPaths).toMatchObject([
    { path: ["social"], conversions: 8 },
    { path: [], conversions: 4 },
  ]);
  const { rows } = await engine.attribution.timeToConversion({
    touches: "view",
    events: "purchase",
  });
  expect(rows[0]).toMatchObject({ event: "*", conversions: 5, unattributed: 7 });
  expect(rows[0].fromFirstTouch?.median).toBe(0.5 * dayMs);
  await engine.close();
});

test("a conversion is in the numbers within a second of its acknowledgement", async () => {
  const engine = await Foldback.open(on(temporaryDirectory()));
  await engine.ingest(attributionStream(1, 2000));
  const count = async (): Promise<number> => {
    const { cells } = await engine.attribution.compare({
      click: "7d",
      engaged: "off",
      view: "off",
    });
    return cells[0].conversions + cells[0].unattributed;
  };
  await engine.settled();
  for (let round = 0; round < 5; round++) {
    const earlier = await count();
    await engine.ingest([{ type: "purchase", time: Date.now(), account: `buyer-${round}` }]);
    const acknowledged = performance.now();
    while ((await count()) === earlier) expect(performance.now() - acknowledged).toBeLessThan(1000);
    expect(await count()).toBe(earlier + 1);
  }
  await engine.close();
});

test("a restart keeps what is known, from snapshots or from the log alone; off, nothing is kept", async () => {
  const directory = temporaryDirectory();
  let engine = await Foldback.open(on(directory));
  await engine.ingest(twelve());
  await engine.ingest([
    { type: "link", time: now, account: "user-0", context: { account: "user-11" } },
    { type: "visit", time: before(2), session: "s", ad: { channel: "search" } },
    { type: "play", time: before(1.5), account: "user-11", session: "s", item: "song" },
  ]);
  await engine.settled();
  const report = await engine.attribution.credit({ by: "channel" });
  expect(report.totals).toMatchObject({ conversions: 12, unattributed: 0 });
  await engine.close();
  await expect(engine.attribution.credit()).rejects.toMatchObject({ code: "CLOSED" });
  for (const isOff of [false, true]) {
    expect(existsSync(join(directory, "attribution"))).toBe(true);
    if (isOff) {
      const off = await Foldback.open(smallConfig(directory));
      await expect(off.attribution.compare()).rejects.toMatchObject({
        ...{ code: "NOT_FOUND", details: { setting: "attribution.enabled" } },
      });
      await off.close();
      expect(existsSync(join(directory, "attribution"))).toBe(false);
    }
    engine = await Foldback.open(on(directory));
    await engine.settled();
    expect(await engine.attribution.credit({ by: "channel" })).toEqual(report);
    await engine.close();
  }
});

test("an erased account leaves nothing in any file, links to it neither, and the others stay as they were", async () => {
  const directory = temporaryDirectory();
  const gone = "planted-account";
  const others = twelve();
  let engine = await Foldback.open(on(directory));
  await engine.ingest([
    ...others,
    {
      type: "ad_click",
      time: before(3),
      account: gone,
      id: "planted-click",
      ad: { channel: "email" },
    },
    { type: "purchase", time: before(2), account: gone, id: "planted-order", value: 9 },
  ]);
  await engine.settled();
  await engine.close(); // whose snapshot has all of it
  engine = await Foldback.open(on(directory));
  const credit = await engine.attribution.credit({ model: "last-touch,linear" });
  expect(credit.totals).toMatchObject({ conversions: 13 });
  await engine.ingest([
    { type: "link", time: now, account: "user-11", context: { account: gone } },
    { type: "link", time: now, account: gone, context: { account: "user-6" } },
    { type: "visit", time: now, session: "planted-session", ad: { channel: "direct" } },
    { type: "play", time: now, account: gone, session: "planted-session", item: "song" },
  ]);
  await engine.settled();
  expect(filesWith(join(directory, "attribution"), "planted-click").length).toBeGreaterThan(0);
  await engine.erase([gone]);
  expect(filesWith(directory, "planted")).toEqual([]);
  const left = await engine.attribution.credit({ model: "last-touch,linear" });
  expect(left.totals).toMatchObject({ conversions: 12, value: 600 });
  await engine.close();
  const alone = await Foldback.open(on(temporaryDirectory()));
  await alone.ingest(others);
  await alone.settled();
  const { models, totals } = await alone.attribution.credit({ model: "last-touch,linear" });
  expect([left.models, left.totals]).toEqual([models, totals]);
  await alone.close();
});

test("what is older than its days is not kept, by the log's time", async () => {
  const engine = await Foldback.open(
    on(temporaryDirectory(), { conversionDays: 2, lookbackDays: 3 }),
  );
  const account = "a";
  await engine.ingest([
    { type: "ad_click", time: before(6), account, ad: { channel: "old" } },
    { type: "ad_click", time: before(4.5), account, ad: { channel: "kept" } },
    { type: "purchase", time: before(3), account },
    { type: "purchase", time: before(1), account },
  ]);
  await engine.settled();
  const { topPaths } = await engine.attribution.paths({ lookback: "3d" });
  expect(topPaths).toMatchObject([{ path: [], conversions: 1 }]);
  // What nobody asked for is as long as what is kept.
  const shortest = await engine.attribution.paths();
  expect(shortest.settings).toMatchObject({ lookbackMs: 3 * dayMs });
  const { settings } = await engine.attribution.compare({ current: "1d/1d/1d" });
  expect(settings).toMatchObject({ click: ["1d"], engaged: ["off", "1d"], view: ["off", "1d"] });
  const asked = { click: "3d", engaged: "off", view: "off", current: "3d/off/off" };
  expect((await engine.attribution.compare(asked)).cells.at(-1)).toMatchObject({ unattributed: 1 });
  await engine.close();
});

test("by persons, who saw it and who bought it may be two of one account", async () => {
  const people = { ...on(temporaryDirectory(), { key: "person" }), people: { enabled: true } };
  const engine = await Foldback.open(people);
  const account = "planted";
  const sessions = peopleSessions({ seed: 1, account, people: 2, sessions: 60, from: recently() });
  await engine.ingest(sessions);
  // Tokens end with the number of the person whose they are.
  const tokens = [...new Set(sessions.map(({ session = "" }) => session))].slice(0, 40);
  const [first, second] = ["-0", "-1"].map((end) => tokens.filter((token) => token.endsWith(end)));
  const time = before(1);
  await engine.ingest([
    { type: "ad_click", time, account, session: first[0], ad: { channel: "social" } },
    { type: "purchase", time: time + 1, account, session: first[1] },
    { type: "purchase", time: time + 2, account, session: second[0] },
  ]);
  await engine.settled();
  const settled = async (): Promise<number> => {
    const { totals } = await engine.attribution.credit({ model: "last-touch" });
    expect(totals.conversions).toBe(2);
    return totals.unattributed;
  };
  // Whose sessions are comes into the log a moment after it was counted.
  await expect.poll(settled, { timeout: 10_000 }).toBe(1);
  const { settings } = await engine.attribution.timeToConversion();
  expect(settings).toMatchObject({ key: "person" });
  await engine.close();
});

test("refuses what it can't answer, naming the parameter", async () => {
  const engine = await Foldback.open(on(temporaryDirectory()));
  const hours = Array.from({ length: 50 }, (_, i) => `${i + 1}h`).join(",");
  for (const [call, message] of [
    [{ events: "purchase,play" }, /events is "play"; allowed: purchase/],
    [{ click: "91d" }, /window is 91d; allowed: up to attribution.lookbackDays/],
    [{ view: "1y" }, /view window is "1y"/],
    [{ click: hours }, /450 cells/],
    [{ by: "channel,planet" }, /by is "planet"; allowed: channel/],
    [{ rates: "EUR:1" }, /rates is "EUR:1"/],
  ] as const) {
    await expect(engine.attribution.compare(call)).rejects.toMatchObject({
      ...{ code: "REQUEST_INVALID", message: expect.stringMatching(message) as string },
    });
  }
  for (const call of [{ lookback: "0" }, { by: "account" }, { position: "1/2" }]) {
    await expect(engine.attribution.credit(call)).rejects.toMatchObject({
      code: "REQUEST_INVALID",
    });
  }
  const euros = { type: "purchase", time: now, account: "a", value: 10, currency: "EUR" };
  await engine.ingest([euros, { ...euros, value: 5, currency: "USD" }]);
  await engine.settled();
  const several = expect.stringMatching(/several currencies: EUR, USD/) as string;
  await expect(engine.attribution.compare()).rejects.toMatchObject({
    ...{ code: "REQUEST_INVALID", message: several },
  });
  const { totals, settings } = await engine.attribution.credit({
    ...{ currency: "EUR", rates: "EUR=1,USD=0.8" },
  });
  expect([totals.value, settings["currency"]]).toEqual([14, "EUR"]);
  await engine.close();
});

test("conversions of the config are types that are known, and no touches", () => {
  for (const type of ["dance", "ad_click"]) {
    expect(() => resolveConfig({ attribution: { conversions: [type] } })).toThrow(
      /attribution.conversions is "(dance|ad_click)"/,
    );
  }
  expect(() => resolveConfig({ attribution: { key: "person" } })).toThrow(/people.enabled/);
  const own = { eventTypes: ["dance"], attribution: { conversions: ["dance", "purchase"] } };
  expect(resolveConfig(own).attribution.conversions).toEqual(["dance", "purchase"]);
});
