import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Arena, EmbeddingTable, noRow } from "../embedding/index.ts";
import { twin } from "../kernels/index.ts";
import { copyOf, expectSameRows, rowInPlace } from "../testing/rowsInPlace.ts";
import { FmKernel, type FmKernelOptions } from "./fmKernel.ts";

const sizeBytesMax = 16 * 1_048_576;

type Params = Omit<FmKernelOptions, "dim" | "featureCountMax">;

const params: Params = {
  linear: { alpha: 0.1, beta: 0.5, l1: 0.01, l2: 0.1 },
  bias: { alpha: 0.05, beta: 1 },
  vectors: { learningRate: 0.1, l2: 0.01 },
};

function makeMachine(dim: number, params: Params) {
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
  const fm = FmKernel.create(arena, { dim, ...params, featureCountMax: 12 });
  return { arena, users, items, fm };
}

type Machine = ReturnType<typeof makeMachine>;
type Feature = readonly [slot: "user" | "item" | "none", key: number, value: number];

function putFeatures(machine: Machine, features: readonly Feature[]): void {
  features.forEach(([slot, key, value], i) => {
    const table = slot === "user" ? machine.users : machine.items;
    const row = slot === "none" ? noRow : table.observeOne(BigInt(key), 1);
    machine.fm.features.set(i, table, row, value);
  });
}

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
/** Weight 1, and σ(1000) = 1: the slope of the loss is 1. */
const slopeOf1 = { label: 0, weight: 1, offset: 1000 };

describe("the kernels equal their twins to the bit", () => {
  for (const dim of [0, 4, 8, 16, 20, 32, 128]) {
    it(`predict and learn: dim ${dim}`, () => {
      fc.assert(
        fc.property(fc.array(example, { minLength: 1, maxLength: 20 }), (examples) => {
          const machine = makeMachine(dim, params);
          const { arena, fm, users, items } = machine;
          for (const { features, ...target } of examples) {
            putFeatures(machine, features);
            const memory = copyOf(arena);
            const list = fm.features.pointer;
            const count = features.length;
            expect(fm.predict(count)).toBe(twin.twinPredict(memory, fm.pointer, list, count));
            const logit = fm.learn(count, target);
            expect(logit).toBe(twin.twinLearn(memory, fm.pointer, list, count, target));
            expectSameRows(arena, [users, items], memory);
            const bias = fm.pointer / 8;
            expect(arena.f64(fm.pointer, 3)).toEqual(memory.f64.slice(bias, bias + 3));
          }
        }),
        { numRuns: 10 },
      );
    });
  }
});

const plain = { weight: 1, offset: 0 };

describe("the machine", () => {
  it("predicts what the definition says, pair by pair in float64", () => {
    fc.assert(
      fc.property(example, fc.constantFrom(0, 4, 16), ({ features }, dim) => {
        const machine = makeMachine(dim, params);
        trainABit(machine);
        putFeatures(machine, features);
        expect(machine.fm.predict(features.length)).toBeCloseTo(byDefinition(machine, features), 4);
      }),
      { numRuns: 50 },
    );
  });

  it("steps along the gradient of its loss: every weight and component, by finite differences", () => {
    // Sums of squares so large, and a rate to match, that Adagrad moves by minus the gradient.
    const machine = makeMachine(8, {
      linear: { alpha: 1, beta: 0, l1: 0, l2: 0 },
      bias: { alpha: 1, beta: 0 },
      vectors: { learningRate: 1000, l2: 0 },
    });
    const { arena, fm, users, items } = machine;
    const features: Feature[] = [
      ["user", 1, 1],
      ["item", 2, 0.5],
      ["item", 3, -1.5],
    ];
    putFeatures(machine, features);
    const rows = features.map(([slot, key]) => {
      const table = slot === "user" ? users : items;
      return rowInPlace(arena, table, table.findOne(BigInt(key)));
    });
    for (const { accumulator } of rows) accumulator.fill(1e6);
    const label = 0.3;
    const loss = () => {
      const logit = fm.predict(3);
      return Math.log1p(Math.exp(logit)) - label * logit;
    };
    const slopeAt = (numbers: Float32Array, i: number) => {
      const value = numbers[i];
      const at = (moved: number) => {
        numbers[i] = moved;
        const result = loss();
        numbers[i] = value;
        return result;
      };
      const [above, below] = [Math.fround(value + 1e-2), Math.fround(value - 1e-2)];
      return (at(above) - at(below)) / (above - below);
    };
    const numeric = rows.map(({ vector, weight }) => ({
      vector: vector.map((_, d) => slopeAt(vector, d)),
      weight: slopeAt(weight, 0),
    }));
    const before = rows.map(({ vector }) => vector.slice());
    fm.learn(3, { label, weight: 1, offset: 0 });
    rows.forEach(({ vector, state }, i) => {
      expect(state[0]).toBeCloseTo(numeric[i].weight, 4); // from w = 0, z is the gradient
      vector.forEach((v, d) => expect(before[i][d] - v).toBeCloseTo(numeric[i].vector[d], 4));
    });
  });

  it("with dim 0 is logistic regression, and learns a rule", () => {
    const machine = makeMachine(0, { ...params, linear: { alpha: 0.5, beta: 1, l1: 0, l2: 0 } });
    for (let i = 0; i < 400; i++) {
      putFeatures(machine, [["item", i % 4, 1]]);
      machine.fm.learn(1, { ...plain, label: i % 4 < 2 ? 1 : 0 });
    }
    for (let key = 0; key < 4; key++) {
      putFeatures(machine, [["item", key, 1]]);
      expect(machine.fm.predict(1) > 1).toBe(key < 2);
      expect(machine.fm.predict(1) < -1).toBe(key >= 2);
    }
  });

  it("learns an interaction that no sum of weights can express", () => {
    const machine = makeMachine(4, {
      ...params,
      vectors: { learningRate: 0.3, l2: 0 },
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
      machine.fm.learn(2, { ...plain, label: user === item ? 1 : 0 });
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

describe("above 2 GiB, where addresses have their top bit set", () => {
  it("the kernels do what they do below", () => {
    const far = Arena.create({ sizeBytesMax: 4_294_967_296 });
    far.allocate(2_200_000_000); // fresh memory: taken, but never touched
    const [below, above] = [Arena.create({ sizeBytesMax }), far].map((arena) => {
      const table = EmbeddingTable.create(arena, { dim: 16, seed: 1n });
      const fm = FmKernel.create(arena, { dim: 16, ...params, featureCountMax: 2 });
      return Array.from({ length: 50 }, (_, i) => {
        fm.features.set(0, table, table.observeOne(BigInt(i % 7), 1), 1);
        fm.features.set(1, table, table.observeOne(BigInt(i % 3), 1), 0.5);
        return fm.learn(2, { ...plain, label: i % 2 });
      });
    });
    expect(above).toEqual(below);
  });
});

describe("hand-computed steps", () => {
  it("Adagrad: sum of squares 1, rate 0.1, gradients 1 and 2", () => {
    // Two features with x = 1: the gradient of one's components is slope × the other's components.
    const machine = makeMachine(4, {
      ...params,
      vectors: { learningRate: 0.1, l2: 0 },
    });
    const { fm, users, items } = machine;
    putFeatures(machine, [
      ["user", 1, 1],
      ["item", 1, 1],
    ]);
    const { vector } = rowInPlace(machine.arena, users, 1);
    vector.set([0, 0, 0, 0]);
    rowInPlace(machine.arena, items, 1).vector.set([1, 2, 0, 0]);
    fm.learn(2, slopeOf1);
    expect(vector[0]).toBeCloseTo(-0.0707107, 7);
    expect(vector[1]).toBeCloseTo(-0.0894427, 7);
  });

  it("FTRL: n 0.1, rate 0.01, no regularisation, gradient 10 twice", () => {
    const arena = Arena.create({ sizeBytesMax });
    const table = EmbeddingTable.create(arena, {
      dim: 0,
      seed: 1n,
      linear: { initialAccumulator: 0.1 },
    });
    const linear = { alpha: 0.01, beta: 0, l1: 0, l2: 0 };
    const fm = FmKernel.create(arena, { dim: 0, ...params, linear, featureCountMax: 1 });
    const row = table.observeOne(1n, 1);
    fm.features.set(0, table, row, 10);
    fm.learn(1, slopeOf1);
    expect(table.weightOf(row)).toBeCloseTo(-0.009995, 6);
    fm.learn(1, slopeOf1);
    expect(table.weightOf(row)).toBeCloseTo(-0.0170643, 6);
  });

  it("FTRL: inside the L1 ball a weight is 0; outside, L1 shrinks both signs", () => {
    const weightAfter = (slope: number, l1: number) => {
      const arena = Arena.create({ sizeBytesMax });
      const table = EmbeddingTable.create(arena, { dim: 0, seed: 1n });
      const linear = { alpha: 1, beta: 1, l1, l2: 0 };
      const fm = FmKernel.create(arena, { dim: 0, ...params, linear, featureCountMax: 1 });
      const row = table.observeOne(1n, 1);
      fm.features.set(0, table, row, 1);
      fm.learn(1, { label: slope > 0 ? 0 : 1, weight: Math.abs(slope), offset: slope * 1000 });
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
  it("out of range are refused, by name", () => {
    const arena = Arena.create({ sizeBytesMax });
    const create = (part: Partial<FmKernelOptions>) =>
      FmKernel.create(arena, { dim: 4, featureCountMax: 4, ...params, ...part });
    const refused: [string, Partial<FmKernelOptions>][] = [
      ...[0, -1, Number.NaN, Infinity].map((alpha): [string, Partial<FmKernelOptions>] => [
        "linear.alpha",
        { linear: { ...params.linear, alpha } },
      ]),
      ["linear.beta", { linear: { ...params.linear, beta: -1 } }],
      ["linear.l1", { linear: { ...params.linear, l1: -1 } }],
      ["linear.l2", { linear: { ...params.linear, l2: Number.NaN } }],
      ["bias.alpha", { bias: { alpha: 0, beta: 0 } }],
      ["learningRate", { vectors: { learningRate: -0.1, l2: 0 } }],
      ["dim", { dim: 6 }],
      ["dim", { dim: 132 }],
      ["dim", { dim: Number.NaN }],
      ["featureCountMax", { featureCountMax: 0 }],
      ["featureCountMax", { featureCountMax: 65_537 }],
    ];
    for (const [name, part] of refused) {
      expect(() => create(part)).toThrow(
        expect.objectContaining({
          code: "CONFIG_INVALID",
          details: expect.objectContaining({ name }),
        }),
      );
    }
  });

  it("and the bias are seen by who attaches, and what it took it gives back", () => {
    const machine = makeMachine(4, params);
    trainABit(machine);
    const { usedBytes } = machine.arena.stats();
    const other = FmKernel.attach(Arena.attach(machine.arena.share()), machine.fm.share());
    expect(other.bias).toBe(machine.fm.bias);
    expect(other.predict(0)).toBe(machine.fm.bias);
    other.release();
    expect(machine.arena.stats().usedBytes).toBe(usedBytes);
  });
});

function trainABit(machine: Machine): void {
  for (let i = 0; i < 200; i++) {
    putFeatures(machine, [
      ["user", i % 7, 1],
      ["item", i % 11, 1],
      ["item", i % 3, 0.5],
    ]);
    machine.fm.learn(3, { ...plain, label: i % 5 < 2 ? 1 : 0 });
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
