import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test } from "vitest";
import { play, readEverything, toArray, until } from "../testing/logRecords.ts";
import { type EmbeddedLog, openEmbeddedLog } from "./embeddedLog.ts";
import { attachLogReader } from "./logReader.ts";

/** Follows the log and posts the items of what it reads. Its listener keeps it alive, as any worker's does. */
const followerSource = `
  const { parentPort, workerData } = require("node:worker_threads");
  parentPort.on("message", () => undefined);
  import("#foldback/log").then(async ({ attachLogReader }) => {
    const reader = attachLogReader(workerData.shared);
    const from = new Array(reader.partitionCount).fill(workerData.from);
    parentPort.postMessage({ heads: reader.heads() });
    for await (const records of reader.readBatches(from, { follow: true })) {
      parentPort.postMessage({ items: records.map(({ event }) => event.item) });
    }
    parentPort.postMessage({ ended: true });
    parentPort.close();
  });
`;

let directory: string;
let log: EmbeddedLog;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "foldback-attached-"));
  log = await openEmbeddedLog({ directory, partitionCount: 4, segmentBytesMax: 4_000 });
});
afterEach(async () => {
  await log.close();
  rmSync(directory, { recursive: true });
});

function follow(from: number) {
  const workerData = { shared: log.share(), from };
  const worker = new Worker(followerSource, { eval: true, workerData });
  const seen = { heads: undefined as unknown, items: [] as string[], ended: false };
  worker.on("message", (message: { heads?: unknown; items?: string[]; ended?: boolean }) => {
    if (message.heads !== undefined) seen.heads = message.heads;
    seen.items.push(...(message.items ?? []));
    seen.ended ||= message.ended === true;
  });
  return { worker, seen };
}

function items(start: number, count: number): (string | undefined)[] {
  return play(start, count).map(({ item }) => item);
}

test("a worker reads what is there, follows over new segments, and ends when the log closes", async () => {
  await log.append(play(0, 100));
  const { worker, seen } = follow(0);
  const exited = once(worker, "exit");
  await until(() => seen.items.length === 100);
  expect(seen.heads).toEqual(log.heads());
  for (let i = 0; i < 60; i++) {
    await log.append(play(100 + i * 10, 10));
    if (i % 20 === 0) await until(() => seen.items.length === 110 + i * 10);
  }
  expect(log.stats().segmentCount).toBeGreaterThan(5);
  await log.close();
  await exited;
  expect(seen.items).toEqual(items(0, 700));
  expect(seen.ended).toBe(true);
});

test("several workers follow from different places", async () => {
  for (let i = 0; i < 20; i++) await log.append(play(i * 10, 10));
  const followers = [0, 37, 199, 200].map((from) => ({ from, ...follow(from) }));
  const exits = followers.map(({ worker }) => once(worker, "exit"));
  await until(() => followers.every(({ seen }) => seen.heads !== undefined));
  await log.append(play(200, 50));
  await log.close();
  await Promise.all(exits);
  for (const { from, seen } of followers) expect(seen.items).toEqual(items(from, 250 - from));
});

test("a worker that waits can be ended at once, and the log goes on", async () => {
  const { worker, seen } = follow(0);
  await until(() => seen.heads !== undefined);
  await worker.terminate();
  await log.append(play(0, 3));
  expect(await readEverything(log)).toHaveLength(3);
});

test("a reader attached in the same thread sees the same, and never what is not yet durable", async () => {
  const reader = attachLogReader(structuredClone(log.share()));
  const appending = log.append(play(0, 30));
  expect(await readEverything(reader)).toEqual([]);
  await appending;
  expect(await readEverything(reader)).toEqual(await readEverything(log));
  expect(await toArray(reader.read(2, 5))).toEqual(await toArray(log.read(2, 5)));
  expect(reader.heads()).toEqual(log.heads());
});

test("a following read that waits does not keep a process alive", async () => {
  const source = `
    const { openEmbeddedLog } = await import("#foldback/log");
    const log = await openEmbeddedLog({ directory: process.argv[1] });
    const follow = async () => {
      for await (const { offset } of log.readAll(new Array(16).fill(0), { follow: true })) console.log(offset);
    };
    void follow();
    await log.append([{ type: "play", time: 1 }]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  `;
  const own = join(directory, "own");
  const child = spawn(process.execPath, ["--input-type=module", "-e", source, own]);
  let output = "";
  child.stdout.on("data", (text: Buffer) => {
    output += text.toString();
  });
  expect(await once(child, "close")).toEqual([0, null]);
  expect(output).toBe("0\n");
});
