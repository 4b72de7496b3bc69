/**
 * Is an item that an account had ever recommended to it again, while everything happens at once?
 *
 * A service over HTTP: 5,000 items, 2,000 accounts. Sixteen callers take a random account each, ask for its list, and send a
 * like, skip or play of some of it, and of other items; every item of every list is compared with what had been
 * *acknowledged* for the account before the list was asked for, by any caller. Lists are varied (Thompson's draws), and every
 * third has rules. An item that is sent while the list is on its way may be in it; it counts from then on.
 */
import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, Random } from "#foldback/core";
import { bar, count, figure, withDirectory } from "./lib/report.ts";
import { Client, foldback, withServer } from "./lib/server.ts";

const callerCount = 16;
const listLength = 50;
const fullMin = 0.95;

interface Size {
  readonly items: number;
  readonly accounts: number;
  readonly served: number;
}

const sizes: Record<"full" | "smoke", Size> = {
  full: { items: 5000, accounts: 2000, served: 1_000_000 },
  smoke: { items: 500, accounts: 50, served: 3000 },
};

const rules = ["", "&filter=price%3C40", "&boost=1%2Bprice%2F100&artistMax=3&diversity=0.3"];

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const size = sizes[smoke ? "smoke" : "full"];
  await withDirectory(async (directory) => {
    const data = join(directory, "data");
    await writeCatalogue(join(directory, "catalogue.ndjson"), size);
    await foldback("ingest", join(directory, "catalogue.ndjson"), "--data", data);
    const config = join(directory, "config.json");
    writeFileSync(config, JSON.stringify({ serving: { exploration: { policy: "thompson" } } }));
    await withServer({ data, config }, async ({ client, address, stop }) => {
      await client.ready(50);
      const callers = new Callers(new Client(address, callerCount), size);
      const beganMs = performance.now();
      await callers.run();
      const seconds = (performance.now() - beganMs) / 1000;
      const { served, lists, full, again, events } = callers;
      figure("served", `${count(served)} items in ${count(lists)} lists, ${seconds.toFixed(0)} s`);
      figure("events", `${count(events)} acknowledged meanwhile`);
      figure(
        "full",
        `${((100 * full) / lists).toFixed(2)} % of the lists have ${listLength} items`,
      );
      await stop();
      bar(`0 items that the account had: ${again}`, again === 0, smoke);
      bar(`≥ ${100 * fullMin} % of the lists full`, full / lists >= fullMin, smoke);
    });
  });
}

class Callers {
  served = 0;
  lists = 0;
  full = 0;
  again = 0;
  events = 0;
  readonly #client: Client;
  readonly #size: Size;
  /** By account: what it had, as far as that was acknowledged. */
  readonly #had: readonly Set<string>[];

  constructor(client: Client, size: Size) {
    this.#client = client;
    this.#size = size;
    this.#had = Array.from({ length: size.accounts }, () => new Set<string>());
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: callerCount }, (_, i) => this.#call(new Random(i))));
    this.#client.close();
  }

  async #call(random: Random): Promise<void> {
    while (this.served < this.#size.served) {
      const account = random.below(this.#size.accounts);
      const items = await this.#ask(account, rules[random.below(rules.length)]);
      if (items === undefined) continue;
      const acted = items.filter(() => random.uniform() < 0.05).slice(0, 3);
      acted.push(`item-${random.below(this.#size.items)}`);
      await this.#send(account, acted, random);
    }
  }

  /** Undefined where the service is too busy for now. */
  async #ask(account: number, rule: string): Promise<string[] | undefined> {
    const before = new Set(this.#had[account]);
    const { status, text } = await this.#client.get(
      `/v1/accounts/account-${account}/recommendations?n=${listLength}${rule}`,
    );
    if (status === 503) return undefined;
    assert(status === 200, `a list comes, not ${status} ${text.slice(0, 200)}`);
    const { items } = JSON.parse(text) as { items: { item: string }[] };
    const names = items.map(({ item }) => item);
    assert(new Set(names).size === names.length, "no item is in a list twice");
    this.lists++;
    this.served += names.length;
    if (names.length === listLength) this.full++;
    this.again += names.filter((name) => before.has(name)).length;
    return names;
  }

  async #send(account: number, items: readonly string[], random: Random): Promise<void> {
    const events = items.map((item) => ({
      type: ["like", "skip", "play"][random.below(3)],
      time: Date.now(),
      account: `account-${account}`,
      item,
      seconds: 60,
    }));
    const { status, text } = await this.#client.post("/v1/events", JSON.stringify(events));
    assert(status === 202, `events are taken, not ${status} ${text.slice(0, 200)}`);
    for (const item of items) this.#had[account].add(item);
    this.events += items.length;
  }
}

/** Descriptions, and one like of each item by somebody else: only what was seen is recommended. */
async function writeCatalogue(path: string, { items }: Size): Promise<void> {
  const file = createWriteStream(path);
  const time = Date.now() - 86_400_000;
  for (let i = 0; i < items; i++) {
    const item = `item-${i}`;
    const context = { price: i % 50, categories: `c${i % 30}` };
    file.write(
      `${JSON.stringify({ type: "item_set", time, item, artist: `artist-${i % 700}`, context })}\n`,
    );
    file.write(`${JSON.stringify({ type: "like", time, account: `first-${i % 100}`, item })}\n`);
  }
  await new Promise<void>((resolve) => {
    file.end(resolve);
  });
}
