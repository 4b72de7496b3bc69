import { alarmKinds, type QuestionHealth, questions, type Status } from "../engine/index.ts";

/** A value under its labels; one that is not known is not shown. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number | undefined];

/** A metric that is read from the engine's status when somebody asks. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly labels: readonly string[];
  /** What is shown where there is no engine: nothing, if it does not say. */
  readonly withoutEngine?: readonly Sample[];
  read(status: Status): readonly Sample[];
}

/**
 * What `/metrics` says of the engine, in the order of `docs/METRICS.md`.
 *
 * Names as Prometheus has them: base units, unit last, `_total` for what only grows.
 */
export const metricFamilies: readonly MetricFamily[] = [
  {
    ...one("foldback_ready", "1 once all that was in the log at the start is learned from.", (s) =>
      Number(s.ready),
    ),
    withoutEngine: [[{}, 0]],
  },
  one("foldback_log_read_only", "1 once a failed write has stopped the log.", (s) =>
    Number(s.readOnly),
  ),
  one("foldback_log_records", "Records in the log.", (s) => s.records),
  one(
    "foldback_serving_lag_records",
    "Records that serving has not applied yet.",
    (s) => s.servingLag,
  ),
  one("foldback_training_lag_records", "Records not learned from yet.", (s) => s.trainingLag),
  one(
    "foldback_training_lag_seconds",
    "By how much log time what was learned is older than the newest record.",
    (s) => s.trainingLagMs / 1000,
  ),
  one("foldback_items", "Items that somebody did something with.", (s) => s.items),
  one("foldback_accounts", "Accounts and sessions that did something.", (s) => s.accounts),
  {
    name: "foldback_events_total",
    help: "Events that came since the start, by what became of them.",
    type: "counter",
    labels: ["result"],
    read: ({ ingested }) => [
      [{ result: "accepted" }, ingested.accepted],
      [{ result: "duplicate" }, ingested.duplicates],
      [{ result: "refused" }, ingested.refused],
    ],
  },
  {
    name: "foldback_segment_unmapped_total",
    help: "Messages and parts of messages in Segment's shape, since the start, that no event says.",
    type: "counter",
    labels: ["kind", "name"],
    read: ({ unmapped }) =>
      unmapped.map(({ kind, name, count }): Sample => [{ kind, name }, count]),
  },
  {
    name: "foldback_snapshots_total",
    help: "Snapshots since the start, by what became of them.",
    type: "counter",
    labels: ["result"],
    read: ({ snapshots }) => [
      [{ result: "saved" }, snapshots.saved],
      [{ result: "failed" }, snapshots.failed],
    ],
  },
  one(
    "foldback_snapshot_stall_seconds",
    "How long training stood still for the latest snapshot.",
    ({ snapshots }) => inSeconds(snapshots.stallMs),
  ),
  one(
    "foldback_snapshot_turn_seconds",
    "How long at most it stood still at once while the latest snapshot was written.",
    ({ snapshots }) => inSeconds(snapshots.longestTurnMs),
  ),
  {
    name: "foldback_training_examples_total",
    help: "Examples learned from, sampled ones included; goes on over restarts.",
    type: "counter",
    labels: [],
    read: (s) => [[{}, s.examples]],
  },
  one(
    "foldback_training_examples_per_second",
    "Examples learned from a second, over ten seconds.",
    (s) => s.health.examplesPerSecond,
  ),
  ofWindows("log_loss", "Mean log loss before learning, in nats.", (w) => w.logLoss),
  ofWindows("base_log_loss", "Log loss of always saying the mean label.", (w) => w.baseLogLoss),
  ofWindows("auc", "Area under the ROC curve.", (w) => w.auc),
  ofWindows("predicted_mean", "Mean prediction.", (w) => w.predicted),
  ofWindows("observed_mean", "Mean label.", (w) => w.observed),
  ofWindows("calibration_error", "Expected calibration error.", (w) => w.calibrationError),
  ofQuestions(
    "validation_log_loss",
    "Mean log loss of sampled steps before they were learned.",
    ({ overfitting }) => overfitting.validationLoss,
  ),
  ofQuestions(
    "repeated_log_loss",
    "Mean log loss, at the same moments, of steps learned 1,024 steps before.",
    ({ overfitting }) => overfitting.trainingLoss,
  ),
  {
    name: "foldback_training_not_finite_total",
    help: "Examples whose prediction was no number; goes on over restarts.",
    type: "counter",
    labels: ["question"],
    read: ({ health }) =>
      questions.map((question) => [{ question }, health.questions[question].notFinite]),
  },
  {
    name: "foldback_training_alarms_total",
    help: "Alarms, by kind; goes on over restarts.",
    type: "counter",
    labels: ["question", "kind"],
    read: ({ health }) =>
      questions.flatMap((question) =>
        alarmKinds.map(
          (kind): Sample => [{ question, kind }, health.questions[question].alarms[kind]],
        ),
      ),
  },
];

function one(
  name: string,
  help: string,
  read: (status: Status) => number | undefined,
): MetricFamily {
  return { name, help, type: "gauge", labels: [], read: (status) => [[{}, read(status)]] };
}

function ofQuestions(
  name: string,
  help: string,
  read: (health: QuestionHealth) => number | undefined,
): MetricFamily {
  return {
    name: `foldback_training_${name}`,
    help,
    type: "gauge",
    labels: ["question"],
    read: ({ health }) =>
      questions.map((question) => [{ question }, read(health.questions[question])]),
  };
}

function ofWindows(
  name: string,
  help: string,
  read: (window: QuestionHealth["windows"][number]) => number | undefined,
): MetricFamily {
  return {
    name: `foldback_training_${name}`,
    help: `${help} Of the latest examples, as many as the window says.`,
    type: "gauge",
    labels: ["question", "window"],
    read: ({ health }) =>
      questions.flatMap((question) =>
        health.questions[question].windows.map(
          (window): Sample => [{ question, window: String(window.size) }, read(window)],
        ),
      ),
  };
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
