/** A part of the log is that part of all of it. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readEverything, toArray } from "../testing/logRecords.ts";
import { likes } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { openEmbeddedLog } from "./embeddedLog.ts";

const partitionCount = 4;

test("from each partition's offset to below the end, of what may be wanted, across batches and segments", async () => {
  const log = await openEmbeddedLog({
    directory: temporaryDirectory(),
    partitionCount,
    segmentBytesMax: 32 * 1024,
  });
  const events = likes(0, 3000);
  for (let at = 0; at < events.length; at += 70) await log.append(events.slice(at, at + 70));
  const all = await readEverything(log);
  const offset = fc.oneof(fc.integer({ min: 0, max: 3100 }), fc.constant(Infinity));
  const range = fc.record({
    from: fc.array(offset, { minLength: partitionCount, maxLength: partitionCount }),
    until: offset,
    item: fc.option(fc.constantFrom("item-7", "item-31", "none"), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(range, async ({ from, until, item }) => {
      const wants = item === undefined ? undefined : (json: Buffer) => json.includes(`"${item}"`);
      const batches = await toArray(log.readRange(from, until, wants));
      expect(batches.flat()).toEqual(
        all.filter(
          (record) =>
            record.offset >= from[record.partition] &&
            record.offset < until &&
            (item === undefined || record.event.item === item),
        ),
      );
    }),
    { numRuns: 60 },
  );
  await log.close();
});
