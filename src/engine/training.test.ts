import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LogRecord } from "../event/index.ts";
import { likes, likesBegin, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { resolveConfig } from "./config.ts";
import type { Config } from "./configSchema.ts";
import { createLearner, type Learner } from "./learner.ts";
import { openSnapshots, restoreLearner, saveLearner, saveLearnerAlongside } from "./training.ts";

const records: LogRecord[] = likes(0, 600).map((event, offset) => ({
  partition: 0,
  offset,
  logTime: likesBegin + offset * 1000,
  event,
}));

function learn(learner: Learner, from: number, to: number): void {
  for (const record of records.slice(from, to)) learner.trainer.apply(record);
}

function newestFile(config: Config, sequence: number): Buffer {
  const name = `snapshot-${String(sequence).padStart(16, "0")}`;
  return readFileSync(join(config.dataDirectory, "snapshots", name));
}

test("a snapshot written while training goes on is of the moment when it was begun", async () => {
  const [still, going] = [1, 2].map(() => resolveConfig(smallConfig(temporaryDirectory())));
  const learner = createLearner(going);
  learn(learner, 0, 300);
  saveLearner(openSnapshots(still), still, learner);
  const store = openSnapshots(going);
  let isDone = false;
  const saving = saveLearnerAlongside(store, going, learner).finally(() => {
    isDone = true;
  });
  let learned = 300;
  for (; !isDone; learned += 10) {
    learn(learner, learned, learned + 10);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { sequence, stallMs, longestTurnMs } = await saving;
  expect(sequence).toBe(300);
  expect(learned).toBeGreaterThan(320); // it did go on
  expect(stallMs).toBeGreaterThan(0);
  expect(longestTurnMs).toBeGreaterThan(0);

  // What it restores is what was saved standing still; its parts may be in another order.
  const restored = restoreLearner(store, going);
  expect(restored.sequence).toBe(300);
  const again = resolveConfig(smallConfig(temporaryDirectory()));
  saveLearner(openSnapshots(again), again, restored.value);
  expect(newestFile(again, 300).equals(newestFile(still, 300))).toBe(true);

  // Going on from it, and having gone on meanwhile, end with the same bytes.
  learn(restored.value, 300, 600);
  learn(learner, learned, 600);
  saveLearner(openSnapshots(still), still, restored.value);
  await saveLearnerAlongside(store, going, learner);
  expect(newestFile(going, 600).equals(newestFile(still, 600))).toBe(true);
});
