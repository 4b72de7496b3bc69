/**
 * Every place a node can stop in while it takes records of the topic into its copy: before and after each operation on
 * the disk, with each kind of loss. Opened again, it has what a node has that never stopped.
 */
import { expect, test } from "vitest";
import type { LogRecord } from "../../event/index.ts";
import { play, playTime, readEverything } from "../../testing/logRecords.ts";
import { SimulatedFiles, type Survival } from "../../testing/simulatedFiles.ts";
import { SimulatedTopic } from "../../testing/simulatedTopic.ts";
import { type KafkaLog, openKafkaLog } from "./kafkaLog.ts";

/** Events of ours with ids, some twice; what is no event; offsets without a record; other programs' events. */
function topicOf(seed: number): SimulatedTopic {
  const topic = new SimulatedTopic(seed, { fetchCountMax: 6 });
  const write = (value: string | undefined, time: number, isOurs = true): void => {
    topic.write([{ value: value === undefined ? undefined : Buffer.from(value), time, isOurs }]);
  };
  play(0, 24, "id").forEach((event, i) => {
    write(JSON.stringify(event), playTime + i * 1_000);
    if (i % 4 === 0) write(JSON.stringify(event), playTime + i * 1_000); // a repetition
    if (i % 5 === 0) write('{"type":"pl', playTime, false);
    if (i % 6 === 0) write(undefined, playTime);
    if (i % 7 === 0) topic.skip(3);
    if (i % 8 === 0)
      write(`{"type":"like","time":${playTime},"account":"b${i}","item":"x"}`, -1, false);
  });
  topic.skip(2); // it ends with what is no record
  return topic;
}

function open(files: SimulatedFiles, topic: SimulatedTopic): Promise<KafkaLog> {
  return openKafkaLog({
    directory: "log",
    files,
    partitionCount: 4,
    segmentBytesMax: 1_500,
    kafka: { brokers: ["simulated:1"], timeoutMs: 100 },
    openTopic: async () => topic.open(),
  });
}

async function recordsIn(files: SimulatedFiles, topic: SimulatedTopic): Promise<LogRecord[]> {
  const log = await open(files, topic);
  try {
    const records = await readEverything(log);
    // One more than the newest record's, whatever void stands behind it.
    const heads = [0, 0, 0, 0];
    for (const { partition, offset } of records) heads[partition] = offset + 1;
    expect(log.heads()).toEqual(heads);
    return records;
  } finally {
    await log.close();
  }
}

/** Opens and closes, as far as it comes. */
async function work(files: SimulatedFiles, topic: SimulatedTopic): Promise<void> {
  const log = await open(files, topic).catch(() => undefined);
  await log?.close().catch(() => undefined);
}

test("the records are those of the topic without what is dropped, under its offsets", async () => {
  const topic = topicOf(1);
  const records = await recordsIn(new SimulatedFiles(), topic);
  // By hand from the topic: an event's first record, and what other programs wrote that is one.
  const seen = new Set<string>();
  let logTime = 0;
  const expected = topic.records.flatMap(({ offset, value, time }) => {
    const text = value?.toString() ?? "";
    if (!text.endsWith("}") || (text.includes('"id"') && seen.has(text))) return [];
    seen.add(text);
    logTime = Math.max(logTime, time);
    return [{ offset, logTime, event: JSON.parse(text) as unknown }];
  });
  expect(
    records.map(({ offset, logTime: time, event }) => ({ offset, logTime: time, event })),
  ).toEqual(expected);
  expect(records.length).toBe(24 + 3);
});

test("stopped at any operation, nothing is lost and nothing is there twice", async () => {
  const expected = await recordsIn(new SimulatedFiles(), topicOf(1));
  const counting = new SimulatedFiles();
  await work(counting, topicOf(1));
  const operationCount = counting.operationCount;
  expect(operationCount).toBeGreaterThan(30);
  let stoppedCount = 0;
  for (let operation = 1; operation <= operationCount; operation++) {
    for (const when of ["before", "after"] as const) {
      for (const survival of ["none", "all", "torn"] satisfies Survival[]) {
        const files = new SimulatedFiles(operation);
        const topic = topicOf(1);
        files.stopAt(operation, when);
        await work(files, topic);
        if (files.stopped) stoppedCount++;
        files.restart(survival);
        const where = `${when} operation ${operation}, ${survival}`;
        expect(await recordsIn(files, topic), where).toEqual(expected);
        expect(files.openCount, where).toBe(0);
      }
    }
  }
  expect(stoppedCount).toBeGreaterThan(operationCount * 5);
}, 120_000);

test("a copy that is lost is filled again with the same records, however the fetches are cut", async () => {
  const topic = topicOf(1);
  const expected = await recordsIn(new SimulatedFiles(), topic);
  for (let seed = 2; seed < 12; seed++) {
    const other = topicOf(seed);
    expect(await recordsIn(new SimulatedFiles(), other)).toEqual(expected);
  }
});
