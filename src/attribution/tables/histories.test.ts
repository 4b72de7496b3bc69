import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { systemClock } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import { attributionEvents } from "../../testing/attributionEvents.ts";
import { historiesOf } from "../../testing/attributionReference.ts";
import { temporaryDirectory } from "../../testing/temporaryDirectory.ts";
import type { History } from "../history.ts";
import { EventTables } from "./eventTables.ts";
import { histories } from "./histories.ts";

const conversions = ["purchase", "subscribe"];

async function readHistories(files: readonly (readonly Event[])[]): Promise<History[]> {
  const directory = temporaryDirectory();
  const tables = await EventTables.open({ conversions, clock: systemClock, threads: 1 });
  try {
    for (const [at, events] of files.entries()) {
      const path = join(directory, `${at}.ndjson`);
      writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
      await tables.addFile(path);
    }
    expect(tables.refused).toEqual({ count: 0, examples: [] });
    const found: History[] = [];
    for await (const history of histories(tables)) found.push(history);
    return found;
  } finally {
    await tables.close();
  }
}

test("are those of the plain reference, for random events in two files", async () => {
  await fc.assert(
    fc.asyncProperty(attributionEvents, attributionEvents, async (one, other) => {
      const placed = [one, other].flatMap((events, file) =>
        events.map((event, at) => ({ event, file, line: at + 1 })),
      );
      expect(await readHistories([one, other])).toEqual(historiesOf(placed, conversions));
    }),
    { numRuns: 40 },
  );
});
