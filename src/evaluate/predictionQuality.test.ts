/** Figures of predictions against their definitions. */
import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { logLoss, sigmoid } from "../model/index.ts";
import { ExampleStream } from "./exampleStream.ts";
import { classOf, predictionQuality, shardStart } from "./predictionQuality.ts";

/** A stream of nothing but labels. */
function labelled(labels: readonly number[]): Promise<ExampleStream> {
  return ExampleStream.of(
    labels.flatMap((label, index) => [
      { kind: "asked", index, time: index, features: [] } as const,
      {
        ...{ kind: "taught", index, time: index, features: [], label, weight: 1, takeBack: 0 },
      } as const,
    ]),
  );
}

/** Of all pairs of a positive and a negative, how many are in order; ties count half. O(n²). */
function aucByPairs(scores: readonly number[], labels: readonly number[]): number {
  let [won, pairs] = [0, 0];
  for (const [i, label] of labels.entries()) {
    for (const [j, other] of labels.entries()) {
      if (classOf(label) !== 1 || classOf(other) !== 0) continue;
      pairs++;
      won += (Math.sign(scores[i] - scores[j]) + 1) / 2;
    }
  }
  return won / pairs;
}

describe("the quality of predictions", () => {
  it("is by pairs what AUC is by ranks, over all and in each shard", async () => {
    const random = new Random(3);
    for (const count of [40, 101, 250]) {
      const labels = Array.from({ length: count }, () => random.below(2));
      const scores = Array.from({ length: count }, () => random.below(20) / 4 - 2);
      const stream = await labelled(labels);
      const indices = Uint32Array.from(labels.keys());
      const quality = predictionQuality(stream, indices, Float64Array.from(scores), 4);
      expect(quality.auc).toBeCloseTo(aucByPairs(scores, labels), 12);
      const shards = [0, 1, 2, 3].map((shard) => {
        const own = [...labels.keys()].filter((i) => Math.floor((i * 4) / count) === shard);
        return aucByPairs(
          own.map((i) => scores[i]),
          own.map((i) => labels[i]),
        );
      });
      expect(quality.shardAuc).toBeCloseTo(shards.reduce((a, b) => a + b) / 4, 12);
      expect(quality.shardsLeftOut).toBe(0);
      const losses = scores.map((score, i) => logLoss(sigmoid(score), labels[i] as 0 | 1)); // drawn
      expect(quality.logLoss).toBeCloseTo(losses.reduce((a, b) => a + b) / count, 12);
    }
  });

  it("is of those that are asked for, and leaves out shards without both classes", async () => {
    const stream = await labelled([1, 1, 0, 1, 0.4, 0.6]);
    const logits = Float64Array.of(9, 9, 0, 1, 2, 2);
    const quality = predictionQuality(stream, Uint32Array.of(1, 2, 3, 4, 5), logits, 2);
    // 1, 0, 1 has one AUC, and the two of 0.4 and 0.6, ties, another: of 9, 0, 1 all pairs are in order.
    expect(quality).toMatchObject({ shardAuc: 0.75, shardsLeftOut: 0 });
    const cut = predictionQuality(stream, Uint32Array.of(0, 1, 2, 3), logits, 2);
    expect(cut).toMatchObject({ shardAuc: 1, shardsLeftOut: 1 });
    expect(predictionQuality(stream, Uint32Array.of(0, 1), logits, 1).auc).toBeNaN();
  });

  it("cuts examples into shards that hold all of them, none larger than another by more than one", () => {
    for (const [count, shards] of [
      [10, 3],
      [7, 7],
      [5, 8],
      [1000, 13],
    ]) {
      const starts = Array.from({ length: shards + 1 }, (_, i) => shardStart(i, count, shards));
      const sizes = starts.slice(1).map((end, i) => end - starts[i]);
      expect([starts[0], starts[shards]]).toEqual([0, count]);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });
});
