import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { Foldback, type Notice, type UserConfig } from "#foldback/engine";
import { recordsIn } from "../testing/dataDirectory.ts";
import { likes, likesBegin, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

const itemsOf = (engine: Foldback, account: string, count = 100): string[] =>
  engine.recommend({ account, count }).map(({ item }) => item);

async function openSmall(
  directory = temporaryDirectory(),
  training: UserConfig["training"] = {},
): Promise<Foldback> {
  const engine = await Foldback.open(smallConfig(directory, training));
  onTestFinished(() => engine.close());
  return engine;
}

test("an empty directory opens, is ready, and has nothing to recommend", async () => {
  const engine = await openSmall(join(temporaryDirectory(), "not", "there", "yet"));
  expect(engine.recommend({ account: "anybody", count: 10 })).toEqual([]);
  await engine.settled();
  const { health, ...status } = engine.status();
  expect(health).toMatchObject({ examplesPerSecond: 0, recentAlarms: [] });
  expect(status).toEqual({
    ready: true,
    readOnly: false,
    records: 0,
    servingLag: 0,
    trainingLag: 0,
    trainingLagMs: 0,
    examples: 0,
    items: 0,
    accounts: 0,
    servedLost: 0,
    restoredFrom: 0,
    ingested: { accepted: 0, duplicates: 0, refused: 0 },
    unmapped: [],
    snapshots: { saved: 0, failed: 0 },
  });
});

test("what was ingested is known to the very next recommendation", async () => {
  const engine = await openSmall();
  await engine.ingest(likes(0, 500));
  const before = itemsOf(engine, "account-1");
  expect(before.length).toBeGreaterThan(10);
  for (const item of before.slice(0, 20)) {
    const liked = { type: "like", time: likesBegin + 600_000, account: "account-1", item };
    expect(itemsOf(engine, "account-1")).toContain(item);
    expect(await engine.ingest([liked])).toEqual({ accepted: 1, duplicates: 0, refused: [] });
    expect(itemsOf(engine, "account-1")).not.toContain(item);
  }
});

test("what is served goes into the log under a request of its own, and what is recommended does not", async () => {
  const engine = await openSmall();
  await engine.ingest(likes(0, 300));
  await engine.settled(); // from here on the model stands still
  const moment = { device: "d" };
  const recommended = engine.recommend({ account: "account-1", count: 3, moment });
  const first = engine.serve({ account: "account-1", count: 3, moment });
  const second = engine.serve({ account: "account-1", count: 3, moment });
  const namesOf = (items: readonly { item: string }[]): string[] => items.map(({ item }) => item);
  expect(namesOf(first.items)).toEqual(namesOf(recommended)); // scores go by the clock
  expect(second.request).not.toBe(first.request);
  await engine.close();
  const all = await recordsIn(engine.config.dataDirectory);
  const served = all.flatMap(({ event }) => (event.type === "served" ? [event] : []));
  expect(served.map(({ request }) => request)).toEqual([first.request, second.request]);
  expect(served[0]).toMatchObject({
    account: "account-1",
    list: recommended.map(({ item }) => ({ item, propensity: 1 })),
  });
  expect(engine.status().servedLost).toBe(0);
});

test("a pause of the stream ends the windows that were open, by one heartbeat", async () => {
  const impressions = { windowSeconds: 1 };
  const engine = await openSmall(temporaryDirectory(), { impressions });
  await engine.ingest(likes(0, 100));
  const shown = { type: "impression", account: "account-1", item: "item-1", request: "r" };
  await engine.ingest([{ ...shown, time: Date.now() }]);
  const examplesOf = async (): Promise<number> => {
    await engine.settled();
    return engine.status().examples;
  };
  const before = await examplesOf();
  for (let waits = 0; (await examplesOf()) === before && waits < 100; waits++)
    await setTimeout(100);
  expect(await examplesOf()).toBe(before + 1);
  await setTimeout(1500); // nothing has come since: no further one
  await engine.close();
  const records = await recordsIn(engine.config.dataDirectory);
  expect(records.filter(({ event }) => event.type === "heartbeat")).toHaveLength(1);
});

test("a session without an account gets recommendations from its first event on", async () => {
  const engine = await openSmall();
  await engine.ingest(likes(0, 300));
  const [first] = itemsOf(engine, "session-9");
  await engine.ingest([{ type: "like", time: likesBegin, session: "session-9", item: first }]);
  expect(itemsOf(engine, "session-9")).not.toContain(first);
});

test("training learns from what was ingested: scores and order change", async () => {
  const engine = await openSmall();
  await engine.ingest(likes(0, 200));
  await engine.settled();
  const { examples } = engine.status();
  const scores = engine.recommend({ account: "account-3", count: 20 });
  await engine.ingest(likes(200, 200));
  await engine.settled();
  expect(engine.status().examples).toBeGreaterThan(examples);
  expect(engine.status()).toMatchObject({ records: 400, servingLag: 0, trainingLag: 0 });
  expect(engine.recommend({ account: "account-3", count: 20 })).not.toEqual(scores);
});

test("a bad event is refused at its place, its neighbours are taken, a duplicate is dropped", async () => {
  const engine = await openSmall();
  const [first, second] = likes(0, 2);
  const result = await engine.ingest([first, { type: "like" }, 7, second, first]);
  expect(result).toMatchObject({
    accepted: 2,
    duplicates: 1,
    refused: [
      { index: 1, field: "time" },
      { index: 2, field: "event", came: "7" },
    ],
  });
  expect(engine.status().records).toBe(2);
});

test("a declared event type is taken, another is refused", async () => {
  const directory = temporaryDirectory();
  const engine = await Foldback.open({
    ...smallConfig(directory),
    eventTypes: ["dance"],
    feedback: { dance: { weight: 1, had: true } },
  });
  onTestFinished(() => engine.close());
  const dance = { type: "dance", time: likesBegin, account: "a", item: "x" };
  expect(await engine.ingest([dance, { ...dance, type: "jump" }])).toMatchObject({
    accepted: 1,
    refused: [{ index: 1, field: "type", came: '"jump"' }],
  });
});

test("limits: too many events, too many items, no account", async () => {
  const engine = await Foldback.open({
    ...smallConfig(temporaryDirectory()),
    http: { batchEventsMax: 10 },
  });
  onTestFinished(() => engine.close());
  await expect(engine.ingest(likes(0, 11))).rejects.toMatchObject({ code: "BATCH_TOO_LARGE" });
  await expect(engine.ingest({} as never)).rejects.toMatchObject({ code: "REQUEST_INVALID" });
  expect(engine.status().records).toBe(0);
  expect(await engine.ingest([])).toEqual({ accepted: 0, duplicates: 0, refused: [] });
  for (const count of [0, 501, 1.5, Number.NaN, -1]) {
    expect(() => engine.recommend({ account: "a", count })).toThrow(
      expect.objectContaining({ code: "REQUEST_INVALID" }),
    );
  }
  for (const account of ["", "x".repeat(257), 7 as never, undefined as never]) {
    expect(() => engine.recommend({ account, count: 1 })).toThrow(
      expect.objectContaining({ code: "REQUEST_INVALID" }),
    );
  }
});

test("a second opener is told that the directory is locked, and the first is not disturbed", async () => {
  const directory = temporaryDirectory();
  const engine = await openSmall(directory);
  await expect(Foldback.open(smallConfig(directory))).rejects.toMatchObject({
    code: "DATA_LOCKED",
  });
  expect((await engine.ingest(likes(0, 1))).accepted).toBe(1);
});

test("closing twice is closing once; a closed engine takes and answers nothing, and frees the directory", async () => {
  const directory = temporaryDirectory();
  const engine = await openSmall(directory);
  await engine.ingest(likes(0, 10));
  await engine.settled();
  await Promise.all([engine.close(), engine.close()]);
  await engine.closed;
  await engine.close();
  expect(engine.status().ready).toBe(false);
  await expect(engine.ingest(likes(10, 1))).rejects.toMatchObject({ code: "CLOSED" });
  expect(() => engine.recommend({ account: "a", count: 1 })).toThrow(
    expect.objectContaining({ code: "CLOSED" }),
  );
  const again = await openSmall(directory);
  expect(again.status()).toMatchObject({ records: 10, restoredFrom: 10 });
});

test("waiting for training ends when the engine is closed", async () => {
  const engine = await openSmall();
  await engine.ingest(likes(0, 5000));
  const [settled] = await Promise.allSettled([engine.settled(), engine.close()]);
  expect(settled).toMatchObject({ status: "rejected", reason: { code: "CLOSED" } });
});

test("what is under way when the engine closes is finished; what comes later is refused", async () => {
  const directory = temporaryDirectory();
  const engine = await openSmall(directory);
  const calls = Array.from({ length: 50 }, (_, i) => engine.ingest(likes(i * 20, 20)));
  const closing = engine.close();
  const [late] = await Promise.allSettled([engine.ingest(likes(2000, 1))]);
  expect(late).toMatchObject({ status: "rejected", reason: { code: "CLOSED" } });
  await closing;
  for (const result of await Promise.all(calls)) expect(result.accepted).toBe(20);
  const again = await openSmall(directory);
  expect(again.status().records).toBe(1000);
  await again.settled();
  expect(again.status().ready).toBe(true);
});

test("while serving catches up with a long log, requests and timers get their turn within a batch", async () => {
  const directory = temporaryDirectory();
  const first = await Foldback.open(smallConfig(directory));
  // Each account takes ever new items: the pairs with its last 50 make a record costly.
  const events = likes(0, 2500).map((event, n) => ({ ...event, item: `item-${n}` }));
  await first.ingest(events);
  await first.close();
  // Other settings: no snapshot is of use, and all of the log is read again.
  const engine = await Foldback.open(smallConfig(directory, { negativesPerPositive: 2 }));
  onTestFinished(() => engine.close());
  const steps: number[] = [];
  for (let lag = engine.status().servingLag; lag > 0; lag -= steps.at(-1) ?? 0) {
    await new Promise((resolve) => setImmediate(resolve));
    steps.push(lag - engine.status().servingLag);
  }
  expect(steps.reduce((a, b) => a + b)).toBeGreaterThan(1500);
  expect(Math.max(...steps)).toBeLessThan(900); // a batch has 1,024
});

test("a thread that fails makes `closed` fail with its reason; nothing is taken or answered after", async () => {
  const directory = temporaryDirectory();
  const { engine, reason } = await fill(directory);
  expect(reason).toMatchObject({ code: "TABLE_FULL" });
  const records = engine.status().records;
  expect(engine.status().ready).toBe(false);
  await expect(engine.ingest(likes(0, 1))).rejects.toMatchObject({ code: "CLOSED" });
  await expect(engine.settled()).rejects.toMatchObject({ code: "CLOSED" });
  expect(() => engine.recommend({ account: "a", count: 1 })).toThrow(
    expect.objectContaining({ code: "CLOSED" }),
  );
  await expect(engine.close()).rejects.toMatchObject({ code: "TABLE_FULL" });

  // The directory is free, and with more memory what had been accepted is learned.
  const { model, ...rest } = fullConfig(directory);
  const notices: Notice[] = [];
  const larger = await Foldback.open(
    { ...rest, model: { ...model, sizeBytesMax: 256 * 1024 * 1024 } },
    { onNotice: (notice) => notices.push(notice) },
  );
  await larger.settled();
  expect(larger.status()).toMatchObject({ ready: true, records });
  expect(larger.status().restoredFrom).toBeGreaterThan(0);
  expect(notices.filter(({ kind }) => kind !== "snapshotSaved")).toEqual([]);
  await larger.close();
}, 40_000);

const fullConfig = (directory: string) => ({
  ...smallConfig(directory, { snapshotEveryRecords: 2000 }),
  model: { dim: 128, sizeBytesMax: 16 * 1024 * 1024 },
});

/** Ingests new items until the model's memory is full; the first snapshot is written before that. */
async function fill(directory: string): Promise<{ engine: Foldback; reason: unknown }> {
  let isSaved = false;
  const engine = await Foldback.open(fullConfig(directory), {
    onNotice: ({ kind }) => {
      isSaved ||= kind === "snapshotSaved";
    },
  });
  let reason: unknown;
  engine.closed.catch((error: unknown) => {
    reason = error;
  });
  for (let n = 0; reason === undefined && n < 100_000; n += 1000) {
    const events = likes(n, 1000).map((event, i) => ({ ...event, item: `item-${n + i}` }));
    await engine.ingest(events).catch(() => {}); // it may fail between two calls
    await engine.settled().catch(() => {});
    // One that is under way when the thread fails is lost.
    if (n === 1000) await expect.poll(() => isSaved, { timeout: 10_000 }).toBe(true);
  }
  return { engine, reason };
}

test("a snapshot that can't be written is told of, and costs nothing but time", async () => {
  const directory = temporaryDirectory();
  const notices: Notice[] = [];
  const engine = await Foldback.open(smallConfig(directory, { snapshotEveryRecords: 50 }), {
    onNotice: (notice) => notices.push(notice),
  });
  // A directory stands where the snapshot's temporary file would be made: nobody can write that.
  const blocked = join(directory, "snapshots", "snapshot-0000000000000100.tmp");
  mkdirSync(blocked);
  await engine.ingest(likes(0, 100));
  await engine.settled();
  await expect
    .poll(() => notices)
    .toContainEqual({
      kind: "snapshotFailed",
      offset: 100,
      reason: expect.stringContaining("could not create"),
    });
  rmdirSync(blocked);
  await engine.ingest(likes(100, 1));
  await engine.settled();
  await engine.close();
  expect(readdirSync(join(directory, "snapshots"))).toEqual(["snapshot-0000000000000101"]);
});

test("events that training can't follow are turned away; what was taken is kept, and what was behind at the open is no matter", async () => {
  const directory = temporaryDirectory();
  // So many negatives that 2,000 likes take a second or more.
  const config = smallConfig(directory, { negativesPerPositive: 1000, lagRecordsMax: 100 });
  const engine = await Foldback.open(config);
  await engine.ingest(likes(0, 2000));
  await expect(engine.ingest(likes(2000, 1))).rejects.toMatchObject({
    code: "OVERLOADED",
    details: { allowed: 100 },
  });
  expect(engine.status().records).toBe(2000);
  await engine.close();

  const again = await Foldback.open(config);
  onTestFinished(() => again.close());
  expect(again.status().trainingLag).toBeGreaterThan(100);
  expect(await again.ingest(likes(2000, 1))).toMatchObject({ accepted: 1 });
  await again.settled();
  expect(await again.ingest(likes(2001, 1))).toMatchObject({ accepted: 1 });
  expect(again.status().records).toBe(2002);
}, 30_000);

test.each([
  [["--max-old-space-size=400", "--trace-gc"]],
  [["--max-old-space-size=400", "--enable-source-maps", "--input-type=module"]],
])("opens under %s", async (flags) => {
  const program = `import("#foldback/engine").then(async ({ Foldback }) => {
    const engine = await Foldback.open(JSON.parse(process.argv[1]));
    await engine.close();
  })`;
  const config = JSON.stringify(smallConfig(temporaryDirectory()));
  const { stderr } = await promisify(execFile)(process.execPath, [...flags, "-e", program, config]);
  expect(stderr).toBe("");
});
