/**
 * What does it cost to have the log in Kafka?
 *
 * An append is acknowledged by two of three brokers (`acks=all`), read back, and synced into the node's copy. Beside it, in turn: the
 * client library's own idempotent producer with the same records, which reads nothing back and keeps no copy, and the
 * embedded log on the same disk. Then a copy that was lost is filled again; beside it the library fetches the same
 * partition and does nothing with it. Brokers, clients and disk are one machine's: all share its cores.
 *
 * `KAFKA_BROKERS` names brokers; else three are started (`scripts/kafka.mjs`), but not at smoke size.
 */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Admin, ConnectionPool, fetchV17, Producer } from "@platformatic/kafka";
import { assert, hash32 } from "#foldback/core";
import type { Event } from "#foldback/event";
import { type EventLog, type KafkaOptions, openEmbeddedLog, openKafkaLog } from "#foldback/log";
import { count, figure, median, print, root, spread, withDirectory } from "./lib/report.ts";

const batchEvents = 500;
const callsAtOnce = 8;
const rounds = 3;
const accountCount = 20_000;

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const named = process.env["KAFKA_BROKERS"]?.split(",");
  if (named === undefined && smoke) {
    print(
      "left out: it needs Kafka brokers. KAFKA_BROKERS names them; at full size they are started",
    );
    return;
  }
  const directory = join(root, "build", "kafka", "bench");
  const script = join(root, "scripts", "kafka.mjs");
  const runScript = (command: string): string =>
    execFileSync(process.execPath, [script, command, "--directory", directory], {
      encoding: "utf8",
    });
  const brokers = named ?? runScript("start").trim().split("=")[1].split(",");
  try {
    await measure(brokers, smoke);
  } finally {
    if (named === undefined) runScript("stop");
  }
}

async function measure(brokers: readonly string[], smoke: boolean): Promise<void> {
  const singleCount = smoke ? 100 : 2_000;
  const eventCount = smoke ? 10_000 : 200_000;
  const contestants = {
    foldback: { latencies: [] as number[], rates: [] as number[], perCpu: [] as number[] },
    library: { latencies: [] as number[], rates: [] as number[], perCpu: [] as number[] },
    embedded: { latencies: [] as number[], rates: [] as number[], perCpu: [] as number[] },
  };
  const fills: Measured[] = [];
  const fetches: Measured[] = [];
  let checksum = 0;
  for (let round = 0; round < (smoke ? 1 : rounds); round++) {
    await withDirectory(async (data) => {
      const kafka = {
        brokers,
        topic: `bench-${randomUUID()}`,
        replicationFactor: Math.min(3, brokers.length),
      };
      const log = await openKafkaLog({ directory: join(data, "kafka"), kafka });
      await appendAll(
        contestants.foldback,
        (events) => log.append(events),
        singleCount,
        eventCount,
      );
      await log.close();
      await withProducer(brokers, kafka, (send) =>
        // One call at a time: with more it numbers several batches alike, and the brokers refuse them.
        appendAll(contestants.library, send, singleCount, eventCount, 1),
      );
      const embedded = await openEmbeddedLog({ directory: join(data, "embedded") });
      await appendAll(
        contestants.embedded,
        (events) => embedded.append(events),
        singleCount,
        eventCount,
      );
      await embedded.close();

      const appended = singleCount + eventCount;
      fills.push(
        await timed(appended, async () => {
          const filled = await openKafkaLog({ directory: join(data, "again"), kafka });
          await filled.close();
        }),
      );
      fetches.push(await timed(appended, () => fetchAll(brokers, kafka, appended)));
      checksum = await checksumOf(join(data, "again"), kafka, appended);
    });
  }
  for (const [name, { latencies, rates, perCpu }] of Object.entries(contestants)) {
    figure(name, `one event at a time: ${spread(latencies)}`);
    figure(
      "",
      `${batchEvents} at a time, ${name === "library" ? 1 : callsAtOnce} at once: ${count(median(rates))} events/s, ` +
        `${count(median(perCpu))} a processor-second of this process`,
    );
  }
  const tell = (measured: readonly Measured[]): string =>
    `${count(median(measured.map(({ rate }) => rate)))} events/s, ` +
    `${count(median(measured.map(({ perCpu }) => perCpu)))} a processor-second of this process`;
  figure("copy filled", tell(fills));
  figure("fetched only", tell(fetches));
  figure(
    "memory",
    `${count(process.resourceUsage().maxRSS / 1024)} MiB at the most, of all of it together`,
  );
  figure("checksum", `${checksum} of the ids in the copy`);
}

interface Measured {
  readonly rate: number;
  readonly perCpu: number;
}

async function timed(eventCount: number, work: () => Promise<void>): Promise<Measured> {
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  await work();
  const seconds = (performance.now() - beganMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { rate: eventCount / seconds, perCpu: eventCount / ((user + system) / 1e6) };
}

async function appendAll(
  into: { latencies: number[]; rates: number[]; perCpu: number[] },
  append: (events: Event[]) => Promise<unknown>,
  singleCount: number,
  eventCount: number,
  callsAtOnceMax = callsAtOnce,
): Promise<void> {
  for (let i = 0; i < singleCount; i++) {
    const events = makeEvents(i, 1);
    const beganMs = performance.now();
    await append(events);
    into.latencies.push(performance.now() - beganMs);
  }
  let next = singleCount;
  const appendSome = async (): Promise<void> => {
    while (next < singleCount + eventCount) {
      const from = next;
      next += batchEvents;
      await append(makeEvents(from, batchEvents));
    }
  };
  const { rate, perCpu } = await timed(eventCount, async () => {
    await Promise.all(Array.from({ length: callsAtOnceMax }, appendSome));
  });
  into.rates.push(rate);
  into.perCpu.push(perCpu);
}

async function withProducer(
  brokers: readonly string[],
  { topic = "" }: KafkaOptions,
  use: (send: (events: Event[]) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const producer = new Producer({
    clientId: "bench",
    bootstrapBrokers: [...brokers],
    idempotent: true,
    retries: 5,
  });
  const admin = new Admin({ clientId: "bench", bootstrapBrokers: [...brokers] });
  const own = `${topic}-library`;
  const replicas = Math.min(3, brokers.length);
  await admin.createTopics({
    topics: [own],
    partitions: 1,
    replicas,
    configs: [{ name: "min.insync.replicas", value: String(Math.min(2, replicas)) }],
  });
  // Its leader is known a moment later.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await use((events) =>
    producer.send({
      messages: events.map((event) => ({
        topic: own,
        partition: 0,
        key: Buffer.from(event.account ?? ""),
        value: Buffer.from(JSON.stringify(event)),
      })),
    }),
  );
  await producer.close();
  await admin.close();
}

async function fetchAll(
  brokers: readonly string[],
  { topic = "" }: KafkaOptions,
  eventCount: number,
): Promise<void> {
  const admin = new Admin({ clientId: "bench", bootstrapBrokers: [...brokers] });
  const metadata = await admin.metadata({ topics: [topic] });
  const found = metadata.topics.get(topic);
  const broker = metadata.brokers.get(found?.partitions[0].leader ?? -1);
  assert(found !== undefined && broker !== undefined, "the topic was just written");
  const pool = new ConnectionPool("bench");
  const connection = await pool.get(broker);
  const bytesMax = 8 * 1024 * 1024;
  for (let next = 0n; next < eventCount; ) {
    const at = { currentLeaderEpoch: -1, lastFetchedEpoch: -1, partitionMaxBytes: bytesMax };
    const topics = [
      { topicId: found.id, partitions: [{ partition: 0, fetchOffset: next, ...at }] },
    ];
    const reply = await fetchV17.api.async(connection, 500, 1, bytesMax, 0, 0, 0, topics, [], "");
    for (const batch of reply.responses[0].partitions[0].records ?? []) {
      next = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
    }
  }
  await pool.close();
  await admin.close();
}

async function checksumOf(
  directory: string,
  kafka: KafkaOptions,
  eventCount: number,
): Promise<number> {
  const log: EventLog = await openKafkaLog({ directory, kafka });
  let checksum = 0;
  let read = 0;
  for await (const records of log.readBatches(new Array<number>(log.partitionCount).fill(0))) {
    for (const { event } of records) checksum = (checksum + hash32(event.id ?? "")) % 1_000_003;
    read += records.length;
  }
  await log.close();
  assert(read === eventCount, `the copy has ${read} of ${eventCount} events`);
  return checksum;
}

function makeEvents(from: number, length: number): Event[] {
  const time = Date.now();
  return Array.from({ length }, (_, i) => ({
    id: `event-${from + i}`,
    type: "play",
    time,
    account: `account-${hash32(String(from + i)) % accountCount}`,
    item: `item-${hash32(String(from + i), 1) % 10_000}`,
    seconds: (from + i) % 300,
    platform: "ios",
  }));
}
