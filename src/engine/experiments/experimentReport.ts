import { AbTest, assignmentPValue, type Comparison } from "../../evaluate/index.ts";
import type { LiveExperiment } from "./liveExperiment.ts";
import { type ExperimentOutcomes, MeasuredExperiment } from "./measuredExperiment.ts";
import { type MetricName, metricNames } from "./settings.ts";

/** null: as long as nothing can be said. */
type MaybeNumber = number | null;

/** An always-valid interval: it may be looked at at any time. */
export interface MetricReport {
  /** Over the accounts that are measured. */
  readonly mean: MaybeNumber;
  readonly low: MaybeNumber;
  readonly high: MaybeNumber;
  /** Of all variants but the control. */
  readonly againstControl?: {
    readonly difference: MaybeNumber;
    readonly low: MaybeNumber;
    readonly high: MaybeNumber;
    readonly pValue: number;
  };
}

export interface VariantReport {
  readonly name: string;
  /** Of the accounts, by the weights. */
  readonly share: number;
  /** Accounts that were served a list, and lists. */
  readonly accounts: number;
  readonly exposures: number;
  /** Accounts whose window is over. */
  readonly measured: number;
  readonly metrics: Readonly<Record<MetricName, MetricReport>>;
  /** By the experiment's metric; of all variants but the control. */
  readonly verdict?: "better" | "worse" | "undecided";
}

export interface ExperimentReport {
  readonly name: string;
  /** `removed`: the config has it no more. */
  readonly state: "planned" | "running" | "ended" | "removed";
  /** What the verdict goes by, and the chance that a variant is ever said to differ when none does. */
  readonly metric: MetricName;
  readonly alpha: number;
  readonly windowSeconds: number;
  /** From when on it is measured, epoch milliseconds: from the first list that it has a part in; null before. */
  readonly since: MaybeNumber;
  /** The control first. */
  readonly variants: readonly VariantReport[];
  /** Below 0.001 accounts are not split as the weights say, and nothing else is to be trusted. */
  readonly assignmentPValue: number;
  /** Lists to accounts beyond `accountsMax`, of which nothing is counted. */
  readonly beyondExposures: number;
  /** The verdict in words. */
  readonly summary: string;
}

/** By which the split of accounts is said to be broken: seldom enough for an alarm that stops everything. */
const assignmentAlpha = 0.001;

/**
 * What may be said of each experiment by what was measured, in the order of the config, and then those that it has no more.
 *
 * @param now epoch milliseconds.
 */
export function experimentReports(
  outcomes: Readonly<Record<string, ExperimentOutcomes>>,
  experiments: readonly LiveExperiment[],
  now: number,
): ExperimentReport[] {
  const known = experiments.map((experiment) => {
    const { name, definition } = experiment;
    const found = Object.hasOwn(outcomes, name) ? outcomes[name] : undefined;
    // What another of that name has measured is not its own.
    const own =
      found?.definition === definition
        ? found
        : new MeasuredExperiment(definition, Number.NaN).outcomes();
    return experimentReport(name, own, experiment, now);
  });
  const removed = Object.entries(outcomes)
    .filter(([name]) => !experiments.some((experiment) => experiment.name === name))
    .map(([name, found]) => experimentReport(name, found, undefined, now));
  return [...known, ...removed];
}

function experimentReport(
  name: string,
  outcomes: ExperimentOutcomes,
  experiment: LiveExperiment | undefined,
  now: number,
): ExperimentReport {
  const { metric = "acted", alpha = 0.05, tightestAt = 5000 } = experiment ?? {};
  const { variants, windowSeconds, since, beyondExposures } = outcomes;
  const total = variants.reduce((sum, { weight }) => sum + weight, 0);
  const shares = variants.map(({ weight }) => weight / total);
  const splitPValue = assignmentPValue(
    variants.map(({ accounts }) => accounts),
    shares,
  );
  const tests = Object.fromEntries(
    metricNames.map((of) => [of, tested({ name, variants }, of, { alpha, tightestAt })]),
  ) as Record<MetricName, ReturnType<AbTest["report"]>>; // one for each
  const isSplit = splitPValue >= assignmentAlpha;
  const verdicts = tests[metric].comparisons.map((comparison) =>
    isSplit ? verdictOf(comparison, alpha) : "undecided",
  );
  return {
    name,
    state: stateOf(experiment, now),
    metric,
    alpha,
    windowSeconds,
    since: finite(since),
    variants: variants.map(({ name: variant, accounts, exposures, measured }, at) => ({
      name: variant,
      share: shares[at],
      accounts,
      exposures,
      measured,
      metrics: Object.fromEntries(
        metricNames.map((of) => [of, metricReport(tests[of], at)]),
      ) as Record<MetricName, MetricReport>, // one for each
      ...(at > 0 && { verdict: verdicts[at - 1] }),
    })),
    assignmentPValue: splitPValue,
    beyondExposures,
    summary: isSplit
      ? summaryOf(tests[metric], metric, verdicts)
      : `not to be trusted: accounts are not split as the weights say (p = ${shown(splitPValue)}), so something loses those of one variant`,
  };
}

function tested(
  { name, variants }: Pick<ExperimentOutcomes, "variants"> & { readonly name: string },
  metric: MetricName,
  options: { readonly alpha: number; readonly tightestAt: number },
): ReturnType<AbTest["report"]> {
  const test = new AbTest(
    { name, variants },
    { ...options, metric: metric === "acted" ? "rate" : "mean" },
  );
  for (const { name: variant, measured: count, metrics } of variants)
    test.observeSummary(variant, { count, ...metrics[metric] });
  return test.report();
}

function metricReport(test: ReturnType<AbTest["report"]>, at: number): MetricReport {
  const { mean, low, high } = test.variants[at];
  const said = { mean: finite(mean), low: finite(low), high: finite(high) };
  if (at === 0) return said;
  const { difference, pValue, ...interval } = test.comparisons[at - 1];
  return {
    ...said,
    againstControl: {
      difference: finite(difference),
      low: finite(interval.low),
      high: finite(interval.high),
      pValue,
    },
  };
}

function stateOf(experiment: LiveExperiment | undefined, now: number): ExperimentReport["state"] {
  if (experiment === undefined) return "removed";
  if (now < experiment.start) return "planned";
  return now < experiment.end ? "running" : "ended";
}

function verdictOf(
  { difference, pValue }: Comparison,
  alpha: number,
): "better" | "worse" | "undecided" {
  if (!(pValue < alpha)) return "undecided";
  return difference > 0 ? "better" : "worse";
}

function summaryOf(
  { variants, comparisons }: ReturnType<AbTest["report"]>,
  metric: MetricName,
  verdicts: readonly string[],
): string {
  const [control] = variants;
  if (variants.some(({ count }) => count === 0))
    return "too early: no account of some variant has had its whole window yet";
  return comparisons
    .map(({ variant, difference, low, high, pValue }, at) => {
      const verdict = verdicts[at];
      const numbers = `${metric} ${shown(variants[at + 1].mean)} against ${shown(control.mean)}, p = ${shown(pValue)}`;
      if (verdict === "undecided")
        return `${variant} is not shown to differ from ${control.name} (${numbers})`;
      return `${variant} is ${verdict} than ${control.name}, by ${shown(difference)} (${shown(low)} to ${shown(high)}; ${numbers})`;
    })
    .join("; ");
}

function finite(value: number): MaybeNumber {
  return Number.isFinite(value) ? value : null;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}
