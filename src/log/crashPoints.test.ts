/**
 * Every place a crash can happen in, one after the other: the same small work is stopped before and after
 * each operation on the disk, with each kind of loss, and the log is opened on what is left.
 */
import { expect, test } from "vitest";
import { Random } from "../core/index.ts";
import type { Event } from "../event/index.ts";
import { play, readEverything } from "../testing/logRecords.ts";
import { SimulatedFiles, type Survival } from "../testing/simulatedFiles.ts";
import { VirtualClock } from "../testing/virtualClock.ts";
import { type EmbeddedLog, openEmbeddedLog } from "./embeddedLog.ts";

const clock = new VirtualClock(1_700_000_000_000);
const directory = "log";

function open(files: SimulatedFiles): Promise<EmbeddedLog> {
  return openEmbeddedLog({ directory, files, clock, partitionCount: 4, segmentBytesMax: 700 });
}

/** Calls of 1, 2, 3, 1, 2, 3 … events with ids, in order. */
const calls: Event[][] = [];
for (let start = 0; calls.length < 10; start += calls.at(-1)?.length ?? 0) {
  calls.push(play(start, 1 + (calls.length % 3), "id"));
}
const allEvents = calls.flat();

/** Two calls at once, five times, then closing; returns the calls that were acknowledged. */
async function work(files: SimulatedFiles): Promise<Event[][]> {
  const acknowledged: Event[][] = [];
  const log = await open(files).catch(() => undefined);
  if (log === undefined) return acknowledged;
  for (let i = 0; i < calls.length; i += 2) {
    const pair = calls.slice(i, i + 2).map(async (call) => {
      await log.append(call);
      acknowledged.push(call);
    });
    await Promise.allSettled(pair);
  }
  await log.close().catch(() => undefined);
  return acknowledged;
}

/** Whole calls, in order, at least the acknowledged ones, each once; offsets and heads fit. */
async function expectWhole(log: EmbeddedLog, acknowledged: Event[][]): Promise<void> {
  const records = await readEverything(log);
  const found = records.map(({ event }) => event);
  expect(found).toEqual(allEvents.slice(0, found.length));
  expect(found.length).toBeGreaterThanOrEqual(acknowledged.flat().length);
  const wholeLengths = calls.map((_, i) => calls.slice(0, i).flat().length);
  expect([...wholeLengths, allEvents.length]).toContain(found.length);
  expect(records.map(({ offset }) => offset)).toEqual(found.map((_, i) => i));
  const heads = [0, 0, 0, 0];
  for (const { partition, offset } of records) heads[partition] = offset + 1;
  expect(log.heads()).toEqual(heads);
}

/** The client's retry of everything: each event is there once afterwards, in order, for good. */
async function expectRetryHeals(files: SimulatedFiles, log: EmbeddedLog): Promise<void> {
  for (const call of calls) await log.append(call);
  await expectWhole(log, calls);
  await log.close();
  files.restart("none");
  const again = await open(files);
  await expectWhole(again, calls);
  await again.close();
}

const survivals: readonly Survival[] = ["none", "all", "torn"];

test("stopped at any operation, nothing acknowledged is lost and nothing is half there", async () => {
  const operationCount = await countOperations();
  expect(operationCount).toBeGreaterThan(20); // several segments were begun
  for (let operation = 1; operation <= operationCount; operation++) {
    for (const when of ["before", "after"] as const) {
      for (const survival of survivals) {
        for (let seed = 1; seed <= (survival === "torn" ? 6 : 1); seed++) {
          const files = new SimulatedFiles(seed);
          files.stopAt(operation, when);
          const acknowledged = await work(files);
          expect(files.stopped).toBe(true);
          files.restart(survival);
          const log = await open(files);
          await expectWhole(log, acknowledged);
          await expectRetryHeals(files, log);
        }
      }
    }
  }
});

test("stopped again while it recovers, it recovers the next time", async () => {
  const operationCount = await countOperations();
  const random = new Random(11);
  for (let operation = 1; operation <= operationCount; operation++) {
    for (let second = 1; second <= 8; second++) {
      const files = new SimulatedFiles(random.uint32());
      files.stopAt(operation, "before");
      const acknowledged = await work(files);
      files.restart("torn");
      files.stopAt(second, random.below(2) === 0 ? "before" : "after");
      const opened = await open(files).catch(() => undefined);
      if (opened === undefined) expect(files.stopped).toBe(true);
      files.restart("torn");
      const log = await open(files);
      await expectWhole(log, acknowledged);
      await expectRetryHeals(files, log);
    }
  }
});

test("an operation that fails loses nothing acknowledged, now or after a power cut", async () => {
  const operationCount = await countOperations();
  for (let operation = 1; operation <= operationCount; operation++) {
    for (const failingCount of [1, 2, 3]) {
      for (const survival of survivals) {
        const files = new SimulatedFiles(operation);
        files.failAt(...Array.from({ length: failingCount }, (_, i) => operation + i));
        const acknowledged = await work(files);
        files.restart(survival);
        const log = await open(files);
        // Refused calls leave gaps in the sequence, so order and number are checked on what is there.
        const found = (await readEverything(log)).map(({ event }) => event);
        expect(found).toEqual(allEvents.filter((event) => found.some(({ id }) => id === event.id)));
        const ids = new Set(found.map(({ id }) => id));
        for (const event of acknowledged.flat()) expect(ids).toContain(event.id);
        for (const call of calls) await log.append(call);
        expect(await readEverything(log)).toHaveLength(allEvents.length);
        await log.close();
      }
    }
  }
});

test("a batch whose sync failed is either cut, or made durable before anything builds on it", async () => {
  // Write, sync, then cutting back and its sync: where that fails as well, the batch stays in the page
  // cache, taken for clean.
  for (const failing of [[2], [2, 3], [2, 4]]) {
    const files = new SimulatedFiles();
    const log = await open(files);
    const base = files.operationCount;
    files.failAt(...failing.map((operation) => base + operation));
    await expect(log.append(calls[0])).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
    await expect(log.append(calls[1])).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
    expect(log.stats().isStopped).toBe(true);
    await log.close();
    const again = await open(files);
    expect(again.stats().isStopped).toBe(false);
    await again.append(calls[0]);
    await again.append(calls[1]);
    await again.close();
    files.restart("none");
    const last = await open(files);
    await expectWhole(last, calls.slice(0, 2));
    await last.close();
  }
});

test("after a failed write the log goes on, and the ids of that write are not remembered", async () => {
  const files = new SimulatedFiles();
  const log = await open(files);
  await log.append(calls[0]);
  files.failAt(files.operationCount + 1);
  await expect(log.append(calls[1])).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
  expect((await log.append(calls[1])).duplicateCount).toBe(0);
  await expectWhole(log, calls.slice(0, 2));
  expect(log.stats()).toMatchObject({ rememberedIdCount: 3, isStopped: false });
  await log.close();
});

test("what a failed write left never stands behind a shorter batch, also once that segment is sealed", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const files = new SimulatedFiles(seed);
    const log = await open(files);
    files.failAt(files.operationCount + 1);
    const large = calls.slice(0, 6).flat();
    await expect(log.append(large)).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
    for (const call of calls) await log.append(call);
    expect(log.stats().segmentCount).toBeGreaterThan(1);
    await expectWhole(log, calls);
    await log.close();
  }
});

test("a new segment that can't be made is tried again by the next append", async () => {
  for (const failing of [1, 2, 3]) {
    const files = new SimulatedFiles();
    const log = await open(files);
    await log.append(calls[0]);
    await log.append(calls[1]);
    expect(log.stats().segmentCount).toBe(1);
    // Making the file, its header's write, its sync.
    files.failAt(files.operationCount + failing);
    const large = calls.slice(2, 6).flat();
    await expect(log.append(large)).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
    await log.append(large);
    expect(log.stats().segmentCount).toBe(2);
    await log.close();
    files.restart("none");
    const again = await open(files);
    await expectWhole(again, calls.slice(0, 6));
    await again.close();
  }
});

async function countOperations(): Promise<number> {
  const files = new SimulatedFiles();
  expect(await work(files)).toEqual(calls);
  return files.operationCount;
}
