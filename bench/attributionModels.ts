/**
 * How fast and how exact are the credit models on a million paths, beside ChannelAttribution?
 *
 * The paths are PathData, the 10,000 rows that ChannelAttribution ships (12 channels, 19,785 conversions), and a million rows drawn from
 * them with a fixed seed. Ours reads the CSV file and computes; theirs has the table in memory when its clock starts. Theirs simulates the
 * Markov chain: beside the time stand how far it is from the exact credits (total variation, as a share of all conversions) and how far
 * its runs are from each other. Ours is the same in each run.
 *
 * Then Shapley values of the 12 channels, and removal effects of chains that are large, or that hardly ever end.
 *
 * Where ChannelAttribution can't be had, paths of the same shape are drawn, and ours stands alone.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CreditModel,
  type CreditOptions,
  type CreditReport,
  creditReport,
  markovCredit,
  PathCounts,
  readPaths,
} from "#foldback/attribution";
import { Random } from "#foldback/core";
import { noComparison } from "./lib/native.ts";
import { type Peers, preparePeers } from "./lib/peers.ts";
import { bar, count, figure, median, print, withDirectory } from "./lib/report.ts";

const header = "path;total_conversions;total_conversion_value;total_null";
const simple: readonly CreditModel[] = ["last-touch", "first-touch", "linear"];
const seeds = [0, 100, 200]; // its folds are seeded from the seed on: near ones share most of them

interface Job {
  readonly name: string;
  readonly options: CreditOptions;
  /** What theirs runs; the last has the credits. */
  readonly theirs: readonly string[];
  readonly runs: number;
}

const jobs: readonly Job[] = [
  {
    name: "heuristics + Markov 1",
    options: { models: [...simple, "markov"], order: "1" },
    theirs: ["heuristics", "order1"],
    runs: 3,
  },
  { name: "Markov 4", options: { models: ["markov"], order: "4" }, theirs: ["order4"], runs: 3 },
  {
    name: "Markov auto",
    options: { models: ["markov"], order: "auto" },
    theirs: ["auto"],
    runs: 1,
  },
];

export async function run({ smoke }: { readonly smoke: boolean }): Promise<void> {
  const prepared = smoke
    ? undefined
    : preparePeers("attributionModels", {
        compiled: { name: "ChannelAttribution", environment: {} },
      });
  if (prepared?.missing !== undefined) print(noComparison(prepared.missing));
  const peers = prepared?.missing === undefined ? prepared : undefined;
  await withDirectory(async (directory) => {
    const small = join(directory, "paths.csv");
    if (peers === undefined) writeFileSync(small, drawnPaths(smoke ? 500 : 10_000));
    else peers.run("attributionModels", "data", small);
    const large = join(directory, "million.csv");
    writeFileSync(large, resampled(readFileSync(small, "utf8"), smoke ? 2000 : 1_000_000));
    for (const file of [small, large]) {
      for (const job of jobs) await compare(file, job, peers, smoke);
    }
    await shapley(small, smoke);
  });
  chains(smoke);
}

async function compare(
  file: string,
  { name, options, theirs, runs }: Job,
  peers: Peers | undefined,
  smoke: boolean,
): Promise<void> {
  const seconds: number[] = [];
  let report: CreditReport | undefined;
  let rows = 0;
  for (let turn = 0; turn < (smoke ? 1 : 3); turn++) {
    const begin = performance.now();
    const counts = new PathCounts();
    await readPaths(file, counts);
    report = creditReport(counts, options);
    seconds.push((performance.now() - begin) / 1000);
    rows = counts.table().count;
  }
  const ours = median(seconds);
  const lines = readFileSync(file, "latin1").split("\n").length - 2;
  print(`\n-- ${name}, ${count(lines)} rows, ${count(rows)} distinct paths`);
  const markov = report?.markov;
  figure(
    "foldback",
    `${ours.toFixed(2)} s with reading, order ${markov?.order}, ${count(markov?.states ?? 0)} states, checksum ${checksumOf(report)}`,
  );
  if (peers === undefined || report === undefined) return;
  const exact = new Map(report.models.markov?.map((row) => [row.channel ?? "", row.conversions]));
  let total = 0;
  const all: Map<string, number>[] = [];
  for (const job of theirs) {
    const asked = job === "heuristics" ? seeds.slice(0, 1) : seeds.slice(0, runs);
    const printed = peers.run("attributionModels", job, file, ...asked);
    const found = JSON.parse(printed) as { seconds: number; credits: Record<string, number> }[]; // as it prints it
    total += median(found.map((one) => one.seconds));
    if (job === "heuristics") continue;
    for (const { credits } of found) all.push(new Map(Object.entries(credits)));
  }
  const off = all.map((credits) => distance(credits, exact));
  const spread = Math.max(0, ...all.slice(1).map((credits) => distance(credits, all[0])));
  figure(
    "peer",
    `ChannelAttribution ${total.toFixed(2)} s without reading; off by ${off.map(share).join(", ")}; its runs differ by up to ${share(spread)}`,
  );
  const factor = total / ours;
  const what = `${name}, ${count(lines)} rows: ≥ 1 × ChannelAttribution: ${factor.toFixed(2)}`;
  bar(what, factor >= 1, smoke);
}

function share(value: number): string {
  return `${(100 * value).toFixed(2)} %`;
}

/** Total variation: what would have to be moved, as a share of all. */
function distance(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number {
  let moved = 0;
  let all = 0;
  for (const [channel, credit] of other) {
    moved += Math.abs(credit - (one.get(channel) ?? 0)) / 2;
    all += credit;
  }
  return moved / all;
}

async function shapley(file: string, smoke: boolean): Promise<void> {
  const counts = new PathCounts();
  await readPaths(file, counts);
  const options: CreditOptions = { models: ["shapley"] };
  creditReport(counts, options);
  const begin = performance.now();
  const report = creditReport(counts, options);
  const seconds = (performance.now() - begin) / 1000;
  const channels = report.models.shapley?.length ?? 0;
  print("");
  figure(
    "Shapley",
    `${channels} channels, exact, ${seconds.toFixed(3)} s, checksum ${checksumOf(report)}`,
  );
  bar(`Shapley of 12 channels on 10,000 paths ≤ 1 s: ${seconds.toFixed(3)}`, seconds <= 1, smoke);
}

/** Random paths over all channels, which is the worst there is: everything follows everything. */
function chains(smoke: boolean): void {
  print("");
  for (const [channels, length, paths, order] of smoke
    ? ([[6, 20, 50, 2]] as const)
    : ([
        [12, 400, 1000, 4],
        [40, 40, 20_000, 3],
        [20, 4000, 200, 3],
      ] as const)) {
    const random = new Random(7);
    const counts = new PathCounts();
    for (let channel = 0; channel < channels; channel++) counts.channel(`channel ${channel}`);
    for (let path = 0; path < paths; path++) {
      const touches = Int32Array.from({ length: 1 + random.below(length) }, () =>
        random.below(channels),
      );
      counts.add(touches, touches.length, random.below(10) === 0 ? 1 : 0, 0, 1);
    }
    const table = counts.table();
    const begin = performance.now();
    const { stateCount, errorBound } = markovCredit(table, order);
    const seconds = (performance.now() - begin) / 1000;
    figure(
      "chain",
      `order ${order} of ${channels} channels, ${count(stateCount)} states, paths of up to ${count(length)} touches: ` +
        `${seconds.toFixed(2)} s, proven error ≤ ${errorBound.toExponential(1)}`,
    );
    bar("proven relative error ≤ 1e-9", errorBound <= 1e-9, smoke);
  }
}

function checksumOf(report: CreditReport | undefined): string {
  return createHash("sha256").update(JSON.stringify(report?.models)).digest("hex").slice(0, 12);
}

function resampled(csv: string, rows: number): string {
  const [first, ...lines] = csv.trimEnd().split("\n");
  const random = new Random(42);
  const drawn = Array.from({ length: rows }, () => lines[random.below(lines.length)]);
  return `${[first, ...drawn].join("\n")}\n`;
}

/** Twelve channels, some much more frequent than others; channels tend to come again; paths of 1 to 46 touches. */
function drawnPaths(rows: number): string {
  const random = new Random(1);
  const channel = (): string => `channel ${Math.floor(12 * random.uniform() ** 2)}`;
  const lines = Array.from({ length: rows }, () => {
    const path = [channel()];
    while (path.length < 46 && random.uniform() < 0.83) {
      path.push(random.uniform() < 0.5 ? path[path.length - 1] : channel());
    }
    const conversions = random.below(3);
    const value = (conversions * (1 + random.below(5000))) / 1000;
    return `${path.join(" > ")};${conversions};${value};${2 + random.below(6)}`;
  });
  return `${[header, ...lines].join("\n")}\n`;
}
