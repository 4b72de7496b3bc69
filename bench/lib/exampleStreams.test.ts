import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ratingStream, simulatedStream, streamChecksum } from "./exampleStreams.ts";

const small = { seed: 3, exampleCount: 50_000, userCount: 4000, itemCount: 1000 };

describe("simulatedStream", () => {
  const stream = simulatedStream(small);
  const { users, items, labels, logits } = stream;

  it("is decided by its seed", () => {
    expect(streamChecksum(simulatedStream(small))).toBe(streamChecksum(stream));
    expect(streamChecksum(simulatedStream({ ...small, seed: 4 }))).not.toBe(streamChecksum(stream));
  });

  it("numbers users and items in the order in which they first appear", () => {
    for (const [indexes, idCount] of [
      [users, stream.userCount],
      [items, stream.itemCount],
    ] as const) {
      const inOrder = Array.from({ length: idCount }, (_, index) => index);
      expect([...new Set(indexes)]).toEqual(inOrder);
    }
  });

  it("draws the most frequent as often as Zipf's law says", () => {
    for (const [indexes, population, exponent] of [
      [users, small.userCount, 0.6],
      [items, small.itemCount, 0.8],
    ] as const) {
      const counts = new Float64Array(population);
      for (const index of indexes) counts[index]++;
      counts.sort().reverse();
      let total = 0;
      for (let k = 1; k <= population; k++) total += 1 / k ** exponent;
      // The ten most frequent together: the order among them is chance, their sum hardly.
      let expected = 0;
      for (let k = 1; k <= 10; k++) expected += indexes.length / (k ** exponent * total);
      const came = counts.subarray(0, 10).reduce((sum, count) => sum + count, 0);
      expect(Math.abs(came - expected)).toBeLessThan(4 * Math.sqrt(expected));
    }
  });

  it("has labels as the logits say, in each tenth of them", () => {
    const order = Array.from(logits.keys()).sort((a, b) => logits[a] - logits[b]);
    for (let from = 0; from < order.length; from += order.length / 10) {
      let positives = 0;
      let expected = 0;
      let variance = 0;
      for (const i of order.slice(from, from + order.length / 10)) {
        const probability = 1 / (1 + Math.exp(-logits[i]));
        positives += labels[i];
        expected += probability;
        variance += probability * (1 - probability);
      }
      expect(Math.abs(positives - expected)).toBeLessThan(4 * Math.sqrt(variance));
    }
  });

  it("has logits of variance 0.7² + 0.7² + 1.5² over pairs of a user and an item", () => {
    // Each pair once, so that the popular few do not decide.
    const ofPair = new Map<number, number>();
    for (const [i, logit] of logits.entries())
      ofPair.set(users[i] * small.itemCount + items[i], logit);
    const pairs = [...ofPair.values()];
    const mean = pairs.reduce((sum, logit) => sum + logit, 0) / pairs.length;
    const variance = pairs.reduce((sum, logit) => sum + (logit - mean) ** 2, 0) / pairs.length;
    expect(Math.abs(variance / (0.49 + 0.49 + 2.25) - 1)).toBeLessThan(0.15);
  });

  it("gives a pair the same logit whenever it comes", () => {
    const ofPair = new Map<number, number>();
    let repeats = 0;
    let differing = 0;
    for (const [i, logit] of logits.entries()) {
      const pair = users[i] * small.itemCount + items[i];
      if (ofPair.has(pair)) repeats++;
      if ((ofPair.get(pair) ?? logit) !== logit) differing++;
      ofPair.set(pair, logit);
    }
    expect(differing).toBe(0);
    expect(repeats).toBeGreaterThan(100);
  });
});

const ratings = "data/movietweetings-100k/ratings.dat";

describe("ratingStream", () => {
  it("has the file's ratings by time, and label 1 from the threshold on", async () => {
    const countMax = 2000;
    const { users, items, labels } = await ratingStream(ratings, 8, countMax);
    const text = readFileSync(ratings, "utf8");
    const lines = text.trimEnd().split("\n");
    const rows = lines.map((line) => line.split("::"));
    rows.sort((a, b) => Number(a[3]) - Number(b[3]));
    const first = rows.slice(0, countMax);
    expect([...labels]).toEqual(first.map((row) => (Number(row[2]) >= 8 ? 1 : 0)));
    for (const [column, indexes] of [
      [0, users],
      [1, items],
    ] as const) {
      const names = [...new Set(first.map((row) => row[column]))];
      expect([...indexes].map((index) => names[index])).toEqual(first.map((row) => row[column]));
    }
  });
});
