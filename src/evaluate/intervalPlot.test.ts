import { describe, expect, it } from "vitest";
import { intervalPlot, linearScale, niceTicks } from "./intervalPlot.ts";

const options = {
  title: "cost & more",
  note: "95 %",
  xLabel: "buckets",
  yLabel: "difference",
  categories: ["1/1", "1/2"],
  series: [
    {
      name: "one",
      values: [
        { mean: 0.01, low: 0.005, high: 0.015 },
        { mean: 0.02, low: 0.02, high: 0.02 },
      ],
    },
    {
      name: "two",
      values: [
        { mean: 0.03, low: 0.02, high: 0.04 },
        { mean: -0.01, low: -0.02, high: 0 },
      ],
    },
  ],
};

/** An attribute of the elements of one kind and class, in order. */
function attributes(svg: string, element: string, kind: string, name: string): number[] {
  const elements = svg.match(new RegExp(`<${element} class="${kind}"[^>]*>`, "g")) ?? [];
  return elements.map((found) => Number(new RegExp(` ${name}="([^"]*)"`).exec(found)?.[1]));
}

describe("linearScale", () => {
  it("takes ends to ends and what is between in proportion, also upside down", () => {
    const y = linearScale([-1, 3], [300, 100]);
    expect([-1, 0, 1, 3].map(y)).toEqual([300, 250, 200, 100]);
  });
});

describe("niceTicks", () => {
  it("steps by 1, 2 or 5 times a power of ten", () => {
    expect(niceTicks(0, 9.9)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(niceTicks(-3, 20)).toEqual([-5, 0, 5, 10, 15, 20]);
    expect(niceTicks(0, 0.05).map((tick) => tick.toFixed(2))).toEqual([
      "0.00",
      "0.01",
      "0.02",
      "0.03",
      "0.04",
      "0.05",
    ]);
  });

  it("holds both ends, in no more than eleven ticks", () => {
    for (let i = 1; i < 500; i++) {
      const [low, high] = [-i * 0.37, i * i * 0.013];
      const ticks = niceTicks(low, high);
      expect(ticks[0]).toBeLessThanOrEqual(low);
      expect(ticks[ticks.length - 1]).toBeGreaterThanOrEqual(high);
      expect(ticks.length).toBeGreaterThanOrEqual(4);
      expect(ticks.length).toBeLessThanOrEqual(11);
    }
  });
});

describe("intervalPlot", () => {
  const svg = intervalPlot(options);

  it("draws each mean where the axis has that value", () => {
    // Ticks go from -0.02 to 0.04 over 268 pixels upwards from 372; the legend's symbol comes first.
    expect(attributes(svg, "circle", "series0", "cy").slice(1)).toEqual([238, 193.3]);
    const half = 3.5; // of a square, placed by its corner
    expect(attributes(svg, "rect", "series1", "y").slice(1)).toEqual([148.7 - half, 327.3 - half]);
    expect(attributes(svg, "line", "zero", "y1")).toEqual([282.7]);
  });

  it("draws each interval from its low to its high end", () => {
    const from = attributes(svg, "line", "series0", "y1");
    const to = attributes(svg, "line", "series0", "y2");
    // Three lines an interval: its length, then a cap at each end.
    expect([from[0], to[0]]).toEqual([260.3, 215.7]);
    expect([from[1], from[2]]).toEqual([260.3, 215.7]);
    expect(from.slice(3)).toEqual([193.3, 193.3, 193.3]);
  });

  it("has its labels as text, escaped, and gives the same bytes again", () => {
    expect(svg).toContain(">cost &amp; more</text>");
    for (const word of [
      "buckets",
      "difference",
      "1/1",
      "1/2",
      "one",
      "two",
      "95 %",
      "-0.02",
      "0.0300",
    ]) {
      expect(svg).toContain(`>${word}</text>`);
    }
    expect(intervalPlot(options)).toBe(svg);
  });

  it("draws up to four series, without labels, their marks apart and their legend in two rows", () => {
    const [one, two] = options.series;
    const four = intervalPlot({ ...options, series: [one, two, one, two] });
    expect(four).not.toContain(">0.0300</text>");
    expect(attributes(four, "circle", "series0", "cx").length).toBe(3);
    // The area from 84 to 700 has two categories, 308 pixels each; marks are 18 apart around 238.
    const ends = (series: number): number =>
      attributes(four, "line", `series${series}`, "x1").filter((_, i) => i % 3 === 0)[0];
    expect([0, 1, 2, 3].map(ends)).toEqual([211, 229, 247, 265]);
    expect(four.match(/<polygon class="series[23]"/g)?.length).toBe(6);
    const legend = [
      ...four.matchAll(/<text x="([\d.]+)" y="([\d.]+)" class="series\d">(one|two)</g),
    ];
    expect(legend.map(([, x, y]) => [Number(x), Number(y)])).toEqual([
      [101, 76],
      [391, 76],
      [101, 94],
      [391, 94],
    ]);
  });

  it("has an axis also where nothing differs", () => {
    const zero = { mean: 0, low: 0, high: 0 };
    const flat = intervalPlot({ ...options, series: [{ name: "one", values: [zero, zero] }] });
    expect(flat).not.toContain("NaN");
    expect(attributes(flat, "line", "zero", "y1")).toEqual([372]);
  });

  it("writes means above the marks where there are many categories: no two labels meet", () => {
    const wide = { mean: 0.01, low: 0.005, high: 0.02 };
    const many = intervalPlot({
      ...options,
      categories: ["a", "b", "c", "d", "e", "f"],
      series: options.series.map(({ name, values }) => ({
        name,
        values: [...values, ...values, wide, { mean: -1e-9, low: 0, high: 0 }],
      })),
    });
    const labels = [
      ...many.matchAll(/<text x="([\d.]+)" y="([\d.]+)" class="series\d" text-anchor/g),
    ];
    const places = labels.map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
    expect(places).toHaveLength(12);
    for (const [i, a] of places.entries()) {
      expect(a.y).toBeGreaterThan(94 + 12); // below the legend
      for (const b of places.slice(i + 1)) {
        expect(Math.abs(a.x - b.x) > 60 || Math.abs(a.y - b.y) >= 15).toBe(true);
      }
    }
    expect(many).toContain(">0.0000</text>");
    expect(many).not.toContain("-0.0000");
  });
});
