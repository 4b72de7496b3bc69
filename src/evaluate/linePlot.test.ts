import { describe, expect, it } from "vitest";
import { type LinePlotOptions, linePlot } from "./linePlot.ts";

const options: LinePlotOptions = {
  title: "a < b & c",
  notes: ["one stream"],
  xLabel: "days",
  colours: ["ours", "theirs"],
  strokes: { solid: "always", dashed: "once" },
  panels: [
    {
      yLabel: "AUC",
      lines: [
        {
          colour: 0,
          isDashed: false,
          points: [
            { x: 0, y: 0.5 },
            { x: 5, y: 0.6 },
            { x: 10, y: 0.7 },
          ],
        },
        {
          colour: 1,
          isDashed: true,
          points: [
            { x: 0, y: 0.5 },
            { x: 5, y: 0.5 },
            { x: 6, y: null },
            { x: 10, y: 0.6 },
          ],
        },
      ],
    },
  ],
};

/** Points of the lines of one kind. */
function linesOf(svg: string, kind: string): number[][][] {
  return [...svg.matchAll(new RegExp(`<polyline class="${kind}" points="([^"]*)"`, "g"))].map(
    ([, list]) => list.split(" ").map((point) => point.split(",").map(Number)),
  );
}

describe("a plot of lines", () => {
  const svg = linePlot(options);

  it("puts points in proportion, over the whole width", () => {
    const [[first, middle, last]] = linesOf(svg, "c0");
    expect(first[0]).toBe(76);
    expect(last[0]).toBe(740);
    expect(middle[0]).toBeCloseTo((first[0] + last[0]) / 2, 6);
    expect(middle[1]).toBeCloseTo((first[1] + last[1]) / 2, 0);
    expect(last[1]).toBeLessThan(first[1]); // up is more
  });

  it("breaks a line where nothing is known, and shows a point alone as one", () => {
    expect(linesOf(svg, "c1 dashed").map((line) => line.length)).toEqual([2]);
    expect(svg.match(/<circle class="c1 dashed"/g)).toHaveLength(1);
  });

  it("names colours and strokes in a legend whose entries do not meet, above the panels", () => {
    const names = ["ours", "theirs", "always", "once"];
    const places = names.map((name) => {
      const [, x, y] =
        new RegExp(`<text x="([\\d.]+)" y="([\\d.]+)">${name}</text>`).exec(svg) ?? [];
      return { x: Number(x), y: Number(y) };
    });
    for (const [i, { x, y }] of places.entries()) {
      for (const other of places.slice(i + 1)) {
        expect(Math.abs(x - other.x) >= 200 || Math.abs(y - other.y) >= 18).toBe(true);
      }
    }
    const tops = linesOf(svg, "c0")
      .flat()
      .map(([, y]) => y);
    expect(Math.max(...places.map(({ y }) => y))).toBeLessThan(Math.min(...tops));
  });

  it("draws the first colour last, escapes what it is told, and is the same to the byte", () => {
    expect(svg.lastIndexOf(`class="c1`)).toBeLessThan(svg.lastIndexOf(`class="c0"`));
    expect(svg).toContain("a &lt; b &amp; c");
    expect(linePlot(options)).toBe(svg);
  });

  it("has axes also where all is one value, or nothing is known", () => {
    for (const y of [0.5, null]) {
      const lines = [{ colour: 0, isDashed: false, points: [{ x: 0, y }] }];
      const flat = linePlot({ ...options, panels: [{ yLabel: "AUC", lines }] });
      expect(flat).not.toContain("NaN");
      expect(flat.match(/<circle/g) ?? []).toHaveLength(y === null ? 0 : 1);
    }
  });
});
