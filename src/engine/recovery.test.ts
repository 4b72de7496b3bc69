/** What a restart finds: snapshots, the log, and settings that changed in between. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Foldback, type Notice, type UserConfig } from "#foldback/engine";
import { Random } from "../core/index.ts";
import { likes, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

const snapshotsOf = (directory: string): string[] =>
  readdirSync(join(directory, "snapshots")).sort();

/** Settings, offsets and every section of the trained state: the file's bytes are a function of them. */
function newestSnapshot(directory: string): Buffer {
  return readFileSync(join(directory, "snapshots", snapshotsOf(directory).at(-1) ?? ""));
}

/** What is not expected, but for what is always told. */
interface Session {
  readonly notices: Notice[];
  readonly restoredFrom: number;
}

/** Opens, ingests what `events` gives, and closes; settled before, if asked to. */
async function session(
  config: UserConfig,
  ingested: readonly unknown[] = [],
  isSettled = true,
): Promise<Session> {
  const notices: Notice[] = [];
  const engine = await Foldback.open(config, {
    onNotice: (notice) => {
      if (notice.kind !== "snapshotSaved") notices.push(notice);
    },
  });
  const { restoredFrom } = engine.status();
  for (let at = 0; at < ingested.length; at += 50) await engine.ingest(ingested.slice(at, at + 50));
  if (isSettled) await engine.settled();
  await engine.close();
  return { notices, restoredFrom };
}

test("closed and reopened at any moments, it has learned the same bytes as a run that never stopped", async () => {
  const events = likes(0, 1500);
  const straight = temporaryDirectory();
  await session(smallConfig(straight), events);
  const seed = Date.now() % 1_000_000;
  const random = new Random(seed);
  const broken = temporaryDirectory();
  // Snapshots at every moment; some sessions end with training behind, or with nothing new at all.
  const config = smallConfig(broken, { snapshotEveryRecords: 40, snapshotsKept: 2 });
  for (let at = 0; at < events.length; ) {
    const count = Math.min(events.length - at, random.below(400));
    await session(config, events.slice(at, at + count), random.below(2) === 0);
    at += count;
  }
  const last = await session(config);
  expect(last.notices).toEqual([]);
  expect(newestSnapshot(broken).equals(newestSnapshot(straight)), `seed ${seed}`).toBe(true);
}, 40_000);

test("a log that has more than the snapshot is learned from there on, to the same bytes", async () => {
  const directory = temporaryDirectory();
  const config = smallConfig(directory, { snapshotsKept: 3 });
  await session(config, likes(0, 300));
  await session(config, likes(300, 300));
  const straight = newestSnapshot(directory);
  const [, newest] = snapshotsOf(directory);
  rmSync(join(directory, "snapshots", newest)); // as if killed before it was written
  const { restoredFrom, notices } = await session(config);
  expect(restoredFrom).toBe(300);
  expect(notices).toEqual([]);
  expect(newestSnapshot(directory).equals(straight)).toBe(true);
});

test("without any snapshot the whole log is learned again, to the same bytes", async () => {
  const directory = temporaryDirectory();
  const config = smallConfig(directory);
  await session(config, likes(0, 500));
  const straight = newestSnapshot(directory);
  rmSync(join(directory, "snapshots"), { recursive: true });
  expect((await session(config)).restoredFrom).toBe(0);
  expect(newestSnapshot(directory).equals(straight)).toBe(true);
});

test("impressions in memory and on disk are as they were, whenever it was closed or killed", async () => {
  const random = new Random(7);
  const shown = Array.from({ length: 1200 }, (_, i) => {
    const of = random.below(2) === 0 ? i : random.below(i + 1);
    const about = { account: `a${of % 20}`, item: `i${of % 30}`, request: `r${of}` };
    const type = of === i ? "impression" : "like";
    return { type, time: Date.now() - 100_000 + i, ...about };
  });
  const pieces = temporaryDirectory();
  const impressions = { inMemoryMax: 10, waitingMax: 300, outcomesMax: 50, windowSeconds: 1 };
  const configOf = (of: string): UserConfig =>
    smallConfig(of, { impressions, snapshotEveryRecords: 100, snapshotsKept: 3 });
  for (let at = 0; at < shown.length; ) {
    const count = random.below(300);
    await session(configOf(pieces), shown.slice(at, at + count), random.below(2) === 0);
    at += count;
    // Now and then the newest snapshot is lost: the store is then ahead of the one before.
    const kept = snapshotsOf(pieces);
    if (kept.length > 1 && random.below(2) === 0)
      rmSync(join(pieces, "snapshots", kept[kept.length - 1]));
  }
  await session(configOf(pieces));
  const straight = temporaryDirectory();
  cpSync(join(pieces, "log"), join(straight, "log"), { recursive: true });
  await session(configOf(straight));
  expect(newestSnapshot(pieces).equals(newestSnapshot(straight))).toBe(true);
}, 60_000);

test("a damaged snapshot is told of, and the one before it is used", async () => {
  const directory = temporaryDirectory();
  const config = smallConfig(directory);
  await session(config, likes(0, 300));
  await session(config, likes(300, 100));
  const straight = newestSnapshot(directory);
  const path = join(directory, "snapshots", snapshotsOf(directory)[1]);
  const damaged = Buffer.from(straight);
  damaged[damaged.length >> 1] ^= 1;
  writeFileSync(path, damaged);
  const { notices, restoredFrom } = await session(config);
  expect(restoredFrom).toBe(300);
  expect(notices).toEqual([
    { kind: "snapshotRefused", path, reason: expect.stringContaining("checksum") },
    { kind: "rebuilding", from: 300, to: 400 },
  ]);
  expect(newestSnapshot(directory).equals(straight)).toBe(true);
});

test("other settings: it says so, and learns the log again, as if they had always been so", async () => {
  const directory = temporaryDirectory();
  const other = temporaryDirectory();
  await session(smallConfig(directory), likes(0, 400));
  const changed = (of: string): UserConfig => ({
    ...smallConfig(of, { negativesPerPositive: 2 }),
    feedback: { like: { weight: 0.5, had: true } },
  });
  const { notices, restoredFrom } = await session(changed(directory));
  expect(restoredFrom).toBe(0);
  expect(notices).toEqual([
    {
      kind: "snapshotRefused",
      path: expect.stringContaining("snapshot-0000000000000400"),
      reason: "it was made under other settings (feedback, training.negativesPerPositive)",
    },
    { kind: "rebuilding", from: 0, to: 400 },
  ]);
  await session(changed(other), likes(0, 400));
  expect(newestSnapshot(directory).equals(newestSnapshot(other))).toBe(true);
  expect((await session(changed(directory))).notices).toEqual([]);
});

test("a rebuild that was broken off goes on from its own snapshot, not from the beginning", async () => {
  const directory = temporaryDirectory();
  await session(smallConfig(directory), likes(0, 400));
  const half = temporaryDirectory();
  // What a rebuild under other settings leaves when it is killed half way: its snapshot beside the old one.
  const changed = (of: string): UserConfig => smallConfig(of, { negativesPerPositive: 2 });
  await session(changed(half), likes(0, 200));
  cpSync(join(half, "snapshots"), join(directory, "snapshots"), { recursive: true });
  expect((await session(changed(directory))).restoredFrom).toBe(200);
});

test("a default written out, other names' order and more memory are no other settings", async () => {
  const directory = temporaryDirectory();
  const config = smallConfig(directory);
  await session(config, likes(0, 100));
  const same: UserConfig = {
    training: { uniformShare: 0.3, ...config.training },
    feedback: { skip: { had: true, weight: -0.5 } },
    model: { seed: 1, sizeBytesMax: 128 * 1024 * 1024, linear: { l1: 0, alpha: 0.05 }, dim: 4 },
    dataDirectory: directory,
  };
  const { notices, restoredFrom } = await session(same);
  expect(notices).toEqual([]);
  expect(restoredFrom).toBe(100);
});

test("a log that ends before the snapshot lost what was acknowledged: that is refused, not learned around", async () => {
  const directory = temporaryDirectory();
  await session(smallConfig(directory), likes(0, 100));
  rmSync(join(directory, "log"), { recursive: true });
  await expect(Foldback.open(smallConfig(directory))).rejects.toMatchObject({
    code: "DATA_CORRUPT",
    details: { sequence: 100, logEnd: 0 },
  });
  // It said what to do to go on all the same; and had left nothing locked.
  rmSync(join(directory, "snapshots"), { recursive: true });
  expect((await session(smallConfig(directory), likes(0, 10))).notices).toEqual([]);
});
