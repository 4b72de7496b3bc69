/** The whole engine in a process of its own, killed with SIGKILL at random moments, on one directory. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Foldback, type UserConfig } from "#foldback/engine";
import { Random } from "../core/index.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

/** More of them, where there is time: FOLDBACK_KILLS. */
const killCount = Number(process.env.FOLDBACK_KILLS ?? 12);
/** Each on a directory of its own: a process that starts waits for the disk as much as for a core. */
const lanes = [0, 1];
const killsPerLane = Math.ceil(killCount / lanes.length);

/** One in five dies while it starts, one while it catches up, the others while they learn and save: lines that it has printed. */
const linesBefore = [2, 0, 2, 1, 2];

/** Snapshots all the time, and impressions in memory and on disk. */
const configOf = (dataDirectory: string): UserConfig => ({
  dataDirectory,
  http: { port: 0 },
  model: { dim: 4, sizeBytesMax: 64 * 1024 * 1024, ttlSeconds: 3600, admitAfter: 2 },
  training: {
    negativesPerPositive: 3,
    snapshotEveryRecords: 50,
    impressions: { inMemoryMax: 20, waitingMax: 200, outcomesMax: 50, windowSeconds: 1 },
  },
});

/**
 * Ingests events, numbered on from its second argument, 20 a call, and prints the number after each call's
 * last once it is acknowledged: synchronously, so that no printed line is lost. Event n is a function of n.
 */
const ingester = `(async () => {
  const { writeSync } = require("node:fs");
  const { Foldback } = await import("#foldback/engine");
  const engine = await Foldback.open(JSON.parse(process.argv[1]));
  writeSync(1, "open\\n");
  const eventOf = (n) => {
    const mixed = Math.imul(n + 1, 2654435761) >>> 0;
    const of = mixed % 3 === 0 ? Math.max(0, n - (mixed >>> 8) % 60) : n;
    const who = Math.imul(of + 7, 2246822519) >>> 0;
    const type = of === n ? "impression" : ["like", "skip", "play"][mixed % 7 % 3];
    return {
      id: String(n), type, time: Date.now(), request: "r" + of,
      account: "a" + who % 40, item: "i" + (who >>> 6) % 80,
    };
  };
  for (let next = Number(process.argv[2]); ; next += 20) {
    await engine.ingest(Array.from({ length: 20 }, (_, i) => eventOf(next + i)));
    writeSync(1, next + 20 + "\\n");
  }
})()`;

test(`killed ${killCount} times, it has learned the same bytes as a run that never stopped`, async () => {
  const seed = Date.now() % 1_000_000;
  const places = lanes.map(() => [temporaryDirectory(), temporaryDirectory()] as const);
  await Promise.all(
    places.map(([killed, straight], lane) => compare(killed, straight, seed + lane)),
  );
}, 900_000);

async function compare(directory: string, straight: string, seed: number): Promise<void> {
  const random = new Random(seed);
  let next = 0;
  let killedWhileLearning = 0;
  for (let kill = 1; kill <= killsPerLane; kill++) {
    const lines = linesBefore[kill % linesBefore.length];
    const { acknowledged, errors } = await ingestUntilKilled(directory, next, lines, random);
    expect(errors, `kill ${kill}, seed ${seed}`).toBe("");
    if (acknowledged > next) killedWhileLearning++;
    next = Math.max(next, acknowledged);
  }
  expect(killedWhileLearning).toBeGreaterThan(killsPerLane / 3);
  const recordCount = await learnToTheEnd(directory);
  expect(recordCount).toBeGreaterThanOrEqual(next); // nothing acknowledged is lost
  cpSync(join(directory, "log"), join(straight, "log"), { recursive: true });
  expect(await learnToTheEnd(straight)).toBe(recordCount);
  expect(newestSnapshot(directory).equals(newestSnapshot(straight)), `seed ${seed}`).toBe(true);
}

/** @returns how many records there are. */
async function learnToTheEnd(directory: string): Promise<number> {
  const engine = await Foldback.open(configOf(directory));
  await engine.settled();
  const { records } = engine.status();
  await engine.close();
  return records;
}

function newestSnapshot(directory: string): Buffer {
  const snapshots = join(directory, "snapshots");
  return readFileSync(join(snapshots, readdirSync(snapshots).sort().at(-1) ?? ""));
}

async function ingestUntilKilled(
  directory: string,
  next: number,
  lines: number,
  random: Random,
): Promise<{ acknowledged: number; errors: string }> {
  const config = JSON.stringify(configOf(directory));
  const child = spawn(process.execPath, ["-e", ingester, config, String(next)]);
  const closed = once(child, "close");
  let output = "";
  let errors = "";
  child.stdout.on("data", (text: Buffer) => {
    output += text.toString();
  });
  child.stderr.on("data", (text: Buffer) => {
    errors += text.toString();
  });
  while (output.split("\n").length <= lines) {
    const isClosed = Promise.race([once(child.stdout, "data"), closed.then(() => true)]);
    if ((await isClosed) === true) break;
  }
  await new Promise((resolve) => setTimeout(resolve, random.below(300)));
  child.kill("SIGKILL");
  await closed;
  const numbers = output.split("\n").slice(1, -1).map(Number);
  return { acknowledged: Math.max(0, ...numbers), errors };
}
