import { describe, expect, it } from "vitest";
import { Random } from "../../core/index.ts";
import type { Feature } from "../../model/index.ts";
import { codesOf, type FeatureLists } from "./codes.ts";
import { Encoding, smoothing } from "./encoding.ts";

const exampleCount = 600;

function drawnFeatures(random: Random): Feature[] {
  const bag = Array.from({ length: random.below(4) }, () => BigInt(random.below(6)));
  return [
    { slot: "item", id: BigInt(random.below(30)) },
    ...[...new Set(bag)].map((id) => ({ slot: "genre", id, value: 1 / Math.sqrt(bag.length) })),
    // Not all have it; those that have it have both numbers.
    ...(random.below(3) === 0
      ? []
      : [
          { slot: "signals", id: 1n, value: random.uniform() * 9 },
          { slot: "signals", id: 2n, value: -1 },
        ]),
    { slot: "always", id: 5n },
  ];
}

function lists(examples: readonly (readonly Feature[])[]): FeatureLists {
  return { askedCount: examples.length, featuresOf: (index) => examples[index] };
}

describe("an encoding", () => {
  const random = new Random(5);
  const examples = Array.from({ length: exampleCount }, () => drawnFeatures(random));
  const labels = Float64Array.from({ length: exampleCount }, () => random.below(3) / 2);
  const weights = Float64Array.from({ length: exampleCount }, () => 1 + random.below(2));
  const slots = codesOf(lists(examples));
  const rows = Uint32Array.from({ length: 400 }, (_, i) => i);
  const encoding = new Encoding({ slots, rows, labels, weights, seed: 1 });
  const idsOf = (row: number, slot: string) =>
    examples[row].filter((feature) => feature.slot === slot);

  /** Rate and count of an id among some rows, as log-odds and logarithm. */
  function counted(among: readonly number[], slot: string, id: bigint) {
    const weigh = (some: readonly number[]) => some.reduce((sum, row) => sum + weights[row], 0);
    const positive = (some: readonly number[]) =>
      some.reduce((sum, row) => sum + weights[row] * labels[row], 0);
    const overall = positive(among) / weigh(among);
    const own = among.filter((row) => idsOf(row, slot).some((feature) => feature.id === id));
    const rate = (positive(own) + smoothing * overall) / (weigh(own) + smoothing);
    return { rate: Math.log(rate / (1 - rate)), n: own.length, overall };
  }

  it("has of ids rate and count, of measurements their numbers, of what never changes nothing", () => {
    expect(encoding.encode(rows).names).toEqual([
      "item.rate",
      "item.count",
      "genre.rate",
      "genre.count",
      "signals.value0",
      "signals.value1",
    ]);
  });

  it("says of what is not in the training part what counting it all says", () => {
    const asked = Uint32Array.from({ length: 200 }, (_, i) => 400 + i);
    const { values } = encoding.encode(asked);
    const all = [...rows];
    for (const [i, row] of asked.entries()) {
      const [item] = idsOf(row, "item");
      const { rate, n, overall } = counted(all, "item", item.id);
      expect(values[0][i]).toBeCloseTo(rate, 10);
      expect(values[1][i]).toBeCloseTo(Math.log(1 + n), 10);
      const genres = idsOf(row, "genre");
      const rates = genres.map(({ id }) => counted(all, "genre", id).rate);
      const mean = rates.reduce((sum, value) => sum + value, 0) / rates.length;
      const none = Math.log(overall / (1 - overall));
      expect(values[2][i]).toBeCloseTo(genres.length === 0 ? none : mean, 10);
      const [first, second] = idsOf(row, "signals");
      expect(values[4][i]).toBeCloseTo(first?.value ?? 0, 5);
      expect(values[5][i]).toBe(second?.value ?? 0);
    }
  });

  it("gives an id that never came the overall rate, and none", () => {
    const fresh = [...examples, [{ slot: "item", id: 999n }]];
    const longer = (of: Float64Array): Float64Array => Float64Array.of(...of, 0);
    const { values } = new Encoding({
      slots: codesOf(lists(fresh)),
      rows,
      labels: longer(labels),
      weights: longer(weights),
      seed: 1,
    }).encode(Uint32Array.of(exampleCount));
    const { overall } = counted([...rows], "item", 999n);
    expect(values[0][0]).toBeCloseTo(Math.log(overall / (1 - overall)), 10);
    expect(values[1][0]).toBe(0);
  });

  it("says of an example of the training part nothing that its own label or weight told", () => {
    const before = encoding.encode(rows).values;
    for (const changed of [3, 77, 251]) {
      const [otherLabels, otherWeights] = [labels.slice(), weights.slice()];
      otherLabels[changed] = labels[changed] === 0 ? 1 : 0;
      otherWeights[changed] = 9;
      const after = new Encoding({
        slots,
        rows,
        labels: otherLabels,
        weights: otherWeights,
        seed: 1,
      }).encode(rows).values;
      for (const [at, column] of before.entries()) expect(after[at][changed]).toBe(column[changed]);
      expect(after[0]).not.toEqual(before[0]); // others are told
    }
  });

  it("counts of the training part all examples but the one itself, as of one that comes later", () => {
    const { values } = encoding.encode(rows);
    for (const row of rows) {
      const [item] = idsOf(row, "item");
      const others = [...rows].filter((other) => other !== row);
      expect(values[1][row]).toBeCloseTo(Math.log(1 + counted(others, "item", item.id).n), 10);
    }
  });
});
