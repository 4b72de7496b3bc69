import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { twin } from "../kernels/index.ts";
import { Arena, EmbeddingTable, FeatureList, FmKernel, type FmParams, noRow } from "./index.ts";

const sizeBytesMax = 16 * 1_048_576;

const adagrad: FmParams = {
  linear: { alpha: 0.1, beta: 0.5, l1: 0.01, l2: 0.1 },
  vectors: { optimiser: "adagrad", learningRate: 0.1, l2: 0.01 },
  bias: { alpha: 0.05, beta: 1 },
};
const sgd: FmParams = { ...adagrad, vectors: { optimiser: "sgd", learningRate: 0.05, l2: 0.001 } };

function makeMachine(dim: number, params: FmParams) {
  const arena = Arena.create({ sizeBytesMax });
  const scale = 0.3;
  const users = EmbeddingTable.create(arena, {
    dim,
    seed: 1n,
    initialiser: { kind: "normal", scale },
  });
  const items = EmbeddingTable.create(arena, {
    dim,
    seed: 2n,
    initialiser: { kind: "uniform", scale },
  });
  const fm = FmKernel.create(arena, { dim, params, featureCountMax: 12 });
  return { arena, users, items, fm };
}

type Machine = ReturnType<typeof makeMachine>;
type Feature = readonly [slot: "user" | "item" | "none", key: number, value: number];

function putFeatures(machine: Machine, features: readonly Feature[]): void {
  features.forEach(([slot, key, value], i) => {
    const table = slot === "user" ? machine.users : machine.items;
    machine.fm.features.set(
      i,
      table,
      slot === "none" ? noRow : table.observeOne(BigInt(key), 1),
      value,
    );
  });
}

const copyOf = (arena: Arena) => {
  const { byteLength } = arena.share().memory.buffer;
  return twin.memoryOf(arena.u8(0, byteLength).slice().buffer);
};

const feature: fc.Arbitrary<Feature> = fc.tuple(
  fc.constantFrom("user", "item", "none"),
  fc.nat(30),
  fc.oneof(fc.constant(1), fc.constant(0), fc.float({ min: -2, max: 2, noNaN: true })),
);
const example = fc.record({
  features: fc.array(feature, { maxLength: 12 }),
  label: fc.constantFrom(0, 1),
  weight: fc.constantFrom(1, 0.5, 3),
  offset: fc.constantFrom(0, 2.3),
});

describe("the kernels equal their twins to the bit", () => {
  for (const dim of [0, 4, 8, 16, 20, 32, 128]) {
    for (const params of [adagrad, sgd]) {
      it(`predicts and learns: dim ${dim}, ${params.vectors.optimiser}`, () => {
        fc.assert(
          fc.property(fc.array(example, { minLength: 1, maxLength: 20 }), (examples) => {
            const machine = makeMachine(dim, params);
            const { arena, fm } = machine;
            for (const { features, label, weight, offset } of examples) {
              putFeatures(machine, features);
              const memory = copyOf(arena);
              const list = fm.features.pointer;
              const count = features.length;
              expect(fm.predict(count)).toBe(twin.twinPredict(memory, fm.pointer, list, count));
              const logit = fm.learn(count, label, weight, offset);
              const step = { label, weight, offset };
              expect(logit).toBe(twin.twinLearn(memory, fm.pointer, list, count, step));
              expectSameState(machine, memory);
              fm.gradient(count, -0.7);
              twin.twinGradient(memory, fm.pointer, list, count, -0.7);
              expectSameState(machine, memory);
            }
          }),
          { numRuns: 8 },
        );
      });
    }
  }

  it("scores candidates", () => {
    const candidates = fc.array(fc.array(feature, { minLength: 3, maxLength: 3 }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(example, candidates, fc.constantFrom(0, 4, 16, 24), (shared, rows, dim) => {
        const machine = makeMachine(dim, adagrad);
        const { arena, fm } = machine;
        putFeatures(machine, shared.features);
        const logit = fm.context(shared.features.length);
        const items = listOf(machine, rows);
        const memory = copyOf(arena);
        const context = twin.twinContext(
          memory,
          fm.pointer,
          fm.features.pointer,
          shared.features.length,
        );
        expect(logit).toBe(context.logit);
        expect(fm.contextVector).toEqual(context.vector);
        const scores = new Float32Array(rows.length);
        fm.scoreItems(items, { itemCount: rows.length, featuresPerItem: 3 }, scores);
        const { pointer } = items;
        expect(scores).toEqual(
          twin.twinScoreItems(memory, context, {
            pointer,
            itemCount: rows.length,
            featuresPerItem: 3,
          }),
        );
      }),
      { numRuns: 30 },
    );
  });
});

/** Weights, vectors, state and bias; scratch memory, which twins don't have, aside. */
function expectSameState(machine: Machine, memory: twin.Memory): void {
  const { arena, fm, users, items } = machine;
  expect(arena.f64(fm.pointer, 3)).toEqual(memory.f64.slice(fm.pointer / 8, fm.pointer / 8 + 3));
  const words = arena.u32(0, memory.u32.length);
  for (const table of [users, items]) {
    if (table.stats().idCount === 0) continue;
    const chunk = words[words[(table.pointer + 64) / 4] / 4] / 4;
    const length = table.stats().rowBytes / 4;
    const same = Buffer.compare(
      Buffer.from(words.slice(chunk, chunk + length).buffer),
      Buffer.from(memory.u32.slice(chunk, chunk + length).buffer),
    );
    expect(same).toBe(0);
  }
}

function listOf(machine: Machine, rows: readonly (readonly Feature[])[]): FeatureList {
  const list = new FeatureList(machine.arena, {
    dim: machine.fm.dim,
    countMax: Math.max(rows.length * 3, 1),
  });
  rows.flat().forEach(([slot, key, value], i) => {
    const table = slot === "user" ? machine.users : machine.items;
    list.set(i, table, slot === "none" ? noRow : table.observeOne(BigInt(key), 1), value);
  });
  return list;
}

describe("the machine", () => {
  it("predicts what the definition says, pair by pair in float64", () => {
    fc.assert(
      fc.property(example, fc.constantFrom(0, 4, 16), ({ features }, dim) => {
        const machine = makeMachine(dim, adagrad);
        trainABit(machine);
        putFeatures(machine, features);
        expect(machine.fm.predict(features.length)).toBeCloseTo(byDefinition(machine, features), 4);
      }),
      { numRuns: 50 },
    );
  });

  it("scores a candidate with its context as it predicts both together", () => {
    const machine = makeMachine(16, adagrad);
    trainABit(machine);
    const shared: Feature[] = [
      ["user", 1, 1],
      ["item", 2, 0.5],
    ];
    const own: Feature[] = [
      ["item", 3, 1],
      ["user", 4, -1],
      ["none", 0, 1],
    ];
    putFeatures(machine, shared);
    machine.fm.context(2);
    const scores = new Float32Array(1);
    machine.fm.scoreItems(listOf(machine, [own]), { itemCount: 1, featuresPerItem: 3 }, scores);
    putFeatures(machine, [...shared, ...own]);
    expect(scores[0]).toBeCloseTo(machine.fm.predict(5), 5);
  });

  it("steps along the gradient of its loss: finite differences of weights and components", () => {
    const machine = makeMachine(8, {
      linear: { alpha: 1, beta: 0, l1: 0, l2: 0 },
      vectors: { optimiser: "sgd", learningRate: 1, l2: 0 },
    });
    const features: Feature[] = [
      ["user", 1, 1],
      ["item", 2, 0.5],
      ["item", 3, -1.5],
    ];
    putFeatures(machine, features);
    const { fm, users } = machine;
    const row = users.findOne(1n);
    const vector = vectorInPlace(machine, users, row);
    const before = vector.slice();
    const loss = () => Math.log1p(Math.exp(-fm.predict(3))); // label 1
    const step = 1e-3;
    const numeric = before.map((value, d) => {
      vector[d] = value + step;
      const above = loss();
      vector[d] = value - step;
      const below = loss();
      vector[d] = value;
      return (above - below) / (2 * step);
    });
    fm.learn(3, 1);
    // SGD at rate 1 moves by minus the gradient.
    before.forEach((value, d) => expect(value - vector[d]).toBeCloseTo(numeric[d], 3));
  });

  it("with dim 0 is logistic regression, and learns a rule", () => {
    const machine = makeMachine(0, { ...adagrad, linear: { alpha: 0.5, beta: 1, l1: 0, l2: 0 } });
    for (let i = 0; i < 400; i++) {
      putFeatures(machine, [["item", i % 4, 1]]);
      machine.fm.learn(1, i % 4 < 2 ? 1 : 0);
    }
    for (let key = 0; key < 4; key++) {
      putFeatures(machine, [["item", key, 1]]);
      expect(machine.fm.predict(1) > 1).toBe(key < 2);
      expect(machine.fm.predict(1) < -1).toBe(key >= 2);
    }
  });

  it("learns an interaction that no sum of weights can express", () => {
    const machine = makeMachine(4, {
      ...adagrad,
      vectors: { optimiser: "adagrad", learningRate: 0.3, l2: 0 },
    });
    const put = (user: number, item: number) =>
      putFeatures(machine, [
        ["user", user, 1],
        ["item", item, 1],
      ]);
    for (let i = 0; i < 2000; i++) {
      const user = i & 1;
      const item = (i >> 1) & 1;
      put(user, item);
      machine.fm.learn(2, user === item ? 1 : 0);
    }
    for (const [user, item] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]) {
      put(user, item);
      expect(machine.fm.predict(2) > 0).toBe(user === item);
    }
  });
});

describe("hand-computed steps", () => {
  it("Adagrad: sum of squares 1, rate 0.1, gradients 1 and 2", () => {
    // Two features with x = 1: the gradient of one's components is slope × the other's components.
    const machine = makeMachine(4, {
      ...adagrad,
      vectors: { optimiser: "adagrad", learningRate: 0.1, l2: 0 },
    });
    const { fm, users, items } = machine;
    putFeatures(machine, [
      ["user", 1, 1],
      ["item", 1, 1],
    ]);
    const vector = vectorInPlace(machine, users, 1);
    vector.set([0, 0, 0, 0]);
    vectorInPlace(machine, items, 1).set([1, 2, 0, 0]);
    fm.gradient(2, 1);
    expect(vector[0]).toBeCloseTo(-0.0707107, 7);
    expect(vector[1]).toBeCloseTo(-0.0894427, 7);
  });

  it("FTRL: n 0.1, rate 0.01, no regularisation, gradient 10 twice", () => {
    const arena = Arena.create({ sizeBytesMax });
    const table = EmbeddingTable.create(arena, { dim: 0, seed: 1n, linearAccumulator: 0.1 });
    const params: FmParams = { ...adagrad, linear: { alpha: 0.01, beta: 0, l1: 0, l2: 0 } };
    const fm = FmKernel.create(arena, { dim: 0, params, featureCountMax: 1 });
    const row = table.observeOne(1n, 1);
    fm.features.set(0, table, row, 10);
    fm.gradient(1, 1);
    expect(table.weightOf(row)).toBeCloseTo(-0.009995, 6);
    fm.gradient(1, 1);
    expect(table.weightOf(row)).toBeCloseTo(-0.0170643, 6);
  });

  it("FTRL: inside the L1 ball a weight is 0; outside, L1 shrinks both signs", () => {
    const weightAfter = (slope: number, l1: number) => {
      const arena = Arena.create({ sizeBytesMax });
      const table = EmbeddingTable.create(arena, { dim: 0, seed: 1n });
      const params: FmParams = { ...adagrad, linear: { alpha: 1, beta: 1, l1, l2: 0 } };
      const fm = FmKernel.create(arena, { dim: 0, params, featureCountMax: 1 });
      const row = table.observeOne(1n, 1);
      fm.features.set(0, table, row, 1);
      fm.gradient(1, slope);
      return table.weightOf(row);
    };
    // z = ±2, n = 4: w = -(z ∓ l1) / (1 + 2).
    expect(weightAfter(2, 0)).toBeCloseTo(-2 / 3, 6);
    expect(weightAfter(2, 1)).toBeCloseTo(-1 / 3, 6);
    expect(weightAfter(-2, 1)).toBeCloseTo(1 / 3, 6);
    expect(weightAfter(2, 2)).toBe(0);
    expect(weightAfter(-2, 3)).toBe(0);
  });
});

describe("parameters", () => {
  it("out of range are refused", () => {
    const { fm } = makeMachine(4, adagrad);
    for (const alpha of [0, -1, Number.NaN, Infinity]) {
      expect(() => fm.setParams({ ...adagrad, linear: { ...adagrad.linear, alpha } })).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID" }),
      );
    }
  });

  it("and the bias are seen by a thread that attaches", () => {
    const machine = makeMachine(4, adagrad);
    trainABit(machine);
    const other = FmKernel.attach(Arena.attach(machine.arena.share()), machine.fm.share(), {
      featureCountMax: 4,
    });
    expect(other.bias).toBe(machine.fm.bias);
    expect(other.predict(0)).toBe(machine.fm.bias);
    other.release();
  });
});

function trainABit(machine: Machine): void {
  for (let i = 0; i < 200; i++) {
    putFeatures(machine, [
      ["user", i % 7, 1],
      ["item", i % 11, 1],
      ["item", i % 3, 0.5],
    ]);
    machine.fm.learn(3, i % 5 < 2 ? 1 : 0);
  }
}

function byDefinition(machine: Machine, features: readonly Feature[]): number {
  const present = features
    .filter(([slot, , value]) => slot !== "none" && value !== 0)
    .map(([slot, key, value]) => {
      const table = slot === "user" ? machine.users : machine.items;
      const row = table.findOne(BigInt(key));
      return {
        weight: table.weightOf(row),
        vector: table.vectorOf(row),
        value: Math.fround(value),
      };
    });
  let logit = machine.fm.bias;
  present.forEach((one, i) => {
    logit += one.weight * one.value;
    for (const other of present.slice(i + 1)) {
      const dot = one.vector.reduce((sum, v, d) => sum + v * other.vector[d], 0);
      logit += dot * one.value * other.value;
    }
  });
  return logit;
}

/** The vector itself, not a copy: rows of these tests are in the first chunk, whose vectors come first. */
function vectorInPlace({ arena }: Machine, table: EmbeddingTable, row: number): Float32Array {
  const directory = arena.u32(table.pointer, 64)[16];
  return arena.f32(arena.u32(directory, 1)[0] + row * table.dim * 4, table.dim);
}
