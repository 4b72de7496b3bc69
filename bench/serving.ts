/**
 * How long does a recommendation take over HTTP, while the model learns 2,000 events a second?
 *
 * The engine and its service in a process of their own, as `foldback serve` runs them: 100,000 items
 * (Zipf 1.05), 50,000 accounts (one as often as another), a past of 200,000 likes that is learned from before, 500 candidates ranked for each
 * request. Then recommendations of random accounts are asked for, each when its time has come, whatever the
 * replies (open loop), over 64 connections, and events are sent 50 at a time. A latency is from the moment when
 * its request was due. One processor of the two has the sender as well.
 *
 * Then rates from low to high, until the 99th percentile is over its bar: the highest sustainable rate.
 * The same with one item in ten allowed by a filter, a boost and caps says what rules cost.
 *
 * And the same at 1,000,000 items, 20 requests a second.
 */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { assert, hash64, Random } from "#foldback/core";
import { bar, count, figure, quantile, spread, withDirectory } from "./lib/report.ts";
import { Client, foldback, withServer } from "./lib/server.ts";

const eventsPerSecond = 2000;
const batchEvents = 50;
const clientCount = 16;
const connectionsPerClient = 4;
const rates = [50, 100, 200, 300, 400, 500, 600, 800, 1000, 1500];
const rules = "filter=tenth%3D%3D3&boost=1%2Bprice%2F100&artistMax=3";

interface Size {
  readonly items: number;
  readonly accounts: number;
  /** Likes: each item's first, then more. */
  readonly past: number;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  /** Infinity: not asked for. */
  readonly medianMsMax: number;
  readonly p99MsMax: number;
}

const many = { requestsPerSecond: 500, medianMsMax: 3, p99MsMax: 10 } as const;
const large = {
  requestsPerSecond: 20,
  medianMsMax: Number.POSITIVE_INFINITY,
  p99MsMax: 40,
} as const;
const sizes: Record<"full" | "smoke", readonly Size[]> = {
  full: [
    { ...many, items: 100_000, accounts: 50_000, past: 200_000, seconds: 20 },
    { ...large, items: 1_000_000, accounts: 50_000, past: 1_200_000, seconds: 60 },
  ],
  smoke: [
    { ...many, items: 500, accounts: 200, past: 2000, seconds: 1 },
    { ...large, items: 2000, accounts: 200, past: 4000, seconds: 1 },
  ],
};

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  for (const size of sizes[smoke ? "smoke" : "full"]) await measure(size, smoke);
}

function measure(size: Size, smoke: boolean): Promise<void> {
  const { requestsPerSecond, medianMsMax, p99MsMax, seconds } = size;
  return withDirectory(async (directory) => {
    const data = join(directory, "data");
    const random = new Random(1);
    writePast(join(directory, "past.ndjson"), size, random);
    await foldback("ingest", join(directory, "past.ndjson"), "--data", data);
    const config = join(directory, "config.json");
    const candidates = { vectors: 150, cooccurrence: 150, trend: 150, new: 50 };
    writeFileSync(config, JSON.stringify({ serving: { candidates } }));
    await withServer({ data, config }, async ({ client, address, stop }) => {
      const { records } = await client.ready(50);
      figure("items", count(size.items));
      figure("log", `${count(records)} records, learned from before`);
      const load = new Load(address, size, random);
      await load.run(requestsPerSecond / 2, seconds / 2); // compilers and caches
      const latencies = await load.run(requestsPerSecond, seconds);
      figure(
        "latency",
        `at ${requestsPerSecond} a second: ${spread(latencies)}, ${count(latencies.length)} requests`,
      );
      const withRules = await load.run(requestsPerSecond / 5, seconds / 2, rules);
      figure(
        "under rules",
        `at a fifth of the rate: ${spread(withRules)}, ${count(withRules.length)} requests`,
      );
      await reportHighest(load, size);
      figure("checksum", `${load.checksum} of the accounts that were asked for`);
      load.close();
      await stop();
      const [half, most] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
      if (Number.isFinite(medianMsMax))
        bar(`median ≤ ${medianMsMax} ms: ${half.toFixed(2)}`, half <= medianMsMax, smoke);
      bar(`p99 ≤ ${p99MsMax} ms: ${most.toFixed(2)}`, most <= p99MsMax, smoke);
    });
  });
}

async function reportHighest(load: Load, { p99MsMax, seconds }: Size): Promise<void> {
  let highest = 0;
  for (const rate of rates) {
    const latencies = await load.run(rate, Math.min(10, seconds / 2));
    figure(`${count(rate)} a second`, spread(latencies));
    if (quantile(latencies, 0.99) > p99MsMax) break;
    highest = rate;
  }
  figure("sustained", `${count(highest)} requests a second with a p99 of at most ${p99MsMax} ms`);
}

/** The catalogue, then likes. */
function writePast(path: string, { items, accounts, past }: Size, random: Random): void {
  const file = openSync(path, "w");
  let lines = "";
  const line = (event: object): void => {
    lines += `${JSON.stringify(event)}\n`;
    if (lines.length < 1_048_576) return;
    writeSync(file, lines);
    lines = "";
  };
  const begin = Date.now() - past * 1000;
  for (let i = 0; i < items; i++) {
    const context = { tenth: i % 10, price: i % 50, categories: `c${i % 30}` };
    line({
      type: "item_set",
      time: begin,
      item: `item-${i}`,
      artist: `artist-${i % 5000}`,
      context,
    });
  }
  for (let i = 0; i < past; i++) {
    // Each item once first: only what was seen is recommended.
    const item = i < items ? i : zipf(items, random);
    line({
      id: `past-${i}`,
      type: "like",
      time: begin + i * 1000,
      account: `account-${random.below(accounts)}`,
      item: `item-${item}`,
    });
  }
  writeSync(file, lines);
  closeSync(file);
}

/** 0 to count − 1, the lower the more often: by the inverse of the continuous law. */
function zipf(itemCount: number, random: Random): number {
  const s = -0.05; // 1 − 1.05
  return Math.floor((random.uniform() * ((itemCount + 1) ** s - 1) + 1) ** (1 / s)) - 1;
}

class Load {
  readonly #clients: readonly Client[];
  readonly #size: Size;
  readonly #random: Random;
  #eventCount = 0;
  #checksum = 0n;

  constructor(address: string, size: Size, random: Random) {
    this.#clients = Array.from(
      { length: clientCount },
      () => new Client(address, connectionsPerClient),
    );
    this.#size = size;
    this.#random = random;
  }

  get checksum(): string {
    return this.#checksum.toString(16);
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  /** Latencies of recommendations, ms, while events come as well; of one that was turned away, infinite. */
  async run(rate: number, seconds: number, query = ""): Promise<number[]> {
    const sending = this.#sendEvents(seconds);
    const latencies: Promise<number>[] = [];
    const beganMs = performance.now();
    for (let i = 0; i < rate * seconds; i++) {
      const dueMs = beganMs + (i * 1000) / rate;
      while (performance.now() < dueMs) await setTimeout(1);
      latencies.push(this.#ask(this.#clients[i % clientCount], dueMs, query));
    }
    const all = await Promise.all(latencies);
    await sending;
    return all;
  }

  async #ask(client: Client, dueMs: number, query: string): Promise<number> {
    const account = `account-${this.#random.below(this.#size.accounts)}`;
    this.#checksum = BigInt.asUintN(64, this.#checksum * 31n + hash64(account));
    const { status, text } = await client.get(
      `/v1/accounts/${account}/recommendations?n=20&${query}`,
    );
    const latencyMs = performance.now() - dueMs;
    if (status === 503) return Number.POSITIVE_INFINITY; // it had waited for too long: no latency is worse
    assert(status === 200, `a list comes, not ${status} ${text.slice(0, 200)}`);
    assert(text.includes('"items":[{'), "the list has items");
    return latencyMs;
  }

  async #sendEvents(seconds: number): Promise<void> {
    const replies: Promise<unknown>[] = [];
    const beganMs = performance.now();
    const everyMs = (1000 * batchEvents) / eventsPerSecond;
    for (let i = 0; i * everyMs < seconds * 1000; i++) {
      while (performance.now() < beganMs + i * everyMs) await setTimeout(2);
      const events = Array.from({ length: batchEvents }, () => ({
        id: `live-${this.#eventCount++}`,
        type: "like",
        time: Date.now(),
        account: `account-${this.#random.below(this.#size.accounts)}`,
        item: `item-${zipf(this.#size.items, this.#random)}`,
      }));
      const client = this.#clients[i % clientCount];
      replies.push(client.post("/v1/events", JSON.stringify(events)));
    }
    await Promise.all(replies);
  }
}
