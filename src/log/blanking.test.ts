/** Events that are taken out for good: what goes, what stays, and every place a crash can happen in. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Event, LogRecord } from "../event/index.ts";
import { readEverything } from "../testing/logRecords.ts";
import { SimulatedFiles } from "../testing/simulatedFiles.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { VirtualClock } from "../testing/virtualClock.ts";
import { type EmbeddedLog, openEmbeddedLog } from "./embeddedLog.ts";
import { attachLogReader } from "./logReader.ts";

const clock = new VirtualClock(1_700_000_000_000);
const partitionCount = 4;
const blankEvent: Event = { type: "erased", time: 0 };

function open(directory: string, files?: SimulatedFiles): Promise<EmbeddedLog> {
  return openEmbeddedLog({
    directory,
    clock,
    partitionCount,
    segmentBytesMax: 700,
    ...(files && { files }),
  });
}

/** Likes of three accounts in turn; one that goes has quotes, and letters of two bytes, in its name. */
const gone = 'planted "ß"';
const eventAt = (i: number): Event => ({
  id: `e${i}`,
  type: "like",
  time: 1_700_000_000_000 + i,
  account: [gone, "stays", `other-${i}`][i % 3],
  item: `song-${i}`,
});
const events = Array.from({ length: 30 }, (_, i) => eventAt(i));
const expected = events.map((event) => (event.account === gone ? blankEvent : event));
const ofGone = {
  matches: ({ event }: LogRecord) => event.account === gone,
  needles: [gone],
};

async function append(log: EmbeddedLog, list: readonly Event[]): Promise<void> {
  for (let at = 0; at < list.length; at += 4) await log.append(list.slice(at, at + 4));
}

const eventsOf = (records: readonly LogRecord[]): Event[] => records.map(({ event }) => event);

test("matching events are blank, the others and all positions are as they were", async () => {
  const directory = temporaryDirectory();
  const log = await open(directory);
  await append(log, events);
  const before = await readEverything(log);
  const heads = log.heads();
  const { recordCount, segmentCount } = await log.blank(ofGone);
  expect(recordCount).toBe(10);
  expect(segmentCount).toBeGreaterThan(5);
  for (const isReopened of [false, true]) {
    const again = isReopened ? await reopened(log, directory) : log;
    const after = await readEverything(again);
    expect(eventsOf(after)).toEqual(expected);
    const placeOf = ({ partition, offset, logTime }: LogRecord) => [partition, offset, logTime];
    expect(after.map(placeOf)).toEqual(before.map(placeOf));
    expect(again.heads()).toEqual(heads);
    expect(again.stats().recordCount).toBe(30);
    // What was sent is still known, and what comes goes on where it was.
    expect(await again.append(events.slice(0, 3))).toMatchObject({ duplicateCount: 3 });
    expect(await again.blank(ofGone)).toEqual({ recordCount: 0, segmentCount: 0 });
  }
  for (const name of readdirSync(directory)) {
    const bytes = readFileSync(join(directory, name));
    expect(bytes.includes("planted"), name).toBe(false);
  }
});

async function reopened(log: EmbeddedLog, directory: string): Promise<EmbeddedLog> {
  await log.close();
  return open(directory);
}

test("appends and readers go on meanwhile", async () => {
  const directory = temporaryDirectory();
  const log = await open(directory);
  await append(log, events.slice(0, 15));
  const stop = new AbortController();
  const reader = attachLogReader(log.share());
  const found: LogRecord[] = [];
  const following = (async () => {
    const from = new Array<number>(partitionCount).fill(0);
    for await (const record of reader.readAll(from, { follow: true, signal: stop.signal })) {
      found.push(record);
      if (found.length === 30) stop.abort();
    }
  })();
  const blanking = [log.blank(ofGone), log.blank(ofGone)];
  await append(log, events.slice(15));
  const counts = (await Promise.all(blanking)).map(({ recordCount }) => recordCount);
  expect(counts[0]).toBeGreaterThanOrEqual(5);
  await log.blank(ofGone);
  await following;
  // It may have come by before an event was blank, and sees nothing else.
  for (const [i, { event, offset }] of found.entries()) {
    expect(offset).toBe(i);
    expect([events[i], expected[i]]).toContainEqual(event);
  }
  expect(eventsOf(await readEverything(log))).toEqual(expected);
  await log.close();
  await expect(log.blank(ofGone)).rejects.toMatchObject({ code: "CLOSED" });
});

test("first segments without an event are removed; a log may begin late, and goes on", async () => {
  const directory = temporaryDirectory();
  const log = await open(directory);
  await append(log, events);
  const before = log.stats();
  const old = { matches: ({ event }: LogRecord) => event.time < 1_700_000_000_020 };
  const { recordCount } = await log.blank(old);
  expect(recordCount).toBe(20);
  const { recordCount: left, segmentCount, sizeBytes } = log.stats();
  expect(segmentCount).toBeLessThan(before.segmentCount);
  expect(sizeBytes).toBeLessThan(before.sizeBytes);
  const again = await reopened(log, directory);
  expect(again.stats()).toMatchObject({ recordCount: left, segmentCount, sizeBytes });
  const records = await readEverything(again);
  expect(records[0].offset).toBe(30 - left);
  expect(records[0].offset).toBeGreaterThan(0);
  expect(eventsOf(records.filter(({ event }) => event.type !== "erased"))).toEqual(
    events.slice(20),
  );
  await again.append([eventAt(30)]);
  expect((await readEverything(again)).at(-1)).toMatchObject({ offset: 30, event: eventAt(30) });
  await again.blank({ matches: () => true });
  const empty = await reopened(again, directory);
  expect(await readEverything(empty)).toEqual([]);
  expect(await empty.append([eventAt(31)])).toMatchObject({ offsets: [31] });
  await empty.close();
});

test("stopped at any operation, each event is whole or blank, and a second call ends it", async () => {
  const run = async (files: SimulatedFiles): Promise<boolean> => {
    const log = await open("log", files).catch(() => undefined);
    const done = await log?.blank(ofGone).catch(() => undefined);
    await log?.close().catch(() => undefined);
    return done !== undefined;
  };
  const prepared = async (seed: number): Promise<SimulatedFiles> => {
    const files = new SimulatedFiles(seed);
    const log = await open("log", files);
    await append(log, events);
    await log.close();
    files.restart("none");
    return files;
  };
  const whole = await prepared(1);
  const from = whole.operationCount;
  expect(await run(whole)).toBe(true);
  const operationCount = whole.operationCount - from;
  expect(operationCount).toBeGreaterThan(20);
  for (let operation = 1; operation <= operationCount; operation++) {
    for (const when of ["before", "after"] as const) {
      for (const survival of ["none", "all", "torn"] as const) {
        for (let seed = 1; seed <= (survival === "torn" ? 4 : 1); seed++) {
          const files = await prepared(seed);
          files.stopAt(files.operationCount + operation, when);
          await run(files);
          files.restart(survival);
          const log = await open("log", files);
          for (const [i, { event, offset }] of (await readEverything(log)).entries()) {
            expect(offset).toBe(i);
            expect([events[i], expected[i]]).toContainEqual(event);
          }
          await log.blank(ofGone);
          expect(eventsOf(await readEverything(log))).toEqual(expected);
          expect(files.list("log").filter((name) => !name.endsWith(".log"))).toEqual([]);
          await log.close();
        }
      }
    }
  }
}, 60_000);
