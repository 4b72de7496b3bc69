/** foldback and Gorse behind one interface: what is asked of both alike, over HTTP, and how long it takes. */
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { assert, Random } from "#foldback/core";
import { Client, type Reply } from "./server.ts";

export interface Item {
  readonly item: string;
  /** Epoch ms. */
  readonly time: number;
  readonly category: string;
}

export interface Action {
  /** A view is what was looked at and not liked. */
  readonly type: "like" | "view";
  readonly time: number;
  readonly account: string;
  readonly item: string;
}

/** What is sent to one of them, and what comes back. */
export interface Service {
  readonly listPath: (account: string) => string;
  readonly itemsOf: (reply: string) => string[];
  readonly catalogue: { readonly path: string; readonly body: (items: readonly Item[]) => string };
  readonly actions: {
    readonly path: string;
    readonly body: (actions: readonly Action[]) => string;
  };
}

export const listLength = 10;

export const foldbackService: Service = {
  listPath: (account) => `/v1/accounts/${account}/recommendations?n=${listLength}`,
  itemsOf: (reply) =>
    (JSON.parse(reply) as { items: { item: string }[] }).items.map(({ item }) => item),
  catalogue: {
    path: "/v1/events",
    body: (items) =>
      JSON.stringify(
        items.map(({ item, time, category }) => {
          return { type: "item_set", time, item, context: { categories: category } };
        }),
      ),
  },
  actions: {
    path: "/v1/events",
    body: (actions) =>
      JSON.stringify(
        actions.map(({ type, ...rest }) => ({
          type: type === "like" ? "like" : "view_content",
          ...rest,
        })),
      ),
  },
};

export const gorseService: Service = {
  listPath: (account) => `/api/recommend/${account}?n=${listLength}`,
  itemsOf: (reply) => JSON.parse(reply) as string[],
  catalogue: {
    path: "/api/items",
    body: (items) =>
      JSON.stringify(
        items.map(({ item, time, category }) => ({
          ItemId: item,
          IsHidden: false,
          Categories: [category],
          Labels: { category },
          Timestamp: new Date(time).toISOString(),
          Comment: "",
        })),
      ),
  },
  actions: {
    path: "/api/feedback",
    body: (actions) =>
      JSON.stringify(
        actions.map(({ type, time, account, item }) => ({
          FeedbackType: type === "like" ? "like" : "read",
          UserId: account,
          ItemId: item,
          Timestamp: new Date(time).toISOString(),
        })),
      ),
  },
};

/** A service that runs. */
export interface Running {
  readonly service: Service;
  readonly client: Client;
  readonly address: string;
  readonly pid: number;
}

export async function listOf({ service, client }: Running, account: string): Promise<string[]> {
  const { status, text } = await client.get(service.listPath(account));
  assert(status === 200, `a list comes, not ${status} ${text.slice(0, 200)}`);
  return service.itemsOf(text);
}

/** Sends all, one batch after the other. @returns seconds. */
export async function sendAll<T>(
  { client }: Running,
  { path, body }: { readonly path: string; readonly body: (all: readonly T[]) => string },
  all: readonly T[],
  batch: number,
): Promise<number> {
  const beganMs = performance.now();
  for (let at = 0; at < all.length; at += batch) {
    const text = body(all.slice(at, at + batch));
    let reply = await client.post(path, text);
    for (; isTurnedAway(reply); reply = await client.post(path, text)) await setTimeout(50);
    assert(isTaken(reply), `a batch is taken, not ${reply.status} ${reply.text.slice(0, 200)}`);
  }
  return (performance.now() - beganMs) / 1000;
}

const isTaken = ({ status }: Reply): boolean => status === 200 || status === 202;
const isTurnedAway = ({ status }: Reply): boolean => status === 429 || status === 503;

/** Events a second that are taken from so many callers, each of which waits for its reply (closed loop). */
export async function acceptedRate(
  { client, service }: Running,
  draw: () => Action,
  options: { readonly batch: number; readonly callers: number; readonly seconds: number },
): Promise<number> {
  const { batch, callers, seconds } = options;
  const beganMs = performance.now();
  const isOver = (): boolean => performance.now() - beganMs > seconds * 1000;
  let taken = 0;
  const call = async (): Promise<void> => {
    while (!isOver()) {
      const actions = Array.from({ length: batch }, draw);
      const reply = await client.post(service.actions.path, service.actions.body(actions));
      assert(isTaken(reply) || isTurnedAway(reply), `taken or turned away, not ${reply.status}`);
      if (isTaken(reply)) taken += batch;
      else await setTimeout(50);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return taken / ((performance.now() - beganMs) / 1000);
}

const clientCount = 16;
const connectionsPerClient = 4;

/**
 * Lists of random accounts, each asked for when its time has come, whatever the replies (open loop).
 *
 * @returns ms from when each was due; infinite for what was turned away.
 */
export async function listLatencies(
  { address, service }: Running,
  accounts: readonly string[],
  options: { readonly rate: number; readonly seconds: number; readonly seed: number },
): Promise<number[]> {
  const { rate, seconds, seed } = options;
  const random = new Random(seed);
  const clients = Array.from(
    { length: clientCount },
    () => new Client(address, connectionsPerClient),
  );
  const latencies: Promise<number>[] = [];
  const beganMs = performance.now();
  for (let i = 0; i < rate * seconds; i++) {
    const dueMs = beganMs + (i * 1000) / rate;
    while (performance.now() < dueMs) await setTimeout(1);
    const path = service.listPath(accounts[random.below(accounts.length)]);
    latencies.push(
      clients[i % clientCount].get(path).then((reply) => {
        if (isTurnedAway(reply)) return Number.POSITIVE_INFINITY;
        assert(reply.status === 200, `a list comes, not ${reply.status}`);
        return performance.now() - dueMs;
      }),
    );
  }
  const all = await Promise.all(latencies);
  for (const client of clients) client.close();
  return all;
}

/**
 * Each account likes an item that is not in its list: ms from the reply to the like until its list is another one;
 * infinite where it is none within `withinMs`.
 */
export function changeTimes(
  running: Running,
  likes: readonly { readonly account: string; readonly item: string }[],
  withinMs: number,
): Promise<number[]> {
  return Promise.all(
    likes.map(async ({ account, item }) => {
      const before = await listOf(running, account);
      assert(!before.includes(item), "what is liked is not in the list");
      const like: Action = { type: "like", time: Date.now(), account, item };
      await sendAll(running, running.service.actions, [like], 1);
      const beganMs = performance.now();
      for (;;) {
        const after = await listOf(running, account);
        const ms = performance.now() - beganMs;
        if (after.join() !== before.join()) return ms;
        if (ms > withinMs) return Number.POSITIVE_INFINITY;
        await setTimeout(ms < 1000 ? 1 : 100);
      }
    }),
  );
}

/** Resident now, and at most so far; bytes, by Linux' /proc. */
export function memoryOf({ pid }: Running): { readonly now: number; readonly peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytes = (name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1] ?? 0) * 1024;
  return { now: bytes("VmRSS"), peak: bytes("VmHWM") };
}
