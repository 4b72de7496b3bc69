/**
 * What happens when twice as much comes as the service can do?
 *
 * The service in a process of its own, 20,000 items, 10,000 accounts. First its capacity: as many requests as callers that wait
 * for each reply get through, events among them (one request in five, of ten events). Then, by the clock whatever the replies
 * (open loop): half of the capacity, which is normal; twice the capacity for a minute; and half of it again. All over 512
 * connections, and the sender shares the processor with the service.
 *
 * Compared: the 99th percentile of the requests that were taken, with the normal one; what was turned away must have been turned
 * away by 429 or 503 with Retry-After; when after the end latency is normal again; the memory of the process; and every event
 * that was acknowledged must be in the log.
 */
import { createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { assert, Random } from "#foldback/core";
import { openEmbeddedLog } from "#foldback/log";
import { bar, count, figure, quantile, withDirectory } from "./lib/report.ts";
import { foldback, withServer } from "./lib/server.ts";

const times = 2;
const slowerMax = 5;
const normalAgainSecondsMax = 5;
const memoryGrowthMax = 1.5;
const connections = 512;
const waitingCallers = 16;
const eventsEach = 10;
const items = 20_000;
const accounts = 10_000;
/** It turns away who would wait much longer than is normal. */
const waitMsMax = 20;

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const seconds = smoke ? { each: 1, over: 2 } : { each: 10, over: 60 };
  await withDirectory(async (directory) => {
    const data = join(directory, "data");
    await writePast(join(directory, "past.ndjson"), smoke ? 2000 : 100_000);
    await foldback("ingest", join(directory, "past.ndjson"), "--data", data);
    const config = join(directory, "config.json");
    writeFileSync(config, JSON.stringify({ http: { waitMsMax } }));
    const acknowledged = await withServer(
      { data, config },
      async ({ client, address, stop, pid }) => {
        await client.ready(50);
        const load = new Load(address);
        await load.closed(seconds.each); // compilers and caches
        const capacity = (await load.closed(seconds.each)) / seconds.each;
        figure(
          "capacity",
          `${count(capacity)} requests a second by ${waitingCallers} callers that wait`,
        );
        const normal = await load.open(capacity / 2, seconds.each);
        report("normal", normal);
        const memoryBefore = residentBytes(pid);
        const over = await load.open(capacity * times, seconds.over);
        report(`${times} ×`, over);
        const memoryOver = residentBytes(pid);
        const after = await load.open(capacity / 2, seconds.each);
        report("after", after);
        figure("memory", `${megabytes(memoryBefore)} before, ${megabytes(memoryOver)} after`);
        const normalMs = quantile(latenciesOf(normal), 0.99);
        const overMs = quantile(latenciesOf(over), 0.99);
        const clean = over.every(
          ({ status, isTold }) => status < 300 || ([429, 503].includes(status) && isTold),
        );
        const isAgain = after.filter(({ atMs }) => atMs > normalAgainSecondsMax * 1000);
        const againMs = smoke ? 0 : quantile(latenciesOf(isAgain), 0.99);
        bar("what is turned away is told 429 or 503, and when to come again", clean, smoke);
        bar(
          `p99 of what is taken ≤ ${slowerMax} × normal: ${(overMs / normalMs).toFixed(1)}`,
          overMs <= slowerMax * normalMs,
          smoke,
        );
        bar(
          `normal again within ${normalAgainSecondsMax} s: ${(againMs / normalMs).toFixed(1)} × normal`,
          againMs <= 2 * normalMs,
          smoke,
        );
        bar(
          `memory ≤ ${memoryGrowthMax} × before: ${(memoryOver / memoryBefore).toFixed(2)}`,
          memoryOver <= memoryGrowthMax * memoryBefore,
          smoke,
        );
        load.close();
        await stop();
        return load.acknowledged;
      },
    );
    const missing = await missingOf(join(data, "log"), acknowledged);
    bar(
      `0 of ${count(acknowledged.size)} acknowledged events are lost: ${missing}`,
      missing === 0,
      smoke,
    );
  });
}

interface Outcome {
  /** After the begin of its phase, when it was due. */
  readonly atMs: number;
  readonly latencyMs: number;
  readonly status: number;
  /** Whether a Retry-After came. */
  readonly isTold: boolean;
}

function report(name: string, outcomes: readonly Outcome[]): void {
  const taken = latenciesOf(outcomes);
  const share = ((100 * taken.length) / outcomes.length).toFixed(1);
  const [half, most] = [0.5, 0.99].map((part) => quantile(taken, part).toFixed(1));
  figure(
    name,
    `${count(outcomes.length)} requests, ${share} % taken: median ${half} ms, p99 ${most} ms`,
  );
}

/** Of what was taken. */
function latenciesOf(outcomes: readonly Outcome[]): number[] {
  return outcomes.filter(({ status }) => status < 300).map(({ latencyMs }) => latencyMs);
}

class Load {
  readonly acknowledged = new Set<string>();
  readonly #address: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: connections });
  readonly #random = new Random(1);
  #sent = 0;

  constructor(address: string) {
    this.#address = address;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** @returns how many were taken. */
  async closed(seconds: number): Promise<number> {
    const end = performance.now() + seconds * 1000;
    let taken = 0;
    const call = async (): Promise<void> => {
      while (performance.now() < end) {
        const { status } = await this.#one(0, performance.now());
        if (status < 300) taken++;
      }
    };
    await Promise.all(Array.from({ length: waitingCallers }, call));
    return taken;
  }

  /** Each when its time has come; a latency is from then. */
  async open(rate: number, seconds: number): Promise<Outcome[]> {
    const beganMs = performance.now();
    const outcomes: Promise<Outcome>[] = [];
    for (let i = 0; i < rate * seconds; i++) {
      const dueMs = beganMs + (i * 1000) / rate;
      while (performance.now() < dueMs) await setTimeout(1);
      outcomes.push(this.#one(beganMs, dueMs));
    }
    return Promise.all(outcomes);
  }

  #one(beganMs: number, dueMs: number): Promise<Outcome> {
    const number = this.#sent++;
    const account = `account-${this.#random.below(accounts)}`;
    if (number % 5 > 0) {
      return this.#send("GET", `/v1/accounts/${account}/recommendations?n=20`, { beganMs, dueMs });
    }
    const ids = Array.from({ length: eventsEach }, (_, i) => `live-${number}-${i}`);
    const events = ids.map((id) => ({
      id,
      type: "like",
      time: Date.now(),
      account,
      item: `item-${this.#random.below(items)}`,
    }));
    const sent = this.#send("POST", "/v1/events", { beganMs, dueMs }, JSON.stringify(events));
    return sent.then((outcome) => {
      if (outcome.status === 202) for (const id of ids) this.acknowledged.add(id);
      return outcome;
    });
  }

  #send(
    method: string,
    path: string,
    { beganMs, dueMs }: { readonly beganMs: number; readonly dueMs: number },
    body?: string,
  ): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const headers =
        body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const sent = request(
        this.#address + path,
        { method, agent: this.#agent, headers },
        (reply) => {
          reply.resume();
          reply.once("error", reject);
          reply.once("end", () =>
            resolve({
              atMs: dueMs - beganMs,
              latencyMs: performance.now() - dueMs,
              status: reply.statusCode ?? 0,
              isTold: reply.headers["retry-after"] !== undefined,
            }),
          );
        },
      );
      sent.once("error", reject);
      sent.end(body);
    });
  }
}

async function missingOf(directory: string, acknowledged: ReadonlySet<string>): Promise<number> {
  const log = await openEmbeddedLog({ directory });
  const missing = new Set(acknowledged);
  const from = new Array<number>(log.partitionCount).fill(0);
  for await (const records of log.readBatches(from))
    for (const { event } of records) if (event.id !== undefined) missing.delete(event.id);
  await log.close();
  return missing.size;
}

/** Of the process, by Linux' /proc; elsewhere 0. */
function residentBytes(pid: number): number {
  const lines = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(lines)?.[1] ?? 0) * 1024;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

async function writePast(path: string, eventCount: number): Promise<void> {
  const file = createWriteStream(path);
  const random = new Random(2);
  const begin = Date.now() - 86_400_000;
  for (let i = 0; i < eventCount; i++) {
    // Each item once first: only what was seen is recommended.
    const item = `item-${i < items ? i : random.below(items)}`;
    const account = `account-${random.below(accounts)}`;
    const event = { id: `past-${i}`, type: "like", time: begin + i * 100, account, item };
    file.write(`${JSON.stringify(event)}\n`);
  }
  await new Promise<void>((resolve) => {
    file.end(resolve);
  });
  assert(eventCount > 0, "there is a past");
}
