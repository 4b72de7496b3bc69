/**
 * How long after a like, by HTTP, is another list recommended, and is it another one every time?
 *
 * The real server in a process of its own, with MovieTweetings 100K in its log, moved in time so that its
 * newest rating is from now: trends go on as in a live service. Each trial takes an account and an item of
 * the catalogue that is not in its list; POSTs a like; and from the 202 on asks for the list again and
 * again, until items or their order are others. Then it waits until the trainer has learned from the like
 * as well, and asks once more. Accounts are in turn existing ones; new ones; and ones that liked another
 * item a moment ago, of which nothing else changes: not that they came back, not that they are known now.
 *
 * Lists can differ for other reasons than the like: two replies before each like are compared in the same
 * way. The time is compared with that of a bare request to the same server. In the end the server is
 * killed, started again, and asked for the lists of some of the accounts.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, hash64, Random } from "#foldback/core";
import {
  bar,
  count,
  figure,
  print,
  quantile,
  ratingsFile,
  spread,
  withDirectory,
  writeRatings,
} from "./lib/report.ts";
import { type Client, foldback, withServer } from "./lib/server.ts";

const seed = 22;
/** The lists of both lengths are looked at; the shorter one is the beginning of the longer one. */
const lengths = [20, 10] as const;
const length = 20;
/** How many trials back an account that likes again may be from: a second or less. */
const againReach = 30;
const changedWithinMs = 1000;
const medianMsMax = 5;
const p99MsMax = 50;

interface Item {
  readonly item: string;
  readonly score: number;
}
type List = readonly Item[];

const kinds = ["existing", "new", "again"] as const;
type Kind = (typeof kinds)[number];

interface Trial {
  readonly kind: Kind;
  readonly account: string;
  readonly item: string;
  /** Two replies with nothing in between; the first changed one; the one after the trainer's step. */
  readonly replies: readonly [earlier: List, before: List, changed: List, learned: List];
  readonly isChanged: boolean;
  readonly changedMs: number;
  readonly learnedMs: number;
  readonly acceptMs: number;
  readonly bareMs: number;
  /** Examples that the trainer learned from meanwhile. */
  readonly examples: number;
}

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  await withDirectory(async (directory) => {
    const data = join(directory, "data");
    const newest = Date.now() - 60_000;
    const ratings = writeRatings(join(directory, "ratings"), smoke ? 3000 : undefined, newest);
    await foldback("ingest", ratings, "--data", data);
    const trials = await withServer({ data }, async ({ client, kill }) => {
      const beganMs = performance.now();
      const { records } = await client.ready();
      figure("log", `${count(records)} records, learned in ${secondsSince(beganMs)} s`);
      const trials = await makeTrials(client, smoke ? 20 : 1000);
      const sample = sampleOf(trials, smoke ? 10 : 100);
      const lists = await Promise.all(sample.map(({ account }) => ask(client, account)));
      await kill();
      return { trials, sample, lists };
    });
    report(trials.trials, smoke);
    await withServer({ data }, async ({ client }) => {
      const beganMs = performance.now();
      await client.ready();
      const seconds = secondsSince(beganMs);
      const lists = await Promise.all(trials.sample.map(({ account }) => ask(client, account)));
      reportRestart(trials.trials, trials.sample, trials.lists, lists, seconds, smoke);
    });
  });
}

async function makeTrials(client: Client, trialCount: number): Promise<Trial[]> {
  const random = new Random(seed);
  const accounts = firstFields(ratingsFile);
  const items = firstFields(join(ratingsFile, "..", "movies.dat"));
  const trials: Trial[] = [];
  for (let i = 0; i < trialCount; i++) {
    const kind = kinds[i % kinds.length];
    const accountOf = {
      existing: () => accounts[random.below(accounts.length)],
      new: () => `new-${i}`,
      again: () => trials[i - 1 - random.below(Math.min(i, againReach))].account,
    };
    const drawItem = (): string => items[random.below(items.length)];
    trials.push(await makeTrial(client, kind, accountOf[kind](), drawItem));
  }
  return trials;
}

async function makeTrial(
  client: Client,
  kind: Kind,
  account: string,
  drawItem: () => string,
): Promise<Trial> {
  const examplesBefore = (await client.status()).examples;
  const earlier = await ask(client, account);
  const shorter = await ask(client, account, lengths[1]);
  const before = await ask(client, account);
  assert(
    before.slice(0, lengths[1]).every(({ item }, i) => item === shorter[i].item),
    "a shorter list is the beginning of a longer one",
  );
  const listed = new Set(before.map(({ item }) => item));
  let item = drawItem();
  while (listed.has(item)) item = drawItem();

  let atMs = performance.now();
  await client.get("/healthz");
  const bareMs = performance.now() - atMs;
  const like = { type: "like", time: Date.now(), account, item };
  atMs = performance.now();
  const { status } = await client.post("/v1/events", JSON.stringify(like));
  assert(status === 202, "a like is accepted");
  const acceptedAtMs = performance.now();
  const acceptMs = acceptedAtMs - atMs;

  let changed = before;
  let isChanged = false;
  let changedMs = 0;
  while (!isChanged && changedMs < changedWithinMs) {
    changed = await ask(client, account);
    changedMs = performance.now() - acceptedAtMs;
    isChanged = isOtherSequence(names(before), names(changed));
  }
  let status1 = await client.status();
  while (status1.trainingLag > 0) status1 = await client.status();
  const learnedMs = performance.now() - acceptedAtMs;
  const learned = await ask(client, account);
  return {
    kind,
    account,
    item,
    replies: [earlier, before, changed, learned],
    isChanged,
    changedMs,
    learnedMs,
    acceptMs,
    bareMs,
    examples: status1.examples - examplesBefore,
  };
}

async function ask(client: Client, account: string, n: number = length): Promise<List> {
  const path = `/v1/accounts/${encodeURIComponent(account)}/recommendations?n=${n}`;
  const { status, text } = await client.get(path);
  assert(status === 200, "a list is answered");
  return (JSON.parse(text) as { items: List }).items;
}

function report(trials: readonly Trial[], smoke: boolean): void {
  const total = trials.length;
  const sizes = kinds.map(
    (kind) => `${trials.filter((trial) => trial.kind === kind).length} ${kind}`,
  );
  figure("trials", `${count(total)} by accounts: ${sizes.join(", ")}`);
  figure("changed", spread(trials.map(({ changedMs }) => changedMs)));
  figure("learned", `${spread(trials.map(({ learnedMs }) => learnedMs))} (asked for in turn)`);
  figure("the 202", spread(trials.map(({ acceptMs }) => acceptMs)));
  figure("bare request", spread(trials.map(({ bareMs }) => bareMs)));
  for (const n of lengths) {
    print(
      `lists of ${String(n).padEnd(30)}order     set neither   scores: all  some  none   items in both`,
    );
    printDifferences("no like between", trials, n, 0, 1);
    printDifferences("after the like", trials, n, 1, 2);
    for (const kind of kinds) {
      const some = trials.filter((trial) => trial.kind === kind);
      printDifferences(`  ${kind} accounts`, some, n, 1, 2);
    }
    printDifferences("once it is learned", trials, n, 1, 3);
    printDifferences("by learning alone", trials, n, 2, 3);
  }
  const stepped = trials.filter(({ examples }) => examples > 0).length;
  figure("trainer", `made examples of ${count(stepped)} likes of ${count(total)}`);
  for (const { account, item, kind } of trials.filter(({ isChanged }) => !isChanged).slice(0, 10))
    print(`  not changed: item ${item} by account ${account} (${kind})`);
  const choices = trials.map(({ account, item }) => `${account}:${item}`).join(" ");
  figure("checksum", `${hash64(choices).toString(16)} of the accounts and items of the trials`);

  const after = trials.map(({ replies }) => difference(replies[1], replies[2]));
  const changedCount = trials.filter(({ isChanged }) => isChanged).length;
  const scoresCount = after.filter(({ scores }) => scores === "all").length;
  const shownCount = trials.filter(({ item, replies }) =>
    replies.slice(2).some((list) => names(list).includes(item)),
  ).length;
  const times = trials.map(({ changedMs }) => changedMs);
  const everyOne = (n: number): string => `${count(n)} of ${count(total)}`;
  bar(
    `the order of other items is another: ${everyOne(changedCount)}`,
    changedCount === total,
    smoke,
  );
  bar(`their scores are others, all: ${everyOne(scoresCount)}`, scoresCount === total, smoke);
  bar(`the liked item is listed: ${everyOne(shownCount)}`, shownCount === 0, smoke);
  const half = quantile(times, 0.5);
  const most = quantile(times, 0.99);
  bar(`median < ${medianMsMax} ms: ${half.toFixed(2)}`, half < medianMsMax, smoke);
  bar(`p99 < ${p99MsMax} ms: ${most.toFixed(2)}`, most < p99MsMax, smoke);
}

function reportRestart(
  trials: readonly Trial[],
  sample: readonly Trial[],
  lists: readonly List[],
  again: readonly List[],
  seconds: string,
  smoke: boolean,
): void {
  const same = again.filter((list, i) => !isOtherSequence(names(lists[i]), names(list))).length;
  const apart = again.map((list, i) => scoresApart(lists[i], list));
  const other = again.filter((list, i) =>
    isOtherSequence(names(sample[i].replies[1]), names(list)),
  ).length;
  const isLiked = ({ account }: Trial, { item }: Item): boolean =>
    trials.some((trial) => trial.account === account && trial.item === item);
  const shown = again.filter((list, i) => list.some((item) => isLiked(sample[i], item))).length;
  figure(
    "restarted",
    `killed; ready ${seconds} s after it listened; ${sample.length} accounts asked`,
  );
  figure(
    "",
    `lists as before the kill: ${same}; scores at most ${Math.max(...apart).toExponential(1)} apart`,
  );
  bar(`after the restart, other than before the like: ${other}`, other === sample.length, smoke);
  bar(`after the restart, the liked item is listed: ${shown}`, shown === 0, smoke);
}

interface Difference {
  /** Items that are in both lists are in another order. */
  readonly order: boolean;
  /** An item came in, or went. */
  readonly set: boolean;
  readonly commonCount: number;
  /** How many of the items in both lists have another score. */
  readonly scores: "all" | "some" | "none";
}

function difference(before: List, after: List): Difference {
  const scoreBefore = new Map(before.map(({ item, score }) => [item, score]));
  const scoreAfter = new Map(after.map(({ item, score }) => [item, score]));
  const commonBefore = names(before).filter((item) => scoreAfter.has(item));
  const commonAfter = names(after).filter((item) => scoreBefore.has(item));
  const others = commonAfter.filter((item) => scoreBefore.get(item) !== scoreAfter.get(item));
  const some = others.length === 0 ? "none" : "some";
  return {
    order: isOtherSequence(commonBefore, commonAfter),
    set: commonAfter.length < Math.max(before.length, after.length),
    commonCount: commonAfter.length,
    scores: others.length === commonAfter.length ? "all" : some,
  };
}

/** How many of the trials' lists are others, and in what, from one reply to another. */
function printDifferences(
  name: string,
  trials: readonly Trial[],
  n: number,
  from: number,
  to: number,
): void {
  const found = trials.map(({ replies }) =>
    difference(replies[from].slice(0, n), replies[to].slice(0, n)),
  );
  const columns = [
    found.filter(({ order }) => order),
    found.filter(({ set }) => set),
    found.filter(({ order, set }) => !order && !set),
    ...(["all", "some", "none"] as const).map((scores) =>
      found.filter((one) => one.scores === scores),
    ),
  ].map((some) => count(some.length).padStart(6));
  const common = found.reduce((sum, { commonCount }) => sum + commonCount, 0) / found.length;
  print(
    `  ${name.padEnd(22)}${count(trials.length).padStart(6)} trials ${columns.slice(0, 3).join("  ")}` +
      `         ${columns.slice(3).join("")}   ${common.toFixed(1).padStart(13)}`,
  );
}

/** Spread over all trials, each account once and as its last trial left it. */
function sampleOf(trials: readonly Trial[], size: number): Trial[] {
  const last = [...new Map(trials.map((trial) => [trial.account, trial])).values()];
  const step = last.length / size;
  return Array.from({ length: size }, (_, i) => last[Math.floor(i * step)]);
}

function names(list: List): string[] {
  return list.map(({ item }) => item);
}

function isOtherSequence(before: readonly string[], after: readonly string[]): boolean {
  return before.length !== after.length || before.some((item, i) => item !== after[i]);
}

/** The largest difference of the scores of one item, relative to the score. */
function scoresApart(before: List, after: List): number {
  const scores = new Map(before.map(({ item, score }) => [item, score]));
  return Math.max(
    0,
    ...after.map(({ item, score }) => Math.abs((scores.get(item) ?? score) / score - 1)),
  );
}

/** The distinct first fields of a `::` file, in order. */
function firstFields(path: string): string[] {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return [...new Set(lines.map((line) => line.slice(0, line.indexOf("::"))))];
}

function secondsSince(beganMs: number): string {
  return ((performance.now() - beganMs) / 1000).toFixed(1);
}
