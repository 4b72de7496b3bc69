/**
 * How many events a second does the engine take in, by HTTP and from a file?
 *
 * By HTTP: batches of 500 events with ids, from this process over a few connections to the real server,
 * which answers 202 once they are on disk. Then the server is killed and its log read: every id must be
 * there once. Beside it, in turn, the limit of HTTP and JSON: a server that parses the same bodies and
 * answers 202, and does nothing else.
 *
 * From a file: `importFile` of NDJSON and of CSV, in time order. Beside it, in turn, the limit of the disk:
 * the same bytes written to a file, with one sync at the end.
 */
import {
  closeSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import fastify from "fastify";
import { assert, hash32, Random } from "#foldback/core";
import { importFile, resolveConfig } from "#foldback/engine";
import { openEmbeddedLog } from "#foldback/log";
import { bar, count, figure, median, withDirectory } from "./lib/report.ts";
import { type Client, withProcess, withServer } from "./lib/server.ts";

const seed = 6;
const batchEvents = 500;
const connectionCount = 4;
const rounds = 5;
const httpRateMin = 20_000;
const fileRateMin = 100_000;
const accountCount = 20_000;
const itemCount = 10_000;
/** One event every 50 ms from here: 500,000 are 7 hours. */
const firstTime = Date.UTC(2025, 0, 1);
const everyMs = 50;

interface Play {
  readonly id: string;
  readonly type: string;
  readonly time: number;
  readonly account: string;
  readonly item: string;
  readonly seconds: number;
  readonly platform: string;
}

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  await benchHttp(smoke ? 5000 : 200_000, smoke);
  await benchFiles(smoke ? 10_000 : 500_000, smoke);
}

async function benchHttp(eventCount: number, smoke: boolean): Promise<void> {
  const events = makeEvents(eventCount);
  const bodies: Buffer[] = [];
  for (let at = 0; at < eventCount; at += batchEvents)
    bodies.push(Buffer.from(JSON.stringify(events.slice(at, at + batchEvents))));
  const sizeMib = bodies.reduce((sum, { length }) => sum + length, 0) / 2 ** 20;
  figure(
    "by HTTP",
    `${count(eventCount)} events, ${sizeMib.toFixed(1)} MiB, batches of ${batchEvents} over ${connectionCount} connections`,
  );
  const own: number[] = [];
  const limit: number[] = [];
  const lags: number[] = [];
  const busy: number[] = [];
  let checksum = 0;
  for (let round = 0; round < (smoke ? 1 : rounds); round++) {
    await withDirectory(async (data) => {
      await withServer({ data }, async ({ client, kill, threadSeconds }) => {
        const busyBefore = threadSeconds() ?? Number.NaN;
        own.push(eventCount / (await postAll(client, bodies)));
        busy.push((threadSeconds() ?? Number.NaN) - busyBefore);
        lags.push((await client.status()).trainingLag);
        await kill();
      });
      checksum = await checksumOfLog(data, events);
    });
    const code = `await (await import(${JSON.stringify(import.meta.url)})).serveAcceptance()`;
    await withProcess(["--input-type=module", "--eval", code], async ({ client }) => {
      limit.push(eventCount / (await postAll(client, bodies)));
    });
  }
  figure("  foldback", `${count(median(own))} events/s (rounds: ${own.map(count).join(", ")})`);
  figure("  lag", `${count(median(lags))} events not learned from yet after the last 202`);
  const busySeconds = median(busy);
  if (!Number.isNaN(busySeconds)) {
    const perEvent = ((busySeconds / eventCount) * 1e6).toFixed(1);
    figure(
      "  processor",
      `${perEvent} µs an event of the serving thread: ${count(eventCount / busySeconds)} events/s of a core of its own`,
    );
  }
  figure("  limit", `${count(median(limit))} events/s, the same bodies parsed and 202, no more`);
  figure("  ratio", `${(median(own) / median(limit)).toFixed(2)} of the limit`);
  figure("  checksum", `${checksum} of the ids in the log of the killed server`);
  const rate = median(own);
  bar(
    `>= ${count(httpRateMin)} events/s by HTTP, durable: ${count(rate)}`,
    rate >= httpRateMin,
    smoke,
  );
}

/** Posts every body once; returns seconds. */
async function postAll(client: Client, bodies: readonly Buffer[]): Promise<number> {
  let next = 0;
  const beganMs = performance.now();
  const postSome = async (): Promise<void> => {
    while (next < bodies.length) {
      const { status, text } = await client.post("/v1/events", bodies[next++]);
      assert(status === 202, `a batch is accepted, not answered ${status} ${text.slice(0, 200)}`);
    }
  };
  await Promise.all(Array.from({ length: connectionCount }, postSome));
  return (performance.now() - beganMs) / 1000;
}

/** Sum of the hashes of the ids, modulo 2^32, after a look at whether they are all there, each once. */
async function checksumOfLog(data: string, events: readonly Play[]): Promise<number> {
  const log = await openEmbeddedLog({ directory: join(data, "log") });
  const ids = new Set<string>();
  for await (const records of log.readBatches(new Array<number>(log.partitionCount).fill(0)))
    for (const { event } of records) ids.add(event.id ?? "");
  const { recordCount } = log.stats();
  await log.close();
  assert(recordCount === events.length, "the log holds as many records as were accepted");
  assert(
    events.every(({ id }) => ids.has(id)),
    "the log holds every event that was accepted",
  );
  return checksumOf(ids);
}

/** The limit that the server is compared with; runs in a process of its own. */
export async function serveAcceptance(): Promise<void> {
  const server = fastify({ bodyLimit: 8 * 2 ** 20 });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) =>
    done(null, body),
  );
  server.post("/v1/events", (request, reply) => {
    const events = JSON.parse(String(request.body)) as unknown[];
    return reply.code(202).send({ accepted: events.length, duplicates: 0, refused: [] });
  });
  const address = await server.listen({ host: "127.0.0.1", port: 0 });
  process.stdout.write(`${JSON.stringify({ address })}\n`);
}

async function benchFiles(eventCount: number, smoke: boolean): Promise<void> {
  await withDirectory(async (directory) => {
    const events = makeEvents(eventCount);
    const columns = ["id", "type", "time", "account", "item", "seconds", "platform"] as const;
    const rowOf = (event: Play): string => columns.map((column) => event[column]).join(",");
    const texts = {
      ndjson: events.map((event) => JSON.stringify(event)),
      csv: [columns.join(","), ...events.map(rowOf)],
    };
    const formats = ["ndjson", "csv"] as const;
    for (const format of formats)
      writeFileSync(join(directory, `events.${format}`), `${texts[format].join("\n")}\n`);
    const own = { ndjson: [] as number[], csv: [] as number[] };
    const limit = { ndjson: [] as number[], csv: [] as number[] };
    let checksum = 0;
    for (let round = 0; round < (smoke ? 1 : rounds); round++) {
      for (const format of formats) {
        const path = join(directory, `events.${format}`);
        await withDirectory(async (data) => {
          const { accepted, seconds } = await importFile(
            resolveConfig({ dataDirectory: data }),
            path,
          );
          assert(accepted === eventCount, "every event of the file is taken");
          own[format].push(eventCount / seconds);
          if (round === 0) checksum = (checksum + (await checksumOfLog(data, events))) % 2 ** 32;
          limit[format].push(eventCount / writeBytes(readFileSync(path), join(data, "bytes")));
        });
      }
    }
    for (const format of formats) {
      const sizeMib = statSync(join(directory, `events.${format}`)).size / 2 ** 20;
      figure("from a file", `${count(eventCount)} events, ${sizeMib.toFixed(1)} MiB of ${format}`);
      const rate = median(own[format]);
      figure(
        "  foldback",
        `${count(rate)} events/s (rounds: ${own[format].map(count).join(", ")})`,
      );
      figure(
        "  limit",
        `${count(median(limit[format]))} events/s, the same bytes written and synced`,
      );
      figure("  ratio", `${(rate / median(limit[format])).toFixed(3)} of the limit`);
      bar(
        `>= ${count(fileRateMin)} events/s from ${format}: ${count(rate)}`,
        rate >= fileRateMin,
        smoke,
      );
    }
    figure("checksum", `${checksum} of the ids in both logs`);
  });
}

/** Writes them in parts of 1 MiB, syncs once; returns seconds. */
function writeBytes(bytes: Buffer, path: string): number {
  const partBytes = 2 ** 20;
  const beganMs = performance.now();
  const file = openSync(path, "w");
  for (let at = 0; at < bytes.length; at += partBytes)
    writeSync(file, bytes.subarray(at, at + partBytes));
  fdatasyncSync(file);
  closeSync(file);
  return (performance.now() - beganMs) / 1000;
}

/** Plays, likes and skips; items and accounts by a power law, so that some are far more active. */
function makeEvents(eventCount: number): Play[] {
  const random = new Random(seed);
  const skewed = (below: number): number => Math.floor(below * random.uniform() ** 3);
  return Array.from({ length: eventCount }, (_, i) => {
    const seconds = 10 + random.below(200);
    return {
      id: `${(i * 2_654_435_761) % 2 ** 32}-${i}`,
      type: ["play", "play", "play", "play", "play", "play", "like", "skip"][random.below(8)],
      time: firstTime + i * everyMs,
      account: `account-${skewed(accountCount)}`,
      item: `item-${skewed(itemCount)}`,
      seconds,
      platform: ["ios", "android", "web"][random.below(3)],
    };
  });
}

function checksumOf(ids: Iterable<string>): number {
  let sum = 0;
  for (const id of ids) sum = (sum + hash32(id)) >>> 0;
  return sum;
}
