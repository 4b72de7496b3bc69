/** `foldback evaluate --static`: its flags, what it asks for, and its tables. */
import type { Command } from "commander";
import { dayMs } from "../core/index.ts";
import { type Config, slotOf } from "../engine/index.ts";
import type {
  ArmReport,
  Interval,
  LearningCurve,
  StaticOptions,
  StaticReport,
} from "../evaluate/index.ts";
import { duration } from "./durations.ts";
import { wholeNumber } from "./flags.ts";
import { formatCount, formatSeconds, formatTable, print } from "./output.ts";

export interface StaticFlags {
  readonly static?: boolean;
  readonly window?: number;
  readonly rows: number;
}

/** What boosted trees are fitted to in about a second. */
const rowsDefault = 50_000;

export function addStaticFlags(command: Command): Command {
  return command
    .option(
      "--static",
      "against models that stand still: trained once, or again each night, and a nightly query",
    )
    .option(
      "--window <duration>",
      "how far they look back at night (default: to the beginning)",
      duration("--window", { isZeroAllowed: false }),
    )
    .option(
      "--rows <number>",
      "examples that they are fitted to; of more, so many are drawn",
      wholeNumber("--rows", 100, 1_000_000),
      rowsDefault,
    );
}

/** What `staticExperiment` takes beside what all experiments take. */
export function staticOptions(
  config: Config,
  { window, rows }: StaticFlags,
): Pick<StaticOptions, "windowDays" | "itemSlot" | "accountSlot" | "rowsMax"> {
  return {
    ...(window === undefined ? {} : { windowDays: window / dayMs }),
    itemSlot: slotOf(config, "item") ?? "",
    accountSlot: slotOf(config, "account") ?? "",
    rowsMax: rows,
  };
}

export function printStatic(report: StaticReport, seedCount: number): void {
  const { examples, arms, curves, groups, stratification } = report;
  const back = report.windowDays === null ? "everything" : `the last ${report.windowDays} days`;
  const each = report.retrainDays === 1 ? "each night" : `every ${report.retrainDays} nights`;
  print(
    `${formatCount(examples.known)} examples known when the second part begins, then ${formatCount(examples.measured)} predicted when asked (${percent(examples.positiveShare)} positive).\n` +
      `Retrained ${each} on ${back}${sampled(report)}. Mean of ${seedCount} seeds ± half of its 95 % interval;\n` +
      '"behind" is against the online model, seed by seed: above 0, the online model is better.\n',
  );
  print(
    formatTable([
      ["", "trained", "AUC", "behind", "log loss", "behind", "a training"],
      ...arms.map((arm) => [
        arm.name,
        trainedOf(arm),
        plusMinus(arm.auc),
        plusMinus(arm.aucBehind),
        plusMinus(arm.logLoss),
        plusMinus(arm.logLossBehind),
        arm.kind === "online" ? "–" : formatSeconds(arm.trainingSeconds),
      ]),
    ]),
  );
  printVerdict(arms);
  printDays(report);
  print("\nBy what was there in the first part: AUC / log loss.\n");
  print(
    formatTable([
      ["", "trained", ...groups.map(({ name, share }) => `${name} (${percent(share)})`)],
      ...arms.map((arm, at) => [
        arm.name,
        trainedOf(arm),
        ...groups.map((group) => {
          const { auc, logLoss } = group.arms[at];
          return `${auc === null ? "–" : auc.toFixed(3)} / ${logLoss.toFixed(3)}`;
        }),
      ]),
    ]),
  );
  print("\nFitted to the training part, judged by the validation part (a fifth, stratified):\n");
  print(
    formatTable([["", "", "training loss", "validation loss", ""], ...curves.flatMap(curveRows)]),
  );
  const segments = [...new Set(report.segments.map((segment) => segment ?? "nothing"))];
  if (arms.some(({ name }) => name.startsWith("SQL"))) {
    print(`\nThe nightly query splits items by what was best there: ${segments.join(", ")}.`);
  }
  if (stratification === null) return;
  const { rows, positives, splits, plain, stratified } = stratification;
  print(
    `\n${formatCount(rows)} examples with ${positives} positives, split ${splits} times: standard deviation over the splits\n` +
      "of what the validation part says of logistic regression.\n",
  );
  print(
    formatTable([
      ["", "share of positives", "log loss", "AUC", "no positive at all"],
      ...[["plain", plain] as const, ["stratified", stratified] as const].map(([name, spread]) => [
        name,
        spread.positiveShare.toFixed(5),
        spread.logLoss.toFixed(5),
        spread.auc.toFixed(3),
        `${spread.withoutPositives} of ${splits}`,
      ]),
    ]),
  );
}

function trainedOf({ name, kind }: ArmReport): string {
  if (kind === "online") return "always";
  if (kind === "nightly") return "nightly";
  return name === "online model" ? "frozen" : "once";
}

function sampled({ examples, rowsMax }: StaticReport): string {
  return examples.knownLast <= rowsMax
    ? ""
    : ` (fitted to ${formatCount(rowsMax)} of up to ${formatCount(examples.knownLast)}, drawn; encodings and the query see all)`;
}

/** What can be said for sure, either way. */
function printVerdict(arms: readonly ArmReport[]): void {
  const others = arms.slice(1);
  const ahead = others.filter(
    ({ logLossBehind, aucBehind }) => logLossBehind.low > 0 && aucBehind.low > 0,
  );
  const rest = others.filter((arm) => !ahead.includes(arm));
  const namesOf = (some: readonly ArmReport[]): string =>
    some.map((arm) => `${arm.name} (${trainedOf(arm)})`).join(", ");
  print(
    `\nThe online model is better than ${ahead.length} of ${others.length} by both figures, with intervals above 0.` +
      (rest.length === 0 ? "" : `\nNot than: ${namesOf(rest)}.`),
  );
}

/** AUC by day, of five days from the first to the last. */
function printDays({ arms }: StaticReport): void {
  const { byDay } = arms[0];
  const shown = [
    ...new Set([0, 0.25, 0.5, 0.75, 1].map((at) => Math.round(at * (byDay.length - 1)))),
  ];
  print("\nAUC and log loss by the days since the second part began:\n");
  const cell = (value: Interval | null): string => (value === null ? "–" : value.mean.toFixed(3));
  print(
    formatTable([
      ["", "trained", ...shown.map((at) => `day ${byDay[at].day}`)],
      ...arms.map((arm) => [
        arm.name,
        trainedOf(arm),
        ...shown.map((at) => `${cell(arm.byDay[at].auc)} / ${cell(arm.byDay[at].logLoss)}`),
      ]),
    ]),
  );
}

/** Up to eight points, the chosen one among them. */
function curveRows({ name, knob, best, points }: LearningCurve): string[][] {
  const least = points.reduce((a, b) => (b.validationLoss < a.validationLoss ? b : a));
  const step = Math.max(1, Math.ceil(points.length / 8));
  const shown = points.filter(
    (point, at) => point === least || at % step === 0 || at === points.length - 1,
  );
  return shown.map((point, at) => [
    at === 0 ? `${name}, ${knob}` : "",
    String(point.complexity),
    point.trainingLoss.toFixed(4),
    point.validationLoss.toFixed(4),
    point === least ? `least; chosen: ${[...new Set(best)].join(", ")}` : "",
  ]);
}

function plusMinus({ mean, high }: Interval): string {
  return `${mean.toFixed(4).replace(/^-(0\.0*)$/, "$1")} ± ${(high - mean).toFixed(4)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
