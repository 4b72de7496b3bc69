/**
 * What do hash collisions cost, which a collisionless embedding table avoids?
 *
 * First the count: ids 0 to n - 1 hashed as in Table 1 of the Monolith paper (arXiv 2209.07663, section
 * 3.1.1), and the same ids in our table. Then the cost: the same factorisation machine on the same stream in
 * time order, each example predicted and then learned, once with each id as it is and once with each slot's
 * ids hashed into 1/1, 1/2, 1/4 and 1/8 of their number of buckets; and, as a control, hashed to 64 bits,
 * where nothing collides. The measure is the area under the ROC curve over the whole stream, nothing skipped.
 * Five seeds decide hash and initial vectors; the difference is taken seed by seed. The rates are those that
 * are best for the hashed 1/1 arm, by a sixth seed. At full size it draws docs/collisions.svg. What the
 * figures say and don't: docs/COLLISIONS.md.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Arena, EmbeddingTable } from "#foldback/embedding";
import { type Interval, intervalPlot, meanInterval } from "#foldback/evaluate";
import { auc } from "#foldback/model";
import {
  type ArmResult,
  bucketCount,
  countRows,
  dim,
  type FmSettings,
  type Ids,
  runArm,
  sizeBytes,
} from "./lib/collisionArm.ts";
import {
  type ExampleStream,
  ratingStream,
  simulatedStream,
  streamChecksum,
} from "./lib/exampleStreams.ts";
import { bar, count, figure, print, ratingsFile, root } from "./lib/report.ts";

/** The paper's Table 1: ids before hashing, distinct rows after. */
const paperTable = [
  { what: "users", idCount: 162_541, rowCount: 149_970 },
  { what: "movies", idCount: 59_047, rowCount: 57_361 },
];
const paperRows = 1_000_000n;

/** The paper's label is a rating of at least 3.5 of 5; the ratings here are of 10. */
const positiveMin = 7;
const simulation = { seed: 1, exampleCount: 1_000_000, userCount: 100_000, itemCount: 50_000 };
const smokeSimulation = { seed: 1, exampleCount: 10_000, userCount: 2000, itemCount: 1000 };
const smokeRatings = 5000;

/** The second is the control: other names, no collisions. */
const unhashed: readonly Ids[] = ["own", "hash64"];
const divisors = [1, 2, 4, 8];
const seeds = [1, 2, 3, 4, 5];
/** Not one of those above: what is chosen by it must not be measured by it. */
const settingsSeed = 0;
/** With rate 0 the vectors stay as they began: what is left is a logistic regression, all but. */
const settingsTried: readonly FmSettings[] = [0.1, 0.3, 1, 3].flatMap((alpha) =>
  [0, 0.1, 0.3].map((learningRate) => ({ alpha, learningRate })),
);

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  paperTable.forEach(compareWithPaper);
  const ratings = await ratingStream(ratingsFile, positiveMin, smoke ? smokeRatings : undefined);
  const simulated = simulatedStream(smoke ? smokeSimulation : simulation);
  const series = [
    { stream: ratings, name: "MovieTweetings" },
    { stream: simulated, name: "simulated" },
  ].map(({ stream, name }) => ({
    name: `${name}, ${count(stream.labels.length)} examples`,
    values: compareArms(name, stream),
  }));
  figure("ceiling", `auc of the simulated stream's true logits ${ceiling(simulated)}`);
  if (smoke) return;
  const plot = intervalPlot({
    title: "What hash collisions cost",
    note: "mean of 5 seeds, and its 95 % interval",
    xLabel: "buckets / distinct ids of the slot",
    yLabel: "AUC: collisionless − hashed",
    categories: divisors.map((divisor) => `1/${divisor}`),
    series,
  });
  writeFileSync(join(root, "docs", "collisions.svg"), plot);
  figure("plot", "docs/collisions.svg");
}

function compareWithPaper({ what, idCount, rowCount }: (typeof paperTable)[number]): void {
  const hashed = new Set<bigint>();
  for (let index = 0; index < idCount; index++) {
    // The digest's 128 bits as one number, its first byte the highest.
    hashed.add(BigInt(`0x${createHash("md5").update(String(index)).digest("hex")}`) % paperRows);
  }
  const table = EmbeddingTable.create(Arena.create({ sizeBytesMax: 64 * 1024 * 1024 }), {
    dim: 0, // the rows are counted, not read
    seed: 1n,
  });
  const keys = BigUint64Array.from({ length: idCount }, (_, index) => BigInt(index));
  table.observe(keys, new Uint32Array(idCount), 1);
  const own = countRows(table, keys);
  const share = ((100 * (idCount - hashed.size)) / idCount).toFixed(2);
  figure(
    what,
    `${count(idCount)} ids: md5 mod 10^6 has ${count(hashed.size)} rows (${share} % gone)`,
  );
  figure("", `in our table they have ${count(own)} rows`);
  // Exact counts, at any size of the rest.
  bar(`Table 1, ${what}: ${count(rowCount)} rows`, hashed.size === rowCount, false);
  bar(`each of the ${what} has a row of its own`, own === idCount, false);
}

/** @returns the difference of each hashed arm. */
function compareArms(name: string, stream: ExampleStream): Interval[] {
  const { labels, userCount, itemCount } = stream;
  const positives = labels.reduce((sum, label) => sum + label, 0);
  print(`\n${name}`);
  figure(
    "stream",
    `${count(labels.length)} examples, ${count(userCount)} users, ${count(itemCount)} items, ` +
      `${((100 * positives) / labels.length).toFixed(1)} % positive, checksum ${streamChecksum(stream)}`,
  );
  const settings = chooseSettings(stream);
  const busyBefore = process.cpuUsage();
  const arms = [...unhashed, ...divisors].map((ids) => ({
    ids,
    results: seeds.map((seed) => runArm(stream, { ids, seed, settings })),
  }));
  const { user, system } = process.cpuUsage(busyBefore);
  const seconds = (user + system) / 1e6;
  const own = arms[0].results;
  print("ids           buckets    rows held     MB     auc   collisionless − this, 95 % interval");
  const intervals = arms.map(({ ids, results }) => {
    const differences = results.map((result, at) => own[at].auc - result.auc);
    const interval = meanInterval(differences);
    printArm(stream, ids, results, ids === "own" ? "" : difference(interval, differences));
    return interval;
  });
  const learned = labels.length * seeds.length * arms.length;
  figure(
    "time",
    `${seconds.toFixed(1)} s of a processor, ${count(learned / seconds)} examples a second`,
  );
  const isCollisionless = own.every(
    ({ userRows, itemRows }) => userRows === userCount && itemRows === itemCount,
  );
  bar(`${name}: collisionless, each id has a row of its own`, isCollisionless, false);
  return intervals.slice(unhashed.length);
}

/**
 * The best of those tried for the hashed 1/1 arm; prints beside it what they are for others. Vectors that do
 * not learn are only shown: what is compared is a factorisation machine.
 */
function chooseSettings(stream: ExampleStream): FmSettings {
  const all: readonly Ids[] = ["own", 1, 8];
  print(`auc by settings (seed ${settingsSeed}, dim ${dim}): ${all.map(nameOf).join(", ")}`);
  const table = settingsTried.map((settings) => {
    const row = all.map((ids) => runArm(stream, { ids, seed: settingsSeed, settings }).auc);
    const { alpha, learningRate } = settings;
    print(`  alpha ${alpha}, vectors ${learningRate}`.padEnd(26) + row.map(fixed4).join("  "));
    return { settings, row };
  });
  const best = all.map((_, at) => Math.max(...table.map(({ row }) => row[at])));
  print("  each arm's best".padEnd(26) + best.map(fixed4).join("  "));
  const chosen = table
    .filter(({ settings }) => settings.learningRate > 0)
    .reduce((a, b) => (b.row[1] > a.row[1] ? b : a)).settings;
  figure("chosen", `alpha ${chosen.alpha}, vectors ${chosen.learningRate}: best for hashed 1/1`);
  return chosen;
}

function printArm(
  { userCount, itemCount }: ExampleStream,
  ids: Ids,
  results: readonly ArmResult[],
  last: string,
): void {
  const isHashed = typeof ids === "number";
  const buckets = bucketCount(userCount, ids) + bucketCount(itemCount, ids);
  const held = mean(results.map(({ userRows, itemRows }) => userRows + itemRows));
  print(
    [
      nameOf(ids).padEnd(13),
      (isHashed ? count(buckets) : "–").padStart(8),
      count(held).padStart(13),
      (sizeBytes(buckets, ids) / 1e6).toFixed(2).padStart(7),
      fixed4(mean(results.map((result) => result.auc))).padStart(8),
      `   ${last}`,
    ]
      .join("")
      .trimEnd(),
  );
}

function nameOf(ids: Ids): string {
  if (ids === "own") return "collisionless";
  return ids === "hash64" ? "64-bit hash" : `hashed 1/${ids}`;
}

function difference({ mean: middle, low, high }: Interval, differences: readonly number[]): string {
  const each = differences.map(fixed4).join(" ");
  const range = `${fixed4(low)} to ${fixed4(high)}`;
  return `${fixed4(middle)} (${range})${low > 0 || high < 0 ? "" : ", holds 0"}; by seed ${each}`;
}

function ceiling({ logits, labels }: ReturnType<typeof simulatedStream>): string {
  return fixed4(auc(logits, labels));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Four digits; what rounds to 0 has no sign. */
function fixed4(value: number): string {
  return value.toFixed(4).replace(/^-(0\.0+)$/, "$1");
}
