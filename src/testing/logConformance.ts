/** The contract of `EventLog`, as one suite that every implementation passes. */
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hourMs } from "../core/index.ts";
import type { Event, LogRecord } from "../event/index.ts";
import type { EventLog } from "../log/index.ts";
import { actionArbitrary, checkAgainstReference } from "./logModel.ts";
import { play, readEverything, playTime as startTime, toArray, until } from "./logRecords.ts";
import type { LogSubject, LogSubjectOptions } from "./logSubject.ts";
import { VirtualClock } from "./virtualClock.ts";

const partitionCount = 4;

/** @param make a new empty log, with a duplicate window of 48 h. */
export function logConformance(
  name: string,
  make: (options: LogSubjectOptions) => Promise<LogSubject>,
): void {
  describe(`the log contract: ${name}`, () => {
    let clock: VirtualClock;
    let subject: LogSubject;
    let log: EventLog;

    beforeEach(async () => {
      clock = new VirtualClock(startTime);
      subject = await make({ clock, partitionCount });
      log = subject.log;
    });
    afterEach(() => subject.dispose());

    test("what was appended is read back in order, with growing offsets", async () => {
      const events = play(0, 50);
      const first = await log.append(events.slice(0, 20));
      const second = await log.append(events.slice(20));
      const records = await readEverything(log);
      expect(records.map(({ event }) => event)).toEqual(events);
      expect(offsetsOf(records)).toEqual([...first.offsets, ...second.offsets]);
      expect(offsetsOf(records)).toEqual(offsetsOf(records).sort((a, b) => a - b));
      expect(new Set(offsetsOf(records)).size).toBe(50);
    });

    test("an empty append gives no offsets", async () => {
      expect(await log.append([])).toEqual({ offsets: [], duplicateCount: 0 });
      expect(log.heads()).toEqual([0, 0, 0, 0]);
    });

    test("text of every script and all fields come back as they were", async () => {
      const event: Event = {
        id: "é-1",
        type: "play",
        time: startTime - 5,
        account: "사용자 𝄞",
        item: 'quo"te\n\u0000',
        value: -0.1,
        location: { city: "Zürich" },
        ad: { channel: "search", cost: 1.5 },
        context: { shelf: "top", rank: 3 },
      };
      await log.append([event]);
      expect((await readEverything(log))[0].event).toEqual(event);
    });

    test("everything one account did is in its partition, in order", async () => {
      await log.append(play(0, 60));
      let count = 0;
      for (let partition = 0; partition < partitionCount; partition++) {
        const records = await toArray(log.read(partition, 0));
        count += records.length;
        for (const record of records) {
          expect(record.partition).toBe(partition);
          expect(log.partitionOf(record.event.account ?? "")).toBe(partition);
        }
        expect(offsetsOf(records)).toEqual(offsetsOf(records).sort((a, b) => a - b));
      }
      expect(count).toBe(60);
    });

    test("an anonymous session is its own key, and an event with no key has a partition", async () => {
      await log.append([
        { type: "play", time: 1, session: "s-9" },
        { type: "heartbeat", time: 1 },
      ]);
      const records = await readEverything(log);
      expect(records[0].partition).toBe(log.partitionOf("s-9"));
      expect(records[1].partition).toBe(log.partitionOf(""));
    });

    test("the head of a partition is one more than its newest offset", async () => {
      const { offsets } = await log.append([
        { type: "play", time: 1, account: "a" },
        { type: "play", time: 1, account: "a" },
      ]);
      const partition = log.partitionOf("a");
      expect(log.heads()[partition]).toBe(offsets[1] + 1);
      expect(log.heads().filter((head) => head > 0)).toHaveLength(1);
      expect(await toArray(log.readAll(log.heads()))).toEqual([]);
    });

    test("replay begins at any offset, of one partition and of all", async () => {
      for (let i = 0; i < 10; i++) await log.append(play(i * 7, 7));
      const all = await readEverything(log);
      for (const { offset } of all) {
        const from = new Array<number>(partitionCount).fill(offset);
        expect(await toArray(log.readAll(from))).toEqual(all.filter((r) => r.offset >= offset));
        const ofOne = all.filter((r) => r.offset >= offset && r.partition === 1);
        expect(await toArray(log.read(1, offset))).toEqual(ofOne);
      }
    });

    test("each partition may begin elsewhere, or be left out", async () => {
      for (let i = 0; i < 10; i++) await log.append(play(i * 7, 7));
      const all = await readEverything(log);
      const from = [0, 20, Infinity, log.heads()[3]];
      const expected = all.filter((record) => record.offset >= from[record.partition]);
      expect(await toArray(log.readAll(from))).toEqual(expected);
    });

    test("batches hold the same records as one at a time", async () => {
      for (let i = 0; i < 5; i++) await log.append(play(i * 700, 700));
      const from = new Array<number>(partitionCount).fill(0);
      const batches = await toArray(log.readBatches(from));
      expect(batches.flat()).toEqual(await readEverything(log));
      expect(batches.every((batch) => batch.length > 0 && batch.length <= 1_024)).toBe(true);
    });

    test("a read without follow ends at the head as it was when it began", async () => {
      await log.append(play(0, 3));
      const seen: LogRecord[] = [];
      for await (const record of log.readAll([0, 0, 0, 0])) {
        seen.push(record);
        await log.append(play(100 + seen.length, 1));
      }
      expect(seen).toHaveLength(3);
    });

    test("a following read goes on with what is appended later, once acknowledged", async () => {
      await log.append(play(0, 5));
      const stop = new AbortController();
      const seen: number[] = [];
      const following = (async () => {
        for await (const { offset } of log.readAll([0, 0, 0, 0], {
          follow: true,
          signal: stop.signal,
        })) {
          seen.push(offset);
        }
      })();
      const expected = offsetsOf(await readEverything(log));
      for (let i = 1; i <= 20; i++) {
        expected.push(...(await log.append(play(i * 5, 5))).offsets);
        if (i % 5 === 0) await until(() => seen.length === expected.length);
      }
      expect(seen).toEqual(expected);
      stop.abort();
      await following;
    });

    test("a read with an aborted signal gives nothing, and abort ends a waiting one", async () => {
      await log.append(play(0, 5));
      expect(await toArray(log.readAll([0, 0, 0, 0], { signal: AbortSignal.abort() }))).toEqual([]);
      const stop = new AbortController();
      const following = toArray(log.readAll(log.heads(), { follow: true, signal: stop.signal }));
      await new Promise((resolve) => setTimeout(resolve, 5));
      stop.abort();
      expect(await following).toEqual([]);
    });

    test("close takes what was appended before, refuses what comes after, and ends following reads", async () => {
      const following = toArray(log.readAll([0, 0, 0, 0], { follow: true }));
      const appending = [log.append(play(0, 10)), log.append(play(10, 10))];
      const closing = log.close();
      await expect(log.append(play(20, 1))).rejects.toMatchObject({ code: "CLOSED" });
      await Promise.all([...appending, closing, log.close()]);
      expect((await following).map(({ event }) => event)).toEqual(play(0, 20));
    });

    test("calls made at once take effect in their order, each in one piece", async () => {
      const calls = Array.from({ length: 40 }, (_, i) => log.append(play(i * 10, 10)));
      const results = await Promise.all(calls);
      const offsets = results.flatMap((result) => result.offsets);
      expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
      expect((await readEverything(log)).map(({ event }) => event)).toEqual(play(0, 400));
    });

    test("a second event with the same source, type and id is dropped, also within one call", async () => {
      const event: Event = { id: "1", type: "play", time: 1, account: "a", source: "web" };
      const first = await log.append([event, { ...event, item: "other" }]);
      expect(first.duplicateCount).toBe(1);
      expect(first.offsets[0]).toBeGreaterThanOrEqual(0);
      expect(first.offsets[1]).toBe(-1);
      expect(await log.append([{ ...event, account: "b" }])).toEqual({
        offsets: [-1],
        duplicateCount: 1,
      });
      const others = [
        { ...event, id: "2" },
        { ...event, type: "skip" },
        { ...event, source: "app" },
        { type: "play", time: 1, account: "a" },
        { type: "play", time: 1, account: "a" },
      ];
      expect((await log.append(others)).duplicateCount).toBe(0);
      expect(await readEverything(log)).toHaveLength(6);
    });

    test("the same id in calls made at once is kept once", async () => {
      const event: Event = { id: "1", type: "play", time: 1, account: "a" };
      const results = await Promise.all(Array.from({ length: 10 }, () => log.append([event])));
      expect(results.map(({ duplicateCount }) => duplicateCount)).toEqual([0, ...nines]);
      expect(await readEverything(log)).toHaveLength(1);
    });

    test("an id is a duplicate at exactly 48 h of log time, and new a millisecond later", async () => {
      const event: Event = { id: "1", type: "play", time: 1, account: "a" };
      await log.append([event]);
      clock.advance(24 * hourMs);
      expect((await log.append([event])).duplicateCount).toBe(1);
      clock.advance(24 * hourMs);
      expect((await log.append([event])).duplicateCount).toBe(1);
      clock.advance(1);
      expect((await log.append([event])).duplicateCount).toBe(0);
      expect((await log.append([event])).duplicateCount).toBe(1);
    });

    test("ids are remembered over closing and opening again, to the same edge", async () => {
      const event: Event = { id: "1", type: "play", time: 1, account: "a" };
      await log.append([event]);
      clock.advance(48 * hourMs);
      log = await subject.reopen();
      expect((await log.append([event])).duplicateCount).toBe(1);
      clock.advance(1);
      log = await subject.reopen();
      expect((await log.append([event])).duplicateCount).toBe(0);
    });

    test("log time is the clock's and never goes back, also over opening again", async () => {
      await log.append(play(0, 1));
      clock.set(startTime - 5_000);
      await log.append(play(1, 1));
      log = await subject.reopen();
      await log.append(play(2, 1));
      clock.set(startTime + 7);
      await log.append(play(3, 1));
      const times = (await readEverything(log)).map(({ logTime }) => logTime);
      expect(times).toEqual([startTime, startTime, startTime, startTime + 7]);
    });

    test("imported history has its own time as log time, as long as that does not go back", async () => {
      const times = [-5, 1_000, 500, 3_000_000_000_00, 2_000];
      const events = times.map((time) => ({ type: "play", time, account: "a" }));
      await log.append(events, { timeOfEvents: true });
      clock.set(100);
      await log.append([{ type: "play", time: 1, account: "a" }]);
      const logTimes = (await readEverything(log)).map(({ logTime }) => logTime);
      expect(logTimes).toEqual([0, 1_000, 1_000, 3e11, 3e11, 3e11]);
    });

    test("more events waiting than allowed are refused, and the ones before are kept", async () => {
      await subject.dispose();
      subject = await make({ clock, partitionCount, queueEventsMax: 10 });
      log = subject.log;
      const first = log.append(play(0, 8));
      await expect(log.append(play(8, 3))).rejects.toMatchObject({ code: "OVERLOADED" });
      const second = log.append(play(8, 2));
      await Promise.all([first, second]);
      await expect(log.append(play(10, 11))).rejects.toMatchObject({ code: "BATCH_TOO_LARGE" });
      await log.append(play(10, 10));
      expect((await readEverything(log)).map(({ event }) => event)).toEqual(play(0, 20));
    });

    test("the same after closing and opening again: records, heads, and offsets that go on", async () => {
      await log.append(play(0, 30));
      const before = { records: await readEverything(log), heads: log.heads() };
      log = await subject.reopen();
      expect({ records: await readEverything(log), heads: log.heads() }).toEqual(before);
      const { offsets } = await log.append(play(30, 1));
      expect(offsets[0]).toBeGreaterThan(before.records[29].offset);
    });

    test("after a crash all that was acknowledged is there, and a retry leaves each event once", async (context) => {
      if (subject.crash === undefined) {
        context.skip("this one can't be stopped dead inside a test");
        return;
      }
      for (let round = 0; round < 20; round++) {
        const calls = Array.from({ length: 6 }, (_, i) => play((round * 6 + i) * 5, 5, "id"));
        const acknowledged: Event[][] = [];
        const appending = calls.map(async (call) => {
          await log.append(call);
          acknowledged.push(call);
        });
        const settled = Promise.allSettled(appending);
        for (let turn = 0; turn < round; turn++) await new Promise(setImmediate);
        log = await subject.crash();
        await settled;
        const found = (await readEverything(log)).map(({ event }) => event);
        expect(found).toEqual(play(0, found.length, "id"));
        expect(found.length % 5).toBe(0);
        expect(found.length).toBeGreaterThanOrEqual((round * 6 + acknowledged.length) * 5);
        for (const call of calls) await log.append(call);
        expect(await readEverything(log)).toHaveLength((round + 1) * 30);
      }
    });

    test("any sequence of appends, pauses and openings equals a plain list", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(actionArbitrary, { maxLength: 25 }), async (actions) => {
          const ownClock = new VirtualClock(startTime);
          const own = await make({ clock: ownClock, partitionCount });
          try {
            await checkAgainstReference(own, ownClock, actions);
          } finally {
            await own.dispose();
          }
        }),
        { numRuns: 40 }, // a failure prints its seed and the smallest sequence that fails
      );
    });
  });
}

const nines = new Array<number>(9).fill(1);

function offsetsOf(records: readonly LogRecord[]): number[] {
  return records.map(({ offset }) => offset);
}
