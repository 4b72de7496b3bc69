/** What the config may say of experiments, and what their variants make of a request. */
import { describe, expect, it } from "vitest";
import type { UserConfig } from "../config.ts";
import { resolveConfig } from "../config.ts";
import { Assignments } from "./assignments.ts";
import { liveExperimentsOf } from "./liveExperiment.ts";

type Experiments = NonNullable<UserConfig["experiments"]>;

const plain = [{ name: "control" }, { name: "new" }];
const withDiversity = [{ name: "control" }, { name: "new", rules: { diversity: 0.3 } }];

const resolved = (experiments: Experiments) => resolveConfig({ experiments });

describe("experiments of the config", () => {
  it("have defaults, and a definition that what is only said of the result does not change", () => {
    const of = (more: Partial<NonNullable<Experiments[string]>>) =>
      liveExperimentsOf(resolved({ x: { variants: plain, ...more } }))[0];
    const first = of({});
    expect(first).toMatchObject({ salt: "x", metric: "acted", tightestAt: 5000, alpha: 0.05 });
    expect(first.variants.map(({ weight }) => weight)).toEqual([1, 1]);
    expect(of({ metric: "worth", alpha: 0.01, end: "2030-01-01T00:00:00Z" }).definition).toBe(
      first.definition,
    );
    for (const other of [
      { salt: "y" },
      { windowSeconds: 60 },
      { accountsMax: 7 },
      { variants: withDiversity },
      { variants: [{ name: "control" }, { name: "new", weight: 2 }] },
    ])
      expect(of(other).definition).not.toBe(first.definition);
  });

  it.each<[string, Experiments, RegExp]>([
    ["one variant", { x: { variants: [{ name: "a" }] } }, /experiments\.x\.variants/],
    ["two of one name", { x: { variants: [{ name: "a" }, { name: "a" }] } }, /different names/],
    ["a name with blanks", { "x y": { variants: plain } }, /experiments/],
    [
      "an end before the start",
      { x: { variants: plain, start: "2026-01-02T00:00:00Z", end: "2026-01-01T00:00:00Z" } },
      /experiments\.x\.end/,
    ],
    ["a time that is none", { x: { variants: plain, start: "soon" } }, /experiments\.x\.start/],
    [
      "an unknown setting",
      { x: { variants: plain, size: 3 } as Experiments[string] },
      /no setting experiments\.x\.size/,
    ],
    [
      "an unknown setting of a variant",
      { x: { variants: [...plain, { name: "c", candidates: { trends: 3 } as object }] } },
      /trends/,
    ],
    ["a weight of 0", { x: { variants: [...plain, { name: "c", weight: 0 }] } }, /weight/],
    [
      "a filter that is none",
      { x: { variants: [...plain, { name: "c", rules: { filter: "1 +" } }] } },
      /experiments\.x\.c\.rules/,
    ],
    [
      "two that vary the same at once",
      { x: { variants: withDiversity }, y: { variants: withDiversity } },
      /rules\.diversity/,
    ],
  ])("refuse %s", (_, experiments, message) => {
    expect(() => resolved(experiments)).toThrow(message);
    expect(() => resolved(experiments)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });

  it("may vary the same one after the other, and need the log", () => {
    resolved({
      x: { variants: withDiversity, end: "2026-06-01T00:00:00Z" },
      y: { variants: withDiversity, start: "2026-06-01T00:00:00Z" },
    });
    expect(() =>
      resolveConfig({ experiments: { x: { variants: plain } }, serving: { log: false } }),
    ).toThrow(/serving\.log/);
  });
});

describe("assignments", () => {
  const time = Date.parse("2026-03-01T00:00:00Z");

  it("are of the experiments that run, whose start counts and whose end does not", () => {
    const start = "2026-03-01T00:00:00Z";
    const end = "2026-04-01T00:00:00Z";
    const assignments = new Assignments(resolved({ x: { variants: plain, start, end } }));
    const is = (now: number) => assignments.of("a", now, undefined) !== undefined;
    expect([time - 1, time, Date.parse(end) - 1, Date.parse(end)].map(is)).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(new Assignments(resolveConfig()).of("a", time, undefined)).toBeUndefined();
  });

  it("follow the weights, stay, and know nothing of each other", () => {
    const weighted = [
      { name: "control", weight: 3 },
      { name: "new", weight: 1 },
    ];
    const assignments = new Assignments(
      resolved({
        x: { variants: weighted },
        y: { variants: plain },
        z: { variants: plain, salt: "y" },
      }),
    );
    const counts = new Map<string, number>();
    for (let i = 0; i < 8000; i++) {
      const variants = assignments.of(`account-${i}`, time, undefined)?.variants ?? {};
      expect(assignments.of(`account-${i}`, time + 1e9, undefined)?.variants).toEqual(variants);
      expect(variants["z"]).toBe(variants["y"]); // one salt, one assignment
      const both = `${variants["x"]} ${variants["y"]}`;
      counts.set(both, (counts.get(both) ?? 0) + 1);
    }
    // 3/8 and 1/8 of 8,000, ± 4 standard deviations.
    for (const y of ["control", "new"]) {
      expect(Math.abs((counts.get(`control ${y}`) ?? 0) - 3000)).toBeLessThan(174);
      expect(Math.abs((counts.get(`new ${y}`) ?? 0) - 1000)).toBeLessThan(119);
    }
  });

  it("put what variants say in the place of the config's, and under what a request says", () => {
    const all = { weight: 1 };
    const never = { name: "never", weight: 0.000001 };
    const config = resolveConfig({
      serving: { candidates: { trend: 7 }, exploration: { epsilon: 0.1, newItems: { place: 3 } } },
      experiments: {
        x: {
          variants: [
            {
              name: "a",
              ...all,
              candidates: { vectors: 0 },
              rules: { filter: "released > 2000", boost: "2", artistMax: 1, categories: ["rock"] },
            },
            never,
          ],
        },
        y: {
          variants: [
            {
              name: "b",
              ...all,
              exploration: { policy: "thompson", newItems: { share: 0.5 } },
              rules: { diversity: 0.2 },
            },
            never,
          ],
        },
      },
    });
    const assignments = new Assignments(config);
    expect(assignments.of("account", time, undefined)).toEqual({
      variants: { x: "a", y: "b" },
      budgets: { ...config.serving.candidates, vectors: 0, trend: 7 },
      exploration: {
        policy: "thompson",
        spread: 0.5,
        epsilon: 0.1,
        newItems: { share: 0.5, place: 3, shownMax: 100 },
      },
      rules: {
        filter: "released > 2000",
        boost: "2",
        artistMax: 1,
        categories: ["rock"],
        diversity: 0.2,
      },
    });
    const own = { filter: "price < 3 or price > 9", boost: "price", artistMax: 4, pinned: ["i"] };
    expect(assignments.of("account", time, own)?.rules).toEqual({
      filter: "(price < 3 or price > 9) and (released > 2000)",
      boost: "(price) * (2)",
      artistMax: 4,
      pinned: ["i"],
      categories: ["rock"],
      diversity: 0.2,
    });
  });
});
