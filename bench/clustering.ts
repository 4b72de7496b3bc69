/**
 * How long does it take to cluster one account with 10,000 sessions?
 *
 * Two accounts: *realistic*, whose sessions have few different devices, places, days and parts of the day, so that most are equal to
 * another; and *distinct*, where no two are, which leaves nothing to collapse. All three linkages, distances and tree together, in
 * seconds of CPU. Then average linkage of 20,000 distinct rows, which needs no matrix, with the memory it takes.
 *
 * Compared in the same run: SciPy and fastcluster, installed by the bench (bench/peers/clustering.txt), each time with SciPy's
 * distances. Their rows are not collapsed: that is what their users have. Where they can't be had, and at smoke size, ours alone.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "#foldback/core";
import { agglomerate, type Dendrogram, type Linkage } from "#foldback/people";
import { noComparison } from "./lib/native.ts";
import { type Peers, preparePeers } from "./lib/peers.ts";
import { bar, count, figure, median, print, withDirectory } from "./lib/report.ts";

const linkages: readonly Linkage[] = ["average", "complete", "single"];
const libraries = ["scipy", "fastcluster"] as const;
/** Device, city, state, zip, day, part. */
const weights = Float64Array.of(4, 1, 0.5, 3, 0.25, 0.75);
const width = weights.length;
const realisticMin = 5;
const distinctMin = 0.7;

export async function run({ smoke }: { readonly smoke: boolean }): Promise<void> {
  const rows = smoke ? 300 : 10_000;
  const runs = smoke ? 1 : 3;
  const peers = smoke ? undefined : preparePeers("clustering");
  if (peers?.missing !== undefined) print(noComparison(peers.missing));
  const comparison = peers?.missing === undefined ? peers : undefined;
  await withDirectory(async (directory) => {
    for (const [name, codes] of [
      ["realistic", realisticRows(rows)],
      ["distinct", distinctRows(rows)],
    ] as const) {
      compare(name, codes, { runs, smoke, directory, peers: comparison });
    }
  });
  withoutMatrix(smoke ? 600 : 20_000);
}

interface Comparison {
  readonly runs: number;
  readonly smoke: boolean;
  readonly directory: string;
  readonly peers: Peers | undefined;
}

function compare(
  name: string,
  codes: Int32Array,
  { runs, smoke, directory, peers }: Comparison,
): void {
  print(`\n-- ${name}`);
  const ours = new Map(linkages.map((linkage) => [linkage, timeOurs(codes, linkage, runs)]));
  const leafCount = ours.get("average")?.tree.leafCount ?? 0;
  figure("rows", `${count(codes.length / width)}, ${count(leafCount)} of them distinct`);
  for (const [linkage, { seconds, tree }] of ours) {
    figure(linkage, `${median(seconds).toFixed(3)} s CPU, checksum ${checksumOf(tree)}`);
  }
  if (peers === undefined) return;
  const path = join(directory, name);
  writeFileSync(path, codes);
  for (const library of libraries) {
    const printed = peers.run("clustering", path, width, weights.join(","), library, runs);
    const { seconds } = JSON.parse(printed) as Record<"seconds", Record<Linkage, number[]>>;
    for (const linkage of linkages) {
      const theirs = median(seconds[linkage]);
      const factor = theirs / median(ours.get(linkage)?.seconds ?? []);
      figure(library, `${linkage}: ${theirs.toFixed(3)} s CPU, ${factor.toFixed(2)} × ours`);
      if (name === "distinct" && library === "scipy") continue;
      const least = name === "distinct" ? distinctMin : realisticMin;
      bar(
        `${name}, ${linkage}: ≥ ${least} × ${library}: ${factor.toFixed(2)}`,
        factor >= least,
        smoke,
      );
    }
  }
}

interface Timed {
  readonly seconds: readonly number[];
  readonly tree: Dendrogram;
}

/** Each run from rows to tree; the first is not told, as it is compiled meanwhile. */
function timeOurs(codes: Int32Array, linkage: Linkage, runs: number): Timed {
  let tree = agglomerate({ codes, weights }, { linkage });
  const seconds = Array.from({ length: runs }, () => {
    const begin = process.cpuUsage();
    tree = agglomerate({ codes, weights }, { linkage });
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / 1e6;
  });
  return { seconds, tree };
}

function withoutMatrix(rows: number): void {
  print("\n-- without a matrix");
  const codes = distinctRows(rows);
  const begin = process.cpuUsage();
  const tree = agglomerate({ codes, weights }, { linkage: "average" });
  const { user, system } = process.cpuUsage(begin);
  figure("rows", `${count(rows)}, all distinct`);
  figure("average", `${((user + system) / 1e6).toFixed(2)} s CPU, checksum ${checksumOf(tree)}`);
  const { arrayBuffers, rss } = process.memoryUsage();
  figure("memory", `${mebibytes(rss)} resident, ${mebibytes(arrayBuffers)} in arrays`);
  figure("a matrix", `of float32, condensed, would take ${mebibytes(2 * rows * (rows - 1))}`);
}

function mebibytes(bytes: number): string {
  return `${count(bytes / 2 ** 20)} MiB`;
}

/** Four people with two devices each, who are mostly at home, at hours of their own. */
function realisticRows(rows: number): Int32Array {
  const random = new Random(1);
  const codes = new Int32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const person = random.below(4);
    const isHome = random.uniform() < 0.8;
    const home = 1 + Math.floor(person / 2);
    const zip = isHome ? home : 3 + random.below(30);
    const device = random.uniform() < 0.9 ? 1 + 2 * person + random.below(2) : 9;
    const city = zip < 3 ? zip : 3 + (zip % 12);
    const part = 1 + ((random.uniform() < 0.6 ? person : random.below(5)) % 5);
    const state = 1 + (city % 5);
    const day = 1 + random.below(7);
    const values = [device, city, state, zip, day, part];
    const at = row * width;
    for (const [column, code] of values.entries()) {
      codes[at + column] = random.uniform() < 0.03 ? 0 : code;
    }
  }
  return codes;
}

/** Codes at random; no row twice. */
function distinctRows(rows: number): Int32Array {
  const random = new Random(2);
  const cardinalities = [12, 40, 12, 60, 7, 5];
  const seen = new Set<string>();
  const codes = new Int32Array(rows * width);
  while (seen.size < rows) {
    const row = cardinalities.map((cardinality) => 1 + random.below(cardinality));
    const key = row.join(" ");
    if (seen.has(key)) continue;
    codes.set(row, seen.size * width);
    seen.add(key);
  }
  return codes;
}

function checksumOf({ firsts, seconds, heights }: Dendrogram): string {
  const hash = createHash("sha256");
  for (const array of [firsts, seconds, heights]) hash.update(array);
  return hash.digest("hex").slice(0, 12);
}
