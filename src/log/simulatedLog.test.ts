import { expect, test } from "vitest";
import type { Event } from "../event/index.ts";
import { play, readEverything } from "../testing/logRecords.ts";
import { SimulatedLog } from "../testing/simulatedLog.ts";
import { VirtualClock } from "../testing/virtualClock.ts";

const clock = new VirtualClock(1_000);

async function run(seed: number) {
  const faults = { failBefore: 0.2, failAfter: 0.2, delayTurnsMax: 2 };
  const log = new SimulatedLog({ clock, seed, faults });
  const calls = Array.from({ length: 60 }, (_, i) => play(i * 2, 2, "id"));
  const results = await Promise.allSettled(calls.map((call) => log.append(call)));
  return { log, calls, results };
}

test("the faults come from the seed alone", async () => {
  const [one, again, other] = [await run(1), await run(1), await run(2)];
  expect(statuses(one)).toEqual(statuses(again));
  expect(await readEverything(one.log)).toEqual(await readEverything(again.log));
  expect(statuses(one)).not.toEqual(statuses(other));
});

test("appends fail with nothing kept and with everything kept, never the other way", async () => {
  const { log, calls, results } = await run(7);
  const kept = new Set((await readEverything(log)).map(({ event }) => event.id));
  const isKept = (call: Event[]): boolean => call.every(({ id }) => kept.has(id));
  const seen = calls.map((call, i) => `${results[i].status} ${isKept(call) ? "kept" : "gone"}`);
  expect(new Set(seen)).toEqual(new Set(["fulfilled kept", "rejected kept", "rejected gone"]));
});

test("retried until acknowledged, every event is there once", async () => {
  const { log, calls } = await run(3);
  for (const call of calls) {
    while ((await log.append(call).catch(() => undefined)) === undefined);
  }
  const ids = (await readEverything(log)).map(({ event }) => event.id);
  expect(ids).toHaveLength(120);
  expect(new Set(ids).size).toBe(120);
});

test("between a crash and opening again it takes nothing", async () => {
  const log = new SimulatedLog({ clock });
  log.crash();
  await expect(log.append(play(0, 1))).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
  log.reopen();
  expect((await log.append(play(0, 1))).offsets).toEqual([0]);
});

function statuses({ results }: Awaited<ReturnType<typeof run>>): string[] {
  return results.map(({ status }) => status);
}
