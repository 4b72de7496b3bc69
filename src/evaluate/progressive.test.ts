import { describe, expect, it } from "vitest";
import type { Event } from "../event/index.ts";
import { defaultFeedbackRules as rules } from "../features/index.ts";
import { Recommender } from "../recommend/index.ts";
import { feedbackStream, recordsOf, streamTime } from "../testing/feedbackStream.ts";
import { type Script, scriptedContestant } from "../testing/scriptedContestant.ts";
import {
  type SmallLearner,
  type SmallLearnerOptions,
  smallLearner,
} from "../testing/smallLearner.ts";
import { type Contestant, type EvaluationReport, ProgressiveEvaluation } from "./index.ts";

/** Events a minute apart, written as "account type item". */
function stream(...lines: string[]): Event[] {
  return lines.map((line, i) => {
    const [account, type, item] = line.split(" ");
    return { type, time: streamTime + i * 60_000, account, item };
  });
}

function evaluate(events: readonly Event[], engine: Contestant): EvaluationReport {
  const evaluation = new ProgressiveEvaluation({ engine, rules, ablations: {} });
  for (const record of recordsOf(events)) evaluation.step(record);
  return evaluation.report();
}

function scripted(events: readonly Event[], script: Script = {}) {
  const engine = scriptedContestant(script);
  return { report: evaluate(events, engine.contestant), ...engine };
}

function contestant(learner: SmallLearner): Contestant {
  const { state, model, trainer } = learner;
  return { trainer, recommender: new Recommender(state, model) };
}

const mean = (numbers: readonly number[], count = numbers.length): number =>
  numbers.reduce((a, b) => a + b, 0) / count;
const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

describe("progressive validation", () => {
  const events = stream(
    "a like x", // nobody had anything: no list could hold it
    "b like y", // the same
    "a like y", // a had x, so y is all that is left: in the list, nothing to compare with
    "c like x", // against y
    "b skip x", // learned from, not asked for
    "a like x", // a repeat
    "d like z", // unseen
    "e like z", // against x or y
    "c like y", // against z: c had x
  );
  const { report, asked, pairs, learned } = scripted(events, {
    lists: [[], [], ["y"], ["y", "q", "r", "x"], ["x"], ["x", "y", "z"], ["z"]],
    logits: { x: 0.5, y: -1, z: 2 },
  });

  it("asks before each event, for the account and the time of it, and reveals every event", () => {
    expect(asked.map(({ account }) => account).join("")).toBe("abacdec");
    const times = [0, 1, 2, 3, 6, 7, 8].map((i) => events[i].time);
    expect(asked.map(({ now }) => now)).toEqual(times);
    expect(learned()).toBe(events.length);
  });

  it("counts repeats, negatives and unseen items", () => {
    const { events: count, evaluated, repeats, negatives, unseen } = report;
    expect({ count, evaluated, repeats, negatives, unseen }).toEqual({
      count: 9,
      evaluated: 7,
      repeats: 1,
      negatives: 1,
      unseen: 3,
    });
  });

  it("measures the engine's lists, worked by hand", () => {
    // y first, x fourth, z third.
    const { metrics } = report;
    expect(metrics["hit@10"]).toBe(3 / 7);
    expect(metrics["ndcg@10"]).toBeCloseTo((1 + 1 / Math.log2(5) + 1 / Math.log2(4)) / 7, 12);
    expect(metrics.mrr).toBeCloseTo((1 + 1 / 4 + 1 / 3) / 7, 12);
  });

  it("compares with one of the other items that it could have been, worked by hand", () => {
    expect(pairs.length).toBe(3);
    expect(pairs[0]).toEqual(["x", "y"]);
    expect(pairs[1][0]).toBe("z");
    expect(["x", "y"]).toContain(pairs[1][1]);
    expect(pairs[2]).toEqual(["y", "z"]);
  });

  it("corrects probabilities over all items to those of a pair, worked by hand", () => {
    const logits: Record<string, number> = { x: 0.5, y: -1, z: 2 };
    // Of 2 items that it could be, then of 3, then of 2.
    const corrections = [Math.log(1), Math.log(2), Math.log(1)];
    const losses = pairs.flatMap(([item, other], i) => [
      -Math.log(sigmoid(logits[item] + corrections[i])),
      -Math.log(1 - sigmoid(logits[other] + corrections[i])),
    ]);
    expect(report.metrics.logloss).toBeCloseTo(mean(losses), 12);
    const positives = pairs.map(([item], i) => logits[item] + corrections[i]);
    const drawn = pairs.map(([, other], i) => logits[other] + corrections[i]);
    const wins = positives.flatMap((one) => drawn.map((other) => (Math.sign(one - other) + 1) / 2));
    expect(report.metrics.auc).toBeCloseTo(mean(wins), 12);
  });

  it("loses ln 2 to a coin, whose probability is 1 / n for each of n items", () => {
    const three = stream("a like x", "a like y", "a like z", "b like z");
    const { logloss } = scripted(three, { logits: { x: -Math.LN2, y: -Math.LN2, z: -Math.LN2 } })
      .report.metrics;
    expect(logloss).toBeCloseTo(Math.LN2, 6); // σ(−ln 2) = 1/3
  });

  it("measures popularity in the same run, worked by hand", () => {
    // y before x, which a had; x behind y (1 to 2); z behind x and y (1 to 2 and 2); y before z.
    const { popularity } = report.baselines;
    expect(popularity["hit@10"]).toBe(4 / 7);
    expect(popularity["ndcg@10"]).toBeCloseTo(
      (1 + 1 / Math.log2(3) + 1 / Math.log2(4) + 1) / 7,
      12,
    );
    expect(popularity.mrr).toBeCloseTo((1 + 1 / 2 + 1 / 3 + 1) / 7, 12);
    expect(popularity.logloss).toBeNull();
  });

  it("measures the cosine in the same run, worked by hand", () => {
    // Nothing to go by for c's x, e's z: by popularity. c had x, whose only neighbour is y.
    expect(report.baselines.itemCosine.mrr).toBeCloseTo((1 + 1 / 2 + 1 / 3 + 1) / 7, 12);
  });

  it("reports what was asked for, by these names", () => {
    const measured = ["hit@10", "ndcg@10", "mrr", "auc", "logloss"];
    expect(Object.keys(report).toSorted()).toEqual(
      [
        ...["events", "evaluated", "metrics", "baselines"],
        ...["repeats", "negatives", "unseen"], // what became of the rest
      ].toSorted(),
    );
    expect(Object.keys(report.metrics)).toEqual(measured);
    const { popularity, recency, itemCosine, ...others } = report.baselines;
    expect(others).toEqual({});
    expect(Object.keys(popularity)).toEqual(measured);
    expect(Object.keys(itemCosine)).toEqual(measured);
    expect(Object.keys(recency)).toEqual([...measured, "halfLifeHours"]);
  });

  it("shows the rate of hits so far", () => {
    const engine = scriptedContestant({ lists: [["x"]] }).contestant;
    const evaluation = new ProgressiveEvaluation({ engine, rules, ablations: {} });
    expect(evaluation.hitRates().engine).toBe(0);
    for (const record of recordsOf(events)) evaluation.step(record);
    const { metrics, baselines } = evaluation.report();
    expect(evaluation.events).toBe(9);
    expect(evaluation.hitRates()).toEqual({
      engine: metrics["hit@10"],
      popularity: baselines.popularity["hit@10"],
      recency: baselines.recency["hit@10"],
      itemCosine: baselines.itemCosine["hit@10"],
    });
  });

  it("measures a real engine as another one that is asked beside it does", () => {
    const records = feedbackStream({ seed: 1, count: 400 });
    const options = { state: { partitionCount: 4 } };
    const evaluation = new ProgressiveEvaluation({
      engine: contestant(smallLearner(options)),
      rules,
      ablations: {},
    });
    const twin = contestant(smallLearner(options));
    const places: number[] = [];
    for (const record of records) {
      const { event } = record;
      const before = evaluation.report().evaluated;
      const account = event.account ?? event.session ?? "";
      const list = twin.recommender.recommend({ account, count: 10, now: event.time });
      evaluation.step(record);
      twin.trainer.apply(record);
      if (evaluation.report().evaluated > before)
        places.push(list.findIndex(({ item }) => item === event.item));
    }
    const { evaluated, metrics } = evaluation.report();
    expect(evaluated).toBeGreaterThan(100);
    expect(places.length).toBe(evaluated);
    const hits = places.filter((place) => place >= 0);
    expect(metrics["hit@10"]).toBeCloseTo(hits.length / evaluated, 12);
    const gains = hits.map((place) => 1 / Math.log2(place + 2));
    expect(metrics["ndcg@10"]).toBeCloseTo(mean(gains, evaluated), 12);
    expect(metrics.mrr).toBeCloseTo(
      mean(
        hits.map((place) => 1 / (place + 1)),
        evaluated,
      ),
      12,
    );
  });

  it("runs each ablation as an engine of its own, and says what the part adds", () => {
    const engine = scriptedContestant({ lists: [["x"], ["y"], ["y"]] });
    const trend = scriptedContestant({ lists: [[], ["q", "y"]] });
    const evaluation = new ProgressiveEvaluation({
      engine: engine.contestant,
      rules,
      ablations: { trend: trend.contestant },
    });
    for (const record of recordsOf(stream("a like x", "b like y", "a like y", "a skip y")))
      evaluation.step(record);
    expect([engine.learned(), trend.learned()]).toEqual([4, 4]);
    const { metrics, ablation } = evaluation.report();
    expect(metrics["hit@10"]).toBe(1);
    expect(Object.keys(ablation ?? {})).toEqual(["trend"]);
    expect(ablation?.trend?.["hit@10"]).toBe(1 / 3);
    expect(ablation?.trend?.mrr).toBe(1 / 6);
    expect(ablation?.trend?.adds).toBeCloseTo(2 / 3, 12);
  });
});

describe("what progressive validation asks for", () => {
  it("is no event about the catalogue, or without an item or a rule", () => {
    const { report, learned } = scripted([
      { type: "item_set", time: streamTime, item: "x" },
      { type: "access", time: streamTime, account: "a" },
      { type: "impression", time: streamTime, account: "a", item: "x" },
    ]);
    expect(report.events).toBe(0);
    expect(report.metrics["hit@10"]).toBeNull();
    expect(learned()).toBe(3);
  });

  it("is what was wanted before, but not had", () => {
    // view_content is no reason not to be recommended: seen in the shop, then bought.
    const { report } = scripted(
      stream("a view_content x", "a view_content x", "a purchase x", "a like x"),
    );
    expect(report.evaluated).toBe(3);
    expect(report.repeats).toBe(1);
  });

  it("is not what was skipped before", () => {
    const { report } = scripted(stream("a skip x", "a like x"));
    expect(report).toMatchObject({ evaluated: 0, repeats: 1, negatives: 1 });
  });

  it("can be about items that nobody wanted yet", () => {
    // Baselines have nothing to go by, and no event to measure time from.
    const { report } = scripted(stream("a skip x", "a skip y", "b like x", "c like y"));
    expect(report.evaluated).toBe(2);
    expect(report.baselines.popularity).toMatchObject({ "hit@10": 1, mrr: (1 + 1 / 2) / 2 });
    expect(report.baselines.recency.auc).toBe(1 / 4); // −∞ and −∞ against −∞ and x, liked before
  });

  it("can be about items past the engine's limit, which then has no answer", () => {
    const options: SmallLearnerOptions = { state: { itemsMax: 1 } };
    const learner = smallLearner(options);
    const events = stream("a like x", "b like y", "c like y", "d like x");
    const report = evaluate(events, contestant(learner));
    expect(report.evaluated).toBe(4);
    expect(report.metrics["hit@10"]).toBe(1 / 4);
    expect(report.metrics.logloss).toBeNull();
    expect(report.baselines.popularity.auc).not.toBeNull();
  });

  it("is compared with items drawn uniformly from those that it could have been", () => {
    // 8 items; then accounts that had item 0 take item 1: any of 2 to 7 is as likely.
    const items = Array.from({ length: 8 }, (_, i) => `first like ${i}`);
    const takers = Array.from({ length: 6000 }, (_, i) => [`t${i} like 0`, `t${i} like 1`]).flat();
    const { pairs } = scripted(stream(...items, ...takers));
    const counts = new Map<string, number>();
    for (const [item, other] of pairs)
      if (item === "1") counts.set(other, (counts.get(other) ?? 0) + 1);
    expect([...counts.keys()].toSorted()).toEqual(["2", "3", "4", "5", "6", "7"]);
    const distance = [...counts.values()].map((count) => (count - 1000) ** 2 / 1000);
    // 99.9 % of χ² with 5 degrees of freedom; seeded by offsets, so this never flickers.
    expect(mean(distance, 1)).toBeLessThan(20.5);
  });
});
