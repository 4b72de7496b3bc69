import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../core/index.ts";
import { binned } from "./binning.ts";
import type { Columns } from "./columns.ts";
import { growTree, nodesOf } from "./tree.ts";

interface Drawn {
  readonly columns: Columns;
  readonly targets: Float64Array;
  readonly weights: Float64Array;
}

function drawn(seed: number, rowCount: number, distinct: number): Drawn {
  const random = new Random(seed);
  const values = Array.from({ length: 3 }, () =>
    Float64Array.from({ length: rowCount }, () => random.below(distinct) / 4 - 1),
  );
  return {
    columns: { names: ["a", "b", "c"], rowCount, values },
    targets: Float64Array.from({ length: rowCount }, () => random.uniform()),
    weights: Float64Array.from({ length: rowCount }, () => 1 + random.below(3)),
  };
}

/** Weighted squared error around the mean of some rows. */
function errorOf({ targets, weights }: Drawn, rows: readonly number[]): number {
  const weight = rows.reduce((sum, row) => sum + weights[row], 0);
  const mean = rows.reduce((sum, row) => sum + weights[row] * targets[row], 0) / weight;
  return rows.reduce((sum, row) => sum + weights[row] * (targets[row] - mean) ** 2, 0);
}

describe("a tree", () => {
  it("splits where trying every split finds the least squared error", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 2, max: 40 }), (seed, rowCount) => {
        const data = drawn(seed, rowCount, 8);
        const { nodes, leaves } = growTree(binned(data.columns), data.targets, data.weights, {
          depthMax: 1,
          leafRowsMin: 1,
        });
        const all = Array.from({ length: rowCount }, (_, row) => row);
        let least = errorOf(data, all);
        for (const column of data.columns.values) {
          for (const end of new Set(column)) {
            const left = all.filter((row) => column[row] <= end);
            const right = all.filter((row) => column[row] > end);
            if (right.length === 0) continue;
            least = Math.min(least, errorOf(data, left) + errorOf(data, right));
          }
        }
        const parts = nodes.map((_, at) => all.filter((row) => leaves[row] === at));
        const found = parts
          .filter((rows) => rows.length > 0)
          .reduce((sum, rows) => sum + errorOf(data, rows), 0);
        expect(found).toBeCloseTo(least, 10);
      }),
      { numRuns: 200 },
    );
  });

  it("says of each leaf the mean of its rows, has rows enough in each, and finds them again", () => {
    const data = drawn(7, 500, 100);
    const { nodes, leaves } = growTree(binned(data.columns), data.targets, data.weights, {
      depthMax: 6,
      leafRowsMin: 9,
    });
    expect(nodesOf(nodes, data.columns, 6)).toEqual(leaves);
    for (const [at, node] of nodes.entries()) {
      expect(node.depth).toBeLessThanOrEqual(6);
      if (node.column >= 0) continue;
      const rows = [...leaves.keys()].filter((row) => leaves[row] === at);
      expect(rows.length).toBeGreaterThanOrEqual(9);
      const weight = rows.reduce((sum, row) => sum + data.weights[row], 0);
      const sum = rows.reduce((total, row) => total + data.weights[row] * data.targets[row], 0);
      expect(node.weight).toBe(weight);
      expect(node.mean).toBeCloseTo(sum / weight, 12);
    }
  });

  it("grown to a depth is the top of one grown further", () => {
    const data = drawn(11, 400, 60);
    const grow = (depthMax: number) =>
      growTree(binned(data.columns), data.targets, data.weights, { depthMax, leafRowsMin: 2 });
    const deep = grow(7).nodes;
    for (const depth of [0, 1, 3, 5]) {
      const shallow = grow(depth).nodes;
      const short = nodesOf(shallow, data.columns, depth);
      const long = nodesOf(deep, data.columns, depth);
      for (let row = 0; row < 400; row++) {
        expect(deep[long[row]].mean).toBe(shallow[short[row]].mean);
      }
    }
  });
});

describe("bins", () => {
  it("keep the order of values, each within its ends, and are all of one size where values are many", () => {
    const random = new Random(3);
    const column = Float64Array.from({ length: 20_000 }, () => random.uniform() ** 3);
    const { bins, ends } = binned({ names: ["a"], rowCount: column.length, values: [column] });
    const counts = new Uint32Array(256);
    for (const [row, value] of column.entries()) {
      const bin = bins[0][row];
      counts[bin]++;
      const isWithin = (bin === 0 || value > ends[0][bin - 1]) && !(value > ends[0][bin]);
      if (!isWithin) expect.fail(`${value} is in bin ${bin}`);
    }
    expect(ends[0].length).toBe(255);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(77);
    expect(Math.max(...counts)).toBeLessThanOrEqual(80);
  });

  it("tell all values apart where they are few, also where one comes mostly", () => {
    const column = Float64Array.from({ length: 1000 }, (_, i) => (i < 900 ? 0 : i % 50));
    const { ends } = binned({ names: ["a"], rowCount: 1000, values: [column] });
    expect([...ends[0]]).toEqual(Array.from({ length: 49 }, (_, i) => i + 0.5));
  });

  it("are several, where most of many values are one", () => {
    const column = Float64Array.from({ length: 3000 }, (_, i) => (i < 2000 ? 0 : i));
    const { ends } = binned({ names: ["a"], rowCount: 3000, values: [column] });
    expect(ends[0][0]).toBe(1000);
    expect(ends[0].length).toBeGreaterThan(80);
  });
});
