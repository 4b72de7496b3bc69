/** Cases that were worked out by hand. */
import { describe, expect, test } from "vitest";
import { dayMs, hourMs } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import { compareFiles, linesOf } from "../../testing/attributionFiles.ts";
import { directoryOf } from "../../testing/eventFiles.ts";
import { runFoldback } from "../../testing/foldbackProcess.ts";
import type { GridCell } from "./compare.ts";

const at = Date.parse("2026-06-01T00:00:00Z");

function touch(type: string, id: string, days: number, account: string, more: object = {}): Event {
  return { type, id, time: at - days * dayMs, account, ad: { channel: "social", ...more } };
}

/** 12 users who each bought for 50; their touches cost 600. */
function twelveUsers(): Event[] {
  const seen: [clicks: number[], views: number[]][] = [
    ...[0.5, 3, 10, 20, 27.9, 29].map((days): [number[], number[]] => [[days], []]),
    ...[0.5, 3, 8].map((days): [number[], number[]] => [[], [days]]),
    [[9], [0.2]],
    [[0.9], [0.1]],
    [[], []],
  ];
  return seen.flatMap(([clicks, views], user) => [
    ...clicks.map((days) => touch("ad_click", `c${user}`, days, `u${user}`, { cost: 66 })),
    ...views.map((days) => touch("ad_impression", `v${user}`, days, `u${user}`, { cost: 14.4 })),
    { type: "purchase", id: `p${user}`, time: at, account: `u${user}`, value: 50 },
  ]);
}

const asked = {
  click: ["1d", "7d", "28d"],
  engaged: ["off"],
  view: ["off", "1d", "7d"],
  current: "7d/off/1d",
} as const;

function cellOf(cells: readonly GridCell[], click: string, view: string): GridCell {
  const found = cells.find(
    (cell) => cell.click === click && cell.view === view && cell.event === "purchase",
  );
  if (found === undefined) throw new Error(`no cell ${click}/${view}`);
  return found;
}

function expectTwelveUsers(cells: readonly GridCell[]): void {
  expect(cellOf(cells, "7d", "1d")).toMatchObject({
    conversions: 5,
    byClick: 3,
    byEngagedView: 0,
    byView: 2,
    value: 250,
    cost: 600,
    cpa: 120,
    changeVsCurrent: 0,
    unattributed: 7,
    unattributedValue: 350,
    repeats: 0,
    missedBySameSession: 1,
  });
  const wide = cellOf(cells, "28d", "7d");
  expect(wide).toMatchObject({ conversions: 9, byClick: 7, byView: 2, roas: 0.75 });
  expect(wide.cpa).toBeCloseTo(66.67, 2);
  expect(wide.changeVsCurrent).toBeCloseTo(0.8, 12);
  expect(cellOf(cells, "1d", "off")).toMatchObject({ conversions: 2, cpa: 300 });
}

describe("twelve users", () => {
  test("by the library", async () => {
    const { cells, sameSession } = await compareFiles([twelveUsers()], asked);
    expectTwelveUsers(cells);
    expect(sameSession).toEqual([
      { event: "purchase", by: null, conversions: 0, value: 0 },
      { event: "*", by: null, conversions: 0, value: 0 },
    ]);
  });

  test("by the command, with all of their fields and in the order that was asked for", async () => {
    const path = `${directoryOf({ "events.ndjson": linesOf(twelveUsers()) })}/events.ndjson`;
    const { code, stdout, stderr } = await runFoldback([
      ...["attribution", "compare", path, "--json", "--current", asked.current],
      ...["--click", asked.click.join(), "--engaged", "off", "--view", asked.view.join()],
    ]);
    expect([code, stderr]).toEqual([0, ""]);
    const { cells, settings, refused } = JSON.parse(stdout) as {
      cells: GridCell[];
      settings: object;
      refused: number;
    };
    expectTwelveUsers(cells);
    expect(refused).toBe(0);
    expect(settings).toMatchObject({ ...asked, count: "every", basis: "touch", by: [] });
    expect(cells.map(({ click, view, event }) => `${click} ${view} ${event}`)).toEqual(
      asked.click.flatMap((click) =>
        asked.view.flatMap((view) => [`${click} ${view} purchase`, `${click} ${view} *`]),
      ),
    );
  });
});

describe("eligibility", () => {
  const buy: Event = { type: "purchase", id: "p", time: at, account: "a" };
  const tierOf = async (touches: readonly Event[], request: object): Promise<unknown> => {
    const { lines } = await compareFiles([[...touches, buy]], {
      click: ["7d"],
      engaged: ["7d"],
      view: ["7d"],
      ...request,
    });
    return [lines[0].tier, lines[0].touch];
  };

  test("both ends of a window are in it, to the millisecond", async () => {
    const ms = 1 / dayMs;
    expect(await tierOf([touch("ad_click", "1", 7, "a")], {})).toEqual(["click", "1"]);
    expect(await tierOf([touch("ad_click", "1", 7 + ms, "a")], {})).toEqual([null, null]);
    expect(await tierOf([touch("ad_click", "1", 0, "a")], {})).toEqual(["click", "1"]);
    expect(await tierOf([touch("ad_click", "1", -ms, "a")], {})).toEqual([null, null]);
  });

  test("a click is before an engaged view, and that before a view, however old", async () => {
    const all = [
      touch("ad_impression", "v", 1, "a"),
      touch("ad_engaged_view", "e", 2, "a"),
      touch("ad_click", "c", 3, "a"),
      touch("visit", "x", 0, "a"),
    ];
    expect(await tierOf(all, {})).toEqual(["click", "c"]);
    expect(await tierOf(all, { click: ["off"] })).toEqual(["engaged", "e"]);
    expect(await tierOf(all, { click: ["2d"], engaged: ["0"] })).toEqual(["view", "v"]);
  });

  test("of two at one millisecond the larger id counts, as UTF-8 bytes", async () => {
    const two = [touch("ad_click", "\u{1f600}", 1, "a"), touch("ad_click", "\uffee", 1, "a")];
    expect(await tierOf(two, {})).toEqual(["click", "\u{1f600}"]);
    expect(await tierOf(two.toReversed(), {})).toEqual(["click", "\u{1f600}"]);
  });
});

test("once, a touch earns the first of each event, and later ones are repeats", async () => {
  const buy = (id: string, hours: number, type: string): Event => ({
    ...{ type, id, time: at + hours * hourMs, account: "a", value: 10 },
  });
  const events = [
    touch("ad_click", "c", 1, "a"),
    buy("1", 1, "purchase"),
    buy("2", 2, "purchase"),
    buy("3", 3, "subscribe"),
    buy("4", 4, "purchase"),
  ];
  const request = { click: ["7d"], engaged: ["off"], view: ["off"], count: "once" } as const;
  const { cells, lines } = await compareFiles([events], request);
  expect(
    cells.map(({ event, conversions, value, repeats, repeatsValue }) => ({
      event,
      conversions,
      value,
      repeats,
      repeatsValue,
    })),
  ).toEqual([
    { event: "purchase", conversions: 1, value: 10, repeats: 2, repeatsValue: 20 },
    { event: "subscribe", conversions: 1, value: 10, repeats: 0, repeatsValue: 0 },
    { event: "*", conversions: 2, value: 20, repeats: 2, repeatsValue: 20 },
  ]);
  expect(lines.map(({ repeat }) => repeat)).toEqual([undefined, true, undefined, true]);
});

test("a last click in the session of the conversion is what same-session analytics counts", async () => {
  const inSession = (session: string, event: Event): Event => ({ ...event, session });
  const buy = (id: string, account: string): Event => ({
    type: "purchase",
    id,
    time: at,
    account,
    value: 5,
  });
  const events = [
    inSession("s1", touch("ad_click", "1", 0.01, "a")),
    inSession("s1", buy("p1", "a")),
    inSession("s2", touch("ad_click", "2", 0.02, "b")),
    inSession("s3", touch("ad_click", "3", 0.01, "b")), // later, in another session
    inSession("s2", buy("p2", "b")),
    touch("ad_click", "4", 0.01, "c"),
    buy("p3", "c"), // no session
    inSession("s4", touch("ad_impression", "5", 0.01, "d")),
    inSession("s4", buy("p4", "d")),
  ];
  const { cells, sameSession } = await compareFiles([events], {
    click: ["7d"],
    engaged: ["off"],
    view: ["1d"],
  });
  expect(sameSession[0]).toEqual({ event: "purchase", by: null, conversions: 1, value: 5 });
  expect(cells[0]).toMatchObject({ conversions: 4, missedBySameSession: 0.75 });
});

describe("rows", () => {
  const named = (id: string, account: string, names: object, days = 1): Event =>
    touch("ad_click", id, days, account, names);
  const buy = (id: string, account: string): Event => ({
    ...{ type: "purchase", id, time: at, account, value: 10 },
  });
  const events = [
    named("1", "a", { campaign: "x", cost: 2 }, 40),
    named("2", "a", { campaign: "y", cost: 3 }),
    named("3", "b", { cost: 5 }),
    buy("p1", "a"),
    buy("p2", "b"),
    buy("p3", "c"),
  ];
  const windows = { click: ["7d"], engaged: ["off"], view: ["off"] } as const;
  const short = (cells: readonly GridCell[]): unknown[] =>
    cells
      .filter(({ event }) => event === "purchase")
      .map(({ by, conversions, cost, cpa, roas, unattributed }) => [
        by,
        conversions,
        cost,
        cpa,
        roas,
        unattributed,
      ]);

  test("are by names, those without one are (not set), and nobody's have none", async () => {
    const { cells } = await compareFiles([events], { ...windows, by: ["campaign"] });
    expect(short(cells)).toEqual([
      ["(not set)", 1, 5, 5, 2, 0],
      ["x", 0, 2, null, 0, 0],
      ["y", 1, 3, 3, 10 / 3, 0],
      [null, 0, 0, null, null, 1],
    ]);
  });

  test("are by who converted, and by the day of the touch or of the conversion", async () => {
    const byAccount = await compareFiles([events], { ...windows, by: ["account"] });
    expect(short(byAccount.cells)).toEqual([
      ["a", 1, 5, 5, 2, 0],
      ["b", 1, 5, 5, 2, 0],
      ["c", 0, 0, null, null, 1],
    ]);
    const byDay = await compareFiles([events], { ...windows, by: ["channel", "day"] });
    expect(short(byDay.cells)).toEqual([
      [{ channel: "social", day: "2026-04-22" }, 0, 2, null, 0, 0],
      [{ channel: "social", day: "2026-05-31" }, 2, 8, 4, 2.5, 0],
      [{ channel: null, day: "2026-06-01" }, 0, 0, null, null, 1],
    ]);
    const byWeek = await compareFiles([events], { ...windows, by: ["week"], basis: "conversion" });
    expect(short(byWeek.cells)).toEqual([
      ["2026-W17", 0, 2, null, 0, 0],
      ["2026-W22", 0, 8, null, 0, 0],
      ["2026-W23", 2, 0, 0, null, 1],
    ]);
  });

  test("have the costs of a file, where there is one", async () => {
    const directory = directoryOf({ "costs.csv": "campaign,cost\nx,1.5\ny,2\ny,2.25\nz,7\n" });
    const costs = `${directory}/costs.csv`;
    const { cells } = await compareFiles([events], { ...windows, by: ["campaign"] }, { costs });
    expect(short(cells).map((row) => (row as unknown[]).slice(0, 3))).toEqual([
      ["(not set)", 1, 0],
      ["x", 0, 1.5],
      ["y", 1, 4.25],
      ["z", 0, 7],
      [null, 0, 0],
    ]);
    await expect(
      compareFiles([events], { ...windows, by: ["channel"] }, { costs }),
    ).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  });

  test("are there for each event that was asked for, also where there is none", async () => {
    const { cells } = await compareFiles([events], {
      ...windows,
      events: ["subscribe", "purchase"],
    });
    expect(cells.map(({ event, conversions }) => [event, conversions])).toEqual([
      ["subscribe", 0],
      ["purchase", 2],
      ["*", 2],
    ]);
  });
});
