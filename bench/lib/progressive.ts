/** How good predictions were that came before their labels. */
import { assert } from "#foldback/core";
import { auc, logLoss } from "#foldback/model";

export interface Quality {
  /** Mean, in nats. */
  readonly logLoss: number;
  readonly auc: number;
}

export interface ProgressiveQuality {
  readonly whole: Quality;
  /** Of the second half alone, when no learner is new to the stream any more. */
  readonly secondHalf: Quality;
}

/** @param predictions probabilities, (n,), in the order of the stream. @param labels (n,), 0 or 1. */
export function progressiveQuality(
  predictions: Float64Array,
  labels: Uint8Array,
): ProgressiveQuality {
  assert(predictions.length === labels.length, "every example has one prediction");
  const half = labels.length >>> 1;
  return {
    whole: qualityOf(predictions, labels),
    secondHalf: qualityOf(predictions.subarray(half), labels.subarray(half)),
  };
}

function qualityOf(predictions: Float64Array, labels: Uint8Array): Quality {
  let loss = 0;
  for (let i = 0; i < labels.length; i++) loss += logLoss(predictions[i], labels[i] === 1 ? 1 : 0);
  return { logLoss: loss / labels.length, auc: auc(predictions, labels) };
}
