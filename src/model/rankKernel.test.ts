import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Arena, EmbeddingTable, FeatureList, noRow } from "../embedding/index.ts";
import { layout, twin } from "../kernels/index.ts";
import { copyOf, expectSameRows, rowInPlace } from "../testing/rowsInPlace.ts";
import { FmKernel } from "./fmKernel.ts";
import { type FtrlParams, writeLinear, writeSignalRate, writeVectors } from "./params.ts";

interface Shape {
  readonly dim: number;
  readonly signalCount: number;
}

interface Rates {
  readonly linear: FtrlParams;
  readonly vectors: { readonly learningRate: number; readonly l2: number };
  readonly signalRate: number;
}

/** Of an id in a table; key 0 stands for an id without a row. */
type Feature = readonly [slot: "account" | "item", key: number, value: number];

interface Candidate {
  readonly features: readonly Feature[];
  readonly signals: readonly number[];
  readonly label: number;
  readonly weight: number;
  readonly offset: number;
}

interface Group {
  readonly context: readonly Feature[];
  /** Key and value; key 0 stands for a bucket without a row. */
  readonly buckets: readonly (readonly [number, number])[];
  readonly candidates: readonly Candidate[];
}

const rates: Rates = {
  linear: { alpha: 0.1, beta: 0.5, l1: 0.02, l2: 0.1 },
  vectors: { learningRate: 0.1, l2: 0.01 },
  signalRate: 0.2,
};
/** Sums of squares so large, and a rate to match, that Adagrad moves by minus the gradient. */
const plainRates: Rates = {
  linear: { alpha: 1, beta: 0, l1: 0, l2: 0 },
  vectors: { learningRate: 1000, l2: 0 },
  signalRate: 1000,
};

const contextMax = 11;
const bucketsMax = 8;
const candidatesMax = 6;
const featuresPerItemMax = 4;

/** Tables, lists and regions as a ranking model has them, with several features an item. */
class Ranker {
  readonly arena = Arena.create({ sizeBytesMax: 16 * 1_048_576 });
  readonly shape: Shape;
  readonly tables: Record<"account" | "item" | "bucket", EmbeddingTable>;
  readonly pointer: number;
  readonly scratch: { readonly pointer: number; readonly sizeBytes: number };
  readonly #lists: Record<"context" | "buckets" | "items", FeatureList>;
  readonly #signals: Float32Array;
  readonly #targets: Float32Array;
  readonly #logits: Float32Array;
  #featuresPerItem = 1;

  constructor(shape: Shape, { linear, vectors, signalRate }: Rates) {
    const { arena } = this;
    const { dim, signalCount } = shape;
    this.shape = shape;
    const initialiser = { kind: "normal", scale: 0.3 } as const;
    const table = (dim: number, seed: bigint) =>
      EmbeddingTable.create(arena, { dim, seed, initialiser });
    this.tables = { account: table(dim, 1n), item: table(dim, 2n), bucket: table(signalCount, 3n) };
    this.pointer = arena.allocate(layout.fmBytes).pointer;
    arena.u32(this.pointer, 32)[layout.fmDimAt / 4] = dim;
    arena.u32(this.pointer, 32)[layout.fmSignalsAt / 4] = signalCount;
    const record = arena.f64(this.pointer, layout.fmBytes / 8);
    writeLinear(record, linear);
    writeVectors(record, vectors);
    writeSignalRate(record, signalRate);
    this.#lists = {
      context: new FeatureList(arena, { dim, countMax: contextMax }),
      buckets: new FeatureList(arena, { dim: signalCount, countMax: bucketsMax }),
      items: new FeatureList(arena, { dim, countMax: candidatesMax * featuresPerItemMax }),
    };
    const scratchBytes = layout.rankListAt + layout.resolvedAt + contextMax * layout.resolvedBytes;
    // 256 bytes more than the kernels may touch.
    this.scratch = {
      pointer: arena.allocate(scratchBytes + 256).pointer,
      sizeBytes: scratchBytes,
    };
    this.#signals = arena.f32(
      arena.allocate(candidatesMax * signalCount * 4).pointer,
      candidatesMax * signalCount,
    );
    this.#targets = arena.f32(arena.allocate(candidatesMax * 12).pointer, candidatesMax * 3);
    this.#logits = arena.f32(arena.allocate(candidatesMax * 4).pointer, candidatesMax);
  }

  put({ context, buckets, candidates }: Group): void {
    const { account, item, bucket } = this.tables;
    const place = (list: FeatureList, i: number, [slot, key, value]: Feature) => {
      const table = slot === "account" ? account : item;
      list.set(i, table, key === 0 ? noRow : table.observeOne(BigInt(key), 1), value);
    };
    context.forEach((feature, i) => place(this.#lists.context, i, feature));
    buckets.forEach(([key, value], i) => {
      const row = key === 0 ? noRow : bucket.observeOne(BigInt(key), 1);
      this.#lists.buckets.set(i, bucket, row, value);
    });
    this.#featuresPerItem = Math.max(...candidates.map(({ features }) => features.length), 1);
    candidates.forEach(({ features, signals, label, weight, offset }, i) => {
      for (let f = 0; f < this.#featuresPerItem; f++)
        place(this.#lists.items, i * this.#featuresPerItem + f, features[f] ?? ["item", 0, 1]);
      this.#signals.set(signals.slice(0, this.shape.signalCount), i * this.shape.signalCount);
      this.#targets.set([label, weight, offset], i * 3);
    });
  }

  score({ context, buckets, candidates }: Group): Float32Array {
    const { kernels } = this.arena;
    const { pointer: scratch } = this.scratch;
    kernels.rankQuery(
      this.pointer,
      this.#lists.context.pointer,
      context.length,
      this.#lists.buckets.pointer,
      buckets.length,
      scratch,
    );
    kernels.rankScore(
      this.pointer,
      this.#lists.items.pointer,
      candidates.length,
      this.#featuresPerItem,
      this.#signals.byteOffset,
      scratch,
      this.#logits.byteOffset,
    );
    return this.#logits.slice(0, candidates.length);
  }

  learn({ context, buckets, candidates }: Group): Float32Array {
    this.arena.kernels.rankLearn(
      this.pointer,
      this.#lists.context.pointer,
      context.length,
      this.#lists.buckets.pointer,
      buckets.length,
      this.#lists.items.pointer,
      candidates.length,
      this.#featuresPerItem,
      this.#signals.byteOffset,
      this.#targets.byteOffset,
      this.scratch.pointer,
      this.#logits.byteOffset,
    );
    return this.#logits.slice(0, candidates.length);
  }

  twinArguments({ context, buckets, candidates }: Group): [twin.TwinContext, twin.TwinGroup] {
    return [
      {
        features: this.#lists.context.pointer,
        featureCount: context.length,
        buckets: this.#lists.buckets.pointer,
        bucketCount: buckets.length,
      },
      {
        items: this.#lists.items.pointer,
        itemCount: candidates.length,
        featuresPerItem: this.#featuresPerItem,
        signals: this.#signals.byteOffset,
        targets: this.#targets.byteOffset,
      },
    ];
  }

  /** q and a of the last query. */
  query(): { q: Float32Array; a: Float32Array } {
    const { dim, signalCount } = this.shape;
    return {
      q: this.arena.f32(this.scratch.pointer, dim),
      a: this.arena.f32(this.scratch.pointer + layout.rankSignalsAt, signalCount),
    };
  }
}

const value = fc.oneof(fc.constant(1), fc.constant(0), fc.float({ min: -2, max: 2, noNaN: true }));
// Few keys, so that ids come twice in a list and in a group; and both tables on both sides.
const feature: fc.Arbitrary<Feature> = fc.tuple(
  fc.constantFrom("account", "item"),
  fc.nat(12),
  value,
);
const candidate = fc.record({
  features: fc.array(feature, { maxLength: featuresPerItemMax }),
  signals: fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: 128, maxLength: 128 }),
  label: fc.constantFrom(0, 1),
  weight: fc.constantFrom(1, 0, 0.5, 3),
  offset: fc.constantFrom(0, -1.7),
});
const group: fc.Arbitrary<Group> = fc.record({
  context: fc.array(feature, { maxLength: contextMax }),
  buckets: fc.array(fc.tuple(fc.nat(4), value), { maxLength: bucketsMax }),
  candidates: fc.array(candidate, { maxLength: candidatesMax }),
});

describe("the ranking kernels equal their twins to the bit", () => {
  for (const [dim, signalCount] of [
    [0, 0],
    [0, 16],
    [4, 0],
    [8, 4],
    [16, 16],
    [20, 128],
    [128, 128],
  ]) {
    it(`query, score and learn: dim ${dim}, ${signalCount} signals`, () => {
      fc.assert(
        fc.property(fc.array(group, { minLength: 1, maxLength: 8 }), (groups) => {
          const ranker = new Ranker({ dim, signalCount }, rates);
          const { arena, pointer, tables } = ranker;
          for (const one of groups) {
            ranker.put(one);
            const memory = copyOf(arena);
            const [context, candidates] = ranker.twinArguments(one);
            const query = twin.twinRankQuery(memory, pointer, context);
            expect(ranker.score(one)).toEqual(twin.twinRankScore(memory, query, candidates));
            expect(ranker.query()).toEqual(query);
            const logits = ranker.learn(one);
            expect(logits).toEqual(twin.twinRankLearn(memory, pointer, context, candidates));
            expectSameRows(arena, Object.values(tables), memory);
          }
        }),
        { numRuns: 10 },
      );
    });
  }
});

const shape: Shape = { dim: 8, signalCount: 4 };
/** Two features an item, an id without a row on each side, values other than 1; no row twice. */
const mixedGroup: Group = {
  context: [
    ["account", 1, 1],
    ["item", 9, 0.7],
    ["item", 0, 1],
  ],
  buckets: [
    [1, 1],
    [2, 0.5],
    [0, 1],
  ],
  candidates: [
    candidateOf(
      [
        ["item", 1, 1],
        ["item", 2, -0.5],
      ],
      [0.3, -1, 2, 0.1],
      { label: 1, weight: 2 },
    ),
    candidateOf(
      [
        ["item", 3, 1],
        ["item", 4, 1.5],
      ],
      [1, 0.2, -0.4, 1],
      { offset: 0.8 },
    ),
    candidateOf([["item", 0, 1]], [-1, 0.5, 0.5, -0.2], {}),
  ],
};

function candidateOf(
  features: Feature[],
  signals: number[],
  target: { label?: number; weight?: number; offset?: number },
): Candidate {
  return { features, signals, label: 0, weight: 1, offset: 0, ...target };
}

/** What the file says the logit is, in float64 and one product at a time. */
function logitsByDefinition({ tables, arena }: Ranker, group: Group): number[] {
  const parts = ([slot, key, value]: readonly [keyof Ranker["tables"], number, number]) => {
    if (key === 0) return [];
    const table = tables[slot];
    const { vector, weight } = rowInPlace(arena, table, table.findOne(BigInt(key)));
    return [{ vector, weight: weight[0], value: Math.fround(value) }];
  };
  const context = group.context.flatMap(parts);
  const buckets = group.buckets.flatMap(([key, value]) => parts(["bucket", key, value]));
  return group.candidates.map(({ features, signals }) => {
    let logit = 0;
    for (const item of features.flatMap(parts)) {
      logit += item.weight * item.value;
      for (const other of context) {
        for (let d = 0; d < item.vector.length; d++)
          logit += item.vector[d] * item.value * other.vector[d] * other.value;
      }
    }
    for (const bucket of buckets) {
      for (let s = 0; s < bucket.vector.length; s++)
        logit += bucket.vector[s] * bucket.value * Math.fround(signals[s]);
    }
    return logit;
  });
}

describe("a group", () => {
  it("has the logits of the definition, in float64", () => {
    fc.assert(
      fc.property(group, (one) => {
        const ranker = new Ranker(shape, rates);
        ranker.put(mixedGroup);
        for (let i = 0; i < 5; i++) ranker.learn(mixedGroup);
        ranker.put(one);
        const logits = ranker.score(one);
        for (const [i, logit] of logitsByDefinition(ranker, one).entries())
          expect(logits[i]).toBeCloseTo(logit, 3);
      }),
      { numRuns: 50 },
    );
  });

  it("steps along the gradient of its whole loss: every parameter, by finite differences", () => {
    const ranker = new Ranker(shape, plainRates);
    const { arena, tables } = ranker;
    ranker.put(mixedGroup);
    const loss = () =>
      logitsByDefinition(ranker, mixedGroup).reduce((sum, logit, i) => {
        const { label, weight, offset } = mixedGroup.candidates[i];
        const moved = logit + Math.fround(offset);
        return sum + weight * (Math.log1p(Math.exp(moved)) - label * moved);
      }, 0);
    const slopeAt = (numbers: Float32Array, i: number) => {
      const value = numbers[i];
      const at = (moved: number) => {
        numbers[i] = moved;
        const result = loss();
        numbers[i] = value;
        return result;
      };
      const [above, below] = [Math.fround(value + 1e-3), Math.fround(value - 1e-3)];
      return (at(above) - at(below)) / (above - below);
    };
    const rows = (["account", "item", "bucket"] as const).flatMap((slot) =>
      Array.from(tables[slot].entries(), (entry) => {
        if (entry.state === "pending") throw new Error("all ids are admitted at once");
        return { slot, key: entry.key, ...rowInPlace(arena, tables[slot], entry.row) };
      }),
    );
    expect(rows).toHaveLength(1 + 5 + 2);
    const numeric = rows.map(({ vector, weight, accumulator }) => {
      accumulator.fill(1e6);
      return { vector: vector.map((_, d) => slopeAt(vector, d)), weight: slopeAt(weight, 0) };
    });
    const before = rows.map(({ vector }) => vector.slice());
    ranker.learn(mixedGroup);
    for (const [i, { vector, state }] of rows.entries()) {
      vector.forEach((v, d) => expect(before[i][d] - v).toBeCloseTo(numeric[i].vector[d], 4));
      expect(numeric[i].vector.some((slope) => Math.abs(slope) > 0.05)).toBe(true);
      expect(state[0]).toBeCloseTo(numeric[i].weight, 5); // from w = 0, z is the gradient
    }
  });

  it("takes the step that was computed by hand", () => {
    const ranker = new Ranker(
      { dim: 4, signalCount: 4 },
      {
        linear: { alpha: 0.1, beta: 0, l1: 0, l2: 0 },
        vectors: { learningRate: 0.1, l2: 0 },
        signalRate: 0.2,
      },
    );
    // logit = 1 · 0.5 + 0.2 · 1 = 0.7; σ(0.7 − 0.7) = 0.5; slope = 2 · (0.5 − 1) = −1.
    const one: Group = {
      context: [["account", 1, 1]],
      buckets: [[1, 1]],
      candidates: [
        candidateOf([["item", 1, 1]], [1, 0, 0, 0], { label: 1, weight: 2, offset: -0.7 }),
      ],
    };
    ranker.put(one);
    const [account, item, bucket] = (["account", "item", "bucket"] as const).map((slot) =>
      rowInPlace(ranker.arena, ranker.tables[slot], 1),
    );
    account.vector.set([1, 0, 0, 0]);
    item.vector.set([0.5, 0, 0, 0]);
    bucket.vector.set([0.2, 0, 0, 0]);
    item.state[1] = 1; // n
    expect(ranker.learn(one)[0]).toBeCloseTo(0.7, 6);
    // All sums of squares start at 1. Item: g = −1 · 1, 0.5 + 0.1 / √2.
    expect(item.vector[0]).toBeCloseTo(0.5707107, 6);
    // Its weight: z = −1, n = 2, w = 1 / (√2 / 0.1).
    expect(item.weight[0]).toBeCloseTo(0.0707107, 6);
    // Account: g = −1 · 0.5, 1 + 0.1 · 0.5 / √1.25. Bucket: g = −1 · 1, 0.2 + 0.2 / √2.
    expect(account.vector[0]).toBeCloseTo(1.0447214, 6);
    expect(bucket.vector[0]).toBeCloseTo(0.3414214, 6);
    expect([
      ...account.vector.slice(1),
      ...item.vector.slice(1),
      ...bucket.vector.slice(1),
    ]).toEqual(new Array(9).fill(0));
    expect(account.weight[0]).toBe(0); // weights are the items' alone
  });

  it("of one candidate and one feature on each side steps as the factorisation machine does", () => {
    const dim = 8;
    const one: Group = {
      context: [["account", 1, 0.8]],
      buckets: [],
      candidates: [candidateOf([["item", 2, -1.2]], [], { label: 1, weight: 0.7, offset: 0.4 })],
    };
    const ranker = new Ranker({ dim, signalCount: 0 }, rates);
    ranker.put(one);
    const machine = new Ranker({ dim, signalCount: 0 }, rates);
    machine.put(one);
    const { linear, vectors } = rates;
    const options = { dim, linear, bias: linear, vectors, featureCountMax: 2 };
    const fm = FmKernel.create(machine.arena, options);
    fm.features.set(0, machine.tables.account, 1, 0.8);
    fm.features.set(1, machine.tables.item, 1, -1.2);
    const logit = fm.learn(2, { label: 1, weight: 0.7, offset: Math.fround(0.4) });
    expect(ranker.learn(one)[0]).toBeCloseTo(logit, 6);
    for (const slot of ["account", "item"] as const) {
      const [ours, theirs] = [ranker, machine].map(({ arena, tables }) =>
        rowInPlace(arena, tables[slot], 1),
      );
      ours.vector.forEach((v, d) => expect(v).toBeCloseTo(theirs.vector[d], 6));
      ours.accumulator.forEach((a, d) => expect(a).toBeCloseTo(theirs.accumulator[d], 6));
      if (slot === "item") expect(ours.weight[0]).toBeCloseTo(theirs.weight[0], 6);
    }
  });

  it("scores all its candidates with the context from before it, and moves the context once", () => {
    const ranker = new Ranker(shape, rates);
    ranker.put(mixedGroup);
    expect(ranker.learn(mixedGroup)).not.toEqual(ranker.score(mixedGroup));
    const scored = ranker.score(mixedGroup);
    expect(ranker.learn(mixedGroup)).toEqual(scored);
  });

  it("teaches what signals are worth also by a candidate without a row", () => {
    const ranker = new Ranker(shape, rates);
    const one: Group = {
      context: [["account", 0, 1]],
      buckets: [[1, 1]],
      candidates: [candidateOf([["item", 0, 1]], [1, 0, 0, 0], { label: 1 })],
    };
    ranker.put(one);
    const [before] = ranker.score(one);
    ranker.learn(one);
    expect(ranker.score(one)[0]).toBeGreaterThan(before);
    expect(ranker.tables.account.stats().idCount + ranker.tables.item.stats().idCount).toBe(0);
  });

  it("of the largest size touches nothing beyond its scratch memory", () => {
    const ranker = new Ranker({ dim: 128, signalCount: 128 }, rates);
    const full: Group = {
      context: Array.from({ length: contextMax }, (_, i): Feature => ["account", i + 1, 1]),
      buckets: Array.from({ length: bucketsMax }, (_, i) => [i + 1, 1] as const),
      candidates: Array.from({ length: candidatesMax }, (_, i) => {
        const features = Array.from(
          { length: featuresPerItemMax },
          (_, f): Feature => ["item", i * featuresPerItemMax + f + 1, 1],
        );
        return candidateOf(features, new Array<number>(128).fill(0.1), {});
      }),
    };
    ranker.put(full);
    const { pointer, sizeBytes } = ranker.scratch;
    const beyond = ranker.arena.u8(pointer + sizeBytes, 256).fill(0xab);
    ranker.score(full);
    ranker.learn(full);
    expect(beyond.every((byte) => byte === 0xab)).toBe(true);
  });
});
