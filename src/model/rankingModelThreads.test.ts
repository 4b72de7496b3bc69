import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { Arena, EmbeddingTable } from "../embedding/index.ts";
import { RankingModel } from "./rankingModel.ts";
import type { RankingContext, RankingModelOptions } from "./rankingTypes.ts";

const options: RankingModelOptions = {
  dim: 16,
  signalCount: 4,
  // Vectors stay where they start, which the id alone decides: any other id's shows at once.
  learningRate: 0,
  l2: 0,
  signalLearningRate: 0,
  linear: { alpha: 0.1, beta: 1, l1: 0, l2: 0 },
  admitAfter: 1,
  ttlSeconds: 5,
  seed: 1n,
};
const stayingCount = 20;
const passingCount = 3000;
const durationMs = 1500;

/** The training thread of the test: ids come, are learned from without a slope, and are given up all the time. */
const writerSource = `
  const { parentPort, workerData } = require("node:worker_threads");
  Promise.all([import("#foldback/embedding"), import("#foldback/model")]).then(([{ Arena }, { RankingModel }]) => {
    const { options, stayingCount, passingCount, durationMs } = workerData;
    const arena = Arena.create({ sizeBytesMax: 32 * 1048576 });
    const model = RankingModel.create(arena, options);
    let now = 100, removed = 0, next = 0;
    const round = () => {
      now += 1;
      for (let id = 0; id < stayingCount; id++) model.observe(BigInt(id), BigInt(id), now);
      for (let i = 0; i < 100; i++) {
        const id = BigInt(stayingCount + (next++ * 61) % passingCount);
        model.observe(id, id, now);
        model.items[0] = id;
        model.targets.set([1, 0, 0]);
        model.learn({ account: id, recent: [id], buckets: [1n] }, 1, now);
      }
      removed += model.expire(now, 1000000);
    };
    round();
    parentPort.postMessage({ arena: arena.share(), model: model.share() });
    const end = Date.now() + durationMs;
    while (Date.now() < end) round();
    parentPort.postMessage({ removed });
  });
`;

/** Where the rows of an id start: a table of this thread's own, with the same seed. */
function vectors(seed: bigint): (id: bigint) => Float32Array {
  const table = EmbeddingTable.create(Arena.create({ sizeBytesMax: 16 * 1_048_576 }), {
    dim: options.dim,
    seed: options.seed ^ seed,
    initialiser: { kind: "uniform", scale: 0.02 },
  });
  const known = new Map<bigint, Float32Array>();
  return (id) => {
    const vector = known.get(id) ?? table.vectorOf(table.observeOne(id, 1));
    known.set(id, vector);
    return vector;
  };
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, d) => sum + value * b[d], 0);
}

test("who scores and retrieves beside a writer in another thread never meets another id's row", async () => {
  const workerData = { options, stayingCount, passingCount, durationMs };
  const worker = new Worker(writerSource, { eval: true, workerData });
  const failed = new Promise<never>((_, reject) => worker.once("error", reject));
  const message = () =>
    Promise.race([new Promise((resolve) => worker.once("message", resolve)), failed]);
  const shared = (await message()) as {
    arena: Parameters<typeof Arena.attach>[0];
    model: Parameters<typeof RankingModel.attach>[1];
  };
  const model = RankingModel.attach(Arena.attach(shared.arena), shared.model);
  let removed = 0;
  worker.once("message", (last: { removed: number }) => {
    removed = last.removed;
  });
  const [accountOf, itemOf] = [vectors(1n), vectors(3n)];
  const group = 64;
  const ids = Array.from({ length: group }, (_, i) => BigInt(i));
  const counts = { withRow: 0, without: 0, retrieved: 0 };
  for (let round = 0; removed === 0; round++) {
    const account = BigInt(round % stayingCount);
    const context: RankingContext = { account, recent: [], buckets: [] };
    // Half of them stay, half come and go.
    for (let i = stayingCount; i < group; i++)
      ids[i] = BigInt(stayingCount + ((round * 37 + i * 101) % passingCount));
    model.items.set(ids);
    model.signals.fill(0, 0, group * options.signalCount);
    const logits = model.score(context, group);
    for (let i = 0; i < group; i++) {
      if (logits[i] === 0 && i >= stayingCount) {
        counts.without++;
        continue;
      }
      counts.withRow++;
      const expected = dot(accountOf(account), itemOf(ids[i]));
      if (Math.abs(logits[i] - expected) > 1e-8)
        expect.fail(`id ${ids[i]} scored ${logits[i]}; its own vectors give ${expected}`);
    }
    const found = model.retrieve(context, 20);
    counts.retrieved += found.length;
    const products = Array.from(found, (id) => dot(accountOf(account), itemOf(id)));
    for (let i = 1; i < products.length; i++)
      if (products[i] > products[i - 1] + 1e-8) expect.fail("what is retrieved is not in order");
    if (round % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await worker.terminate();
  expect(removed).toBeGreaterThan(1000);
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(1000);
}, 30_000);
