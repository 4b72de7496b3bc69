import { beforeEach, expect, test } from "vitest";
import { play, readEverything } from "../testing/logRecords.ts";
import { SimulatedFiles } from "../testing/simulatedFiles.ts";
import { openEmbeddedLog } from "./embeddedLog.ts";
import { segmentBases, segmentHeaderBytes, segmentPath } from "./segment.ts";

const directory = "log";
const duplicateWindowMs = 1; // so that opening does not read the sealed segments for their ids
let files: SimulatedFiles;
let time = 1_000;

function open(partitionCount = 4) {
  const clock = { now: () => (time += 10) };
  const segmentBytesMax = 1_500;
  return openEmbeddedLog({
    directory,
    files,
    partitionCount,
    segmentBytesMax,
    clock,
    duplicateWindowMs,
  });
}

/** 18 batches of 3 events over a few segments. */
beforeEach(async () => {
  files = new SimulatedFiles();
  const log = await open();
  for (let i = 0; i < 18; i++) await log.append(play(i * 3, 3, "id"));
  expect(log.stats().segmentCount).toBe(6);
  await log.close();
});

function segments(): string[] {
  return segmentBases(files.list(directory)).map((base) => segmentPath(directory, base));
}

function flip(path: string, position: number): void {
  const bytes = Buffer.from(files.contents(path));
  bytes[position] ^= 0x10;
  files.put(path, bytes);
}

test("any damaged byte of a sealed segment is DATA_CORRUPT, naming the file, when it is read", async () => {
  const path = segments()[1];
  const good = Buffer.from(files.contents(path));
  for (let position = 0; position < good.length; position++) {
    files.put(path, good);
    flip(path, position);
    const log = await open();
    await expect(readEverything(log), `byte ${position}`).rejects.toMatchObject({
      code: "DATA_CORRUPT",
      details: { path },
    });
    await log.close();
  }
});

test("what stands before the damage is read", async () => {
  const path = segments()[2];
  flip(path, files.contents(path).length - 1);
  const log = await open();
  const seen: number[] = [];
  const reading = (async () => {
    for await (const { offset } of log.readAll([0, 0, 0, 0])) seen.push(offset);
  })();
  await expect(reading).rejects.toMatchObject({ code: "DATA_CORRUPT" });
  const nextBase = segmentBases(files.list(directory))[3];
  expect(seen).toEqual(Array.from({ length: nextBase - 3 }, (_, i) => i));
  await log.close();
});

test("damage before the last batch of the last segment refuses to open", async () => {
  const log = await open();
  await log.append(play(54, 1));
  await log.append(play(55, 1));
  await log.close();
  const path = segments().at(-1) ?? "";
  const firstBatch = segmentHeaderBytes(4);
  for (const position of [firstBatch, firstBatch + 5, firstBatch + 9, firstBatch + 20, 20]) {
    const good = Buffer.from(files.contents(path));
    flip(path, position);
    await expect(open(), `byte ${position}`).rejects.toMatchObject({
      code: "DATA_CORRUPT",
      details: { path },
    });
    files.put(path, good);
  }
});

test("a last batch that is cut short or torn is cut away, at every length, and the log goes on", async () => {
  const path = segments().at(-1) ?? "";
  const log = await open();
  const wholeBytes = files.contents(path).length;
  await log.append(play(54, 1));
  await log.close();
  const longer = Buffer.from(files.contents(segments().at(-1) ?? ""));
  expect(segments().at(-1)).toBe(path);
  for (let size = wholeBytes; size < longer.length; size++) {
    for (const bytes of [longer.subarray(0, size), zeroedFrom(longer, size)]) {
      files.put(path, bytes);
      const opened = await open();
      expect(opened.stats().recordCount).toBe(54);
      expect(files.contents(path)).toHaveLength(wholeBytes);
      await opened.append(play(54, 2));
      expect((await readEverything(opened)).map(({ event }) => event.item)).toHaveLength(56);
      await opened.close();
    }
  }
});

test("a missing segment in the middle is DATA_CORRUPT when it is reached", async () => {
  files.removeSync(segments()[2]);
  const log = await open();
  await expect(readEverything(log)).rejects.toMatchObject({ code: "DATA_CORRUPT" });
  await log.close();
});

test("a sealed segment that lost its last batch is DATA_CORRUPT, not a shorter log", async () => {
  const path = segments()[1];
  const batchBytes = (files.contents(path).length - segmentHeaderBytes(4)) / 3;
  files.put(path, files.contents(path).subarray(0, files.contents(path).length - batchBytes));
  const log = await open();
  await expect(readEverything(log)).rejects.toMatchObject({ code: "DATA_CORRUPT" });
  await log.close();
});

test("a good batch in a place where it does not belong is DATA_CORRUPT, not cut and not read twice", async () => {
  const path = segments().at(-1) ?? "";
  const whole = Buffer.from(files.contents(path));
  const batchBytes = (whole.length - segmentHeaderBytes(4)) / 3;
  files.put(path, Buffer.concat([whole, whole.subarray(whole.length - batchBytes)]));
  await expect(open()).rejects.toMatchObject({
    code: "DATA_CORRUPT",
    details: { path, position: whole.length },
  });
});

test("a log is not opened with another number of partitions than it was made with", async () => {
  await expect(open(5)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

test("settings out of range are refused by name", async () => {
  for (const wrong of [
    { partitionCount: 0 },
    { partitionCount: 40_000 },
    { segmentBytesMax: 1.5 },
    { duplicateWindowMs: -1 },
    { duplicateIdsMax: 0 },
    { queueEventsMax: Number.NaN },
  ]) {
    await expect(openEmbeddedLog({ directory: "other", files, ...wrong })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      details: { name: Object.keys(wrong)[0] },
    });
  }
});

test("ids are held only as far back as the window reaches, also after opening again", async () => {
  const log = await open();
  expect(log.stats().rememberedIdCount).toBe(3);
  await log.append(play(100, 2, "id"));
  expect(log.stats().rememberedIdCount).toBe(2);
  await log.close();
});

function zeroedFrom(bytes: Buffer, position: number): Buffer {
  return Buffer.concat([bytes.subarray(0, position), Buffer.alloc(bytes.length - position)]);
}
