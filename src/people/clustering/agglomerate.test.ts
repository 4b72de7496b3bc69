import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../core/index.ts";
import { agglomerate, type Linkage } from "./agglomerate.ts";
import { mergeCertificate } from "./certificate.ts";
import { cutAt, cutInto, type Dendrogram } from "./dendrogram.ts";
import type { CategoricalRows } from "./rows.ts";

const linkages: readonly Linkage[] = ["average", "complete", "single"];

/** Few values, so that distances tie and rows are equal; 0 is missing. */
const tables = fc
  .record({
    rows: fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }), {
      minLength: 1,
      maxLength: 40,
    }),
    weights: fc.constantFrom([1, 1, 1, 1], [4, 1, 0.5, 3], [0.31, 0.17, 0, 0.9]),
  })
  .map(({ rows, weights }): CategoricalRows => tableOf(rows, weights));

function tableOf(
  rows: readonly (readonly number[])[],
  weights: readonly number[],
): CategoricalRows {
  return { codes: Int32Array.from(rows.flat()), weights: Float64Array.from(weights) };
}

function randomRows(rows: number, cardinalities: readonly number[], seed: number): number[][] {
  const random = new Random(seed);
  return Array.from({ length: rows }, () => cardinalities.map((most) => random.below(most + 1)));
}

/** By the definition, pair by pair. */
function distanceOf(
  a: readonly number[],
  b: readonly number[],
  weights: readonly number[],
): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const sum = weights.reduce((sofar, weight, j) => {
    if (a[j] === 0 || b[j] === 0) return sofar + weight / 2;
    return a[j] === b[j] ? sofar : sofar + weight;
  }, 0);
  return a.every((code, j) => code === b[j]) ? 0 : sum / total;
}

/** O(n³), over all rows and their distances: closest pair, join, again; heights of more than 0. */
function naiveHeights(
  rows: readonly number[][],
  weights: readonly number[],
  linkage: Linkage,
): number[] {
  let clusters = rows.map((row) => [row]);
  const between = (a: number[][], b: number[][]): number => {
    const all = a.flatMap((x) => b.map((y) => distanceOf(x, y, weights)));
    if (linkage === "complete") return Math.max(...all);
    if (linkage === "single") return Math.min(...all);
    return all.reduce((sum, one) => sum + one, 0) / all.length;
  };
  const heights: number[] = [];
  while (clusters.length > 1) {
    let [one, other, least] = [0, 1, Number.POSITIVE_INFINITY];
    for (let i = 0; i < clusters.length; i++) {
      for (let j = i + 1; j < clusters.length; j++) {
        const distance = between(clusters[i], clusters[j]);
        if (distance < least) [one, other, least] = [i, j, distance];
      }
    }
    heights.push(least);
    const joined = [...clusters[one], ...clusters[other]];
    clusters = [...clusters.filter((_, i) => i !== one && i !== other), joined];
  }
  return heights.filter((height) => height > 0);
}

/** What rows share a cluster, whatever its number. */
function partitionOf(labels: Int32Array): string[] {
  const members = new Map<number, number[]>();
  for (const [row, label] of labels.entries()) {
    members.set(label, [...(members.get(label) ?? []), row]);
  }
  return [...members.values()].map((rows) => rows.join(" ")).sort();
}

describe.each(linkages)("%s linkage", (linkage) => {
  test("joins a closest pair in each merge, at its distance, whatever ties", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const tree = agglomerate(table, { linkage });
        const { gapMax, heightErrorMax, fallMax } = mergeCertificate(table, tree, linkage);
        expect(Math.max(gapMax, heightErrorMax, fallMax)).toBeLessThan(1e-9);
      }),
    );
  });

  test("has the heights of the definition where no distances tie", () => {
    const random = new Random(3);
    const weights = Array.from({ length: 24 }, () => random.uniform());
    const rows = randomRows(40, new Array<number>(24).fill(3), 7);
    const tree = agglomerate(tableOf(rows, weights), { linkage });
    const heights = [...tree.heights];
    const expected = naiveHeights(rows, weights, linkage);
    expect(heights).toHaveLength(expected.length);
    for (const [at, height] of heights.entries()) expect(height).toBeCloseTo(expected[at], 12);
  });

  test("parts the rows the same way in any order, and when each is there three times", () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 0, max: 1000 }), (table, seed) => {
        const width = table.weights.length;
        const count = table.codes.length / width;
        const random = new Random(seed);
        const order = Array.from({ length: count }, (_, row) => ({ row, key: random.uniform() }))
          .sort((a, b) => a.key - b.key)
          .map(({ row }) => row);
        const rowOf = (row: number): number[] => [
          ...table.codes.subarray(row * width, (row + 1) * width),
        ];
        const tree = agglomerate(table, { linkage });
        const shuffled = agglomerate(tableOf(order.map(rowOf), [...table.weights]), { linkage });
        const tripled = agglomerate(
          tableOf([...order, ...order, ...order].map(rowOf), [...table.weights]),
          { linkage },
        );
        for (let k = 1; k <= tree.leafCount; k++) {
          const labels = cutInto(tree, k);
          const ofShuffled = cutInto(shuffled, k);
          const ofTripled = cutInto(tripled, k);
          expect([...ofShuffled]).toEqual(order.map((row) => labels[row]));
          expect([...ofTripled.subarray(count, 2 * count)]).toEqual([...ofShuffled]);
        }
        expect([...shuffled.heights]).toEqual([...tree.heights]);
        expect([...tripled.heights]).toEqual([...tree.heights]);
      }),
    );
  });

  test("cuts into exactly k, and at a height as its merges say", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const tree = agglomerate(table, { linkage });
        for (let k = 1; k <= tree.leafCount; k++) expect(clusterCount(cutInto(tree, k))).toBe(k);
        for (const height of [0, 0.3, 0.5, 1]) {
          const merges = tree.heights.filter((one) => one <= height).length;
          expect(clusterCount(cutAt(tree, height))).toBe(tree.leafCount - merges);
        }
      }),
    );
  });

  test("keeps the certificate with more rows than a block or a pack has", () => {
    for (const cardinalities of [
      [3, 4, 2, 5, 6, 3],
      [2, 9, 9, 9, 9, 9],
    ]) {
      const table = tableOf(randomRows(220, cardinalities, 11), [4, 1, 0.5, 3, 0.25, 0.75]);
      const tree = agglomerate(table, { linkage });
      const { gapMax, heightErrorMax, fallMax } = mergeCertificate(table, tree, linkage);
      expect(Math.max(gapMax, heightErrorMax, fallMax)).toBeLessThan(1e-9);
    }
  });
});

test("single linkage has the heights of Kruskal's spanning tree", () => {
  fc.assert(
    fc.property(tables, ({ codes, weights }) => {
      const width = weights.length;
      const rows = Array.from({ length: codes.length / width }, (_, row) => [
        ...codes.subarray(row * width, (row + 1) * width),
      ]);
      const edges = rows.flatMap((a, i) =>
        rows.slice(0, i).map((b, j) => ({ i, j, length: distanceOf(a, b, [...weights]) })),
      );
      edges.sort((a, b) => a.length - b.length);
      const parts = rows.map((_, i) => i);
      const expected: number[] = [];
      for (const { i, j, length } of edges) {
        if (parts[i] === parts[j]) continue;
        const isSameRow = rows[i].join() === rows[j].join();
        if (!isSameRow) expected.push(length);
        const [kept, gone] = [parts[i], parts[j]];
        for (const [at, part] of parts.entries()) if (part === gone) parts[at] = kept;
      }
      const heights = [...agglomerate({ codes, weights }, { linkage: "single" }).heights];
      expect(heights).toHaveLength(expected.length);
      for (const [at, height] of heights.entries()) expect(height).toBeCloseTo(expected[at], 12);
    }),
  );
});

test("complete linkage is the same with a matrix of distances, where weights have too many sums for ranks", () => {
  const rows = randomRows(150, new Array<number>(12).fill(3), 3);
  const random = new Random(5);
  const weights = rows[0].map(() => 0.1 + random.uniform());
  const table = tableOf(rows, weights);
  const tree = agglomerate(table, { linkage: "complete" });
  const { gapMax, heightErrorMax } = mergeCertificate(table, tree, "complete");
  expect(Math.max(gapMax, heightErrorMax)).toBeLessThan(1e-9);
  expect(partitionOf(cutInto(tree, 5))).toHaveLength(5);
});

test("refuses a matrix beyond the memory allowed, and k beyond the distinct rows", () => {
  const table = tableOf(randomRows(100, [9, 9, 9, 9], 1), [1, 1, 1, 1]);
  expect(() => agglomerate(table, { linkage: "complete", matrixBytesMax: 10_000 })).toThrow(
    expect.objectContaining({ code: "MATRIX_TOO_LARGE" }),
  );
  const tree = agglomerate(tableOf([[1], [1], [2]], [1]), { linkage: "average" });
  for (const k of [0, 3, 1.5]) {
    expect(() => cutInto(tree, k)).toThrow(expect.objectContaining({ code: "REQUEST_INVALID" }));
  }
});

test("counts a missing value as half a difference, also against another that is missing", () => {
  const heights = (a: number[], b: number[]): Dendrogram["heights"] =>
    agglomerate(tableOf([a, b], [3, 1]), { linkage: "average" }).heights;
  expect([...heights([1, 0], [1, 5])]).toEqual([0.125]);
  expect([...heights([1, 0], [2, 0])]).toEqual([0.875]);
  expect([...heights([0, 0], [0, 0])]).toEqual([]);
});

function clusterCount(labels: Int32Array): number {
  return new Set(labels).size;
}
