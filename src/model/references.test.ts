/** Both online models against the formulas of their papers, in float64 and without a table. */
import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { Arena, type EmbeddingTable } from "../embedding/index.ts";
import {
  DeepFactorisationMachine,
  type Example,
  FactorisationMachine,
  type FmVectorParams,
  LogisticRegression,
  type OnlineModel,
} from "./index.ts";

const now = 1_700_000_000;
const arena = () => Arena.create({ sizeBytesMax: 16 * 1_048_576 });
const linear = { alpha: 0.1, beta: 0.5, l1: 0.5, l2: 0.2 };
const slots = { user: {}, item: {} };

/** McMahan et al., KDD 2013, Algorithm 1, for one coordinate. */
class FtrlReference {
  w = 0;
  z = 0;
  n = 0;

  step(g: number, p: { alpha: number; beta: number; l1: number; l2: number }): void {
    const sigma = (Math.sqrt(this.n + g * g) - Math.sqrt(this.n)) / p.alpha;
    this.z += g - sigma * this.w;
    this.n += g * g;
    this.w =
      Math.abs(this.z) <= p.l1
        ? 0
        : -(this.z - Math.sign(this.z) * p.l1) / ((p.beta + Math.sqrt(this.n)) / p.alpha + p.l2);
  }
}

interface ReferenceRow {
  readonly weight: FtrlReference;
  /** (dim,); Rendle, ICDM 2010, as written: all pairs. */
  readonly vector: number[];
  readonly squares: number[];
}

class Reference {
  readonly bias = new FtrlReference();
  readonly rows = new Map<string, ReferenceRow>();
  readonly #startOf: (slot: string, id: bigint) => readonly number[];
  readonly #vectors: Required<FmVectorParams>;

  constructor(
    startOf: (slot: string, id: bigint) => readonly number[],
    vectors: Required<FmVectorParams>,
  ) {
    this.#startOf = startOf;
    this.#vectors = vectors;
  }

  learn({ features, label, weight = 1, offset = 0 }: Example): number {
    const parts = features.map(({ slot, id, value = 1 }) => ({
      row: this.#rowOf(slot, id),
      x: Math.fround(value),
    }));
    let logit = this.bias.w;
    // dLogit/dv of each, before anything moves.
    const towards = parts.map(({ row }) => row.vector.map(() => 0));
    for (const [i, one] of parts.entries()) {
      logit += one.row.weight.w * one.x;
      for (const [j, other] of parts.entries()) {
        if (i === j) continue;
        for (let d = 0; d < one.row.vector.length; d++) {
          towards[i][d] += one.x * other.x * other.row.vector[d];
          if (i < j) logit += one.row.vector[d] * other.row.vector[d] * one.x * other.x;
        }
      }
    }
    const slope = weight * (1 / (1 + Math.exp(-(logit + offset))) - label);
    this.bias.step(slope, { ...linear, l1: 0, l2: 0 });
    for (const [i, { row, x }] of parts.entries()) {
      row.weight.step(slope * x, linear);
      for (let d = 0; d < row.vector.length; d++) {
        const g = slope * towards[i][d] + this.#vectors.l2 * row.vector[d];
        row.squares[d] += g * g;
        row.vector[d] -= (this.#vectors.learningRate * g) / Math.sqrt(row.squares[d]);
      }
    }
    return logit;
  }

  #rowOf(slot: string, id: bigint): ReferenceRow {
    const key = `${slot} ${id}`;
    const vector = [...this.#startOf(slot, id)];
    const known = this.rows.get(key) ?? {
      weight: new FtrlReference(),
      vector,
      squares: vector.map(() => this.#vectors.initialAccumulator),
    };
    this.rows.set(key, known);
    return known;
  }
}

/** 200 examples of 3 features whose labels flip all the time, with weights, offsets and values. */
function examples(): Example[] {
  const random = new Random(2);
  return Array.from({ length: 200 }, (_, i) => ({
    features: [
      { slot: "user", id: BigInt(random.below(4)) },
      { slot: "item", id: BigInt(random.below(3)), value: 0.5 + random.uniform() },
      { slot: "item", id: BigInt(3 + random.below(3)), value: -random.uniform() },
    ],
    label: i % 2,
    weight: 0.5 + random.uniform(),
    offset: random.uniform() - 0.5,
  }));
}

function follow(model: OnlineModel, reference: Reference, digits: number): void {
  for (const example of examples())
    expect(model.learnOne(example, now)).toBeCloseTo(reference.learn(example), digits);
  expect(model.predictOne([])).toBeCloseTo(reference.bias.w, digits);
  for (const [key, row] of reference.rows) {
    const [slot, id] = key.split(" ");
    const entry = admitted(model.tables[slot], BigInt(id));
    expect(entry.weight).toBeCloseTo(row.weight.w, digits);
    expect(entry.ftrlZ).toBeCloseTo(row.weight.z, digits);
    expect(entry.ftrlN).toBeCloseTo(row.weight.n, digits - 1);
    row.vector.forEach((v, d) => expect(entry.vector[d]).toBeCloseTo(v, digits));
    row.squares.forEach((sum, d) => expect(entry.vectorState[0][d]).toBeCloseTo(sum, digits - 1));
  }
}

function admitted(table: EmbeddingTable, id: bigint) {
  const entry = table.entry(id);
  if (entry?.state !== "admitted") throw new Error(`id ${id} has no row`);
  return entry;
}

describe("over 200 steps with flipping labels", () => {
  it("logistic regression follows FTRL-proximal", () => {
    const model = LogisticRegression.create(arena(), { slots, linear, seed: 1n });
    const reference = new Reference(() => [], { learningRate: 0, l2: 0, initialAccumulator: 1 });
    follow(model, reference, 5);
    // L1 has done its work: some weights are exactly 0, and not all.
    const weights = Array.from(reference.rows.values(), ({ weight }) => weight.w);
    expect(weights).toContain(0);
    expect(weights.some((w) => w !== 0)).toBe(true);
  });

  for (const dim of [4, 16]) {
    it(`the factorisation machine follows its definition, pair by pair: dim ${dim}`, () => {
      const vectors = { learningRate: 0.1, l2: 0.01, initialAccumulator: 0.3 };
      const options = { slots, dim, linear, vectors, initialScale: 0.3, seed: 1n };
      const model = FactorisationMachine.create(arena(), options);
      // Where a vector starts is a function of slot, id and seed: another machine's are the same.
      const other = FactorisationMachine.create(arena(), options);
      const startOf = (slot: string, id: bigint) => {
        other.tables[slot].observeOne(id, now);
        return [...admitted(other.tables[slot], id).vector];
      };
      const reference = new Reference(startOf, vectors);
      follow(model, reference, 4);
      const moved = [...reference.rows.values()][0].vector;
      expect(Math.hypot(...moved.map((v, d) => v - startOf("user", 0n)[d]))).toBeGreaterThan(0.01);
    });
  }
});

describe("attached in another object", () => {
  it("each predicts what the first has learned, and gives back what it took", () => {
    const shared = arena();
    for (const [learner, attach] of [
      both(LogisticRegression.create(shared, { slots, seed: 1n }), LogisticRegression),
      both(FactorisationMachine.create(shared, { slots, dim: 8, seed: 1n }), FactorisationMachine),
      both(
        DeepFactorisationMachine.create(shared, { slots, dim: 8, batchMax: 4, seed: 1n }),
        DeepFactorisationMachine,
      ),
    ]) {
      const { usedBytes } = shared.stats();
      const reader = attach(Arena.attach(shared.share()));
      for (const example of examples()) {
        learner.learnOne(example, now);
        expect(reader.predictOne(example.features)).toBe(learner.predictOne(example.features));
      }
      const before = shared.stats().usedBytes;
      reader.release();
      expect(shared.stats().usedBytes).toBeLessThan(before);
      expect(usedBytes).toBeGreaterThan(0);
    }
  });
});

function both<S>(
  model: OnlineModel & { share(): S },
  kind: { attach(arena: Arena, shared: S): OnlineModel },
): [OnlineModel, (arena: Arena) => OnlineModel] {
  // What `share` gives passes through postMessage.
  return [model, (arena) => kind.attach(arena, structuredClone(model.share()))];
}

describe("an id in two slots", () => {
  it("starts with two vectors: together they must not be the square of one", () => {
    const model = FactorisationMachine.create(arena(), { slots, dim: 8, seed: 1n });
    for (const slot of ["user", "item"])
      model.learnOne({ features: [{ slot, id: 7n }], label: 1 }, now);
    const [user, item] = [model.tables["user"], model.tables["item"]];
    expect(admitted(user, 7n).vector).not.toEqual(admitted(item, 7n).vector);
  });
});

describe("options out of range", () => {
  it("are refused by name", () => {
    const refused: [string, () => OnlineModel][] = [
      ["the number of slots", () => LogisticRegression.create(arena(), { slots: {}, seed: 1n })],
      ["slots", () => LogisticRegression.create(arena(), { slots: { "a b": {} }, seed: 1n })],
      ["dim", () => FactorisationMachine.create(arena(), { slots, dim: 3, seed: 1n })],
      [
        "initialScale",
        () => FactorisationMachine.create(arena(), { slots, dim: 4, initialScale: 0, seed: 1n }),
      ],
      [
        "initialAccumulator",
        () =>
          FactorisationMachine.create(arena(), {
            slots,
            dim: 4,
            vectors: { learningRate: 0.1, l2: 0, initialAccumulator: 0 },
            seed: 1n,
          }),
      ],
      [
        "admitAfter",
        () => LogisticRegression.create(arena(), { slots: { a: { admitAfter: 0 } }, seed: 1n }),
      ],
    ];
    for (const [name, create] of refused) {
      expect(create).toThrow(
        expect.objectContaining({
          code: "CONFIG_INVALID",
          details: expect.objectContaining({ name }),
        }),
      );
    }
  });
});
