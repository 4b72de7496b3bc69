/**
 * Does memory stay that of the service, and not of its events, over ten million of them?
 *
 * A simulated service (10,000 accounts, new items all the time) through the whole engine: taken in, logged,
 * applied by serving, joined and learned from in the training thread, snapshots on the way. Admission at the second
 * sighting, a time to live of three days, and limits below what comes (5,000 accounts, 1,500 items, 500 ids of an
 * account, 20,000 impressions in memory), so that all of it is reached before the warm-up ends. The engine's
 * clock is the time of the events; more come when training is less than 10,000 behind.
 *
 * Resident memory is that of this process: both threads, their garbage, the simulation, the shared memory.
 * It is looked at ten times in each million; the median counts.
 */
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { assert } from "#foldback/core";
import { Arena } from "#foldback/embedding";
import { Foldback } from "#foldback/engine";
import { simulate } from "#foldback/simulate";
import { bar, count, figure, median, print, withDirectory } from "./lib/report.ts";

const parts = 10;
/** Of them, what fills caches, tables and limits. */
const warmUpParts = 3;
const flatShare = 0.05;
const batchEvents = 1000;
const lagMax = 10_000;

const expiring = { admitAfter: 2, ttlSeconds: 3 * 86_400 };
/** Of the model of responses; the default ones but for signals, whose ids are few. */
const slots = Object.fromEntries(
  [
    ...["account", "item", "artist", "categories", "recent", "position"].map((of) => [of]),
    ...["artist", "categories"].map((of) => ["account", of]),
  ].map((of) => [of.join("-"), { of, ...expiring }]),
);

interface Part {
  readonly resident: number;
  readonly heap: number;
  readonly outside: number;
  readonly shared: number;
}

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const partEvents = smoke ? 3000 : 1_000_000;
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void; // what the flag gives
  await withDirectory(async (directory) => {
    const simulation = simulate({ accounts: smoke ? 200 : 10_000, days: 70, seed: 1 });
    let nowMs = 0;
    const engine = await Foldback.open(
      {
        dataDirectory: directory,
        limits: { accountsMax: 5000, itemsMax: 1500, itemsPerAccountMax: 500 },
        model: expiring,
        response: { slots },
        training: { impressions: { inMemoryMax: 20_000 } },
      },
      { clock: { now: () => nowMs } },
    );
    const arena = Arena.attach(engine.share().arena);
    let refusedCount = 0;
    const feed = async (total: number): Promise<void> => {
      for (let left = total; left > 0; left -= batchEvents) {
        const events = Array.from({ length: Math.min(left, batchEvents) }, () => {
          const { value } = simulation.next();
          assert(value !== undefined, "the simulated service goes on");
          nowMs = Math.max(nowMs, value.event.time);
          return value.event;
        });
        refusedCount += (await engine.ingest(events)).refused.length;
        while (engine.status().trainingLag > lagMax) await setTimeout(1);
      }
    };
    print("million  resident MB  heap MB  outside it MB  shared MB  accounts   items");
    const beganMs = performance.now();
    const seen: Part[] = [];
    for (let part = 1; part <= parts; part++) {
      const residents: number[] = [];
      for (let look = 0; look < 10; look++) {
        await feed(partEvents / 10);
        residents.push(process.memoryUsage.rss());
      }
      await engine.settled();
      collect();
      const { heapUsed, external } = process.memoryUsage();
      const shared = arena.stats().usedBytes;
      seen.push({ resident: median(residents), heap: heapUsed, outside: external, shared });
      const { accounts, items } = engine.status();
      print(
        [part, ...Object.values(seen[part - 1]).map((bytes) => count(bytes / 1e6)), accounts, items]
          .map((text, i) => String(text).padStart([7, 12, 9, 15, 11, 10, 8][i]))
          .join(""),
      );
    }
    const seconds = (performance.now() - beganMs) / 1000;
    const { records, examples } = engine.status();
    await engine.close();
    figure("events", `${count(records)} in ${seconds.toFixed(0)} s, ${count(records / seconds)}/s`);
    figure("checksum", `${count(examples)} examples, ${refusedCount} events refused`);
    const after = seen.slice(warmUpParts).map(({ resident }) => resident);
    const middle = median(after);
    const spread = Math.max(...after.map((value) => Math.abs(value / middle - 1)));
    const last = after[after.length - 1] / after[0];
    figure("last/first", `${last.toFixed(3)} of resident memory after the warm-up`);
    bar(
      `resident memory after ${warmUpParts} million within ±5 %: ${(spread * 100).toFixed(1)} %`,
      spread <= flatShare,
      smoke,
    );
  });
}
