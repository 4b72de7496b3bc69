/**
 * How long until a killed server is back, with a million events behind its newest snapshot?
 *
 * A simulated service (10,000 accounts): the server learns its first 200,000 events and is stopped in order,
 * which leaves a snapshot; a million more events come into its log. Then it is started, killed by SIGKILL
 * while it learns from them, and started again: the time is from the start of the process until it is
 * ready, all of the log applied and learned from. Factorisation machines: of what is taken next with one negative
 * a positive, of responses with six slots; and no snapshot on the way; the other settings are the defaults. In the end it is stopped in order, and
 * every section of its last snapshot must be the same bytes as of a run that was never killed.
 *
 * Compared in the same run: the log of that million read and decoded, no more.
 */
import { createWriteStream, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { assert } from "#foldback/core";
import { openEmbeddedLog } from "#foldback/log";
import { simulate } from "#foldback/simulate";
import { bar, count, figure, median, withDirectory } from "./lib/report.ts";
import { compareSections } from "./lib/sections.ts";
import { foldback, withServer } from "./lib/server.ts";

const secondsMax = 10;
const slots = {
  account: { of: ["account"] },
  item: { of: ["item"] },
  artist: { of: ["artist"] },
  categories: { of: ["categories"] },
  position: { of: ["position"] },
  accountCategories: { of: ["account", "categories"] },
};

interface Size {
  readonly accounts: number;
  readonly past: number;
  readonly behind: number;
  readonly rounds: number;
}

const sizes: Record<"full" | "smoke", Size> = {
  full: { accounts: 10_000, past: 200_000, behind: 1_000_000, rounds: 3 },
  smoke: { accounts: 200, past: 3000, behind: 5000, rounds: 1 },
};

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const { accounts, past, behind, rounds } = sizes[smoke ? "smoke" : "full"];
  await withDirectory(async (directory) => {
    const [a, b] = [join(directory, "a"), join(directory, "b")];
    const training = {
      negativesPerPositive: 1,
      snapshotEveryRecords: 1_000_000_000,
      snapshotEverySeconds: 86_400,
    };
    const config = join(directory, "config.json");
    writeFileSync(config, JSON.stringify({ training, response: { slots } }));
    const events = simulate({ accounts, days: 60, seed: 1 });
    for (const [name, total] of [
      ["past", past],
      ["behind", behind],
    ] as const) {
      const path = join(directory, `${name}.ndjson`);
      await writeEvents(path, total, events);
      await foldback("ingest", path, "--data", a);
      if (name === "past") await learnToTheEnd(a, config);
    }
    await cp(a, b, { recursive: true });
    await learnToTheEnd(b, config);

    const readSeconds = await timeReading(a, past);
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await withServer({ data: a, config }, async ({ client, kill }) => {
        const { restoredFrom, records } = await client.status();
        assert(restoredFrom === past && records === past + behind, "a million are behind");
        for (let learned = past; learned < past + behind / 10; ) {
          const { trainingLag } = await client.status();
          learned = records - trainingLag;
        }
        await kill();
      });
      const beganMs = performance.now();
      await withServer({ data: a, config }, async ({ client, kill, stop }) => {
        const status = await client.ready(20);
        seconds.push((performance.now() - beganMs) / 1000);
        assert(status.restoredFrom === past, "it went on from the snapshot");
        await (round + 1 < rounds ? kill() : stop());
      });
    }
    const settings = { training, response: { slots } };
    compareSections({ dataDirectory: a, ...settings }, { dataDirectory: b, ...settings }, smoke);
    const all = seconds.map((value) => value.toFixed(2)).join(", ");
    figure("ready", `after ${all} s: ${count(behind / median(seconds))} events/s`);
    figure("reading", `${readSeconds.toFixed(2)} s: the same records, decoded by one thread alone`);
    figure("ratio", `${(median(seconds) / readSeconds).toFixed(2)} × reading`);
    bar(
      `≤ ${secondsMax} s with ${count(behind)} events behind the snapshot: ${median(seconds).toFixed(2)}`,
      median(seconds) <= secondsMax,
      smoke,
    );
  });
}

async function writeEvents(
  path: string,
  total: number,
  events: Iterator<{ readonly event: object }, undefined>,
): Promise<void> {
  const file = createWriteStream(path);
  for (let i = 0; i < total; i++) {
    const { value } = events.next();
    assert(value !== undefined, "the simulated service goes on");
    if (!file.write(`${JSON.stringify(value.event)}\n`)) {
      await new Promise<void>((resolve) => {
        file.once("drain", resolve);
      });
    }
  }
  await new Promise<void>((resolve) => {
    file.end(resolve);
  });
}

async function learnToTheEnd(data: string, config: string): Promise<void> {
  await withServer({ data, config }, async ({ client, stop }) => {
    await client.ready(20);
    await stop();
  });
}

async function timeReading(data: string, from: number): Promise<number> {
  const log = await openEmbeddedLog({ directory: join(data, "log") });
  const beganMs = performance.now();
  let total = 0;
  for await (const records of log.readBatches(new Array<number>(log.partitionCount).fill(from)))
    total += records.length;
  const seconds = (performance.now() - beganMs) / 1000;
  await log.close();
  assert(total > 0, "there is something to read");
  return seconds;
}
