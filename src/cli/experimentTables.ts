/** Reports of experiments as tables for people. */
import {
  type FailureArm,
  type FailureReport,
  type FailureScope,
  formatDuration,
  type Interval,
  type SyncReport,
} from "../evaluate/index.ts";
import { formatCount, formatTable, print } from "./output.ts";

export function printSync(report: SyncReport, shardCount: number, seedCount: number): void {
  const { arms, table, learnedBefore, measured } = report;
  print(
    `${formatCount(learnedBefore)} examples learned, then ${formatCount(measured)} served while learning goes on. ` +
      `Mean of ${seedCount} seeds ± half of its 95 % interval;\n` +
      `"lost" is against interval 0, seed by seed. Shard AUC: mean over ${shardCount} shards in time order.\n`,
  );
  const nameOf = (intervalMs: number | null): string =>
    intervalMs === null ? "frozen" : formatDuration(intervalMs);
  print(
    formatTable([
      ["interval", "AUC", "lost", "shard AUC", "lost", "log loss", "added", "syncs", "rows each"],
      ...arms.map((arm) => [
        nameOf(arm.intervalMs),
        plusMinus(arm.auc),
        plusMinus(arm.aucLost),
        plusMinus(arm.shardAuc),
        plusMinus(arm.shardAucLost),
        plusMinus(arm.logLoss),
        plusMinus(arm.logLossAdded),
        formatCount(arm.synchronisations),
        formatCount(arm.rowsEach),
      ]),
    ]),
  );
  const [frozen] = arms;
  print(
    `\nAUC falls as the interval grows: ${yesNo(isFalling(arms.map(({ auc }) => auc.mean)))}; of shards: ` +
      `${yesNo(isFalling(arms.map(({ shardAuc }) => shardAuc.mean)))}. ` +
      `0 against frozen: ${signed(frozen.aucLost.mean)}; of shards: ${signed(frozen.shardAucLost.mean)}.`,
  );
  if (table.length === 0) return;
  print(
    "\nAs the paper's Table 2: shard AUC × 100, a copy synchronised where each shard begins.\n",
  );
  print(
    formatTable([
      ["shards", "online", "batch (frozen)", "gain"],
      ...table.map(({ shardCount: count, online, batch, gain }) => [
        formatCount(count),
        plusMinus(online, 2, 100),
        plusMinus(batch, 2, 100),
        plusMinus(gain, 2, 100),
      ]),
    ]),
  );
}

const scopes: Readonly<Record<FailureScope, (shardCount: number) => string>> = {
  whole: () => "whole model",
  shard: (count) => `1 of ${count} shards`,
  shardUsers: () => "… account rows alone",
  shardOthers: () => "… all other rows",
};

export function printFailure(
  report: FailureReport,
  about: { readonly shardCount: number; readonly seedCount: number; readonly failureCount: number },
): void {
  const { shardCount, seedCount, failureCount } = about;
  const { arms, recovery, learnedBefore, measured, auc, logLoss } = report;
  print(
    `${formatCount(failureCount)} failures of each of ${seedCount} seeds, one by one; on the mean ${formatCount(learnedBefore)} examples are learned before,\n` +
      `and ${formatCount(measured)} predicted after. Without a failure: AUC ${plusMinus(auc)}, log loss ${plusMinus(logLoss)}.\n` +
      "Mean of the seeds ± half of its 95 % interval; a cost is of one failure, against none at the same moment.\n",
  );
  const nameOf = ({ lostMs, scope }: FailureArm): string =>
    `${formatDuration(lostMs)}, ${scopes[scope](shardCount)}`;
  print(
    formatTable([
      ["lost", "examples", "ids", "log loss added, sum", "… per example × 1000", "AUC lost × 1000"],
      ...arms.map((arm) => [
        nameOf(arm),
        formatCount(arm.lostExamples),
        arm.scope === "whole" ? "all" : formatCount(arm.lostIds),
        plusMinus(arm.total.nats, 2),
        plusMinus(arm.total.logLossAdded, 3, 1000),
        plusMinus(arm.total.aucLost, 3, 1000),
      ]),
    ]),
  );
  const [first] = arms;
  const heads = first.windows.map(
    ({ fromMs, toMs }) =>
      `${formatDuration(fromMs)} – ${toMs === null ? "end" : formatDuration(toMs)}`,
  );
  for (const [title, figureOf] of [
    ["Log loss added per example × 1000", (window: Window) => window.logLossAdded],
    ["AUC lost × 1000", (window: Window) => window.aucLost],
  ] as const) {
    print(`\n${title}, by the time since the failure:\n`);
    print(
      formatTable([
        ["lost", ...heads],
        ["examples", ...first.windows.map(({ examples }) => formatCount(examples))],
        ...arms.map((arm) => [
          nameOf(arm),
          ...arm.windows.map((window) => plusMinus(figureOf(window), 2, 1000)),
        ]),
      ]),
    );
  }
  print(
    `\nOur recovery, from the snapshot of ${formatDuration(recovery.lostMs)} before and the log since then: ` +
      `${formatCount(recovery.different)} of ${formatCount(recovery.predictions)} predictions differ in any bit.`,
  );
}

type Window = FailureArm["windows"][number];

function plusMinus({ mean, high }: Interval, digits = 4, scale = 1): string {
  if (Number.isNaN(mean)) return "–";
  const half = ((high - mean) * scale).toFixed(digits);
  return `${(mean * scale).toFixed(digits).replace(/^-(0(\.0*)?)$/, "$1")} ± ${half}`;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;
}

function isFalling(bestLast: readonly number[]): boolean {
  return bestLast.every((value, i) => i === 0 || value >= bestLast[i - 1]);
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}
