import { describe, expect, it } from "vitest";
import { Random } from "../../core/index.ts";
import { AbTest, variantOf } from "../../evaluate/index.ts";
import type { Event } from "../../event/index.ts";
import { defaultFeedbackRules } from "../../features/index.ts";
import { resolveConfig } from "../config.ts";
import { Assignments } from "./assignments.ts";
import { type ExperimentReport, experimentReports } from "./experimentReport.ts";
import { experimentSetOf, liveExperimentsOf } from "./liveExperiment.ts";
import { Outcomes } from "./outcomes.ts";

const begin = Date.UTC(2026, 0, 1);

/** A service of so many accounts, each asking once; `probabilityOf` it acts, in the seconds after. */
class Service {
  readonly #experiments;
  readonly #assignments;
  readonly #outcomes = new Outcomes({ partitionCount: 1, rules: defaultFeedbackRules });
  readonly #random: Random;
  #offset = 0;
  #time = begin;

  constructor(experiments: Parameters<typeof resolveConfig>[0] & object, seed: number) {
    const config = resolveConfig(experiments);
    this.#experiments = liveExperimentsOf(config);
    this.#assignments = new Assignments(config);
    this.#random = new Random(seed);
    for (const experiment of this.#experiments) this.#apply(experimentSetOf(experiment, begin));
  }

  ask(
    account: string,
    probabilityOf: (variants: Readonly<Record<string, string>>) => number,
  ): void {
    this.#time += 1000;
    const { variants = {} } = this.#assignments.of(account, this.#time, undefined) ?? {};
    const context = Object.fromEntries(
      Object.entries(variants).map(([name, variant]) => [`experiment.${name}`, variant]),
    );
    this.#apply({ type: "served", time: this.#time, account, context, list: [] });
    if (this.#random.uniform() < probabilityOf(variants))
      this.#apply({ type: "like", time: this.#time, account, item: "i" });
  }

  /** By now, or once all windows are over. */
  report(isOver = false): ExperimentReport[] {
    if (isOver) this.#time += 1e9;
    this.#apply({ type: "heartbeat", time: this.#time });
    return experimentReports(this.#outcomes.of(), this.#experiments, this.#time);
  }

  #apply(event: Event): void {
    const offset = this.#offset++;
    this.#outcomes.apply({ partition: 0, offset, logTime: this.#time, event });
  }
}

const half = [{ name: "control" }, { name: "new" }];

describe("reports of experiments", () => {
  it("say nothing before any window is over, and what the test says of it then", () => {
    const service = new Service({ experiments: { x: { variants: half, tightestAt: 100 } } }, 1);
    const acted = new Map<string, number[]>([
      ["control", []],
      ["new", []],
    ]);
    for (let i = 0; i < 400; i++) {
      let variant = "";
      service.ask(`a${i}`, (variants) => {
        variant = variants["x"];
        const acts = i % 3 === 0 || (variant === "new" && i % 3 === 1);
        acted.get(variant)?.push(Number(acts));
        return acts ? 1 : 0;
      });
    }
    const [early] = service.report();
    expect(early.summary).toMatch(/too early/);
    expect(early.variants[1].metrics.acted).toEqual({
      mean: null,
      low: 0,
      high: 1,
      againstControl: { difference: null, low: null, high: null, pValue: 1 },
    });
    const [late] = service.report(true);
    const test = new AbTest(
      { name: "x", variants: half.map(({ name }) => ({ name, weight: 1 })) },
      { metric: "rate", tightestAt: 100 },
    );
    for (const [variant, values] of acted) for (const value of values) test.observe(variant, value);
    const { variants, comparisons, assignmentPValue } = test.report();
    for (const [at, { mean, low, high, count }] of variants.entries()) {
      const { measured, accounts, metrics } = late.variants[at];
      expect([measured, accounts]).toEqual([count, count]);
      expect(metrics.acted.mean).toBeCloseTo(mean, 12);
      expect(metrics.acted.low).toBeCloseTo(low, 12);
      expect(metrics.acted.high).toBeCloseTo(high, 12);
      // Each acts once at most, with weight 1: the same numbers, as a mean.
      expect(metrics.worth.mean).toBeCloseTo(mean, 12);
      expect(metrics.requests.mean).toBe(1);
    }
    expect(late.variants[1].metrics.acted.againstControl?.pValue).toBeCloseTo(
      comparisons[0].pValue,
      12,
    );
    expect(late.assignmentPValue).toBeCloseTo(assignmentPValue, 12);
    expect(late.variants.map(({ verdict }) => verdict)).toEqual([undefined, "better"]);
    expect(late.summary).toMatch(/^new is better than control/);
    expect(JSON.parse(JSON.stringify(late))).toEqual(late);
  });

  it("say that a split is broken, and give no verdict by it", () => {
    const service = new Service({ experiments: { x: { variants: half } } }, 1);
    const variants = half.map(({ name }) => ({ name, weight: 1 }));
    for (let i = 0; i < 3000; i++) {
      const account = `a${i}`;
      const isNew = variantOf(account, { name: "x", variants }) === "new";
      // What a client loses that fails on every third list of the new variant.
      if (i % 3 !== 0 || !isNew) service.ask(account, () => (isNew ? 0.9 : 0.1));
    }
    const [report] = service.report(true);
    expect(report.assignmentPValue).toBeLessThan(0.001);
    expect(report.summary).toMatch(/not to be trusted/);
    expect(report.variants[1].verdict).toBe("undecided");
  });

  it("know what has become of an experiment", () => {
    const variants = half;
    const start = new Date(begin + 1000).toISOString();
    const end = new Date(begin + 2000).toISOString();
    const outcomes = new Outcomes({ partitionCount: 1, rules: defaultFeedbackRules });
    const first = liveExperimentsOf(
      resolveConfig({ experiments: { x: { variants, start, end } } }),
    );
    const event = experimentSetOf(first[0], begin);
    outcomes.apply({ partition: 0, offset: 0, logTime: begin, event });
    const stateAt = (now: number, of = first) =>
      experimentReports(outcomes.of(), of, now).map(({ state }) => state);
    expect([0, 1000, 2000].map((ms) => stateAt(begin + ms)[0])).toEqual([
      "planned",
      "running",
      "ended",
    ]);
    expect(stateAt(begin, [])).toEqual(["removed"]);
    const other = liveExperimentsOf(
      resolveConfig({ experiments: { x: { variants, windowSeconds: 5 } } }),
    );
    // What the one before it has measured is not its own.
    const [none] = experimentReports(outcomes.of(), other, begin);
    expect(none).toMatchObject({ state: "running", since: null, windowSeconds: 5 });
    expect(experimentReports(outcomes.of(), first, begin)[0].since).toBe(begin);
  });

  it("reject no more often than they say where nothing differs, looked at all the time", () => {
    let rejected = 0;
    const repetitions = 300;
    for (let seed = 1; seed <= repetitions; seed++) {
      const settings = { variants: half, windowSeconds: 1, tightestAt: 200, salt: `salt-${seed}` };
      const service = new Service({ experiments: { x: settings } }, seed);
      for (let i = 0; i < 600; i++) {
        service.ask(`a${i}`, () => 0.3);
        if (i % 20 !== 19 || service.report()[0].variants[1].verdict === "undecided") continue;
        rejected++;
        break;
      }
    }
    // 5 % and two standard deviations of so many; some are rejected, or the test would be of no use.
    expect(rejected / repetitions).toBeLessThan(0.05 + 0.025);
    expect(rejected).toBeGreaterThan(2);
  }, 60_000);
});
