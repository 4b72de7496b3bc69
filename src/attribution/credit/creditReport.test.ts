import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countsOf, type PathRow, pathRows, row } from "../../testing/attributionPaths.ts";
import {
  allCreditModels,
  type CreditReport,
  type CreditRow,
  creditReport,
} from "./creditReport.ts";
import { fractribution } from "./fractribution.ts";

const heuristicModels = [
  "last-click",
  "last-touch",
  "first-touch",
  "last-non-direct",
  "linear",
  "position",
  "simplified-shapley",
  "simplified-shapley-ordered",
] as const;

function reportOf(rows: readonly PathRow[], order: "1" | "3" | "auto" = "1"): CreditReport {
  return creditReport(countsOf(rows), { models: allCreditModels, order, direct: "b" });
}

function close(one: number, other: number): void {
  expect(Math.abs(one - other)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(other)));
}

function rowsOf(report: CreditReport): [string, CreditRow][] {
  return Object.entries(report.models).flatMap(([model, rows]) =>
    (rows ?? []).map((one): [string, CreditRow] => [
      `${model}/${one.channel}/${one.position ?? ""}`,
      one,
    ]),
  );
}

const paths = pathRows(5, 6);

describe("the laws of credit", () => {
  it("credits and what nobody earned add up to all conversions", () => {
    fc.assert(
      fc.property(paths, (rows) => {
        const report = reportOf([...rows, row("", 2, 0, 3)], "3");
        const { conversions, unattributed, value, unattributedValue } = report.totals;
        expect(unattributed).toBe(2);
        for (const credits of Object.values(report.models)) {
          if (credits === null) continue;
          const sum = (of: "conversions" | "value") =>
            credits.reduce((total, one) => total + one[of], 0);
          if (conversions > unattributed) close(sum("conversions") + unattributed, conversions);
          close(sum("value") + unattributedValue, value);
        }
      }),
    );
  });

  it("the same paths in any order, and in parts, give the same bytes", () => {
    fc.assert(
      fc.property(
        pathRows(5, 6).chain((rows) =>
          fc.tuple(
            fc.constant(rows),
            fc.shuffledSubarray(rows, { minLength: rows.length }),
            fc.integer({ min: 0, max: rows.length }),
          ),
        ),
        ([rows, shuffled, at]) => {
          const parts = countsOf(shuffled.slice(at));
          parts.addAll(countsOf(shuffled.slice(0, at)));
          const options = { models: allCreditModels, order: "3" } as const;
          const once = JSON.stringify(creditReport(countsOf(rows), options));
          expect(JSON.stringify(creditReport(parts, options))).toBe(once);
        },
      ),
    );
  });

  it("what is taken back leaves no trace", () => {
    fc.assert(
      fc.property(pathRows(4, 5), pathRows(6, 5), (kept, gone) => {
        const counts = countsOf([...gone, ...kept]);
        for (const { path, conversions, value, nulls } of gone) {
          const channels = Int32Array.from(path, (name) => counts.channel(name));
          counts.subtract(channels, channels.length, conversions, value, nulls);
        }
        expect(JSON.stringify(creditReport(counts))).toBe(
          JSON.stringify(creditReport(countsOf(kept))),
        );
      }),
    );
  });

  it("twice the counts give twice the credit", () => {
    fc.assert(
      fc.property(paths, (rows) => {
        const once = new Map(rowsOf(reportOf(rows, "3")));
        const twice = new Map(rowsOf(reportOf([...rows, ...rows], "3")));
        expect([...twice.keys()]).toEqual([...once.keys()]);
        for (const [key, one] of once) {
          close(twice.get(key)?.conversions ?? Number.NaN, 2 * one.conversions);
          close(twice.get(key)?.value ?? Number.NaN, 2 * one.value);
        }
      }),
    );
  });

  it("other names of the channels only rename the credits", () => {
    const renamed: Readonly<Record<string, string>> = {
      A: "z",
      b: "b",
      Ç: "0",
      "𝄞": "a > b",
      e: "Ä",
    };
    fc.assert(
      fc.property(paths, (rows) => {
        const other = rows.map((one) => ({ ...one, path: one.path.map((name) => renamed[name]) }));
        const found = new Map(rowsOf(reportOf(other)));
        for (const [key, one] of rowsOf(reportOf(rows))) {
          const [model, channel, place] = key.split("/");
          const same = found.get(`${model}/${renamed[channel]}/${place}`);
          close(same?.conversions ?? Number.NaN, one.conversions);
        }
      }),
    );
  });

  it("paths that end in nothing never move the heuristics", () => {
    fc.assert(
      fc.property(paths, pathRows(5, 4), (rows, nulls) => {
        const more = nulls.map((one) => ({ ...one, conversions: 0, value: 0 }));
        const before = new Map(rowsOf(reportOf(rows)));
        const after = new Map(rowsOf(reportOf([...rows, ...more])));
        for (const model of heuristicModels) {
          for (const [key, one] of before) {
            if (key.startsWith(`${model}/`)) expect(after.get(key)).toEqual(one);
          }
        }
      }),
    );
  });
});

describe("creditReport", () => {
  it("has the models that are named, null where the data don't know", () => {
    const { models, totals } = creditReport(countsOf([row("A B", 1, 2, 30)]));
    expect(Object.keys(models)).toEqual([
      "last-click",
      "last-touch",
      "first-touch",
      "last-non-direct",
      "linear",
      "time-decay",
      "position",
      "markov",
      "shapley",
      "simplified-shapley",
    ]);
    expect(models["time-decay"]).toBeNull();
    expect(totals).toEqual({
      conversions: 1,
      value: 30,
      unattributed: 0,
      unattributedValue: 0,
      nulls: 2,
    });
    expect(models.linear).toEqual([
      { channel: "A", conversions: 0.5, value: 15 },
      { channel: "B", conversions: 0.5, value: 15 },
    ]);
  });

  it("gives zeros, not NaN, where nothing converted, and nothing of nothing", () => {
    const report = reportOf([row("A B", 0, 3, 0)], "auto");
    for (const [, one] of rowsOf(report)) expect([one.conversions, one.value]).toEqual([0, 0]);
    expect(rowsOf(reportOf([]))).toEqual([]);
  });

  it("keeps a rare channel at every order, and long paths whole", () => {
    const long = Array.from({ length: 200 }, (_, at) => "AB"[at % 2]).join(" ");
    const rows = [row(`${long} mi`, 1), row("A B C D", 500, 1500), row("B C", 100, 100)];
    for (const order of ["1", "2", "3", "4"] as const) {
      const { models } = creditReport(countsOf(rows), { order });
      const rare = models.markov?.find(({ channel }) => channel === "mi");
      expect(rare?.removalEffect).toBeCloseTo(1 / 601, 12);
    }
  });

  it("chooses the order by itself, and says how each did", () => {
    // What comes next depends on the channel before the last: only order 2 can tell.
    const rows = [row("A C", 90, 10), row("B C", 10, 90), row("A D", 10, 90), row("B D", 90, 10)];
    const { markov } = reportOf(rows, "auto");
    expect(markov?.order).toBe(2);
    expect(markov?.orders?.[0].auc).toBeCloseTo(0.5, 12);
    expect(markov?.orders?.[1].auc).toBeGreaterThan(0.85);
  });

  it("divides data-driven Shapley over places without changing its sums", () => {
    fc.assert(
      fc.property(paths, (rows) => {
        const { models } = reportOf(rows);
        for (const { channel, conversions } of models.shapley ?? []) {
          const ordered = models["shapley-ordered"]?.filter((one) => one.channel === channel) ?? [];
          close(
            ordered.reduce((sum, one) => sum + one.conversions, 0),
            conversions,
          );
        }
      }),
    );
  });
});

describe("fractribution", () => {
  it("gives a touch what its path's rate loses without it", () => {
    // p(A B) = 3/4, p(A) = 1/4, p(B) = 1/2: without A the rate falls by 1/4, without B by 1/2.
    const table = countsOf([
      row("A B", 3, 1),
      row("A", 1, 3),
      row("B", 1, 1),
      row("C A", 0, 2),
    ]).table();
    const { conversions } = fractribution(table);
    expect(conversions[0]).toBeCloseTo(1 + 3 * (1 / 3), 11);
    expect(conversions[1]).toBeCloseTo(1 + 3 * (2 / 3), 11);
    expect(conversions[2]).toBe(0);
  });

  it("gives the last touch everything where none adds anything", () => {
    const table = countsOf([row("A B", 1, 3), row("A", 1, 1), row("B", 1, 1)]).table();
    expect([...fractribution(table).conversions]).toEqual([1, 2]);
  });
});
