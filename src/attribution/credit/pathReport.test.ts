import { expect, test } from "vitest";
import { row, tableOf } from "../../testing/attributionPaths.ts";
import { pathReport } from "./pathReport.ts";

const report = pathReport(
  tableOf([
    row("A B A", 2, 1, 20),
    row("B", 3, 0, 6),
    row("A B", 0.5, 1),
    row("C A", 3, 2, 9),
    row("", 4),
  ]),
  { top: 3 },
);

test("lists the paths that convert most; of equal ones those of more value", () => {
  expect(report.totals).toEqual({ paths: 5, conversions: 12.5, value: 39.5, nulls: 4 });
  expect(report.topPaths.map(({ path, conversions }) => [path.join(">"), conversions])).toEqual([
    ["", 4],
    ["C>A", 3],
    ["B", 3],
  ]);
});

test("counts touches of the conversions that have some", () => {
  const { histogram, ...rest } = report.touchesToConversion;
  expect(histogram).toEqual([
    { touches: 1, conversions: 3, value: 6 },
    { touches: 2, conversions: 3.5, value: 9.5 },
    { touches: 3, conversions: 2, value: 20 },
  ]);
  expect(rest).toEqual({ mean: 16 / 8.5, median: 2, percentile80: 3 });
  expect(pathReport(tableOf([row("A", 0, 1)])).touchesToConversion.mean).toBeNull();
});

test("divides a channel's conversions into those it ended and those it helped, each once", () => {
  expect(
    report.channels.map(({ channel, direct, assisted }) => [channel, direct, assisted]),
  ).toEqual([
    ["A", 5, 0.5],
    ["B", 3.5, 2],
    ["C", 0, 3],
  ]);
});

test("counts the journeys that have both channels", () => {
  expect(report.overlap).toEqual([
    { channels: ["A", "B"], journeys: 4.5, conversions: 2.5, value: 20.5 },
    { channels: ["A", "C"], journeys: 5, conversions: 3, value: 9 },
  ]);
});

test("has a matrix whose rows add up to 1, and a transition for what was seen", () => {
  const sums = new Map<string, number>();
  for (const { from, probability } of report.transitions) {
    sums.set(from, (sums.get(from) ?? 0) + probability);
  }
  expect([...sums.keys()]).toEqual(["(start)", "A", "B", "C"]);
  for (const sum of sums.values()) expect(sum).toBeCloseTo(1, 14);
  expect(report.transitions).toContainEqual({ from: "C", to: "A", count: 5, probability: 1 });
  // A: 4.5 times to B, 5 conversions, 3 nulls.
  expect(report.transitions).toContainEqual({
    from: "A",
    to: "B",
    count: 4.5,
    probability: 4.5 / 12.5,
  });
});
