import { inspect } from "node:util";
import { expect, test } from "vitest";
import { hourMs } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import { play, playTime, readEverything, until } from "../../testing/logRecords.ts";
import { SimulatedFiles } from "../../testing/simulatedFiles.ts";
import { SimulatedTopic, type TopicFaults } from "../../testing/simulatedTopic.ts";
import { VirtualClock } from "../../testing/virtualClock.ts";
import { openKafkaIngest } from "./kafkaIngest.ts";
import { type KafkaLog, type KafkaLogOptions, type KafkaNotice, openKafkaLog } from "./kafkaLog.ts";
import { topicPartitionOf } from "./partitioner.ts";

const kafka = { brokers: ["simulated:1"], timeoutMs: 1_000 };

function open(
  topic: SimulatedTopic,
  options: Partial<KafkaLogOptions> & { files?: SimulatedFiles } = {},
): Promise<KafkaLog> {
  return openKafkaLog({
    directory: "log",
    files: new SimulatedFiles(),
    partitionCount: 4,
    clock: new VirtualClock(playTime),
    kafka,
    openTopic: async () => topic.open(),
    ...options,
  });
}

test("two nodes that append to one partition at once have the same log", async () => {
  const topic = new SimulatedTopic(3, { delayTurnsMax: 4, fetchCountMax: 5 });
  // Clocks that differ, and ids that both send.
  const one = await open(topic, { clock: new VirtualClock(playTime + 500) });
  const other = await open(topic, { clock: new VirtualClock(playTime) });
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? one : other).append(play(i * 3, 6, "id"))),
  );
  const dropped = results.reduce((sum, { duplicateCount }) => sum + duplicateCount, 0);
  await until(() => String(one.heads()) === String(other.heads()));
  const records = await readEverything(one);
  expect(await readEverything(other)).toEqual(records);
  expect(records).toHaveLength(40 * 3 + 3);
  expect(dropped).toBe(40 * 6 - records.length);
  const told = results.flatMap(({ offsets }) => offsets.filter((offset) => offset >= 0));
  expect(told.sort((a, b) => a - b)).toEqual(records.map(({ offset }) => offset));
  await Promise.all([one.close(), other.close()]);
});

test("a record that is no event is counted, told with its offset, and stops nothing", async () => {
  const topic = new SimulatedTopic();
  const notices: KafkaNotice[] = [];
  const log = await open(topic, { onNotice: (notice) => notices.push(notice) });
  const write = (text: string | undefined, isOurs = false): number =>
    topic.write([
      { value: text === undefined ? undefined : Buffer.from(text), time: playTime, isOurs },
    ]);
  const bad = [
    write("no JSON"),
    write("[1]"),
    write('{"type":"play"}'),
    write(`{"type":"nonsense","time":${playTime},"account":"a"}`),
    write(`{"type":"play","time":${playTime + hourMs},"account":"a","item":"x"}`), // from the future
    write(undefined),
    write("7", true),
    write('{"type":"play","time":1,"account":5}', true),
  ];
  const good = write(`{"type":"like","time":${playTime},"account":"a","item":"song-1"}`);
  await until(() => log.heads().some((head) => head > good));
  expect((await readEverything(log)).map(({ offset }) => offset)).toEqual([good]);
  expect(log.stats()).toMatchObject({ unreadableCount: bad.length, isStopped: false });
  expect(notices.map(({ kind, offset }) => [kind, offset])).toEqual(
    bad.map((offset) => ["unreadable", offset]),
  );
  await log.close();
});

test("what another program wrote is checked as over HTTP: times, fields, and no coordinates", async () => {
  const topic = new SimulatedTopic();
  const event = {
    type: "play",
    time: "2023-11-14T22:13:20Z",
    account: "a",
    item: "song-1",
    location: { lat: 48.8566, lon: 2.3522 },
  };
  topic.write([{ value: Buffer.from(JSON.stringify(event)), time: playTime, isOurs: false }]);
  topic.write([
    {
      value: Buffer.from(JSON.stringify({ ...event, type: "wave" })),
      time: playTime,
      isOurs: false,
    },
  ]);
  const log = await open(topic, { eventTypes: new Set(["wave"]) });
  const records = await readEverything(log);
  expect(records.map(({ event: { type, time } }) => [type, time])).toEqual([
    ["play", playTime],
    ["wave", playTime],
  ]);
  expect(JSON.stringify(records)).not.toMatch(/lat|lon|48\.8/);
  expect(records[0].event.location?.zip ?? records[0].event.location?.city).toBeDefined();
  await log.close();
});

test("a failed append is there whole or not at all, and its retry leaves each event once", async () => {
  const faults: TopicFaults = { failBefore: 0.2, failAfter: 0.2, delayTurnsMax: 2 };
  const topic = new SimulatedTopic(5, faults);
  const log = await open(topic);
  let failedCount = 0;
  for (let i = 0; i < 60; i++) {
    const call = play(i * 4, 4, "id");
    for (let isDone = false; !isDone; ) {
      isDone = await log.append(call).then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ code: "LOG_UNAVAILABLE" });
          failedCount++;
          return false;
        },
      );
    }
  }
  expect(failedCount).toBeGreaterThan(10);
  expect((await readEverything(log)).map(({ event }) => event)).toEqual(play(0, 240, "id"));
  await log.close();
});

test("what can't be read back in time is LOG_UNAVAILABLE, and reading goes on when it can", async () => {
  const topic = new SimulatedTopic();
  const notices: KafkaNotice[] = [];
  const log = await open(topic, {
    kafka: { ...kafka, timeoutMs: 150 },
    onNotice: (notice) => notices.push(notice),
  });
  topic.isReadable = false;
  await expect(log.append(play(0, 2, "id"))).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
  topic.isReadable = true;
  expect(await log.append(play(0, 2, "id"))).toEqual({ offsets: [-1, -1], duplicateCount: 2 });
  expect(notices.map(({ kind }) => kind)).toEqual(["unreachable", "reachable"]);
  await log.close();
});

test("a disk that fails for good stops the log until it is opened again", async () => {
  const topic = new SimulatedTopic();
  const files = new SimulatedFiles();
  const log = await open(topic, { files });
  await log.append(play(0, 2, "id"));
  files.failAt(files.operationCount + 2); // the sync of the next batch
  await expect(log.append(play(2, 2, "id"))).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
  await expect(log.append(play(4, 2, "id"))).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
  expect(log.stats().isStopped).toBe(true);
  await log.close();
  const again = await open(topic, { files });
  expect((await readEverything(again)).map(({ event }) => event)).toEqual(play(0, 4, "id"));
  await again.close();
});

test("a full disk holds the copy up, and what came meanwhile is taken afterwards", async () => {
  const topic = new SimulatedTopic();
  const files = new SimulatedFiles();
  const log = await open(topic, { files });
  files.failAt(files.operationCount + 1); // the write
  expect((await log.append(play(0, 3, "id"))).offsets).toEqual([0, 1, 2]);
  expect(log.stats().isStopped).toBe(false);
  await log.close();
});

test("a copy of another topic, or of none, is refused, and so is one that the topic has fallen behind", async () => {
  const topic = new SimulatedTopic();
  const files = new SimulatedFiles();
  await (await open(topic, { files })).close();
  const remade = new SimulatedTopic();
  remade.id = "made again";
  await expect(open(remade, { files })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  const log = await open(topic, { files });
  await log.append(play(0, 5));
  await log.close();
  // The same topic with less in it: brokers lost what they acknowledged.
  await expect(open(new SimulatedTopic(), { files })).rejects.toMatchObject({
    code: "DATA_CORRUPT",
  });
  // And with its beginning gone, while the node was away.
  topic.first = 7;
  topic.next = 9;
  await expect(open(topic, { files })).rejects.toMatchObject({ code: "DATA_CORRUPT" });
});

test("a new copy begins where the topic's retention has come to, under the topic's offsets", async () => {
  const topic = new SimulatedTopic();
  const first = await open(topic);
  await first.append(play(0, 10, "id"));
  const expected = (await readEverything(first)).slice(4);
  await first.close();
  topic.records.splice(0, 4);
  topic.first = 4;
  const files = new SimulatedFiles();
  const log = await open(topic, { files });
  expect(await readEverything(log)).toEqual(expected);
  await log.close();
  const again = await open(topic, { files });
  expect(await readEverything(again)).toEqual(expected);
  await again.close();
});

test("blanking a copy leaves its voids, and the offsets after them", async () => {
  const topic = new SimulatedTopic();
  const log = await open(topic);
  await log.append(play(0, 5, "id"));
  await log.append(play(3, 5, "id")); // two of them twice
  const before = await readEverything(log);
  expect(before.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 7, 8, 9]);
  const { recordCount } = await log.blank({
    matches: ({ event }) => event.account === "account-4",
    needles: ["account-4"],
  });
  expect(recordCount).toBe(1);
  const all = await log.blank({ matches: () => true });
  expect(all.recordCount).toBe(7);
  await log.close();
});

test("the ingest node's partitions are those that readers expect, in every language's words", async () => {
  // xxHash32, seed 0, of the UTF-8 bytes, by the reference implementation (`xxhsum -H32`).
  expect(topicPartitionOf("", 1_000)).toBe(0x02cc5d05 % 1_000);
  expect(topicPartitionOf("abc", 1_000)).toBe(0x32d153ff % 1_000);
  const topics = Array.from({ length: 5 }, (_, i) => new SimulatedTopic(i, { delayTurnsMax: 3 }));
  const ingest = await openKafkaIngest({
    kafka: { ...kafka, partitionCount: 5 },
    clock: new VirtualClock(playTime),
    openTopic: async () => ({
      id: "simulated",
      partition: (i) => topics[i].open().partition(0),
      close: async () => {},
    }),
  });
  const events = play(0, 200, "id");
  await Promise.all([ingest.append(events.slice(0, 120)), ingest.append(events.slice(120))]);
  await ingest.close();
  await expect(ingest.append(events)).rejects.toMatchObject({ code: "CLOSED" });
  let count = 0;
  for (const [i, topic] of topics.entries()) {
    const log = await open(topic, {
      kafka: { ...kafka, partitionCount: 5 },
      topicPartition: i,
    });
    const found = (await readEverything(log)).map(({ event }) => event);
    expect(found).toEqual(events.filter(({ account = "" }) => topicPartitionOf(account, 5) === i));
    expect(log.stats().misplacedCount).toBe(0);
    count += found.length;
    await log.close();
  }
  expect(count).toBe(200);
});

test("an account's event in another partition than its own is taken, counted and told", async () => {
  const topic = new SimulatedTopic();
  const notices: KafkaNotice[] = [];
  const place = topicPartitionOf("a", 5);
  const log = await open(topic, {
    kafka: { ...kafka, partitionCount: 5 },
    topicPartition: (place + 1) % 5,
    onNotice: (notice) => notices.push(notice),
  });
  await log.append([{ type: "play", time: 1, account: "a" }]);
  expect(log.stats()).toMatchObject({ misplacedCount: 1, recordCount: 1 });
  expect(notices.map(({ kind }) => kind)).toEqual(["misplaced"]);
  await log.close();
});

test("an append larger than the topic's batches is refused, and calls together are split", async () => {
  const topic = new SimulatedTopic();
  topic.batchBytesMax = 2_000;
  const log = await open(topic);
  const large: Event[] = [{ type: "play", time: 1, account: "a", item: "x".repeat(3_000) }];
  await expect(log.append(large)).rejects.toMatchObject({ code: "BATCH_TOO_LARGE" });
  await Promise.all(Array.from({ length: 20 }, (_, i) => log.append(play(i * 5, 5))));
  expect((await readEverything(log)).map(({ event }) => event)).toEqual(play(0, 100));
  await log.close();
});

test.each([
  { brokers: [] },
  { brokers: ["nonsense"] },
  { brokers: ["a:1"], topic: "no spaces" },
  { brokers: ["a:1"], partitionCount: 0 },
  { brokers: ["a:1"], replicationFactor: 1, minInSyncReplicas: 2 },
  { brokers: ["a:1"], batchBytesMax: 1e9 },
  { brokers: ["a:1"], sasl: { mechanism: "plain", username: "u", password: "" } as const },
])("settings out of range are refused: %j", async (bad) => {
  const opening = open(new SimulatedTopic(), { kafka: bad });
  await expect(opening).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  expect(inspect(await opening.catch((error: unknown) => error))).toContain("allowed");
});
