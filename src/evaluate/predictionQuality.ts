import { assert } from "../core/index.ts";
import { auc, logLossOfLogit } from "../model/index.ts";
import type { ExampleStream } from "./exampleStream.ts";

/** How good logits are over some of the asked. */
export interface PredictionQuality {
  /** Over all together; NaN without a positive or a negative. */
  readonly auc: number;
  /** The mean of the AUCs of shards in time order, as the paper's Algorithm 1 takes it. */
  readonly shardAuc: number;
  /** Mean, natural logarithm. */
  readonly logLoss: number;
  /** Shards that had no positive, or no negative, and so no AUC. */
  readonly shardsLeftOut: number;
}

/**
 * @param indices which of the asked, in order. @param logits (asked,).
 * @param shardCount the shards are of as many examples each, but for one.
 */
export function predictionQuality(
  { labels }: ExampleStream,
  indices: Uint32Array,
  logits: Float64Array,
  shardCount: number,
): PredictionQuality {
  assert(shardCount >= 1, "there is a shard");
  const count = indices.length;
  const scores = Float64Array.from(indices, (index) => logits[index]);
  const classes = Uint8Array.from(indices, (index) => classOf(labels[index]));
  const shards: number[] = [];
  let loss = 0;
  for (const index of indices) loss += logLossOfLogit(logits[index], labels[index]);
  for (let shard = 0; shard < shardCount; shard++) {
    const [from, to] = [
      shardStart(shard, count, shardCount),
      shardStart(shard + 1, count, shardCount),
    ];
    const own = auc(scores.subarray(from, to), classes.subarray(from, to));
    if (!Number.isNaN(own)) shards.push(own);
  }
  return {
    auc: auc(scores, classes),
    shardAuc: shards.reduce((sum, value) => sum + value, 0) / shards.length,
    logLoss: loss / count,
    shardsLeftOut: shardCount - shards.length,
  };
}

/** The first example of a shard. */
export function shardStart(shard: number, exampleCount: number, shardCount: number): number {
  return Math.ceil((shard * exampleCount) / shardCount);
}

/** AUC knows two classes: a share of a label counts as the nearer. */
export function classOf(label: number): 0 | 1 {
  return label >= 0.5 ? 1 : 0;
}
