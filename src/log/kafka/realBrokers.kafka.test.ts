/** What only real brokers can show: other programs' records, transactions, settings of topics, logins. */
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { Admin, Producer } from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { FoldbackError } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import { testBrokers, testCluster, testTopic } from "../../testing/kafkaBrokers.ts";
import { play, playTime, readEverything, until } from "../../testing/logRecords.ts";
import { SimulatedFiles } from "../../testing/simulatedFiles.ts";
import { openKafkaIngest } from "./kafkaIngest.ts";
import { type KafkaLog, type KafkaLogOptions, type KafkaNotice, openKafkaLog } from "./kafkaLog.ts";
import { topicPartitionOf } from "./partitioner.ts";

let admin: Admin;
beforeAll(() => {
  admin = new Admin({ clientId: "test", bootstrapBrokers: testBrokers() });
});
afterAll(() => admin.close());

async function open(
  options: Partial<KafkaLogOptions> & Pick<KafkaLogOptions, "kafka">,
): Promise<KafkaLog> {
  const log = await openKafkaLog({ directory: "log", files: new SimulatedFiles(), ...options });
  onTestFinished(() => log.close());
  return log;
}

function producer(transactionalId?: string): Producer {
  const made = new Producer({
    clientId: "test",
    bootstrapBrokers: testBrokers(),
    ...(transactionalId !== undefined && { idempotent: true, transactionalId, retries: 10 }),
  });
  onTestFinished(() => made.close(true));
  return made;
}

test("a topic is made with the stated settings, and another number of partitions is refused", async () => {
  const kafka = testTopic({ partitionCount: 3, retentionMs: 86_400_000, batchBytesMax: 100_000 });
  await open({ kafka, topicPartition: 2 });
  const { topic = "" } = kafka;
  const [{ configs }] = await admin.describeConfigs({
    resources: [{ resourceType: 2, resourceName: topic }],
  });
  expect(Object.fromEntries(configs.map(({ name, value }) => [name, value]))).toMatchObject({
    "cleanup.policy": "delete",
    "retention.ms": "86400000",
    "min.insync.replicas": "2",
    "max.message.bytes": "100000",
    "message.timestamp.type": "CreateTime",
    "unclean.leader.election.enable": "false",
  });
  const { topics } = await admin.metadata({ topics: [topic] });
  expect(topics.get(topic)?.partitions.map(({ replicas }) => replicas.length)).toEqual([3, 3, 3]);
  await expect(open({ kafka: { ...kafka, partitionCount: 4 } })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
  });
});

test("a topic that would lose events or their times, or can't have so many copies, is refused", async () => {
  for (const config of [
    { name: "cleanup.policy", value: "compact" },
    { name: "message.timestamp.type", value: "LogAppendTime" },
  ]) {
    const kafka = testTopic();
    await admin.createTopics({
      topics: [kafka.topic ?? ""],
      partitions: 1,
      replicas: 1,
      configs: [config],
    });
    await expect(open({ kafka })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  }
  const opening = open({ kafka: testTopic({ replicationFactor: 100 }) });
  await expect(opening).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

test("two nodes that append at once have the same log, and a third that comes later as well", async () => {
  const kafka = testTopic();
  const [one, other] = await Promise.all([open({ kafka }), open({ kafka })]);
  const results = await Promise.all(
    Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? one : other).append(play(i * 3, 6, "id"))),
  );
  await until(() => String(one.heads()) === String(other.heads()));
  const records = await readEverything(one);
  expect(records).toHaveLength(60 * 3 + 3);
  expect(await readEverything(other)).toEqual(records);
  expect(await readEverything(await open({ kafka }))).toEqual(records);
  const told = results.flatMap(({ offsets }) => offsets.filter((offset) => offset >= 0));
  expect(told.sort((a, b) => a - b)).toEqual(records.map(({ offset }) => offset));
});

test("what other programs write is taken where it is an event, and told where it is none", async () => {
  const kafka = testTopic();
  const notices: KafkaNotice[] = [];
  const log = await open({ kafka, onNotice: (notice) => notices.push(notice) });
  const { topic = "" } = kafka;
  const foreign = producer();
  const event = { type: "play", time: "2023-11-14T22:13:20Z", account: "a", item: "song-1" };
  for (const compression of ["none", "gzip", "lz4"] as const) {
    await foreign.send({
      acks: -1,
      compression,
      messages: [
        { topic, key: Buffer.from("a"), value: Buffer.from(JSON.stringify(event)) },
        { topic, value: Buffer.from("no JSON") },
        { topic, value: Buffer.from(JSON.stringify({ ...event, item: compression })) },
      ],
    });
  }
  await until(() => log.stats().recordCount === 9);
  const records = await readEverything(log);
  expect(records.map(({ offset, event: { item, time } }) => [offset, item, time])).toEqual([
    [0, "song-1", playTime],
    [2, "none", playTime],
    [3, "song-1", playTime],
    [5, "gzip", playTime],
    [6, "song-1", playTime],
    [8, "lz4", playTime],
  ]);
  expect(notices.map(({ kind, offset }) => [kind, offset])).toEqual([
    ["unreadable", 1],
    ["unreadable", 4],
    ["unreadable", 7],
  ]);
});

test("what a transaction wrote that was aborted is not there, and what was committed is", async () => {
  const kafka = testTopic();
  const { topic = "" } = kafka;
  const log = await open({ kafka });
  const value = (item: string): Buffer =>
    Buffer.from(JSON.stringify({ type: "play", time: playTime, account: "a", item }));
  for (const item of ["first", "second", "third"]) {
    const writer = producer(`${topic}-${item}`);
    const transaction = await writer.beginTransaction();
    await transaction.send({
      messages: [
        { topic, value: value(item) },
        { topic, value: value(`${item}-2`) },
      ],
    });
    if (item === "second") await transaction.abort();
    else await transaction.commit();
    // A log that is opened here opens where the topic ends with the end of a transaction.
    await (await openKafkaLog({ directory: "log", files: new SimulatedFiles(), kafka })).close();
    await log.append([{ type: "play", time: playTime, account: "a", item: `after ${item}` }]);
  }
  const items = (await readEverything(log)).map(({ event }) => event.item);
  expect(items).toEqual([
    "first",
    "first-2",
    "after first",
    "after second",
    "third",
    "third-2",
    "after third",
  ]);
  // Filled again in one go, where the fetch has all of it.
  const again = await open({ kafka });
  expect(await readEverything(again)).toEqual(await readEverything(log));
});

test("an append larger than the topic takes is refused, by our count and by the broker's", async () => {
  const kafka = testTopic({ batchBytesMax: 20_000 });
  const log = await open({ kafka });
  const large: Event[] = [
    { type: "play", time: 1, account: "a", context: { text: "x".repeat(30_000) } },
  ];
  await expect(log.append(large)).rejects.toMatchObject({ code: "BATCH_TOO_LARGE" });
  // Made smaller behind our back.
  const { topic = "" } = kafka;
  await admin.incrementalAlterConfigs({
    resources: [
      {
        resourceType: 2,
        resourceName: topic,
        configs: [{ name: "max.message.bytes", configOperation: 0, value: "2000" }],
      },
    ],
  });
  const middle: Event[] = [
    { type: "play", time: 1, account: "a", context: { text: "x".repeat(9_000) } },
  ];
  await expect
    .poll(() =>
      log.append(middle).then(
        () => "taken",
        (error: unknown) => (error instanceof FoldbackError ? error.code : error),
      ),
    )
    .toBe("BATCH_TOO_LARGE");
  // Calls of one batch that is too large go one by one.
  const calls = Array.from({ length: 40 }, (_, i) => log.append(play(i * 2, 2, "id")));
  await Promise.all(calls);
  const found = (await readEverything(log)).filter(({ event }) => event.id !== undefined);
  expect(found.map(({ event }) => event)).toEqual(play(0, 80, "id"));
});

test("an append whose time is far ahead of the brokers' clocks is refused with the reason", async () => {
  const log = await open({ kafka: testTopic() });
  const ahead = [{ type: "play", time: Date.now() + 10 * 3_600_000, account: "a" }];
  await expect(log.append(ahead, { timeOfEvents: true })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
  });
  expect((await log.append(play(0, 2))).offsets).toEqual([0, 1]);
});

test("history that spans decades is one append, and keeps its times", async () => {
  const log = await open({ kafka: testTopic() });
  const times = [0, 86_400_000 * 30, 1e12, 1.7e12];
  await log.append(
    times.map((time) => ({ type: "play", time, account: "a" })),
    { timeOfEvents: true },
  );
  expect((await readEverything(log)).map(({ logTime }) => logTime)).toEqual(times);
});

test("a node without partitions brings events to each account's own", async () => {
  const kafka = testTopic({ partitionCount: 4 });
  const ingest = await openKafkaIngest({ kafka });
  const events = play(0, 300, "id");
  await Promise.all([0, 100, 200].map((at) => ingest.append(events.slice(at, at + 100))));
  await ingest.append(events.slice(0, 50)); // a retry
  await ingest.close();
  for (let partition = 0; partition < 4; partition++) {
    const log = await open({ kafka, topicPartition: partition });
    const found = (await readEverything(log)).map(({ event }) => event);
    const expected = events.filter(
      ({ account = "" }) => topicPartitionOf(account, 4) === partition,
    );
    expect(new Set(found)).toEqual(new Set(expected));
    expect(found).toHaveLength(expected.length);
    expect(log.stats().misplacedCount).toBe(0);
  }
});

test("brokers that are not there are told so, with what to do", async () => {
  const kafka = testTopic({ brokers: ["127.0.0.1:1"], timeoutMs: 500 });
  const opening = open({ kafka });
  await expect(opening).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
});

describe.skipIf(testCluster() === undefined)(
  "with TLS and a login (only the tests' own cluster has them)",
  () => {
    const secure = () => {
      const { nodes, certificateFile, user, password } = testCluster() ?? expect.fail("no cluster");
      return {
        brokers: nodes.map(({ securePort }) => `127.0.0.1:${securePort}`),
        tls: { ca: readFileSync(certificateFile, "utf8") },
        username: user,
        password,
      };
    };

    test.each(["plain", "scram-sha-256", "scram-sha-512"] as const)(
      "%s works",
      async (mechanism) => {
        const { brokers, tls, username, password } = secure();
        const log = await open({
          kafka: testTopic({ brokers, tls, sasl: { mechanism, username, password } }),
        });
        await log.append(play(0, 3));
        expect((await readEverything(log)).map(({ event }) => event)).toEqual(play(0, 3));
      },
    );

    test("a login that is refused is told at once, and no error has the password", async () => {
      const { brokers, tls, username } = secure();
      const password = "s3cret-that-is-wrong";
      for (const mechanism of ["plain", "scram-sha-256"] as const) {
        const began = performance.now();
        const opening = open({
          kafka: testTopic({ brokers, tls, sasl: { mechanism, username, password } }),
        });
        const error: unknown = await opening.catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: "CONFIG_INVALID" });
        expect(performance.now() - began).toBeLessThan(20_000);
        expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(password);
      }
    });

    test("a certificate that is not trusted is refused", async () => {
      const { brokers, username, password } = secure();
      const sasl = { mechanism: "plain", username, password } as const;
      const opening = open({ kafka: testTopic({ brokers, tls: true, sasl, timeoutMs: 1_000 }) });
      const error: unknown = await opening.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "LOG_UNAVAILABLE" });
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(password);
    });
  },
);
