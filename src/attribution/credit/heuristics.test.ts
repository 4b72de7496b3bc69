import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PathRow, pathRows, row, tableOf } from "../../testing/attributionPaths.ts";
import type { Credit } from "./credit.ts";
import { heuristics, simplifiedShapleyByPlace } from "./heuristics.ts";

/** What each channel gets, path by path, as a table of weights of touches says. */
function naive(
  rows: readonly PathRow[],
  weightsOf: (path: readonly string[]) => readonly number[],
  amount: "conversions" | "value" = "conversions",
): Map<string, number> {
  const credits = new Map<string, number>();
  for (const one of rows) {
    for (const [at, weight] of weightsOf(one.path).entries()) {
      const channel = one.path[at];
      credits.set(channel, (credits.get(channel) ?? 0) + weight * one[amount]);
    }
  }
  return credits;
}

const only = (at: number, path: readonly string[]): number[] =>
  path.map((_, i) => (i === at ? 1 : 0));
const weights = {
  lastTouch: (path: readonly string[]) => only(path.length - 1, path),
  firstTouch: (path: readonly string[]) => only(0, path),
  lastNonDirect: (path: readonly string[]) => {
    const at = path.findLastIndex((name) => name !== "A");
    return only(at < 0 ? path.length - 1 : at, path);
  },
  linear: (path: readonly string[]) => path.map(() => 1 / path.length),
  position: ({ length }: readonly string[]) =>
    Array.from({ length }, (_, at) => {
      if (length === 1) return 1;
      if (length === 2) return 0.5;
      return at === 0 || at === length - 1 ? 0.4 : 0.2 / (length - 2);
    }),
  simplifiedShapley: (path: readonly string[]) => {
    const distinct = new Set(path).size;
    return path.map((name, at) => (path.indexOf(name) === at ? 1 / distinct : 0));
  },
};

function byName(channels: readonly string[], amounts: Float64Array): Map<string, number> {
  return new Map(channels.map((name, at) => [name, amounts[at]]));
}

describe("heuristics", () => {
  it("credits touches as each model's weights say", () => {
    fc.assert(
      fc.property(pathRows(5, 7), (rows) => {
        const table = tableOf(rows);
        const found = heuristics(table, { direct: "A" });
        for (const [name, weightsOf] of Object.entries(weights)) {
          const credit: Credit = found[name as keyof typeof weights]; // a key of it
          for (const [amounts, amount] of [
            [credit.conversions, "conversions"],
            [credit.values, "value"],
          ] as const) {
            const expected = naive(rows, weightsOf, amount);
            for (const [channel, got] of byName(table.channels, amounts)) {
              expect(got).toBeCloseTo(expected.get(channel) ?? 0, 10);
            }
          }
        }
      }),
    );
  });

  it("gives A B A, by position, 0.8 and 0.2", () => {
    const { position } = heuristics(tableOf([row("A B A", 1)]));
    expect([...position.conversions]).toEqual([0.8, 0.2]);
  });

  it("shares two touches as the weights of first and last do, in equal parts where both are 0", () => {
    const table = tableOf([row("A B", 1)]);
    const of = (first: number, middle: number, last: number) => [
      ...heuristics(table, { position: { first, middle, last } }).position.conversions,
    ];
    expect(of(30, 20, 50)).toEqual([0.375, 0.625]);
    expect(of(0, 100, 0)).toEqual([0.5, 0.5]);
  });

  it("keeps fractional conversions: half of one is half of one", () => {
    const { lastTouch } = heuristics(tableOf([row("A B", 0.5), row("B", 1.7), row("C", 0.1)]));
    expect([...lastTouch.conversions]).toEqual([0, 2.2, 0.1]);
  });

  it("divides simplified Shapley over the places of a channel", () => {
    const rows = simplifiedShapleyByPlace(tableOf([row("A B A C", 1)]));
    expect(rows.map(({ channel, place, conversions }) => [channel, place, conversions])).toEqual([
      [0, 1, 1 / 6],
      [0, 3, 1 / 6],
      [1, 2, 1 / 3],
      [2, 4, 1 / 3],
    ]);
  });
});
