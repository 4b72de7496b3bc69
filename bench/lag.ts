/**
 * What does serving lose by a copy that lags, and recovery by a failure?
 *
 * `foldback evaluate --sync-interval 1d,1h,5m,1m,0` with five seeds: on MovieTweetings 100K, a rating of at least 8
 * being positive, and on five simulated services of which each seed has its own. Then `--failure` on MovieTweetings
 * with the day alone: what it costs, and that an old snapshot with the log since then predicts the same to the bit.
 * Settings are those of examples/*.config.json. What it means, with intervals and pictures: docs/EXPERIMENTS.md.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dayMs, hourMs } from "#foldback/core";
import { fileExperiment, resolveConfig, type UserConfig } from "#foldback/engine";
import {
  type ExperimentSource,
  failureExperiment,
  formatDuration,
  type SyncReport,
  syncExperiment,
} from "#foldback/evaluate";
import { simulate, writeSimulation } from "#foldback/simulate";
import { bar, count, figure, print, root, withDirectory, writeRatings } from "./lib/report.ts";

const cut = { share: 5 / 7, by: "examples" } as const;
const intervalsMs = [dayMs, hourMs, 300_000, 60_000, 0];
const gainMin = 0.03;

interface Size {
  readonly seeds: readonly number[];
  readonly ratings: number;
  readonly accounts: number;
  readonly days: number;
}

const sizes: Record<"full" | "smoke", Size> = {
  full: { seeds: [1, 2, 3, 4, 5], ratings: 100_000, accounts: 100, days: 240 },
  smoke: { seeds: [1, 2], ratings: 3000, accounts: 10, days: 10 },
};

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const { seeds, ratings, accounts, days } = sizes[smoke ? "smoke" : "full"];
  await withDirectory(async (directory) => {
    const file = writeRatings(join(directory, "ratings"), ratings);
    const tweetings = sourceOf("movietweetings", [file], seeds);
    await measureLag("MovieTweetings", tweetings, seeds, smoke);
    await measureFailure(tweetings, seeds, smoke);

    const files: string[] = [];
    for (const seed of seeds) {
      const own = join(directory, `simulated-${seed}`);
      mkdirSync(own);
      await writeSimulation(simulate({ accounts, days, seed }), own);
      files.push(join(own, "events.ndjson"));
    }
    await measureLag("simulated", sourceOf("simulated", files, seeds), seeds, smoke);
  });
}

function sourceOf(
  name: string,
  files: readonly string[],
  seeds: readonly number[],
): ExperimentSource {
  const text = readFileSync(join(root, "examples", `${name}.config.json`), "utf8");
  return fileExperiment(resolveConfig(JSON.parse(text) as UserConfig), { files, seeds }); // it checks
}

async function measureLag(
  name: string,
  source: ExperimentSource,
  seeds: readonly number[],
  smoke: boolean,
): Promise<void> {
  const report = await syncExperiment({
    ...{ source, seeds, cut, intervalsMs },
    shardCount: smoke ? 5 : 50,
    tableShardCounts: [],
  });
  print(`\n${name}: ${count(report.learnedBefore)} learned, then ${count(report.measured)} served`);
  print("interval       auc  of shards  log loss   syncs");
  for (const arm of report.arms) {
    const { intervalMs, auc, shardAuc, logLoss, synchronisations } = arm;
    const cells = [auc, shardAuc, logLoss].map(({ mean }) => mean.toFixed(6).padStart(10));
    const what = intervalMs === null ? "frozen" : formatDuration(intervalMs);
    print(`${what.padEnd(8)}${cells.join("")}${count(synchronisations).padStart(8)}`);
  }
  const [frozen] = report.arms;
  bar(`${name}: AUC falls as the interval grows`, isFalling(report), smoke);
  const gain = frozen.aucLost.mean;
  bar(`${name}: 0 above frozen by ≥ ${gainMin}: ${gain.toFixed(4)}`, gain >= gainMin, smoke);
}

function isFalling({ arms }: SyncReport): boolean {
  return arms.every(({ auc }, i) => i === 0 || auc.mean >= arms[i - 1].auc.mean);
}

async function measureFailure(
  source: ExperimentSource,
  seeds: readonly number[],
  smoke: boolean,
): Promise<void> {
  const { arms, recovery } = await failureExperiment({
    ...{ source, seeds, cut },
    lostMs: [dayMs],
    momentCount: 2,
    shardCount: 10,
    userSlots: ["account"],
    windowEndsMs: [dayMs],
  });
  print("\na day lost   sum of log loss added (95 % interval)");
  for (const { scope, total } of arms) {
    const { mean, low, high } = total.nats;
    print(`${scope.padEnd(12)} ${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`);
  }
  const { predictions, different } = recovery;
  figure("recovery", `${count(different)} of ${count(predictions)} predictions differ`);
  bar("our recovery loses none: equal to the bit", different === 0 && predictions > 0, smoke);
}
