import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../core/index.ts";
import { type PathRow, pathRows, row, tableOf } from "../../testing/attributionPaths.ts";
import { shapleyCredit } from "./shapley.ts";
import { shapleyValues } from "./shapleyValues.ts";

/** The definition: the mean over all orders of what a player brings. */
function overOrders(n: number, v: (set: number) => number): number[] {
  const values = new Array<number>(n).fill(0);
  let orders = 0;
  const visit = (set: number): void => {
    if (set === 2 ** n - 1) orders++;
    for (let player = 0; player < n; player++) {
      if ((set & (1 << player)) !== 0) continue;
      const rest = n - count(set) - 1;
      // Orders that go on from here: as many as the rest can be arranged in.
      const ways = factorial(rest) * factorial(count(set));
      values[player] += (ways / factorial(n)) * (v(set | (1 << player)) - v(set));
    }
  };
  for (let set = 0; set < 2 ** n; set++) visit(set);
  expect(orders).toBe(1);
  return values;
}

function count(set: number): number {
  return set.toString(2).replaceAll("0", "").length;
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}

/** v(S) from the rows themselves. */
function worth(
  rows: readonly PathRow[],
  channels: readonly string[],
  amount: "conversions" | "value",
) {
  return (set: number): number => {
    const inside = rows.filter(({ path }) =>
      path.every((name) => (set & (1 << channels.indexOf(name))) !== 0),
    );
    const journeys = inside.reduce((sum, one) => sum + one.conversions + one.nulls, 0);
    const gained = inside.reduce((sum, one) => sum + one[amount], 0);
    return journeys === 0 ? 0 : gained / journeys;
  };
}

describe("shapleyValues", () => {
  it("gives the case that can be computed by hand", () => {
    const v = [0, 7, 6, 15, 4, 7, 9, 19];
    const values = shapleyValues(3, (set) => v[set]);
    expect(values[0]).toBeCloseTo(23 / 3, 14);
    expect(values[1]).toBeCloseTo(49 / 6, 14);
    expect(values[2]).toBeCloseTo(19 / 6, 14);
  });

  it("is what the definition says of any game", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0 }), (n, seed) => {
        const random = new Random(seed);
        const worths = Array.from({ length: 2 ** n }, (_, set) =>
          set === 0 ? 0 : random.uniform(),
        );
        const values = shapleyValues(n, (set) => worths[set]);
        for (const [player, value] of overOrders(n, (set) => worths[set]).entries()) {
          expect(values[player]).toBeCloseTo(value, 12);
        }
      }),
    );
  });

  it("refuses more players than it can be exact for", () => {
    expect(() => shapleyValues(21, () => 0)).toThrow(
      expect.objectContaining({ code: "REQUEST_INVALID" }),
    );
  });
});

describe("shapleyCredit", () => {
  it("is the Shapley value of the rates inside sets, scaled to all conversions and to all value", () => {
    fc.assert(
      fc.property(pathRows(5, 5), (rows) => {
        const table = tableOf(rows);
        const credit = shapleyCredit(table);
        const journeys = rows.reduce((sum, one) => sum + one.conversions + one.nulls, 0);
        for (const [amounts, amount] of [
          [credit.conversions, "conversions"],
          [credit.values, "value"],
        ] as const) {
          const expected = overOrders(table.channels.length, worth(rows, table.channels, amount));
          for (const [at, value] of expected.entries()) {
            expect(amounts[at]).toBeCloseTo(value * journeys, 9);
          }
        }
      }),
    );
  });

  it("gives zeros where nothing converted", () => {
    expect([...shapleyCredit(tableOf([row("A B", 0, 4)])).conversions]).toEqual([0, 0]);
  });

  it("samples orders above 20 channels, near to what is exact, and tells how near", () => {
    const random = new Random(5);
    const rows: PathRow[] = [];
    for (let at = 0; at < 300; at++) {
      const path = Array.from({ length: 1 + random.below(3) }, () => `c${random.below(18)}`);
      rows.push({
        path,
        conversions: random.below(4),
        value: random.below(9),
        nulls: random.below(6),
      });
    }
    const exact = shapleyCredit(tableOf(rows));
    // Three more channels, which hardly any path has: the others' values hardly change.
    const more = [...rows, ...["x", "y", "z"].map((name) => row(`c0 ${name}`, 1e-9))];
    const table = tableOf(more);
    const sampled = shapleyCredit(table);
    expect(exact.standardErrors).toBeUndefined();
    const errors = sampled.standardErrors?.conversions ?? new Float64Array(0);
    for (let at = 0; at < 18; at++) {
      expect(errors[at]).toBeGreaterThan(0);
      expect(Math.abs(sampled.conversions[at] - exact.conversions[at])).toBeLessThan(
        5 * errors[at] + 1e-6,
      );
    }
    const total = rows.reduce((sum, one) => sum + one.conversions, 0);
    expect(sampled.conversions.reduce((sum, one) => sum + one, 0)).toBeCloseTo(total, 6);
    expect([...shapleyCredit(table).conversions]).toEqual([...sampled.conversions]);
  }, 20_000);
});
