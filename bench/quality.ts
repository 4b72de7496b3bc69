/**
 * How much better than the baselines are the recommendations, and what does each part of the engine add?
 *
 * Progressive validation on MovieTweetings 100K, every event: once as `npm start` does it, timed; and once
 * with four more engines beside it, each without one part. The baselines are of the same run. hit@10 of the
 * full engine must be the same both times.
 */
import { join } from "node:path";
import { assert } from "#foldback/core";
import { evaluateFile, resolveConfig, type TimedReport } from "#foldback/engine";
import {
  bar,
  count,
  figure,
  print,
  ratingsFile,
  withDirectory,
  writeRatings,
} from "./lib/report.ts";

const ratioMin = 1.03;
const modelAddsMin = 0.005;
const secondsMax = 120;

type Metrics = TimedReport["metrics"];

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  await withDirectory(async (directory) => {
    const path = smoke ? writeRatings(join(directory, "ratings"), 5000) : ratingsFile;
    const config = resolveConfig({});
    const busyBefore = process.cpuUsage();
    const plain = await evaluateFile(config, path);
    const { user, system } = process.cpuUsage(busyBefore);
    const report = await evaluateFile(config, path, {
      ablate: ["model", "cooccurrence", "trend", "new"],
    });
    assert(report.metrics["hit@10"] === plain.metrics["hit@10"], "both runs give the same lists");
    printReport(report);
    const { metrics, baselines, ablation = {} } = report;
    const best = Math.max(...Object.values(baselines).map((of) => of["hit@10"] ?? 0));
    const own = metrics["hit@10"] ?? 0;
    const adds = Object.entries(ablation).map(
      ([part, without]) => [part, own - (without["hit@10"] ?? 0)] as const,
    );
    for (const [part, added] of adds) figure(part, `adds ${added.toFixed(4)} to hit@10`);
    const modelAdds = new Map<string, number>(adds).get("model") ?? 0;
    const { events, evaluated, seconds, firstListSeconds } = plain;
    figure(
      "plain run",
      `${count(events)} events, ${count(evaluated)} evaluated, ${seconds.toFixed(1)} s ` +
        `(${count(events / seconds)} events/s), first list after ${firstListSeconds.toFixed(2)} s`,
    );
    figure("", `${((user + system) / 1e6).toFixed(1)} s of a processor, all threads`);
    figure("with all", `${report.seconds.toFixed(1)} s, five engines`);
    const figures = [own, metrics["ndcg@10"], metrics.mrr, metrics.auc, metrics.logloss];
    figure("checksum", figures.map((value) => value?.toFixed(6)).join(" "));
    bar(
      `hit@10 >= ${ratioMin} × the best baseline: ${(own / best).toFixed(3)}`,
      own >= ratioMin * best,
      smoke,
    );
    bar(
      `the model adds >= ${modelAddsMin}: ${modelAdds.toFixed(4)}`,
      modelAdds >= modelAddsMin,
      smoke,
    );
    bar(
      `the plain run takes < ${secondsMax} s: ${seconds.toFixed(1)}`,
      seconds < secondsMax,
      smoke,
    );
  });
}

function printReport({ metrics, baselines, ablation = {} }: TimedReport): void {
  const columns = ["hit@10", "ndcg@10", "mrr", "auc", "logloss"] as const;
  print(`${"".padEnd(28)}${columns.map((column) => column.padStart(9)).join("")}`);
  const row = (name: string, values: Metrics): void => {
    const cells = columns.map((column) => values[column]?.toFixed(4) ?? "–");
    print(`${name.padEnd(28)}${cells.map((cell) => cell.padStart(9)).join("")}`);
  };
  row("foldback", metrics);
  for (const [part, values] of Object.entries(ablation)) row(`  without ${part}`, values);
  row(`recency, ${baselines.recency.halfLifeHours} h`, baselines.recency);
  row("popularity", baselines.popularity);
  row("item-to-item cosine", baselines.itemCosine);
}
