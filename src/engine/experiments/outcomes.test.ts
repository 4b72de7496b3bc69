/** That the view counts what the records say, by another program, and keeps the laws of views. */
import { describe, expect, it } from "vitest";
import type { Event, LogRecord } from "../../event/index.ts";
import { defaultFeedbackRules, feedbackOf } from "../../features/index.ts";
import { experimentStream } from "../../testing/experimentStream.ts";
import { recordsOf } from "../../testing/feedbackStream.ts";
import { viewConformance } from "../../testing/viewConformance.ts";
import type { ExperimentOutcomes, MeasuredDefinition } from "./measuredExperiment.ts";
import { Outcomes } from "./outcomes.ts";
import { metricNames } from "./settings.ts";

const options = { partitionCount: 4, rules: defaultFeedbackRules };

function outcomesOf(records: readonly LogRecord[]): Record<string, ExperimentOutcomes> {
  const view = new Outcomes(options);
  for (const record of records) view.apply(record);
  return view.of();
}

/** The same from the whole list at once: for each account its first list, then all that is in its window. */
function recomputed(records: readonly LogRecord[], name: string): ExperimentOutcomes {
  const sets = records.filter(({ event }) => event.context?.["experiment"] === name);
  let set = sets[0];
  for (const again of sets)
    if (again.event.context?.["definition"] !== set.event.context?.["definition"]) set = again;
  const definition = String(set.event.context?.["definition"]);
  const { windowSeconds, variants, accountsMax } = JSON.parse(definition) as MeasuredDefinition;
  const keyOf = ({ account, session }: Event): string => account ?? session ?? "";
  const end = Math.max(...records.map(({ logTime }) => logTime));
  const lists = records.filter(
    ({ event, offset }) =>
      offset > set.offset &&
      variants.some((it) => it.name === event.context?.[`experiment.${name}`]),
  );
  // Who is known at each list: first come, unless erased since.
  const units = new Map<string, { at: LogRecord; variant: string; exposures: number }>();
  let beyondExposures = 0;
  for (const record of records) {
    const key = keyOf(record.event);
    if (record.event.type === "erase") units.delete(key);
    if (!lists.includes(record)) continue;
    const known = units.get(key);
    const variant = String(record.event.context?.[`experiment.${name}`]);
    if (known !== undefined) known.exposures++;
    else if (units.size >= accountsMax) beyondExposures++;
    else units.set(key, { at: record, variant, exposures: 1 });
  }
  return {
    definition,
    windowSeconds,
    since: set.logTime,
    beyondExposures,
    variants: variants.map(({ name: variant, weight }) => {
      const own = [...units].filter(([, unit]) => unit.variant === variant);
      const over = own.filter(([, { at }]) => at.logTime + windowSeconds * 1000 <= end);
      const values = over.map(([key, { at }]) => {
        const inWindow = records.filter(
          ({ event, offset, logTime }) =>
            keyOf(event) === key &&
            offset >= at.offset &&
            logTime < at.logTime + windowSeconds * 1000,
        );
        const weights = inWindow.map(({ event }) => feedbackOf(event, defaultFeedbackRules).weight);
        const actions = weights.filter((it) => it > 0).length;
        const worth = weights.reduce((a, b) => a + b, 0);
        const requests = inWindow.filter((record) => lists.includes(record)).length;
        return { acted: Number(actions > 0), actions, worth, requests };
      });
      const metrics = metricNames.map((metric) => {
        const mean = values.reduce((sum, value) => sum + value[metric], 0) / values.length;
        const squares = values.reduce((sum, value) => sum + (value[metric] - mean) ** 2, 0);
        return [metric, { mean, squaredDeviations: squares }];
      });
      return {
        name: variant,
        weight,
        accounts: own.length,
        exposures: own.reduce((sum, [, { exposures }]) => sum + exposures, 0),
        measured: over.length,
        metrics: Object.fromEntries(metrics) as ExperimentOutcomes["variants"][0]["metrics"],
      };
    }),
  };
}

/** Numbers to 12 digits. */
function rounded(outcomes: ExperimentOutcomes): unknown {
  return JSON.parse(
    JSON.stringify(outcomes, (_, value: unknown) =>
      typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(12)) : value,
    ),
  );
}

viewConformance("outcomes of experiments", {
  records: experimentStream({ seed: 1, count: 400 }),
  makeView: () => new Outcomes(options),
});

describe("outcomes of experiments", () => {
  it("are what a recomputation from all records says", () => {
    let measured = 0;
    let beyond = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const records = experimentStream({ seed, count: 300 });
      const outcomes = outcomesOf(records);
      expect(Object.keys(outcomes).sort()).toEqual(["layout", "ranking"]);
      for (const [name, found] of Object.entries(outcomes)) {
        expect(rounded(found), `seed ${seed}, ${name}`).toEqual(rounded(recomputed(records, name)));
        measured += found.variants.reduce((sum, variant) => sum + variant.measured, 0);
        beyond += found.beyondExposures;
      }
    }
    expect(measured).toBeGreaterThan(300);
    expect(beyond).toBeGreaterThan(100);
  });

  it("are counted in the window after the first list: by hand", () => {
    const definition = JSON.stringify({
      accountsMax: 10,
      variants: [
        { name: "control", weight: 1 },
        { name: "new", weight: 1 },
      ],
      windowSeconds: 100,
    });
    const list = (time: number, account: string, variant: string): Event => ({
      type: "served",
      time,
      account,
      context: { "experiment.x": variant },
      list: [],
    });
    const act = (time: number, account: string, type: string): Event => ({
      type,
      time,
      account,
      item: "i",
    });
    const outcomes = outcomesOf(
      recordsOf([
        { type: "experiment_set", time: 1000, context: { experiment: "x", definition } },
        act(1000, "a", "like"), // before its first list
        list(2000, "a", "control"),
        list(2000, "b", "new"),
        list(2000, "c", "new"),
        act(3000, "a", "like"), // 1
        act(3000, "a", "comment"), // 0.5
        act(4000, "a", "unlike"), // −1
        act(4000, "b", "skip"), // −0.5
        list(5000, "a", "control"),
        act(101_999, "a", "view_content"), // 0.25, in the last millisecond
        act(102_000, "a", "like"), // too late
        list(200_000, "a", "control"),
        list(200_000, "d", "new"), // its window is open
        act(201_000, "d", "like"),
        { type: "erase", time: 202_000, account: "c" },
      ]),
    );
    const one = (mean: number) => ({ mean, squaredDeviations: 0 });
    expect(outcomes["x"].variants).toEqual([
      {
        name: "control",
        weight: 1,
        accounts: 1,
        exposures: 3,
        measured: 1,
        metrics: { acted: one(1), actions: one(3), worth: one(0.75), requests: one(2) },
      },
      {
        name: "new",
        weight: 1,
        accounts: 2,
        exposures: 2,
        measured: 1,
        metrics: { acted: one(0), actions: one(0), worth: one(-0.5), requests: one(1) },
      },
    ]);
  });

  it("leave out an erased account as if it had never been there", () => {
    const records = experimentStream({ seed: 5, count: 300 }).filter(
      ({ event }) => event.type !== "erase",
    );
    const last = records[records.length - 1];
    for (const account of ["a1", "a2", "a3", "a4"]) {
      const erase: LogRecord = {
        ...last,
        offset: last.offset + 1,
        event: { type: "erase", time: last.event.time, account },
      };
      const without = records.filter(({ event }) => event.account !== account);
      const found = outcomesOf([...records, erase])["layout"];
      const expected = outcomesOf([...without, { ...last, event: { type: "heartbeat", time: 0 } }]);
      // Beyond the limit another one might have come into its place.
      if (found.beyondExposures > 0) continue;
      expect(found).toEqual(expected["layout"]);
    }
  });

  it("forget the experiment that was served least recently when there are too many", () => {
    const definition = JSON.stringify({
      accountsMax: 10,
      variants: [{ name: "control", weight: 1 }],
      windowSeconds: 1,
    });
    const define = (experiment: string): Event => ({
      type: "experiment_set",
      time: 1000,
      context: { experiment, definition },
    });
    const names = Array.from({ length: 50 }, (_, i) => `x${i}`);
    const outcomes = outcomesOf(
      recordsOf([
        ...names.map(define),
        { type: "served", time: 1000, account: "a", context: { "experiment.x0": "control" } },
        define("one-more"),
      ]),
    );
    const known = Object.keys(outcomes);
    expect(known.length).toBe(50);
    expect(known).toContain("x0");
    expect(known).not.toContain("x1");
  });
});
