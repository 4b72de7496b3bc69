/** A copy that serves: equal to the bit when it has just been synchronised, as it was until the next time. */
import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { Arena, MemorySections } from "../embedding/index.ts";
import {
  DeepFactorisationMachine,
  type Example,
  FactorisationMachine,
  type Feature,
  LogisticRegression,
  type OnlineModel,
  ServingCopy,
} from "./index.ts";

const slots = { user: {}, item: { ttlSeconds: 50 }, rare: { admitAfter: 3, ttlSeconds: 30 } };
const common = { slots, seed: 1n, featureCountMax: 8 };
const makers: Readonly<Record<string, (arena: Arena) => OnlineModel>> = {
  "logistic regression": (arena) => LogisticRegression.create(arena, common),
  "a factorisation machine": (arena) => FactorisationMachine.create(arena, { ...common, dim: 8 }),
  DeepFM: (arena) =>
    DeepFactorisationMachine.create(arena, {
      ...common,
      dim: 8,
      hiddenWidths: [16, 8],
      batchMax: 4,
    }),
};

const arenaOf = (sizeBytesMax = 16 * 1024 * 1024): Arena => Arena.create({ sizeBytesMax });

function someFeatures(random: Random): Feature[] {
  return [
    { slot: "user", id: BigInt(random.below(300)) },
    { slot: "item", id: BigInt(random.below(500)), value: 0.5 + random.uniform() },
    { slot: "rare", id: BigInt(random.below(200)) },
  ];
}

function examplesOf(random: Random, count: number): Example[] {
  return Array.from({ length: count }, () => ({
    features: someFeatures(random),
    label: random.below(2),
  }));
}

/** Everything that there is to ask: each id alone, and some together. */
const random = new Random(99);
const questions: readonly (readonly Feature[])[] = [
  [],
  ...Array.from({ length: 500 }, (_, id) => [
    { slot: id < 300 ? "user" : "rare", id: BigInt(id < 300 ? id : id - 300) },
  ]),
  ...Array.from({ length: 500 }, (_, id) => [{ slot: "item", id: BigInt(id) }]),
  ...Array.from({ length: 500 }, () => someFeatures(random)),
];

const answersOf = (model: { predictOne(features: readonly Feature[]): number }): number[] =>
  questions.map((features) => model.predictOne(features));

/** A model as it was then, by another way: saved and restored. */
function deepCopy(model: OnlineModel, make: (arena: Arena) => OnlineModel): OnlineModel {
  const sections = new MemorySections();
  model.save(sections);
  const copy = make(arenaOf());
  copy.restore(sections);
  return copy;
}

describe.each(Object.entries(makers))("a serving copy of %s", (_, make) => {
  it("predicts what the model predicts, to the bit, and between two times what it did before", () => {
    const model = make(arenaOf());
    const copy = new ServingCopy(model, make(arenaOf()));
    const random = new Random(5);
    let removedTotal = 0;
    for (let round = 0; round < 8; round++) {
      const last = answersOf(copy);
      for (let part = 0; part < 10; part++) {
        const now = 100 + round * 10 + part;
        model.learnBatch(examplesOf(random, 20), now);
        model.expire(now);
        expect(copy.predictOne(questions[1000])).toBe(last[1000]);
      }
      expect(answersOf(copy)).toEqual(last);
      const truth = answersOf(deepCopy(model, make));
      expect(truth).not.toEqual(last);
      removedTotal += copy.synchronise().removedCount;
      expect(answersOf(copy)).toEqual(truth);
      expect(answersOf(copy)).toEqual(answersOf(model));
    }
    expect(removedTotal).toBeGreaterThan(100);
  });

  it("takes only what changed since the last time", () => {
    const model = make(arenaOf());
    const copy = new ServingCopy(model, make(arenaOf()));
    model.learnBatch(examplesOf(new Random(1), 500), 1);
    const first = copy.synchronise();
    const idCount = Object.values(model.tables).reduce((sum, t) => sum + t.stats().idCount, 0);
    expect(first.rowCount).toBe(idCount);
    expect(copy.synchronise()).toMatchObject({ rowCount: 0, removedCount: 0 });
    model.learnOne({ features: [{ slot: "user", id: 7n }], label: 1 }, 2);
    expect(copy.synchronise().rowCount).toBe(1);
  });

  it("follows a model that was restored, from its first time on", () => {
    const before = make(arenaOf());
    before.learnBatch(examplesOf(new Random(1), 500), 1);
    const model = deepCopy(before, make);
    model.learnBatch(examplesOf(new Random(2), 50), 2);
    const copy = new ServingCopy(model, make(arenaOf()));
    copy.synchronise();
    expect(answersOf(copy)).toEqual(answersOf(model));
  });

  it("keeps its dense part where it is told to, and takes it when it is told to", () => {
    const model = make(arenaOf());
    const copy = new ServingCopy(model, make(arenaOf()));
    model.learnBatch(examplesOf(new Random(1), 200), 1);
    copy.synchronise();
    const bias = copy.predictOne([]);
    model.learnBatch(examplesOf(new Random(2), 201), 2);
    expect(model.predictOne([])).not.toBe(bias);
    expect(copy.synchronise({ dense: false }).denseBytes).toBe(0);
    expect(copy.predictOne([])).toBe(bias);
    // Its rows are the model's: under the old dense part.
    const mixed = deepCopy(model, make);
    const old = new MemorySections();
    const again = make(arenaOf());
    again.learnBatch(examplesOf(new Random(1), 200), 1);
    again.saveDense(old);
    mixed.restoreDense(old);
    expect(answersOf(copy)).toEqual(answersOf(mixed));
    expect(copy.synchronise().denseBytes).toBeGreaterThan(0);
    expect(answersOf(copy)).toEqual(answersOf(model));
  });
});

it("a serving copy without room takes all again when it has some: nothing is acknowledged before", () => {
  const make = (arena: Arena): OnlineModel =>
    FactorisationMachine.create(arena, { ...common, dim: 8 });
  const model = make(arenaOf());
  const smallArena = arenaOf(3 * 1024 * 1024);
  const small = make(smallArena);
  const copy = new ServingCopy(model, small);
  for (let id = 0n; id < 9000n; id++) {
    model.learnOne({ features: [{ slot: "user", id }], label: Number(id % 2n) }, 1);
  }
  // Room that is given back: until then the copy can't grow.
  const hoard = [];
  for (;;) {
    try {
      hoard.push(smallArena.allocate(64 * 1024));
    } catch {
      break; // no room left is what is wanted
    }
  }
  expect(() => copy.synchronise()).toThrow(
    expect.objectContaining({ code: "TABLE_FULL" }) as Error,
  );
  for (const region of hoard) smallArena.release(region);
  expect(copy.synchronise().rowCount).toBe(9000);
  expect(copy.predictOne([{ slot: "user", id: 8999n }])).toBe(
    model.predictOne([{ slot: "user", id: 8999n }]),
  );
});
