import { readdirSync } from "node:fs";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import type { Event } from "./event.ts";
import type { EventBatch } from "./eventFile.ts";
import { inTimeOrder } from "./timeOrder.ts";

function batchOf(events: readonly Event[], bytesRead: number): EventBatch {
  const refused = [{ index: bytesRead, field: "line", came: "x", allowed: "y" }];
  return { events, refused, name: "f", bytesRead };
}

async function* each(batches: readonly EventBatch[]): AsyncGenerator<EventBatch> {
  yield* batches;
}

/** Where what does not stay in memory goes. */
let directory = "";
beforeEach(() => {
  directory = temporaryDirectory();
  vi.stubEnv("TMPDIR", directory);
});
afterEach(() => {
  expect(readdirSync(directory)).toEqual([]);
  vi.unstubAllEnvs();
});

test("events come by time, equal times in the order they came, none lost, in memory or from files", async () => {
  const batches = fc.array(fc.array(fc.nat(5)));
  await fc.assert(
    fc.asyncProperty(batches, fc.constantFrom(1, 3, 10, 1e6), async (times, runLength) => {
      let count = 0;
      const batches = times.map((batch, i) =>
        batchOf(
          batch.map((time) => ({ type: "like", time, account: "a", item: String(count++) })),
          i + 1,
        ),
      );
      const given = batches.flatMap((batch) => batch.events);
      const expected = [0, 1, 2, 3, 4, 5].flatMap((time) => given.filter((e) => e.time === time));
      const sorted: Event[] = [];
      const refusedAt: number[] = [];
      for await (const batch of inTimeOrder(each(batches), runLength)) {
        sorted.push(...batch.events);
        refusedAt.push(...batch.refused.map((refusal) => refusal.index));
      }
      expect(sorted).toEqual(expected);
      expect(refusedAt).toEqual(batches.map((batch) => batch.bytesRead));
    }),
  );
});

const likesAt = (times: readonly number[]) =>
  batchOf(
    times.map((time) => ({ type: "like", time, account: "a", item: `é "${time}"\n` })),
    1,
  );

test("many events come in batches, from many runs, as they were", async () => {
  const count = 20_000;
  const { events } = likesAt(Array.from({ length: count }, (_, i) => (i * 7919) % count));
  const batches = Array.from({ length: 20 }, (_, i) =>
    batchOf(events.slice(i * 1000, (i + 1) * 1000), 1),
  );
  const sorted: Event[] = [];
  for await (const batch of inTimeOrder(each(batches), 3000)) {
    expect(batch.events.length).toBeLessThanOrEqual(4096);
    sorted.push(...batch.events);
  }
  expect(sorted).toEqual([...events].sort((a, b) => a.time - b.time));
});

test("a reader that stops early leaves no files behind", async () => {
  const batches = [likesAt([3, 1]), likesAt([2, 0])];
  for await (const { events } of inTimeOrder(each(batches), 2)) {
    if (events.length === 0) continue;
    expect(readdirSync(directory)).toHaveLength(1);
    break;
  }
});

test("a directory that can't be written to is told", async () => {
  vi.stubEnv("TMPDIR", `${directory}/nope`);
  const reading = async () => {
    for await (const _ of inTimeOrder(each([likesAt([3, 1]), likesAt([2])]), 1)) continue;
  };
  await expect(reading()).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
});
