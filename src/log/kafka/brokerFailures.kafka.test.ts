/** Brokers that die, stop and come back while events are appended. Only where the brokers are the tests' own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Admin } from "@platformatic/kafka";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { Random } from "../../core/index.ts";
import {
  restartBroker,
  signalBroker,
  testBrokers,
  testCluster,
  testTopic,
} from "../../testing/kafkaBrokers.ts";
import { play, readEverything, until } from "../../testing/logRecords.ts";
import { SimulatedFiles } from "../../testing/simulatedFiles.ts";
import { type KafkaLog, type KafkaNotice, openKafkaLog } from "./kafkaLog.ts";
import type { KafkaOptions } from "./kafkaOptions.ts";

async function open(kafka: KafkaOptions, notices: KafkaNotice[] = []): Promise<KafkaLog> {
  const onNotice = (notice: KafkaNotice): number => notices.push(notice);
  const log = await openKafkaLog({
    directory: "log",
    files: new SimulatedFiles(),
    kafka,
    onNotice,
  });
  onTestFinished(() => log.close());
  return log;
}

async function leaderOf({ topic = "" }: KafkaOptions): Promise<number> {
  const admin = new Admin({ clientId: "test", bootstrapBrokers: testBrokers() });
  const { topics } = await admin.metadata({ topics: [topic] });
  await admin.close();
  return topics.get(topic)?.partitions[0].leader ?? expect.fail("the topic has a leader");
}

/** Appends call after call, each until it is acknowledged; returns how often one had to be sent again. */
async function appendAll(log: KafkaLog, from: number, callCount: number): Promise<number> {
  let retryCount = 0;
  for (let i = from; i < from + callCount; i++) {
    for (let isDone = false; !isDone; ) {
      isDone = await log.append(play(i * 5, 5, "id")).then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ code: "LOG_UNAVAILABLE" });
          retryCount++;
          return false;
        },
      );
    }
  }
  return retryCount;
}

describe.skipIf(testCluster() === undefined)("brokers that fail (only the tests' own)", () => {
  const ids = testCluster()?.nodes.map(({ id }) => id) ?? [];
  afterEach(async () => {
    for (const id of ids) await signalBroker(id, "SIGCONT");
    for (const id of ids) await restartBroker(id);
  });

  test("the broker that leads is killed while events are appended: every acknowledged one is there, once", async () => {
    const kafka = testTopic();
    const log = await open(kafka);
    await appendAll(log, 0, 20);
    const leader = await leaderOf(kafka);
    // Without ids, so that what stood there twice would be seen.
    const withoutIds = Array.from({ length: 200 }, (_, i) => play(10_000 + i * 2, 2));
    const appending = (async () => {
      for (const call of withoutIds) await log.append(call);
    })();
    await signalBroker(leader, "SIGKILL");
    await appendAll(log, 20, 40);
    await appending;
    expect(await leaderOf(kafka)).not.toBe(leader);
    const found = (await readEverything(log)).map(({ event }) => event);
    expect(found.filter(({ id }) => id !== undefined)).toEqual(play(0, 300, "id"));
    expect(found.filter(({ id }) => id === undefined)).toEqual(play(10_000, 400));
    await restartBroker(leader);
    // And they are in what another node reads.
    expect(await readEverything(await open(kafka))).toEqual(await readEverything(log));
  });

  test("with two of three down an append fails with the reason, and works again when they are back", async () => {
    const kafka = testTopic({ timeoutMs: 4_000 });
    const log = await open(kafka);
    await appendAll(log, 0, 5);
    const leader = await leaderOf(kafka);
    const others = ids.filter((id) => id !== leader);
    for (const id of others) await signalBroker(id, "SIGKILL");
    const began = performance.now();
    const failing = log.append(play(25, 5, "id"));
    await expect(failing).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
    expect(performance.now() - began).toBeLessThan(30_000);
    // What is there is read all the same.
    expect((await readEverything(log)).length).toBeGreaterThanOrEqual(25);
    for (const id of others) await restartBroker(id);
    await appendAll(log, 5, 5);
    expect((await readEverything(log)).map(({ event }) => event)).toEqual(play(0, 50, "id"));
  });

  test("a broker that is paused and goes on is no second truth", async () => {
    const kafka = testTopic();
    const log = await open(kafka);
    await appendAll(log, 0, 5);
    const leader = await leaderOf(kafka);
    await signalBroker(leader, "SIGSTOP");
    const appending = appendAll(log, 5, 20);
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    await signalBroker(leader, "SIGCONT");
    await appending;
    expect((await readEverything(log)).map(({ event }) => event)).toEqual(play(0, 125, "id"));
  });
});

const appender = `
  import { writeSync } from "node:fs";
  const { openKafkaLog } = await import("#foldback/log");
  const [directory, kafka] = process.argv.slice(1);
  const log = await openKafkaLog({ directory, segmentBytesMax: 20_000, kafka: JSON.parse(kafka) });
  let next = 0;
  for await (const { event } of log.readAll(Array(log.partitionCount).fill(0))) next = Math.max(next, Number(event.id) + 1);
  const appendForEver = async () => {
    for (;;) {
      const size = 1 + Math.floor(Math.random() * 20);
      const first = next;
      next += size;
      await log.append(Array.from({ length: size }, (_, i) => ({
        id: String(first + i), type: "play", time: Date.now(), account: "a" + (i % 5), item: "x",
      })));
      writeSync(1, first + size - 1 + "\\n");
    }
  };
  await Promise.all([appendForEver(), appendForEver(), appendForEver()]);
`;

test("a node that is killed again and again loses nothing acknowledged and doubles nothing", async () => {
  const seed = Date.now() % 1_000_000;
  const random = new Random(seed);
  const kafka = testTopic();
  const directory = mkdtempSync(join(tmpdir(), "foldback-kafka-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (let round = 1; round <= 8; round++) {
    const child = spawn(process.execPath, [
      ...["--input-type=module", "-e", appender, directory, JSON.stringify(kafka)],
    ]);
    let output = "";
    let errors = "";
    child.stdout.on("data", (text: Buffer) => {
      output += text.toString();
    });
    child.stderr.on("data", (text: Buffer) => {
      errors += text.toString();
    });
    await until(() => output !== "" || errors !== "");
    await new Promise((resolve) => setTimeout(resolve, random.below(150)));
    child.kill("SIGKILL");
    await once(child, "close");
    expect(errors).toBe("");
    const log = await openKafkaLog({ directory, segmentBytesMax: 20_000, kafka });
    const records = await readEverything(log);
    await log.close();
    const where = `round ${round}, seed ${seed}`;
    const numbers = output.split("\n").slice(0, -1).map(Number);
    expect(records.length - 1, where).toBeGreaterThanOrEqual(Math.max(...numbers));
    expect(
      records.map(({ event }) => event.id),
      where,
    ).toEqual(records.map((_, i) => String(i)));
  }
  // And a node that begins with nothing has the same.
  const kept = await openKafkaLog({ directory, segmentBytesMax: 20_000, kafka });
  const fresh = await open(kafka);
  expect(await readEverything(fresh)).toEqual(await readEverything(kept));
  await kept.close();
});
