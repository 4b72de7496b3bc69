/**
 * Does a server that is killed again and again end with the same bytes, and how long does it take to come back?
 *
 * A: MovieTweetings 100K is in the log, the real server learns all of it and is stopped in order. B: the
 * same log, but its server is killed by SIGKILL at seeded moments all along it, half of them while the next
 * snapshot is being written, and started again each time; the last one learns the rest and is stopped in
 * order. Every section of the last snapshots must be the same bytes, though B took snapshots more often.
 *
 * Then, in turn: from the start of the process until it has learned everything, with the newest snapshot
 * that a kill had left and the rest of the log, and with the log alone.
 */
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Random } from "#foldback/core";
import { count, figure, median, withDirectory, writeRatings } from "./lib/report.ts";
import { compareSections } from "./lib/sections.ts";
import { foldback, type Server, withServer } from "./lib/server.ts";

const seed = 99;

interface Size {
  readonly ratings: number;
  readonly kills: number;
  /** For B; A keeps the defaults, and so takes one snapshot on the way and one at the end. */
  readonly snapshotEveryRecords: number;
  readonly rounds: number;
}

const sizes: Record<"full" | "smoke", Size> = {
  full: { ratings: 100_000, kills: 10, snapshotEveryRecords: 5000, rounds: 3 },
  smoke: { ratings: 5000, kills: 3, snapshotEveryRecords: 2000, rounds: 1 },
};

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const size = sizes[smoke ? "smoke" : "full"];
  await withDirectory(async (directory) => {
    const [a, b] = [join(directory, "a"), join(directory, "b")];
    const config = join(directory, "often.json");
    const { snapshotEveryRecords } = size;
    writeFileSync(config, JSON.stringify({ training: { snapshotEveryRecords } }));
    const ratings = writeRatings(join(directory, "ratings"), size.ratings);
    await foldback("ingest", ratings, "--data", a);
    cpSync(a, b, { recursive: true });

    await learnToTheEnd(a);
    const killed = await learnBetweenKills(b, config, size);
    await learnToTheEnd(b, config);
    compareSections({ dataDirectory: a }, { dataDirectory: b }, smoke);

    // What the last kill left, but for the log, which the kills did not touch.
    rmSync(join(b, "snapshots"), { recursive: true });
    cpSync(killed, join(b, "snapshots"), { recursive: true });
    await timeReturns(b, config, killed, size);
  });
}

async function learnToTheEnd(data: string, config?: string): Promise<void> {
  await withServer({ data, ...(config === undefined ? {} : { config }) }, async (server) => {
    await server.client.ready();
    await server.stop();
  });
}

/** Returns where a copy of the snapshots that the last kill left is. */
async function learnBetweenKills(data: string, config: string, size: Size): Promise<string> {
  const random = new Random(seed);
  const snapshots = join(data, "snapshots");
  const moments: string[] = [];
  let duringSnapshots = 0;
  for (let i = 0; i < size.kills; i++) {
    await withServer({ data, config }, async (server) => {
      const { restoredFrom, records } = await server.client.status();
      const goal = ((i + random.uniform()) / size.kills) * records;
      let learned = await learnUpTo(server, goal);
      if (i % 2 === 1) learned = await learnUpTo(server, records, () => isSaving(snapshots));
      else await setTimeout(random.below(20));
      await server.kill();
      if (isSaving(snapshots)) duringSnapshots++;
      moments.push(`${count(restoredFrom)} → ${count(learned)}`);
    });
  }
  figure("kills", `${size.kills}, ${duringSnapshots} of them left a snapshot half-written`);
  figure("", `records from which, and up to which, each server learned: ${moments.join(", ")}`);
  const copy = `${data}-snapshots`;
  cpSync(snapshots, copy, { recursive: true });
  return copy;
}

/** Waits until so many records are learned from, or `until` says so; returns how many are. */
async function learnUpTo(
  { client }: Server,
  goal: number,
  until: () => boolean = () => false,
): Promise<number> {
  for (;;) {
    const { records, trainingLag } = await client.status();
    const learned = records - trainingLag;
    if (learned >= goal || until()) return learned;
  }
}

/** Whether a snapshot is there under its temporary name: being written, or left by a kill. */
function isSaving(snapshots: string): boolean {
  return existsSync(snapshots) && readdirSync(snapshots).some((name) => name.endsWith(".tmp"));
}

async function timeReturns(
  data: string,
  config: string,
  killed: string,
  { rounds }: Size,
): Promise<void> {
  const snapshots = join(data, "snapshots");
  const seconds = { snapshot: [] as number[], nothing: [] as number[] };
  let from = 0;
  let records = 0;
  for (let round = 0; round < rounds; round++) {
    for (const start of ["snapshot", "nothing"] as const) {
      rmSync(snapshots, { recursive: true, force: true });
      if (start === "snapshot") cpSync(killed, snapshots, { recursive: true });
      const beganMs = performance.now();
      await withServer({ data, config }, async ({ client, kill }) => {
        const status = await client.ready();
        seconds[start].push((performance.now() - beganMs) / 1000);
        if (start === "snapshot") from = status.restoredFrom;
        records = status.records;
        await kill();
      });
    }
  }
  const [tail, all] = [median(seconds.snapshot), median(seconds.nothing)];
  figure(
    "come back",
    `${tail.toFixed(2)} s from the snapshot at ${count(from)} and ${count(records - from)} records of the log`,
  );
  figure("", `${all.toFixed(2)} s from the log alone, ${count(records)} records`);
  figure("ratio", `${(tail / all).toFixed(2)}; processes started: both times include that`);
}
