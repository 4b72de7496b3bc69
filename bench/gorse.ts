/**
 * How does foldback compare with Gorse, on the same machine, by the same requests?
 *
 * Gorse 0.5.11, built by the bench with Go from its module (bench/lib/gorse.ts says how, and what its config is), with SQLite as its
 * store; foldback as `foldback serve` runs it. Each in a process of its own, over HTTP, and measured in turns.
 *
 * A generated service: 20,000 items and 3,000 accounts in 30 tastes, 30,000 likes and 15,000 views that led to none. Both get the
 * catalogue and the events over their bulk endpoints, 1,000 at a time; then Gorse is started anew, as a start begins its pass over
 * everything: neighbours of users and of items, both models, the lists of all accounts. After it:
 *
 * - latency of lists of ten: by the clock (open loop), random accounts, 64 connections, in turns; then the highest rate at which
 *   the 99th percentile is within 10 ms. Of Gorse both kinds of lists: those that the pass has left, and neighbours of what the
 *   account has liked, which it adds up when it is asked. The latter are what it serves without a ranker; they are taken from its
 *   dashboard's route for one recommender, which looks up the details of the ten items, too;
 * - a like of an item that is not in the list: when is the list another one? Of the lists that Gorse keeps by its default period,
 *   an hour, of which a minute is waited; and by the shortest, one pass after the other;
 * - events a second that are taken, one by one and in hundreds, from eight callers that wait for each reply, in turns. What foldback
 *   took is on disk; Gorse leaves that to SQLite and its driver's defaults. Of foldback also how many it learned a second;
 * - memory: resident, and the most that it was;
 * - start: until ready, on the data as it is then, in turns. Gorse serves the lists of before, and its pass is broken off.
 *
 * And hit@10 on MovieTweetings, the first 20,000 ratings, their times moved to now: both are given nine tenths of them as likes, and Gorse
 * its pass; then each of their accounts that comes in the last tenth is asked for once, and its next film is a hit if it is in the
 * list. Nothing is learned in between, which foldback would. Of Gorse the kept lists, and each of its recommenders by itself; there
 * are no views, from which its ranker would learn what is not liked.
 *
 * Where Gorse can't be built, it gives our figures alone. At smoke size it is not built, but taken if it is there.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, dayMs, Random } from "#foldback/core";
import {
  type Gorse,
  type GorseProgram,
  gorseVersion,
  prepareGorse,
  withGorse,
} from "./lib/gorse.ts";
import { noComparison } from "./lib/native.ts";
import {
  count,
  figure,
  median,
  print,
  quantile,
  ratingsFile,
  withDirectory,
} from "./lib/report.ts";
import { type Server, withServer } from "./lib/server.ts";
import {
  type Action,
  acceptedRate,
  changeTimes,
  foldbackService,
  gorseService,
  type Item,
  listLatencies,
  listLength,
  listOf,
  memoryOf,
  type Running,
  sendAll,
} from "./lib/services.ts";

const loadBatch = 1000;
const callers = 8;
/** What both kinds of Gorse's lists can do. */
const latencyRate = 50;
const rates = [10, 25, 50, 100, 200, 300, 400, 600, 800, 1000];
const p99MsMax = 10;
const defaultPeriod = "60m";
const shortestPeriod = "1s";
/** Several passes: a list that is the same after them counts as not changed. */
const passesSeconds = 300;
const tastes = 30;

interface Size {
  readonly items: number;
  readonly accounts: number;
  readonly likes: number;
  readonly views: number;
  readonly ratings: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly trials: number;
  readonly defaultPeriodSeconds: number;
  readonly starts: number;
}

const full: Size = {
  items: 20_000,
  accounts: 3000,
  likes: 30_000,
  views: 15_000,
  ratings: 20_000,
  rounds: 3,
  seconds: 8,
  trials: 20,
  defaultPeriodSeconds: 60,
  starts: 5,
};
const small: Size = {
  items: 100,
  accounts: 20,
  likes: 150,
  views: 50,
  ratings: 300,
  rounds: 1,
  seconds: 0.5,
  trials: 3,
  defaultPeriodSeconds: 1,
  starts: 1,
};

interface Data {
  readonly items: readonly Item[];
  readonly actions: readonly Action[];
}

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const size = smoke ? small : full;
  const prepared = prepareGorse({ build: !smoke });
  if (prepared.missing !== undefined) figure("Gorse", noComparison(prepared.missing));
  const program = prepared.missing === undefined ? prepared : undefined;
  if (program !== undefined) figure("Gorse", `${gorseVersion} ${program.replaced}`);
  print(`\n-- ${count(size.items)} items, ${count(size.accounts)} accounts`);
  await withDirectory((directory) => compare(directory, program, size));
  print(`\n-- MovieTweetings, ${count(size.ratings)} ratings`);
  await withDirectory((directory) => compareHits(directory, program, size.ratings));
}

const asFoldback = ({ client, address, pid }: Server): Running => {
  return { service: foldbackService, client, address, pid };
};
const asGorse = ({ client, address, pid }: Gorse): Running => {
  return { service: gorseService, client, address, pid };
};

/** Neighbours of what the account has liked, from the route that gives one recommender's list. */
const asNeighbours = (gorse: Gorse): Running => ({
  ...asGorse(gorse),
  service: partService("item-to-item/neighbors"),
});

function partService(part: string): Running["service"] {
  return {
    ...gorseService,
    listPath: (account) => `/api/dashboard/recommend/${account}/${part}?n=${listLength}`,
    itemsOf: (reply) => (JSON.parse(reply) as { ItemId: string }[]).map(({ ItemId }) => ItemId),
  };
}

async function compare(
  directory: string,
  program: GorseProgram | undefined,
  size: Size,
): Promise<void> {
  const data = generate(size);
  const ours = { data: join(directory, "foldback") };
  await withServer(ours, async (server) => {
    const seconds = await load("foldback", asFoldback(server), data);
    await learned(server);
    printMemory("foldback", asFoldback(server));
    const all = data.actions.length;
    figure("", `${count(all / seconds.until())} events/s from the first to learned`);
  });
  if (program === undefined) {
    await withServer(ours, async (server) => {
      await server.client.ready();
      const contestants: [string, Running][] = [["foldback", asFoldback(server)]];
      await measureLists(contestants, data, size);
      printChanges("foldback", await change(contestants[0][1], data, size, 1, 1));
      await measureTaken(contestants, data, size);
      await learn(server, data, size);
    });
    await printStarts(ours, undefined, size.starts);
    return;
  }
  const theirs = { program, directory: join(directory, "gorse"), fitPeriod: defaultPeriod };
  await loadGorse(theirs, data);
  await withGorse(theirs, async (gorse) => {
    await printPass(gorse);
    printMemory("Gorse", asGorse(gorse));
    await withServer(ours, async (server) => {
      await server.client.ready();
      const contestants: [string, Running][] = [
        ["foldback", asFoldback(server)],
        ["Gorse, kept lists", asGorse(gorse)],
        ["Gorse, neighbours", asNeighbours(gorse)],
      ];
      await measureLists(contestants, data, size);
      for (const [at, [name, running]] of contestants.entries()) {
        const waited = size.defaultPeriodSeconds;
        printChanges(
          name,
          await change(running, data, size, at + 1, waited),
          `, waited ${waited} s`,
        );
      }
      await measureTaken(contestants, data, size);
      await learn(server, data, size);
    });
  });
  await withGorse({ ...theirs, fitPeriod: shortestPeriod }, async (gorse) => {
    await gorse.pass();
    for (const round of [10, 11]) {
      const times = await change(asGorse(gorse), data, size, round, passesSeconds);
      printChanges("Gorse, kept lists", times, `, period ${shortestPeriod}`);
    }
  });
  await printStarts(ours, theirs, size.starts);
}

/** Each account has two tastes, and takes three of four items from them; popular ones by Zipf's law. */
function generate({ items, accounts, likes, views }: Size): Data {
  const random = new Random(5);
  const now = Date.now();
  const catalogue = Array.from({ length: items }, (_, i) => {
    return { item: `item-${i}`, time: now - 40 * dayMs, category: `c${i % tastes}` };
  });
  const draw = (account: number): number => {
    const rank = Math.floor(random.uniform() ** 3 * (items / tastes));
    const isOwn = random.uniform() < 0.75;
    const taste = isOwn ? (account * 7 + 11 * random.below(2)) % tastes : random.below(tastes);
    return Math.min(items - 1, rank * tastes + taste);
  };
  const total = likes + views;
  const actions = Array.from({ length: total }, (_, i): Action => {
    const account = random.below(accounts);
    const isLike = random.uniform() < likes / total;
    return {
      type: isLike ? "like" : "view",
      time: now - 30 * dayMs + Math.floor((i / total) * 30 * dayMs),
      account: `account-${account}`,
      // Each item once, as only what was seen is recommended.
      item: `item-${i < items ? i : draw(account)}`,
    };
  });
  return { items: catalogue, actions };
}

/** Into a Gorse of its own, which ends: whoever starts it again over the same directory finds it all there. */
function loadGorse(options: Parameters<typeof withGorse>[0], data: Data): Promise<void> {
  return withGorse(options, async (gorse) => {
    await gorse.pass();
    await load("Gorse", asGorse(gorse), data);
  });
}

/** Prints how long it takes. @returns seconds since its events began to be sent. */
async function load(
  name: string,
  running: Running,
  { items, actions }: Data,
): Promise<{ readonly until: () => number }> {
  const { catalogue, actions: route } = running.service;
  const itemSeconds = await sendAll(running, catalogue, items, loadBatch);
  const beganMs = performance.now();
  const seconds = await sendAll(running, route, actions, loadBatch);
  const [itemRate, rate] = [items.length / itemSeconds, actions.length / seconds];
  figure("load", `${name}: ${count(itemRate)} items/s, ${count(rate)} events/s, in thousands`);
  return { until: () => (performance.now() - beganMs) / 1000 };
}

async function learned({ client }: Server): Promise<void> {
  while ((await client.status()).trainingLag > 0);
}

function printMemory(name: string, running: Running): void {
  const { now, peak } = memoryOf(running);
  figure("memory", `${name}: ${megabytes(now)} resident, ${megabytes(peak)} at most`);
}

const megabytes = (bytes: number): string => `${count(bytes / 1e6)} MB`;

async function printPass(gorse: Gorse): Promise<void> {
  const { seconds, tasks } = await gorse.pass();
  figure("pass", `Gorse: ${seconds.toFixed(1)} s from its start`);
  for (const { Name, Status, Error: error, StartTime, FinishTime } of tasks) {
    const taken = (Date.parse(FinishTime) - Date.parse(StartTime)) / 1000;
    const outcome = Status === "Complete" ? `${taken.toFixed(1)} s` : `${Status} ${error}`;
    figure("", `${Name}: ${outcome}`);
  }
}

async function measureLists(
  contestants: readonly (readonly [string, Running])[],
  data: Data,
  { rounds, seconds }: Size,
): Promise<void> {
  const accounts = accountsOf(data);
  const latencies = contestants.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [at, [, running]] of contestants.entries()) {
      const options = { rate: latencyRate, seconds, seed: round };
      const times = await listLatencies(running, accounts, options);
      if (round > 0) latencies[at].push(...times); // the first is for compilers and caches
    }
  }
  for (const [at, [name]] of contestants.entries()) {
    const [half, most] = [0.5, 0.99].map((share) => quantile(latencies[at], share).toFixed(2));
    const what = `${name}: median ${half} ms, p99 ${most} ms at ${latencyRate} a second`;
    const away = latencies[at].filter((ms) => ms === Number.POSITIVE_INFINITY).length;
    const turned = away === 0 ? "" : `, ${count(away)} turned away`;
    figure("latency", `${what}, ${count(latencies[at].length)} requests${turned}`);
  }
  for (const [name, running] of contestants) {
    let highest = 0;
    let p99 = 0;
    for (const rate of rates) {
      const times = await listLatencies(running, accounts, { rate, seconds, seed: rate });
      p99 = quantile(times, 0.99);
      if (p99 > p99MsMax) break;
      highest = rate;
    }
    const next = p99 > p99MsMax ? `; p99 ${p99.toFixed(1)} ms at the next` : ", the highest tried";
    figure("sustained", `${name}: ${count(highest)} lists a second within ${p99MsMax} ms${next}`);
  }
}

async function measureTaken(
  contestants: readonly (readonly [string, Running])[],
  data: Data,
  { rounds, seconds }: Size,
): Promise<void> {
  // Both kinds of Gorse's lists have one way in.
  const takers = contestants.slice(0, 2);
  for (const batch of [1, 100]) {
    const taken = takers.map((): number[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [at, [, running]] of takers.entries()) {
        const draw = drawer(data, 1000 * batch + round);
        taken[at].push(await acceptedRate(running, draw, { batch, callers, seconds }));
      }
    }
    for (const [at, [name]] of takers.entries()) {
      const what = `${name.replace(/,.*/, "")}: ${count(median(taken[at]))} events/s`;
      figure("taken", `${what} in batches of ${batch}, ${callers} callers`);
    }
  }
}

/** How many events a second foldback learns of, of what is sent as fast as it takes it. */
async function learn(server: Server, data: Data, { seconds }: Size): Promise<void> {
  await learned(server);
  const beganMs = performance.now();
  const options = { batch: 100, callers, seconds };
  const rate = await acceptedRate(asFoldback(server), drawer(data, 99), options);
  const takenSeconds = (performance.now() - beganMs) / 1000;
  await learned(server);
  const learnedRate = (rate * takenSeconds) / ((performance.now() - beganMs) / 1000);
  figure("learned", `foldback: ${count(learnedRate)} events/s`);
}

function accountsOf({ actions }: Data): string[] {
  return [...new Set(actions.map(({ account }) => account))];
}

/** Likes of known items by known accounts, now. */
function drawer({ items, actions }: Data, seed: number): () => Action {
  const random = new Random(seed);
  return () => ({
    type: "like",
    time: Date.now(),
    account: actions[random.below(actions.length)].account,
    item: items[random.below(items.length)].item,
  });
}

/** ms from a like to another list, of so many accounts. */
async function change(
  running: Running,
  data: Data,
  { trials }: Size,
  seed: number,
  withinSeconds: number,
): Promise<number[]> {
  const random = new Random(seed);
  const accounts = accountsOf(data);
  const likes: { account: string; item: string }[] = [];
  while (likes.length < trials) {
    const account = accounts[random.below(accounts.length)];
    const { item } = data.items[random.below(data.items.length)];
    const list = await listOf(running, account);
    const had = data.actions.some((action) => action.account === account && action.item === item);
    if (had || list.includes(item) || likes.some((like) => like.account === account)) continue;
    likes.push({ account, item });
  }
  return changeTimes(running, likes, 1000 * withinSeconds);
}

function printChanges(name: string, times: readonly number[], more = ""): void {
  const changed = times.filter(Number.isFinite);
  const [half, most] = [0.5, 1].map((share) => quantile(changed, share));
  const when =
    changed.length === 0
      ? ""
      : `: median ${(half / 1000).toFixed(3)} s, slowest ${(most / 1000).toFixed(3)} s`;
  figure("like", `${name}${more}: ${changed.length} of ${times.length} lists changed${when}`);
}

async function printStarts(
  ours: { readonly data: string },
  theirs: Parameters<typeof withGorse>[0] | undefined,
  starts: number,
): Promise<void> {
  const seconds: { foldback: number[]; gorse: number[] } = { foldback: [], gorse: [] };
  for (let i = 0; i < starts; i++) {
    const beganMs = performance.now();
    await withServer(ours, async (server) => {
      await server.client.ready();
      seconds.foldback.push((performance.now() - beganMs) / 1000);
      await server.stop();
    });
    if (theirs === undefined) continue;
    await withGorse(theirs, async ({ readyMs }) => {
      seconds.gorse.push(readyMs / 1000);
    });
  }
  figure("start", `foldback: ${median(seconds.foldback).toFixed(2)} s until ready`);
  if (theirs !== undefined)
    figure("start", `Gorse: ${median(seconds.gorse).toFixed(2)} s until ready`);
}

async function compareHits(
  directory: string,
  program: GorseProgram | undefined,
  ratings: number,
): Promise<void> {
  const { data, asked } = heldOut(ratings);
  const seen = new Set(data.items.map(({ item }) => item));
  const unseen = asked.filter(({ item }) => !seen.has(item)).length;
  figure(
    "asked",
    `${count(asked.length)} accounts after ${count(data.actions.length)} likes; the next film of ${unseen} is a new one`,
  );
  const print = async (name: string, running: Running): Promise<void> => {
    let hits = 0;
    for (const { account, item } of asked)
      if ((await listOf(running, account)).includes(item)) hits++;
    figure("hit@10", `${name}: ${(hits / asked.length).toFixed(4)}`);
  };
  await withServer({ data: join(directory, "foldback") }, async (server) => {
    await load("foldback", asFoldback(server), data);
    await learned(server);
    await print("foldback", asFoldback(server));
  });
  if (program === undefined) return;
  const theirs = { program, directory: join(directory, "gorse"), fitPeriod: defaultPeriod };
  await loadGorse(theirs, data);
  await withGorse(theirs, async (gorse) => {
    await printPass(gorse);
    await print("Gorse, kept lists", asGorse(gorse));
    for (const part of [
      "collaborative",
      "item-to-item/neighbors",
      "user-to-user/neighbors",
      "non-personalized/popular",
      "non-personalized/recent",
      "latest",
    ]) {
      await print(`Gorse, ${part}`, { ...asGorse(gorse), service: partService(part) });
    }
  });
}

/** The first nine tenths of so many ratings, and what each of their accounts takes next in the last tenth. */
function heldOut(ratings: number): {
  readonly data: Data;
  readonly asked: readonly { readonly account: string; readonly item: string }[];
} {
  const lines = readFileSync(ratingsFile, "utf8").trimEnd().split("\n");
  const rows = lines
    .map((line) => line.split("::"))
    .map(([account, item, , time]) => ({ account, item, time: 1000 * Number(time) }))
    .sort((a, b) => a.time - b.time) // stable: file order within a second
    .slice(0, ratings);
  const known = rows.slice(0, Math.floor(0.9 * rows.length));
  const shift = Date.now() - known[known.length - 1].time;
  const actions = known.map((row): Action => ({ type: "like", ...row, time: row.time + shift }));
  const items = new Map<string, Item>();
  for (const { item, time } of actions)
    if (!items.has(item)) items.set(item, { item, time, category: "film" });
  const accounts = new Set(known.map(({ account }) => account));
  const next = new Map<string, string>();
  for (const { account, item } of rows.slice(known.length))
    if (accounts.has(account) && !next.has(account)) next.set(account, item);
  assert(next.size > 0, "somebody comes again");
  return {
    data: { items: [...items.values()], actions },
    asked: Array.from(next, ([account, item]) => ({ account, item })),
  };
}
