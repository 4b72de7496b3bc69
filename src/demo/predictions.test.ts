import { expect, test } from "vitest";
import { Random } from "../core/index.ts";
import { foretellers, Predictions, windowMax } from "./predictions.ts";

const hourMs = 3_600_000;

interface Shown {
  readonly foretold: {
    readonly truth: number;
    readonly live: number;
    readonly frozen: number;
    readonly popular: number;
  };
  readonly isPlayed: boolean;
}

/** Over all pairs of one that was played and one that was not: how often the first was given more. */
function bruteForce(shown: readonly Shown[], who: keyof Shown["foretold"]): number {
  let [right, pairs] = [0, 0];
  for (const played of shown.filter(({ isPlayed }) => isPlayed)) {
    for (const left of shown.filter(({ isPlayed }) => !isPlayed)) {
      const apart = played.foretold[who] - left.foretold[who];
      right += apart > 0 ? 1 : Number(apart === 0) / 2;
      pairs++;
    }
  }
  return right / pairs;
}

function draw(random: Random): Shown {
  // Of a few values, so that there are ties.
  const truth = (1 + random.below(9)) / 10;
  return {
    foretold: {
      truth,
      live: (truth + random.below(5) / 5) / 2,
      frozen: random.below(10) / 10,
      popular: random.uniform(),
    },
    isPlayed: random.uniform() < truth,
  };
}

test("each foreteller's AUC is that of all pairs, over impressions whose outcome is known", () => {
  const random = new Random(7);
  const predictions = new Predictions();
  const shown = Array.from({ length: 300 }, () => draw(random));
  for (const [at, { foretold, isPlayed }] of shown.entries()) {
    predictions.show(`q${at >> 3}`, at & 7, at, foretold);
    if (isPlayed) predictions.play(`q${at >> 3}`, at & 7);
  }
  predictions.settle(hourMs + 199); // the first 200
  const known = shown.slice(0, 200);
  expect(predictions.count).toBe(200);
  const auc = predictions.auc();
  for (const who of foretellers) {
    expect(auc?.[who]).toBeCloseTo(bruteForce(known, who), 12);
  }
});

test("what is played later than its list was shown still counts, until an hour has passed; then it does not", () => {
  const predictions = new Predictions();
  const foretold = { truth: 0.9, live: 0.9, frozen: 0.1, popular: 0.5 };
  predictions.show("q1", 0, 0, foretold);
  predictions.show("q1", 1, 0, { truth: 0.1, live: 0.1, frozen: 0.9, popular: 0.5 });
  expect(predictions.auc()).toBeUndefined();
  predictions.play("q1", 0);
  predictions.settle(hourMs);
  predictions.play("q1", 1);
  expect(predictions.auc()).toEqual({ truth: 1, live: 1, frozen: 0, popular: 0.5 });
});

test("the latest 10,000 are kept", () => {
  const predictions = new Predictions();
  const random = new Random(3);
  const shown = Array.from({ length: windowMax + 500 }, () => draw(random));
  for (const [at, { foretold, isPlayed }] of shown.entries()) {
    predictions.show("q", at, at, foretold);
    if (isPlayed) predictions.play("q", at);
  }
  predictions.settle(2 * hourMs);
  const fresh = new Predictions();
  for (const [at, { foretold, isPlayed }] of shown.slice(-windowMax).entries()) {
    fresh.show("q", at, at, foretold);
    if (isPlayed) fresh.play("q", at);
  }
  fresh.settle(2 * hourMs);
  expect(predictions.auc()).toEqual(fresh.auc());
  expect(predictions.count).toBe(windowMax + 500);
});
