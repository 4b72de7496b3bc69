import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Event } from "../event/index.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { openEmbeddedLog } from "./embeddedLog.ts";
import { FingerprintSet } from "./fingerprintSet.ts";

test("a set of fingerprints knows what a Set knows of their first 64 bits", () => {
  const word = fc.constantFrom(0, 1, 2, 0x7fff_ffff, 0xffff_ffff);
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word), { maxLength: 100 }), (pairs) => {
      const [set, expected] = [new FingerprintSet(), new Set<string>()];
      const bytes = Buffer.alloc(20);
      for (const [low, high] of pairs) {
        bytes.writeUInt32LE(low, 3);
        bytes.writeUInt32LE(high, 7);
        const key = `${low} ${high === 0 ? 1 : high}`; // a word of 0 stands for an empty slot
        expect(set.add(bytes, 3)).toBe(!expected.has(key));
        expected.add(key);
        expect(set.size).toBe(expected.size);
      }
    }),
  );
});

test("it grows: of 200,000 each is new once", () => {
  const set = new FingerprintSet();
  const bytes = Buffer.alloc(16);
  for (const isNew of [true, false]) {
    for (let i = 0; i < 200_000; i++) {
      bytes.writeUInt32LE(Math.imul(i, 2_654_435_761) >>> 0, 0);
      bytes.writeUInt32LE(i + 1, 4);
      if (set.add(bytes, 0) !== isNew) expect.fail(`${i} is ${isNew ? "not new" : "new again"}`);
    }
  }
  expect(set.size).toBe(200_000);
});

test("a log knows its ids however old, in all its segments, of erased events too", async () => {
  const hourMs = 3_600_000;
  const eventAt = (i: number): Event => ({
    id: `e${i}`,
    type: "like",
    time: i * 100 * hourMs,
    account: i % 2 === 0 ? "goes" : "stays",
    item: "song",
    ...(i % 3 === 0 ? { source: "gorse" } : {}),
  });
  const events = Array.from({ length: 50 }, (_, i) => eventAt(i));
  const options = { directory: temporaryDirectory(), segmentBytesMax: 700, partitionCount: 4 };
  const log = await openEmbeddedLog(options);
  for (const event of events) await log.append([event], { timeOfEvents: true });
  await log.append([{ type: "heartbeat", time: 0 }]);
  expect(log.stats().segmentCount).toBeGreaterThan(5);
  const goes = ({ event }: { readonly event: Event }) => event.account === "goes";
  expect(await log.blank({ matches: goes, needles: ["goes"] })).toMatchObject({ recordCount: 25 });
  let records = 0;
  const known = await log.knownIds((read) => {
    records = read;
  });
  expect(records).toBe(51);
  expect(events.filter((event) => known.isNew(event))).toEqual([]);
  const { id: _, ...without } = events[0];
  const others = [
    { ...events[0], type: "play" },
    { ...events[0], source: "other" },
    { ...events[0], id: "e50" },
    without,
    without,
  ];
  expect(others.map((event) => known.isNew(event))).toEqual([true, true, true, true, true]);
  expect(known.isNew(others[0])).toBe(false);
  await log.close();
});
