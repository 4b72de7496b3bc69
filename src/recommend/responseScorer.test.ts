import { describe, expect, it } from "vitest";
import { Arena } from "../embedding/index.ts";
import { itemIdOf, type SlotRules } from "../features/index.ts";
import { FactorisationMachine, sigmoid } from "../model/index.ts";
import { recordsOf, streamTime } from "../testing/feedbackStream.ts";
import { smallLearner } from "../testing/smallLearner.ts";
import { Recommender, ResponseScorer } from "./index.ts";

const slots: SlotRules = {
  item: { of: ["item"] },
  position: { of: ["position"] },
  device: { of: ["device"] },
};

function subject() {
  const { state, model } = smallLearner();
  const likes = Array.from({ length: 6 }, (_, i) => ({
    type: "like",
    time: streamTime + i,
    account: "other",
    item: `i${i}`,
  }));
  for (const record of recordsOf(likes)) state.apply(record);
  const arena = Arena.create({ sizeBytesMax: 16 * 1_048_576 });
  const response = FactorisationMachine.create(arena, {
    slots: { item: {}, position: {}, device: {} },
    dim: 4,
    seed: 1n,
  });
  const scorer = new ResponseScorer(state, response, slots);
  return { state, response, recommender: new Recommender(state, model, { response: scorer }) };
}

const request = { account: "a", count: 4, now: streamTime + 1000 };

describe("the response to a recommended item", () => {
  it("is foretold at its place, with what is known of the moment", () => {
    const { response, recommender } = subject();
    const features = [
      { slot: "item", id: itemIdOf("i1") },
      { slot: "position", id: 0n },
    ];
    for (let i = 0; i < 50; i++) response.learnOne({ features, label: i % 3 === 0 ? 1 : 0 }, 1);
    const list = recommender.recommend({ ...request, moment: { device: "d" } });
    expect(list).toHaveLength(4);
    for (const [position, { item, responseProbability }] of list.entries()) {
      const logit = response.predictOne([
        { slot: "item", id: itemIdOf(item) },
        { slot: "position", id: BigInt(position) },
      ]);
      expect(responseProbability).toBe(sigmoid(logit));
    }
    const probabilities = list.map(({ responseProbability }) => responseProbability);
    expect(new Set(probabilities).size).toBeGreaterThan(1);
  });

  it("is not said before anything was learned of responses", () => {
    const { recommender } = subject();
    for (const item of recommender.recommend(request))
      expect(item).not.toHaveProperty("responseProbability");
  });
});
