/** Against what others have published or computed: SciPy and fastcluster on distances that are all different, and soybean (small). */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { agglomerate, type Linkage } from "./agglomerate.ts";
import { cutInto } from "./dendrogram.ts";

/** Written by bench/peers/clusteringFixture.py. */
interface TieFree {
  readonly codes: number[];
  readonly weights: number[];
  readonly trees: Record<Linkage, { readonly heights: number[]; readonly five: number[] }>;
}

function readFixture(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8");
}

/** Numbers clusters by their first row, so that equal partitions are equal lists. */
function renumbered(labels: Iterable<number>): number[] {
  const numbers = new Map<number, number>();
  return Array.from(labels, (label) => {
    const number = numbers.get(label) ?? numbers.size;
    numbers.set(label, number);
    return number;
  });
}

describe.each(["average", "complete", "single"] as const)("%s linkage", (linkage) => {
  test("has the heights and the five clusters that SciPy and fastcluster have", () => {
    // Written by a script of ours.
    const { codes, weights, trees } = JSON.parse(readFixture("tieFree.json")) as TieFree;
    const rows = { codes: Int32Array.from(codes), weights: Float64Array.from(weights) };
    const tree = agglomerate(rows, { linkage });
    const { heights, five } = trees[linkage];
    expect(tree.heights).toHaveLength(heights.length);
    for (const [at, height] of heights.entries()) expect(tree.heights[at]).toBeCloseTo(height, 12);
    expect(renumbered(cutInto(tree, 5))).toEqual(renumbered(five));
  });

  test("finds the four diseases of soybean (small)", () => {
    const lines = readFixture("soybean-small.csv").trimEnd().split("\n");
    // Nothing is missing in it; its codes are from 0, ours from 1.
    const codes = Int32Array.from(
      lines.flatMap((line) => line.split(",").map((c) => 1 + Number(c))),
    );
    const weights = new Float64Array(35).fill(1);
    const labels = cutInto(agglomerate({ codes, weights }, { linkage }), 4);
    const diseases = [10, 10, 10, 17].flatMap((count, disease) =>
      new Array<number>(count).fill(disease),
    );
    expect(renumbered(labels)).toEqual(diseases);
  });
});
