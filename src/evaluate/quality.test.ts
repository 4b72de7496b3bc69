/**
 * That the engine goes on recommending as well as it did: progressive validation on a fixed stream.
 *
 * The figures are what this commit's engine reaches. A change that moves one past its tolerance is a
 * change of quality: better, and the figure is raised with it; worse, and it needs a reason.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../core/index.ts";
import { type Event, openEventFile } from "../event/index.ts";
import { defaultContestants } from "../testing/defaultContestants.ts";
import { recordsOf } from "../testing/feedbackStream.ts";
import { type EvaluationReport, type Metrics, ProgressiveEvaluation } from "./index.ts";

/** So many ratings, behind the whole catalogue: after fewer, what the model adds is within the noise. */
const ratingCount = 24_000;

async function firstEvents(): Promise<Event[]> {
  const options = { clock: systemClock, order: "time" } as const;
  const file = await openEventFile("data/movietweetings-100k/ratings.dat", options);
  const events: Event[] = [];
  let left = ratingCount;
  for await (const batch of file.batches()) {
    for (const event of batch.events) {
      if (event.type !== "item_set" && left-- <= 0) return events;
      events.push(event);
    }
  }
  return events;
}

describe("the engine, on the first ratings of MovieTweetings", () => {
  let report: EvaluationReport;
  beforeAll(async () => {
    const { rules, engine, withoutModel: model } = defaultContestants();
    const evaluation = new ProgressiveEvaluation({ engine, rules, ablations: { model } });
    for (const record of recordsOf(await firstEvents())) evaluation.step(record);
    report = evaluation.report();
  }, 120_000); // 10 seconds of work, on a machine that may be busy

  it("is asked for every rating", () => {
    expect(report).toMatchObject({ events: ratingCount, evaluated: ratingCount, repeats: 0 });
  });

  // Another seed of the vectors moves none of them by more than a sixth of its tolerance.
  const expected: Record<keyof Metrics, readonly [value: number, tolerance: number]> = {
    "hit@10": [0.1711, 0.003],
    "ndcg@10": [0.0995, 0.002],
    mrr: [0.0777, 0.002],
    auc: [0.8617, 0.004],
    logloss: [0.4556, 0.006],
  };
  for (const [name, [value, tolerance]] of Object.entries(expected)) {
    it(`reaches ${name} ${value} ± ${tolerance}`, () => {
      const reached = report.metrics[name as keyof Metrics];
      expect(Math.abs((reached ?? Number.NaN) - value), `${reached}`).toBeLessThan(tolerance);
    });
  }

  for (const baseline of ["popularity", "recency", "itemCosine"] as const) {
    it(`beats ${baseline}`, () => {
      for (const name of ["hit@10", "ndcg@10", "mrr", "auc"] as const) {
        const [own, other] = [report.metrics, report.baselines[baseline]].map((one) => one[name]);
        expect(own, name).toBeGreaterThan(other ?? Number.NaN);
      }
    });
  }

  it("is compared with baselines that do not change", () => {
    const { popularity, recency, itemCosine } = report.baselines;
    expect(popularity["hit@10"]).toBeCloseTo(0.132, 3);
    expect(recency["hit@10"]).toBeCloseTo(0.1579, 3);
    expect(itemCosine["hit@10"]).toBeCloseTo(0.0882, 3);
  });

  it("owes its ranking to the model", () => {
    expect(report.ablation?.model?.adds).toBeGreaterThan(0.003); // .0049 here, .018 over all ratings
    expect(report.ablation?.model?.["ndcg@10"]).toBeLessThan(report.metrics["ndcg@10"] ?? 0);
  });
});
