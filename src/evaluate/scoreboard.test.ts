import { describe, expect, it } from "vitest";
import { Scoreboard } from "./scoreboard.ts";

describe("the scoreboard", () => {
  it("is the mean over all events, those that were missed too", () => {
    const board = new Scoreboard();
    for (const place of [0, 3, 9, 10, -1]) board.addPlace(place);
    const metrics = board.metrics();
    expect(board.hitRate).toBe(3 / 5);
    expect(metrics["hit@10"]).toBe(3 / 5);
    expect(metrics["ndcg@10"]).toBeCloseTo((1 + 1 / Math.log2(5) + 1 / Math.log2(11)) / 5, 12);
    expect(metrics.mrr).toBeCloseTo((1 + 1 / 4 + 1 / 10) / 5, 12);
  });

  it("compares every event's item with every drawn one, ties counting half", () => {
    const board = new Scoreboard();
    board.addPair(3, 1);
    board.addPair(2, 2);
    board.addPair(0, Number.NEGATIVE_INFINITY);
    board.addPair(Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY);
    // 3 beats all 4; 2 beats 3 and ties 1; 0 beats 2; −∞ ties 2.
    expect(board.metrics().auc).toBeCloseTo((4 + 3.5 + 2 + 1) / 16, 12);
  });

  it("loses what the predictions gave to what was so", () => {
    const board = new Scoreboard();
    board.addPredictions(0.8, 0.5);
    board.addPredictions(0.5, 0.1);
    const given = [0.8, 0.5, 0.5, 0.9];
    const loss = -given.reduce((sum, p) => sum + Math.log(p), 0) / 4;
    expect(board.metrics().logloss).toBeCloseTo(loss, 12);
  });

  it("says null, not a number, where there is nothing to measure", () => {
    const nothing = { "hit@10": null, "ndcg@10": null, mrr: null, auc: null, logloss: null };
    expect(new Scoreboard().metrics()).toEqual(nothing);
    expect(new Scoreboard().hitRate).toBe(0);
  });
});
