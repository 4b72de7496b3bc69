import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Event } from "../../event/index.ts";
import { attributionEvents } from "../../testing/attributionEvents.ts";
import { compareFiles } from "../../testing/attributionFiles.ts";
import { compareNaively, earnedIn } from "../../testing/attributionNaive.ts";
import { historiesOf } from "../../testing/attributionReference.ts";
import { cellsOf, type GridKey, type GridRequest, gridSettings } from "./gridSettings.ts";

const conversions = ["purchase", "subscribe"];

const filters = fc.constantFrom<GridRequest>(
  {},
  { only: ["campaign=c1"] },
  { only: ["campaign=c1", "campaign=c2", "channel=social"], to: "1970-01-09" },
  { from: "1970-01-03", to: "1970-01-08" },
);

const windows = fc.record({
  click: fc.constant(["1d", "7d"]),
  engaged: fc.constant(["off", "2d"]),
  view: fc.constant(["off", "12h", "7d"]),
  count: fc.constantFrom("every", "once"),
  basis: fc.constantFrom("touch", "conversion"),
  by: fc.constantFrom<GridKey[]>([], ["channel"], ["campaign"], ["account"], ["campaign", "day"]),
}) satisfies fc.Arbitrary<unknown>;

test("counts what the plain grid counts, for random events", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(attributionEvents, attributionEvents),
      windows,
      filters,
      async ([one, other], unfiltered, filter) => {
        const asked = { ...unfiltered, ...filter };
        const settings = gridSettings({ ...asked, events: conversions });
        const placed = [one, other].flatMap((events, file) =>
          events.map((event, at) => ({ event, file, line: at + 1 })),
        );
        const histories = historiesOf(placed, conversions);
        const { cells, lines } = await compareFiles([one, other], {
          ...asked,
          events: conversions,
        });
        const expected = compareNaively(histories, settings);
        for (const cell of cells) {
          const { click, engaged, view, event, by, missedBySameSession, ...counts } = cell;
          const name = `${click}/${engaged}/${view} ${event} ${JSON.stringify(by)}`;
          const line = expected.get(name) ?? {};
          expected.delete(name);
          for (const key of [
            "byClick",
            "byEngagedView",
            "byView",
            "unattributed",
            "repeats",
          ] as const) {
            expect([name, key, counts[key]]).toEqual([name, key, line[key] ?? 0]);
          }
          for (const key of ["value", "unattributedValue", "repeatsValue"] as const) {
            expect(counts[key]).toBeCloseTo(line[key] ?? 0, 8);
          }
          const missed = counts.conversions === 0 ? null : line["missed"] / counts.conversions;
          expect(missedBySameSession).toBe(missed);
        }
        expect([...expected.keys()]).toEqual([]);

        // Conversions of one id and event at one time may come in another order: their sources, which histories do not have, decide it.
        const told = lines.map((one) => JSON.stringify(one));
        const plain = [...cellsOf(settings)].flatMap(({ click, engaged, view }) =>
          earnedIn(histories, { click, engaged, view }, settings.count).map(
            ({ conversion, touch, isRepeat }) =>
              JSON.stringify({
                conversion: conversion.id,
                event: conversion.event,
                click: click.name,
                engaged: engaged.name,
                view: view.name,
                tier: touch?.kind ?? null,
                touch: touch?.id ?? null,
                ...(isRepeat ? { repeat: true } : {}),
              }),
          ),
        );
        expect(told.sort()).toEqual(plain.sort());
      },
    ),
    { numRuns: 24 },
  );
});

const grid = { click: ["1d", "7d"], engaged: ["off", "2d"], view: ["off", "12h"] } as const;

test("what is filtered are sums of rows of the whole, their costs too", async () => {
  await fc.assert(
    fc.asyncProperty(attributionEvents, async (events) => {
      const whole = await compareFiles([events], { ...grid, by: ["campaign", "day"] });
      const asked = { ...grid, only: ["campaign=c1"], from: "1970-01-03", to: "1970-01-08" };
      const { cells } = await compareFiles([events], asked);
      for (const cell of cells) {
        const rows = whole.cells.filter(({ event, click, engaged, view, by }) => {
          if (event !== cell.event || click !== cell.click) return false;
          if (engaged !== cell.engaged || view !== cell.view) return false;
          const { campaign, day } = by as { campaign: string | null; day: string };
          return (campaign ?? "c1") === "c1" && day >= "1970-01-03" && day <= "1970-01-08";
        });
        for (const name of ["conversions", "value", "cost", "unattributed"] as const) {
          const sum = rows.reduce((all, row) => all + row[name], 0);
          expect([name, cell[name]]).toEqual([name, expect.closeTo(sum, 8)]);
        }
        expect(cell.by).toBeNull();
      }
    }),
    { numRuns: 8 },
  );
});

test("a filter that can't be one is refused with what is allowed", () => {
  for (const [asked, words] of [
    [{ only: ["campaign"] }, "such as campaign=summer, of channel, "],
    [{ only: ["account=a"] }, "only is"],
    [{ only: ["campaign="] }, "only is"],
    [{ from: "2026-02-30" }, 'from is "2026-02-30"; allowed: a day'],
    [{ from: "2026-06-02", to: "2026-06-01" }, "from 2026-06-02 is after to 2026-06-01"],
  ] as const) {
    expect(() => gridSettings(asked)).toThrow(words);
  }
});

test("any order of lines and files gives the same bytes", async () => {
  await fc.assert(
    fc.asyncProperty(attributionEvents, fc.infiniteStream(fc.nat()), async (events, lots) => {
      // Without an id an event is called by its line, which is another one then.
      const named = events.map((event, at): Event => ({ ...event, id: event.id ?? `own-${at}` }));
      const shuffled = named
        .map((event) => ({ event, lot: lots.next().value ?? 0 }))
        .sort((one, other) => one.lot - other.lot)
        .map(({ event }) => event);
      const half = Math.floor(shuffled.length / 2);
      const asked = { ...grid, by: ["channel"], count: "once" } as const;
      const one = await compareFiles([named], asked);
      const other = await compareFiles([shuffled.slice(half), shuffled.slice(0, half)], asked);
      expect(JSON.stringify(other.cells)).toBe(JSON.stringify(one.cells));
      expect(JSON.stringify(other.lines)).toBe(JSON.stringify(one.lines));
    }),
    { numRuns: 8 },
  );
});

test("Parquet says what NDJSON says", async () => {
  await fc.assert(
    fc.asyncProperty(attributionEvents, attributionEvents, async (one, other) => {
      const asked = { ...grid, by: ["account", "campaign"], count: "once" } as const;
      const lines = await compareFiles([one, other], asked);
      const parquet = await compareFiles([one, other], asked, { format: "parquet" });
      expect(JSON.stringify(parquet)).toBe(JSON.stringify(lines));
    }),
    { numRuns: 8 },
  );
});

test("wider windows never credit fewer; a cell alone is that of the grid; all adds up", async () => {
  await fc.assert(
    fc.asyncProperty(attributionEvents, fc.constantFrom("every", "once"), async (events, count) => {
      const { cells, resolved } = await compareFiles([events], { ...grid, count });
      const total = resolved.values.reduce((sum, value) => sum + value, 0) / 100;
      const every = cells.filter(({ event }) => event === "*");
      for (const cell of every) {
        const { conversions: earned, repeats, unattributed, value } = cell;
        expect(earned + repeats + unattributed).toBe(resolved.count);
        expect(value + cell.repeatsValue + cell.unattributedValue).toBeCloseTo(total, 8);
        expect(cell.byClick + cell.byEngagedView + cell.byView).toBe(earned);
      }
      const at = every.findIndex(
        ({ click, engaged, view }) => `${click}/${engaged}/${view}` === "1d/off/off",
      );
      const last = every[every.length - 1];
      expect(at).toBe(0);
      if (count === "every") {
        for (const cell of every) {
          expect(cell.conversions).toBeGreaterThanOrEqual(every[0].conversions);
          expect(cell.conversions).toBeLessThanOrEqual(last.conversions);
        }
      }
      const alone = await compareFiles([events], {
        click: ["7d"],
        engaged: ["2d"],
        view: ["off"],
        count,
      });
      const same = cells.filter(
        ({ click, engaged, view }) => click === "7d" && engaged === "2d" && view === "off",
      );
      expect(alone.cells).toEqual(same);
    }),
    { numRuns: 8 },
  );
});
