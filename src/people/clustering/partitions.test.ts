/** Silhouettes, nearest clusters, k-modes and k-means against their definitions, row by row. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agglomerate } from "./agglomerate.ts";
import { cutInto } from "./dendrogram.ts";
import { kMeans } from "./kMeans.ts";
import { kModes } from "./kModes.ts";
import { clusterDistances, clusterTables, nearestCluster } from "./nearestCluster.ts";
import type { CategoricalRows } from "./rows.ts";
import { cutBySilhouette, silhouette } from "./silhouette.ts";

const weights = [4, 1, 0.5];

const rowLists = fc.array(
  fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 3 }),
  {
    minLength: 2,
    maxLength: 30,
  },
);

function tableOf(rows: readonly (readonly number[])[]): CategoricalRows {
  return { codes: Int32Array.from(rows.flat()), weights: Float64Array.from(weights) };
}

function distinctCount(rows: readonly (readonly number[])[]): number {
  return new Set(rows.map((row) => row.join(" "))).size;
}

/** By the definition; of equal rows what is missing counts one half too, but for the silhouette, where they are one row. */
function distanceOf(a: readonly number[], b: readonly number[]): number {
  const sum = weights.reduce((sofar, weight, j) => {
    if (a[j] === 0 || b[j] === 0) return sofar + weight / 2;
    return a[j] === b[j] ? sofar : sofar + weight;
  }, 0);
  return sum / 5.5;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("silhouette", () => {
  const naive = (rows: readonly number[][], labels: Int32Array): number => {
    const distance = (a: number[], b: number[]): number =>
      a.join() === b.join() ? 0 : distanceOf(a, b);
    const clusters = [...new Set(labels)];
    const values = rows.map((row, i) => {
      const meanTo = (cluster: number): number => {
        const others = rows.filter((_, j) => j !== i && labels[j] === cluster);
        return others.length === 0 ? Number.NaN : mean(others.map((other) => distance(row, other)));
      };
      const inside = meanTo(labels[i]);
      if (Number.isNaN(inside)) return 0;
      const outside = Math.min(...clusters.filter((one) => one !== labels[i]).map(meanTo));
      const most = Math.max(inside, outside);
      return most === 0 ? 0 : (outside - inside) / most;
    });
    return mean(values);
  };

  test("is the mean over all rows, equal ones included", () => {
    fc.assert(
      fc.property(rowLists, (rows) => {
        fc.pre(distinctCount(rows) > 2);
        for (const list of [rows, [...rows, ...rows]]) {
          const table = tableOf(list);
          const tree = agglomerate(table, { linkage: "average" });
          const labels = cutInto(tree, 3);
          expect(silhouette(table, labels)).toBeCloseTo(naive(list, labels), 12);
          const best = cutBySilhouette(table, tree, 6);
          const values = [2, 3, 4, 5, 6]
            .filter((k) => k <= tree.leafCount)
            .map((k) => naive(list, cutInto(tree, k)));
          expect(best.silhouette).toBeCloseTo(Math.max(...values), 12);
          expect(values[best.k - 2]).toBeCloseTo(Math.max(...values), 12);
        }
      }),
    );
  });

  test("is refused of one cluster", () => {
    const one = (): number =>
      silhouette(
        tableOf([
          [1, 1, 1],
          [2, 2, 2],
        ]),
        new Int32Array(2),
      );
    expect(one).toThrow(expect.objectContaining({ code: "REQUEST_INVALID" }));
  });
});

describe("nearestCluster", () => {
  test("goes by the mean distance to a cluster's rows", () => {
    fc.assert(
      fc.property(
        rowLists,
        fc.tuple(...weights.map(() => fc.integer({ min: 0, max: 4 }))),
        (rows, row) => {
          const labels = Int32Array.from(rows, (_, i) => i % 2);
          const tables = clusterTables(tableOf(rows), labels);
          const distances = clusterDistances(tables, Int32Array.from(row));
          for (const cluster of [0, 1]) {
            const members = rows.filter((_, i) => i % 2 === cluster);
            const expected = mean(members.map((member) => distanceOf(row, member)));
            expect(distances[cluster]).toBeCloseTo(expected, 12);
          }
          // Distances that differ by rounding alone are equal.
          const nearest = nearestCluster(tables, Int32Array.from(row))?.distance;
          expect(nearest).toBeCloseTo(Math.min(...distances), 12);
        },
      ),
    );
  });

  test("prefers the larger of equally near clusters, then the first, and none beyond the cut", () => {
    const rows = [
      [1, 1, 1],
      [2, 1, 1],
      [2, 1, 1],
      [3, 1, 1],
      [3, 1, 1],
    ];
    const tables = clusterTables(tableOf(rows), Int32Array.of(0, 1, 1, 2, 2));
    const row = Int32Array.of(9, 1, 1);
    expect(nearestCluster(tables, row)?.cluster).toBe(1);
    expect(nearestCluster(tables, row, 4 / 5.5)?.cluster).toBe(1);
    expect(nearestCluster(tables, row, 0.7)).toBeUndefined();
  });
});

describe("k-modes", () => {
  test("has each row at a nearest mode, and the cost of that, in any order of rows", () => {
    fc.assert(
      fc.property(rowLists, fc.integer({ min: 1, max: 4 }), (rows, k) => {
        fc.pre(distinctCount(rows) >= k);
        const { labels, modes, cost } = kModes(tableOf(rows), k);
        const toMode = (row: number[], cluster: number): number =>
          distanceOf(row, [...modes.subarray(3 * cluster, 3 * cluster + 3)]);
        let sum = 0;
        for (const [i, row] of rows.entries()) {
          const own = toMode(row, labels[i]);
          for (let cluster = 0; cluster < k; cluster++) {
            expect(own).toBeLessThanOrEqual(toMode(row, cluster) + 1e-12);
          }
          sum += own;
        }
        expect(cost).toBeCloseTo(sum, 10);
        const reversed = kModes(tableOf([...rows].reverse()), k);
        expect([...reversed.labels].reverse()).toEqual([...labels]);
      }),
    );
  });

  test("finds the four diseases of soybean (small)", () => {
    const text = readFileSync(new URL("./fixtures/soybean-small.csv", import.meta.url), "utf8");
    // Its codes are from 0, ours from 1.
    const codes = Int32Array.from(text.trimEnd().split(/[\n,]/u), (code) => 1 + Number(code));
    const { labels } = kModes({ codes, weights: new Float64Array(35).fill(1) }, 4);
    const starts = [0, 10, 20, 30, 47];
    const diseases = starts.slice(1).map((end, at) => new Set(labels.subarray(starts[at], end)));
    expect(diseases.map(({ size }) => size)).toEqual([1, 1, 1, 1]);
    expect(new Set(labels).size).toBe(4);
  });
});

describe("k-means", () => {
  test("has a cost that is the squared distances to means, and no row nearer to another mean", () => {
    fc.assert(
      fc.property(rowLists, fc.integer({ min: 1, max: 4 }), (rows, k) => {
        fc.pre(distinctCount(rows) >= k);
        const { labels, cost } = kMeans(tableOf(rows), k, 5);
        const points = rows.map((row) =>
          row.flatMap((code, j) =>
            [1, 2, 3].map((value) => (code === value ? Math.sqrt(weights[j] / 11) : 0)),
          ),
        );
        const centres = Array.from({ length: k }, (_, cluster) => {
          const members = points.filter((_, i) => labels[i] === cluster);
          return members.length === 0
            ? undefined
            : points[0].map((_, d) => mean(members.map((member) => member[d])));
        });
        const squared = (a: number[], b: number[]): number =>
          a.reduce((sum, x, d) => sum + (x - b[d]) ** 2, 0);
        let sum = 0;
        for (const [i, point] of points.entries()) {
          const own = squared(point, centres[labels[i]] ?? []);
          sum += own;
          for (const centre of centres) {
            if (centre !== undefined)
              expect(own).toBeLessThanOrEqual(squared(point, centre) + 1e-9);
          }
        }
        expect(cost).toBeCloseTo(sum, 9);
        const reversed = kMeans(tableOf([...rows].reverse()), k, 5);
        expect([...reversed.labels].reverse()).toEqual([...labels]);
      }),
    );
  });

  test("and k-modes refuse more clusters than there are distinct rows", () => {
    const table = tableOf([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    for (const run of [() => kMeans(table, 2, 1), () => kModes(table, 2)]) {
      expect(run).toThrow(expect.objectContaining({ code: "REQUEST_INVALID" }));
    }
  });
});
