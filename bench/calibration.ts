/**
 * Is the learned probability that a shown item is acted on the true one?
 *
 * A simulated service: every impression is asked for just before the trainer reads it, with what the trainer
 * knows by then; what came of it is what its events say. Half of the stream is learned from, the other half
 * is judged (learning goes on): expected calibration error, and log loss on all impressions, none left out,
 * beside that of the first half's mean and of the truth. Negatives at the end of their windows, and fake ones.
 */
import {
  createLearner,
  type Learner,
  resolveConfig,
  responseProbability,
  responseSlots,
} from "#foldback/engine";
import type { LogRecord } from "#foldback/event";
import { ExampleFeatures, feedbackOf, itemIdOf, type SlotRules } from "#foldback/features";
import { auc, calibrationError, logLoss } from "#foldback/model";
import { simulate } from "#foldback/simulate";
import { bar, count, figure } from "./lib/report.ts";

const errorMax = 0.02;

export function run({ smoke }: { smoke: boolean }): void {
  const { records, truths } = simulated(smoke ? 3000 : 400_000);
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
    const asked = askAll(records, learner, responseSlots(config), responseProbability(config));
    const labels = labelsOf(records, config.feedback);
    judge(negatives, asked, labels, truths, smoke);
    const joined = learner.trainer.joinerStats();
    if (joined === undefined) continue;
    figure("", `${count(joined.positiveCount)} positive (${count(joined.latePositiveCount)} late)`);
  }
}

/** What is predicted of each impression, by its key. */
function askAll(
  records: readonly LogRecord[],
  { state, response, trainer }: Learner,
  slots: SlotRules,
  toProbability: (logit: number) => number,
): Map<string, number> {
  const features = new ExampleFeatures(state, slots);
  const asked = new Map<string, number>();
  for (const record of records) {
    const { event } = record;
    if (event.type === "impression" && event.item !== undefined && response !== undefined) {
      features.begin(event);
      const about = { index: state.items.indexOf(event.item), id: itemIdOf(event.item) };
      const logit = response.model.predictOne(features.of(about, event.position));
      asked.set(keyOf(record), toProbability(logit));
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

/** The first of a simulated service's events, as a log would have them, and what is true of impressions. */
function simulated(recordCount: number): {
  readonly records: LogRecord[];
  readonly truths: ReadonlyMap<string, number>;
} {
  const records: LogRecord[] = [];
  const truths = new Map<string, number>();
  for (const { event, truth } of simulate({ seed: 1 })) {
    if (records.length === recordCount) break;
    const record = { partition: 0, offset: records.length, logTime: event.time, event };
    records.push(record);
    if (truth.playProbability !== undefined) truths.set(keyOf(record), truth.playProbability);
  }
  return { records, truths };
}

function keyOf({ event }: LogRecord): string {
  return `${event.request} ${event.item}`;
}

function judge(
  name: string,
  asked: ReadonlyMap<string, number>,
  labels: ReadonlyMap<string, 0 | 1>,
  trueProbabilities: ReadonlyMap<string, number>,
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
  const ofTruth = judged.map(([key]) => trueProbabilities.get(key) ?? Number.NaN);
  const truthLoss = mean(ofTruth.map((p, i) => logLoss(p, truths[i])));
  figure(
    name,
    `${count(judged.length)} impressions, ${mean(truths).toFixed(4)} acted on, ${mean(predictions).toFixed(4)} ` +
      `predicted; log loss ${loss.toFixed(4)}, of the mean alone ${priorLoss.toFixed(4)}; auc ${auc(predictions, truths).toFixed(4)}`,
  );
  figure(
    "",
    `of the truth: log loss ${truthLoss.toFixed(4)}, auc ${auc(ofTruth, truths).toFixed(4)}`,
  );
  bar(
    `${name}: expected calibration error ≤ ${errorMax}: ${error.toFixed(4)}`,
    error <= errorMax,
    smoke,
  );
  bar(`${name}: log loss below that of the mean alone`, loss < priorLoss, smoke);
}
