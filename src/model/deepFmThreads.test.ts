import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { Arena } from "../embedding/index.ts";
import { messagesOf } from "../testing/workerMessages.ts";
import { DeepFactorisationMachine, type SharedDeepFactorisationMachine } from "./deepFm.ts";

const options = {
  slots: { user: { ttlSeconds: 5 }, item: { ttlSeconds: 5 } },
  dim: 16,
  hiddenWidths: [32, 16],
  featureCountMax: 4,
  batchMax: 32,
  seed: 1n,
};
const stayingCount = 20;
const passingCount = 3000;
const durationMs = 1000;

/**
 * The learner of the test: ids come, are learned from with a weight of 0, so that all vectors stay where the
 * id alone puts them, and are given up all the time.
 */
const learnerSource = `
  const { parentPort, workerData } = require("node:worker_threads");
  Promise.all([import("#foldback/embedding"), import("#foldback/model")]).then(([{ Arena }, model]) => {
    const { options, stayingCount, passingCount, durationMs } = workerData;
    const arena = Arena.create({ sizeBytesMax: 32 * 1048576 });
    const learner = model.DeepFactorisationMachine.create(arena, options);
    let now = 100, removed = 0, next = 0;
    const example = (id) => ({
      features: [{ slot: "user", id }, { slot: "item", id }], label: 1, weight: 0,
    });
    const round = () => {
      now += 1;
      const ids = Array.from({ length: stayingCount }, (_, i) => BigInt(i));
      for (let i = 0; i < 100; i++) ids.push(BigInt(stayingCount + (next++ * 61) % passingCount));
      learner.learnBatch(ids.map(example), now);
      removed += learner.expire(now);
    };
    round();
    parentPort.postMessage({ arena: arena.share(), model: learner.share() });
    const end = Date.now() + durationMs;
    while (Date.now() < end) round();
    parentPort.postMessage({ removed });
  });
`;

test("who predicts beside a learner in another thread never meets another id's row", async () => {
  const workerData = { options, stayingCount, passingCount, durationMs };
  const worker = new Worker(learnerSource, { eval: true, workerData });
  const messages = messagesOf(worker);
  const shared = (await messages.next()) as {
    arena: Parameters<typeof Arena.attach>[0];
    model: SharedDeepFactorisationMachine;
  };
  const reader = DeepFactorisationMachine.attach(Arena.attach(shared.arena), shared.model);
  let removed = 0;
  worker.once("message", (last: { removed: number }) => {
    removed = last.removed;
  });
  // The same ids in a model of this thread's own, which keeps them.
  const own = DeepFactorisationMachine.create(
    Arena.create({ sizeBytesMax: 32 * 1_048_576 }),
    options,
  );
  const known = new Map<bigint, number>();
  const expectedOf = (id: bigint): number => {
    const logit = known.get(id);
    if (logit !== undefined) return logit;
    own.tables["item"].observeOne(id, 1);
    known.set(id, own.predictOne([{ slot: "item", id }]));
    return expectedOf(id);
  };
  const counts = { withRow: 0, without: 0 };
  for (let round = 0; removed === 0; round++) {
    const ids = Array.from({ length: 32 }, (_, i) => {
      // Half of them stay, half come and go.
      return i % 2 === 0 ? BigInt(i / 2) : BigInt(stayingCount + ((round * 37 + i) % passingCount));
    });
    const logits = reader.predictBatch(ids.map((id) => [{ slot: "item", id }]));
    for (const [i, id] of ids.entries()) {
      if (logits[i] === 0 && id >= stayingCount) {
        counts.without++; // not there, or given up
        continue;
      }
      counts.withRow++;
      if (logits[i] !== expectedOf(id))
        expect.fail(`id ${id} has the logit ${logits[i]}; its own vector gives ${expectedOf(id)}`);
    }
    if (round % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await worker.terminate();
  expect(removed).toBeGreaterThan(1000);
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(1000);
}, 30_000);
