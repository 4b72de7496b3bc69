import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { systemClock } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import { attributionEvents } from "../../testing/attributionEvents.ts";
import { compareNaively, earnedIn } from "../../testing/attributionNaive.ts";
import { historiesOf } from "../../testing/attributionReference.ts";
import { temporaryDirectory } from "../../testing/temporaryDirectory.ts";
import { touchDimensions } from "../history.ts";
import type { ResolvedConversions, TouchCosts } from "../resolved.ts";
import { costsOf } from "../tables/costs.ts";
import { EventTables } from "../tables/eventTables.ts";
import { resolve } from "../tables/resolve.ts";
import { type Comparison, compare } from "./compare.ts";
import { each } from "./each.ts";
import { cellsOf, type GridKey, type GridSettings, gridSettings } from "./gridSettings.ts";

const conversions = ["purchase", "subscribe"];

interface Read {
  readonly resolved: ResolvedConversions;
  readonly costs: TouchCosts;
}

async function read(
  files: readonly (readonly Event[])[],
  by: readonly GridKey[] = [],
): Promise<Read> {
  const directory = temporaryDirectory();
  const tables = await EventTables.open({ conversions, clock: systemClock, threads: 1 });
  try {
    for (const [at, events] of files.entries()) {
      const path = join(directory, `${at}.ndjson`);
      writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
      await tables.addFile(path);
    }
    const resolved = await resolve(tables, {
      dimensions: touchDimensions.filter((dimension) => by.includes(dimension)),
      hasAccounts: by.includes("account"),
      hasIds: true,
    });
    return { resolved, costs: await costsOf(tables, by) };
  } finally {
    await tables.close();
  }
}

function gridOf({ resolved, costs }: Read, settings: GridSettings): Comparison {
  return compare(resolved, costs, settings, { minorUnits: 100 });
}

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
    fc.asyncProperty(attributionEvents, attributionEvents, windows, async (one, other, asked) => {
      const settings = gridSettings({ ...asked, events: conversions });
      const placed = [one, other].flatMap((events, file) =>
        events.map((event, at) => ({ event, file, line: at + 1 })),
      );
      const histories = historiesOf(placed, conversions);
      const found = await read([one, other], asked.by);
      const { cells } = gridOf(found, settings);
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
      const told = [...each(found.resolved, settings)].map((line) => JSON.stringify(line));
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
    }),
    { numRuns: 30 },
  );
});
