/**
 * Is the learned probability that a shown item is acted on the true one?
 *
 * A simulated service: every impression is asked for just before the trainer reads it, with what the trainer
 * knows by then; what came of it is what its events say. Half of the stream is learned from, the other half
 * is judged (learning goes on): expected calibration error, and log loss on all impressions, none left out,
 * beside that of the first half's mean. Negatives at the end of their windows, and fake ones.
 */
import { createLearner, type Learner, resolveConfig } from "#foldback/engine";
import { eventKey, type LogRecord } from "#foldback/event";
import { accountIdOf, feedbackOf, Signals } from "#foldback/features";
import { calibrationError, logLoss, recentMax, sigmoid } from "#foldback/model";
import { simulate } from "#foldback/simulate";
import { probabilityOf, shownBucket } from "#foldback/train";
import { bar, count, figure } from "./lib/report.ts";

const errorMax = 0.02;

export function run({ smoke }: { smoke: boolean }): void {
  const records = simulatedRecords(smoke ? 3000 : 400_000);
  for (const negatives of ["afterWindow", "atOnce"] as const) {
    const config = resolveConfig({
      // The question is whether, not how much: each action counts as one.
      feedback: {
        play: { weight: 1, had: true },
        skip: { weight: -1, had: true },
        save: { weight: 1, had: true },
      },
      training: { impressions: { negatives } },
    });
    const learner = createLearner(config);
    const toProbability = negatives === "atOnce" ? probabilityOf : sigmoid;
    const asked = askAll(records, learner, toProbability);
    const labels = labelsOf(records, config.feedback);
    judge(negatives, asked, labels, smoke);
    const joined = learner.trainer.joinerStats();
    figure("", `${count(joined.positiveCount)} positive (${count(joined.latePositiveCount)} late)`);
  }
}

/** What is predicted of each impression, by its key. */
function askAll(
  records: readonly LogRecord[],
  { state, model, trainer }: Learner,
  toProbability: (logit: number) => number,
): Map<string, number> {
  const signals = new Signals(state);
  const asked = new Map<string, number>();
  for (const record of records) {
    const { event } = record;
    const item = state.items.indexOf(event.item ?? "");
    if (event.type === "impression" && state.items.isSeen(item)) {
      const key = eventKey(event);
      const { buckets } = signals.begin(key, event.time);
      signals.write(item, model.signals, 0);
      model.items[0] = state.items.idOf(item);
      const { wanted } = state.histories.of(key);
      const recent = wanted.slice(-recentMax).map((index) => state.items.idOf(index));
      const context = { account: accountIdOf(key), recent, buckets: [...buckets, shownBucket] };
      asked.set(keyOf(record), toProbability(model.score(context, 1)[0]));
    }
    trainer.apply(record);
  }
  return asked;
}

/** 1 for impressions that somebody acted on and wanted, by their key. */
function labelsOf(
  records: readonly LogRecord[],
  rules: Parameters<typeof feedbackOf>[1],
): Map<string, 0 | 1> {
  const labels = new Map<string, 0 | 1>();
  for (const record of records) {
    const { event } = record;
    if (event.request === undefined) continue;
    if (event.type === "impression") labels.set(keyOf(record), 0);
    else if (feedbackOf(event, rules).weight > 0) labels.set(keyOf(record), 1);
  }
  return labels;
}

/** The first of a simulated service's events, as a log would have them. */
function simulatedRecords(recordCount: number): LogRecord[] {
  const records: LogRecord[] = [];
  for (const { event } of simulate({ seed: 1 })) {
    if (records.length === recordCount) break;
    records.push({ partition: 0, offset: records.length, logTime: event.time, event });
  }
  return records;
}

function keyOf({ event }: LogRecord): string {
  return `${event.request} ${event.item}`;
}

function judge(
  name: string,
  asked: ReadonlyMap<string, number>,
  labels: ReadonlyMap<string, 0 | 1>,
  smoke: boolean,
): void {
  const all = [...asked];
  const half = all.length >>> 1;
  const labelOf = (key: string): 0 | 1 => labels.get(key) ?? 0;
  const prior = all.slice(0, half).reduce((sum, [key]) => sum + labelOf(key), 0) / half;
  const judged = all.slice(half);
  const predictions = judged.map(([, p]) => p);
  const truths = judged.map(([key]) => labelOf(key));
  const mean = (values: readonly number[]): number =>
    values.reduce((a, b) => a + b, 0) / values.length;
  const loss = mean(judged.map(([key, p]) => logLoss(p, labelOf(key))));
  const priorLoss = mean(truths.map((label) => logLoss(prior, label)));
  const error = calibrationError(predictions, truths);
  figure(
    name,
    `${count(judged.length)} impressions, ${mean(truths).toFixed(4)} acted on, ${mean(predictions).toFixed(4)} ` +
      `predicted; log loss ${loss.toFixed(4)}, of the mean alone ${priorLoss.toFixed(4)}`,
  );
  bar(
    `${name}: expected calibration error ≤ ${errorMax}: ${error.toFixed(4)}`,
    error <= errorMax,
    smoke,
  );
  bar(`${name}: log loss below that of the mean alone`, loss < priorLoss, smoke);
}
