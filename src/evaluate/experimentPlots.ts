/** The pictures of the experiments, as SVG. */
import { dayMs, hourMs } from "../core/index.ts";
import type { FailureArm, FailureReport } from "./failureExperiment.ts";
import type { FailureScope } from "./failureSeed.ts";
import { intervalPlot } from "./intervalPlot.ts";
import type { SyncReport } from "./syncExperiment.ts";

/** What the lag costs, by the interval, both ways of taking the AUC. */
export function syncPlot(report: SyncReport, about: PlotAbout): string {
  const arms = report.arms.slice(0, -1); // the model itself, from which the others are apart
  return intervalPlot({
    title: "What serving with a copy that lags costs",
    note: noteOf(about),
    xLabel: "interval of synchronisation; frozen: never again",
    yLabel: "AUC: the model itself − the copy",
    categories: arms.map(({ intervalMs }) =>
      intervalMs === null ? "frozen" : formatDuration(intervalMs),
    ),
    series: [
      { name: "over all examples", values: arms.map(({ aucLost }) => aucLost) },
      { name: "mean of shards", values: arms.map(({ shardAucLost }) => shardAucLost) },
    ],
  });
}

/** By the time since a failure: up to four of what may be lost. */
export function failurePlot(report: FailureReport, about: PlotAbout): string {
  const [longest] = [...report.arms].sort((a, b) => b.lostMs - a.lostMs);
  const whole = report.arms.filter(({ scope }) => scope === "whole");
  const byLength = [...whole].sort((a, b) => b.lostMs - a.lostMs).slice(0, 3);
  const shard = report.arms.find(
    ({ scope, lostMs }) => scope === "shard" && lostMs === longest.lostMs,
  );
  const shown = shard === undefined ? byLength : [...byLength, shard];
  return intervalPlot({
    title: "What a failure costs that takes the model back",
    note: noteOf(about),
    xLabel: "time since the failure",
    yLabel: "log loss added per example",
    categories: longest.windows.map(({ fromMs, toMs }) => windowName(fromMs, toMs)),
    series: shown.map((arm) => ({
      name: armName(arm),
      values: arm.windows.map(({ logLossAdded }) => logLossAdded),
    })),
  });
}

export interface PlotAbout {
  /** Of the stream. */
  readonly name: string;
  readonly seedCount: number;
}

const scopeNames: Readonly<Record<FailureScope, string>> = {
  whole: "whole model",
  shard: "one shard",
  shardUsers: "account rows of one shard",
  shardOthers: "other rows of one shard",
};

function armName({ lostMs, scope }: FailureArm): string {
  return `${formatDuration(lostMs)} lost, ${scopeNames[scope]}`;
}

function noteOf({ name, seedCount }: PlotAbout): string {
  return `${name}; mean of ${seedCount} seeds, and its 95 % interval`;
}

function windowName(fromMs: number, toMs: number | null): string {
  if (fromMs === 0 && toMs !== null) return `≤ ${formatDuration(toMs)}`;
  return toMs === null
    ? `> ${formatDuration(fromMs)}`
    : `${formatDuration(fromMs)} – ${formatDuration(toMs)}`;
}

const units = [
  ["d", dayMs],
  ["h", hourMs],
  ["m", 60_000],
  ["s", 1000],
] as const;

/** As the flags take them: 1d, 90m, 30s, 0; in the largest unit that leaves no rest. */
export function formatDuration(ms: number): string {
  const unit = units.find(([, length]) => ms % length === 0);
  if (ms === 0 || unit === undefined) return ms === 0 ? "0" : `${ms} ms`;
  return `${ms / unit[1]}${unit[0]}`;
}
