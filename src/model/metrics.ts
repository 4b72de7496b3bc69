/**
 * How good predictions and rankings are. Higher is better but for losses and errors.
 */
import { assert } from "../core/index.ts";

/**
 * Area under the ROC curve: the probability that a random positive scores above a random negative, ties
 * counting half. Exact, O(n log n). NaN without a positive or a negative; no score may be NaN.
 *
 * Source: Mann and Whitney 1947; by ranks, as in Hanley and McNeil, Radiology 1982.
 *
 * @param scores (n,), any scale. @param labels (n,), 0 or 1.
 */
export function auc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  assert(scores.length === labels.length, "every score has a label");
  for (let i = 0; i < scores.length; i++) assert(!Number.isNaN(scores[i]), "a score is a number");
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i);
  order.sort((a, b) => scores[a] - scores[b]);
  let positives = 0;
  let rankSum = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    let tiedPositives = 0;
    for (; to < order.length && scores[order[to]] === scores[order[from]]; to++) {
      tiedPositives += labels[order[to]];
    }
    positives += tiedPositives;
    rankSum += tiedPositives * ((from + 1 + to) / 2); // ranks from + 1 … to, shared evenly
    from = to;
  }
  const negatives = order.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** The probability that a logit stands for. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** −ln of what the prediction gave the label; finite: predictions are kept 1e-15 away from 0 and 1. */
export function logLoss(prediction: number, label: 0 | 1): number {
  const kept = Math.min(1 - 1e-15, Math.max(1e-15, prediction));
  return -Math.log(label === 1 ? kept : 1 - kept);
}

/**
 * Log loss of a prediction by its logit, which neither overflows nor loses digits:
 * −y ln σ(z) − (1 − y) ln(1 − σ(z)) = ln(1 + e^−|z|) + (1 − y) max(z, 0) + y max(−z, 0).
 *
 * @param label 0 to 1: a share is so much of a 1, and the rest of a 0.
 */
export function logLossOfLogit(logit: number, label: number): number {
  return Math.log1p(Math.exp(-Math.abs(logit))) + (logit > 0 ? 1 - label : -label) * logit;
}

/** 1 if the one relevant item is among the first k. @param place from 0; -1 if it is nowhere. */
export function hitAt(place: number, k: number): number {
  return place >= 0 && place < k ? 1 : 0;
}

/**
 * Normalised discounted cumulative gain where one item is relevant: 1 / log2(place + 2) within the first k.
 *
 * Source: Järvelin and Kekäläinen, ACM TOIS 2002.
 */
export function ndcgAt(place: number, k: number): number {
  return hitAt(place, k) === 0 ? 0 : 1 / Math.log2(place + 2);
}

/** Reciprocal rank: 1 / (place + 1), 0 if it is nowhere. Its mean is the MRR. */
export function reciprocalRank(place: number): number {
  return place < 0 ? 0 : 1 / (place + 1);
}

/**
 * Expected calibration error: mean distance between predicted and observed rate, over `bins` bins of equal
 * width, weighted by their examples.
 *
 * Source: Naeini, Cooper and Hauskrecht, AAAI 2015.
 *
 * @param predictions (n,), 0 to 1. @param labels (n,), 0 or 1.
 */
export function calibrationError(
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = 15,
): number {
  assert(predictions.length === labels.length, "every prediction has a label");
  const predicted = new Float64Array(bins);
  const observed = new Float64Array(bins);
  for (let i = 0; i < predictions.length; i++) {
    const bin = Math.min(bins - 1, Math.floor(predictions[i] * bins));
    predicted[bin] += predictions[i];
    observed[bin] += labels[i];
  }
  let error = 0;
  for (let bin = 0; bin < bins; bin++) error += Math.abs(predicted[bin] - observed[bin]);
  return error / predictions.length;
}
