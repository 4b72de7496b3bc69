/** Optimisers as a caller of `table.update` meets them; each alone has its float64 reference elsewhere. */
import { describe, expect, it } from "vitest";
import { MemorySnapshot } from "../testing/memorySnapshot.ts";
import { rowInPlace } from "../testing/rowsInPlace.ts";
import { Arena, EmbeddingTable, noRow, type Optimiser, type TableOptions } from "./index.ts";

function makeTable(options: Partial<TableOptions>): EmbeddingTable {
  const arena = Arena.create({ sizeBytesMax: 16 * 1_048_576 });
  return EmbeddingTable.create(arena, {
    dim: 4,
    seed: 7n,
    initialiser: { kind: "zeros" },
    ...options,
  });
}

/** A table with one row, after a step along each gradient. */
function stepped(
  options: Partial<TableOptions>,
  gradients: readonly (readonly number[])[],
): { table: EmbeddingTable; row: number; vector: number[] } {
  const table = makeTable(options);
  const row = table.observeOne(1n, 1);
  for (const gradient of gradients) table.update(Uint32Array.of(row), Float32Array.from(gradient));
  return { table, row, vector: [...table.vectorOf(row)] };
}

describe("values computed by hand come out of update", () => {
  it("for Adagrad: n from 1, rate 0.1, g = (1, 2)", () => {
    const optimiser = { kind: "adagrad", learningRate: 0.1, initialAccumulator: 1 } as const;
    const { vector } = stepped({ optimiser }, [[1, 2, -1, 0]]);
    expect(vector[0]).toBeCloseTo(-0.0707107, 7);
    expect(vector[1]).toBeCloseTo(-0.0894427, 7);
    expect([vector[2], vector[3]]).toEqual([-vector[0], 0]);
  });

  it("for FTRL: n from 0.1, rate 0.01, β = L1 = L2 = 0, g = 10 twice", () => {
    const optimiser = {
      kind: "ftrl",
      learningRate: 0.01,
      beta: 0,
      initialAccumulator: 0.1,
    } as const;
    const once = stepped({ optimiser }, [[10, -10, 10, 10]]).vector;
    expect(once[0]).toBeCloseTo(-0.009995, 6);
    const twice = stepped({ optimiser }, [
      [10, -10, 10, 10],
      [10, -10, 10, 10],
    ]).vector;
    expect(twice[0]).toBeCloseTo(-0.0170643, 6);
    expect(twice[1]).toBe(-twice[0]);
  });

  it("for Adam: rate 0.01, β 0.9 and 0.99, ε 0.01, g = 10 twice", () => {
    const betas = { beta1: 0.9, beta2: 0.99 };
    const optimiser = { kind: "adam", learningRate: 0.01, ...betas, epsilon: 0.01 } as const;
    const gradient = [10, 10, 10, 10];
    expect(stepped({ optimiser }, [gradient]).vector[3]).toBeCloseTo(-0.00990099, 8);
    const { table, vector } = stepped({ optimiser }, [gradient, gradient]);
    expect(vector[3]).toBeCloseTo(-0.0198306, 7);
    // Saved and restored in between, it is the same: the step is counted.
    const one = stepped({ optimiser }, [gradient]);
    const snapshot = new MemorySnapshot();
    one.table.save(snapshot, "");
    const restored = makeTable({ optimiser });
    restored.restore(snapshot, "");
    restored.update(Uint32Array.of(one.row), Float32Array.from(gradient));
    expect(restored.entry(1n)).toEqual(table.entry(1n));
  });
});

const all: Record<string, Optimiser> = {
  sgd: { kind: "sgd", learningRate: 0.1 },
  momentum: { kind: "sgd", learningRate: 0.1, momentum: 0.9 },
  adagrad: { kind: "adagrad", learningRate: 0.1 },
  ftrl: { kind: "ftrl", learningRate: 0.1 },
  rmsprop: { kind: "rmsprop", learningRate: 0.1 },
  adam: { kind: "adam", learningRate: 0.1 },
};

describe("weight decay", () => {
  // Monolith loses it where it works on several components at once.
  for (const [name, optimiser] of Object.entries(all).filter(([key]) => key !== "ftrl")) {
    it(`reaches every component alike under ${name}, and none without it`, () => {
      for (const dim of [4, 8, 12, 64, 128]) {
        const options = { dim, initialiser: { kind: "constant", value: 1 } } as const;
        const zeros = [new Array<number>(dim).fill(0)];
        const decayed = { ...optimiser, weightDecay: 0.5 } as Optimiser; // all of these have it
        const { vector } = stepped({ ...options, optimiser: decayed }, zeros);
        expect(new Set(vector).size).toBe(1);
        expect(vector[0]).toBeLessThan(1);
        // As the gradient 0.5 · w moves it.
        const same = stepped({ ...options, optimiser }, [new Array<number>(dim).fill(0.5)]);
        expect(vector).toEqual(same.vector);
        expect(stepped({ ...options, optimiser }, zeros).vector[0]).toBe(1);
      }
    });
  }
});

describe("update", () => {
  it("teaches noRow nothing, and leaves its vector at zeros", () => {
    const arena = Arena.create({ sizeBytesMax: 1_048_576 });
    const table = EmbeddingTable.create(arena, { dim: 4, seed: 7n });
    const row = table.observeOne(1n, 1);
    const before = table.entry(1n);
    table.update(Uint32Array.of(noRow, noRow), new Float32Array(8).fill(1), {
      weightGradients: new Float32Array(2).fill(1),
    });
    const vectors = new Float32Array(8).fill(9);
    const weights = new Float32Array(2).fill(9);
    table.gather(Uint32Array.of(noRow, row), vectors, weights);
    expect([...vectors.subarray(0, 4), weights[0]]).toEqual([0, 0, 0, 0, 0]);
    expect(table.entry(1n)).toEqual(before);
    // Its bytes too: kernels sum them up like any row's.
    for (const part of Object.values(rowInPlace(arena, table, noRow))) {
      expect(part.every((v) => v === 0)).toBe(true);
    }
  });

  for (const [name, optimiser] of Object.entries(all)) {
    it(`takes two steps with a row that comes twice, under ${name}`, () => {
      const gradients = Float32Array.from({ length: 8 }, (_, i) => i - 3);
      const once = stepped({ optimiser }, [
        [...gradients.subarray(0, 4)],
        [...gradients.subarray(4)],
      ]);
      const { table, row } = stepped({ optimiser }, []);
      table.update(Uint32Array.of(row, row), gradients);
      expect(table.entry(1n)).toEqual(once.table.entry(1n));
      expect(table.entry(1n)).toMatchObject({ stepCount: name === "adam" ? 2 : 0 });
    });

    it(`takes another learning rate for one call, under ${name}`, () => {
      const gradient = [1, -2, 3, 0.5];
      const { table, row } = stepped({ optimiser }, []);
      table.update(Uint32Array.of(row), Float32Array.from(gradient), { learningRate: 0.4 });
      const larger = stepped({ optimiser: { ...optimiser, learningRate: 0.4 } }, [gradient]);
      expect([...table.vectorOf(row)]).toEqual(larger.vector);
      expect(larger.vector).not.toEqual(stepped({ optimiser }, [gradient]).vector);
    });
  }

  it("is of many rows what it is of each alone, over the ends of its batches", () => {
    const optimiser = all.adam;
    const [together, alone] = [makeTable({ optimiser }), makeTable({ optimiser })];
    const count = 1300; // batches are of 512
    const keys = BigUint64Array.from({ length: count }, (_, i) => BigInt(i));
    const rows = new Uint32Array(count);
    for (const table of [together, alone]) table.observe(keys, rows, 1);
    const gradients = new Float32Array(count * 4).map((_, i) => (i % 13) - 6);
    const weightGradients = new Float32Array(count).map((_, i) => (i % 5) - 2);
    together.update(rows, gradients, { weightGradients });
    for (let i = count - 1; i >= 0; i--) {
      alone.update(rows.subarray(i, i + 1), gradients.subarray(i * 4, i * 4 + 4), {
        weightGradients: weightGradients.subarray(i, i + 1),
      });
    }
    expect([...together.entries()]).toEqual([...alone.entries()]);
  });

  it("takes the gradients that indices name, of vectors and weights, over the ends of its batches", () => {
    const count = 300; // batches are of 128
    const keys = BigUint64Array.from({ length: count }, (_, i) => BigInt(i));
    const rows = new Uint32Array(count);
    const gradients = new Float32Array(7 * 4).map((_, i) => (i % 13) - 6);
    const weightGradients = new Float32Array(7).map((_, i) => (i % 5) - 2);
    const gradientIndices = new Uint32Array(count).map((_, i) => (i * 5) % 7);
    const spread = new Float32Array(count * 4);
    for (const [i, index] of gradientIndices.entries()) {
      spread.set(gradients.subarray(index * 4, index * 4 + 4), i * 4);
    }
    const spreadWeights = new Float32Array(count).map(
      (_, i) => weightGradients[gradientIndices[i]],
    );
    const [picked, plain] = [makeTable({}), makeTable({})];
    for (const table of [picked, plain]) table.observe(keys, rows, 1);
    picked.update(rows, gradients, { weightGradients, gradientIndices });
    plain.update(rows, spread, { weightGradients: spreadWeights });
    expect([...picked.entries()]).toEqual([...plain.entries()]);
    const wrong = { gradientIndices: Uint32Array.of(7) };
    expect(() => picked.update(rows.subarray(0, 1), gradients, wrong)).toThrow(/index/);
    expect(() => picked.update(rows, gradients, wrong)).toThrow(/every row/);
  });

  it("uses gradients that are in its arena where they lie, as it does others, also by indices", () => {
    const count = 300; // batches are of 128
    const keys = BigUint64Array.from({ length: count }, (_, i) => BigInt(i));
    const arena = Arena.create({ sizeBytesMax: 8 * 1_048_576 });
    const options = { dim: 4, seed: 1n } as const;
    const [here, copied] = [arena, Arena.create({ sizeBytesMax: 8 * 1_048_576 })].map((any) =>
      EmbeddingTable.create(any, options),
    );
    const rows = new Uint32Array(count);
    for (const table of [here, copied]) table.observe(keys, rows, 1);
    const gradients = new Float32Array(count * 4).map((_, i) => (i % 13) - 6);
    const weightGradients = new Float32Array(count).map((_, i) => (i % 5) - 2);
    const gradientIndices = new Uint32Array(count).map((_, i) => (i * 7) % count);
    const { pointer } = arena.allocate(count * 5 * 4);
    const gradientsHere = arena.f32(pointer, count * 4);
    const weightsHere = arena.f32(pointer + count * 16, count);
    gradientsHere.set(gradients);
    weightsHere.set(weightGradients);
    for (const given of [{}, { gradientIndices }]) {
      copied.update(rows, gradients, given);
      here.update(rows, gradientsHere, given);
      copied.update(rows, gradients, { ...given, weightGradients });
      here.update(rows, gradientsHere, { ...given, weightGradients: weightsHere });
      here.update(rows, gradientsHere, { ...given, weightGradients });
      copied.update(rows, gradients, { ...given, weightGradients });
    }
    expect([...here.entries()]).toEqual([...copied.entries()]);
    expect([...gradientsHere]).toEqual([...gradients]);
  });

  it("asserts shapes, and rows that the table gave", () => {
    const { table, row } = stepped({}, []);
    const one = Uint32Array.of(row);
    expect(() => table.update(one, new Float32Array(3))).toThrow(/shape/);
    const two = { weightGradients: new Float32Array(2) };
    expect(() => table.update(one, new Float32Array(4), two)).toThrow(/every vector/);
    expect(() => table.update(Uint32Array.of(2), new Float32Array(4))).toThrow(/gave/);
    const serving = makeTable({ optimiser: "none" });
    const served = serving.observeOne(1n, 1);
    expect(() => serving.update(Uint32Array.of(served), new Float32Array(4))).toThrow(/optimiser/);
  });
});

describe("weights, under FTRL", () => {
  const weightAfter = (linear: TableOptions["linear"], gradients: readonly number[]): number => {
    const { table, row } = stepped(linear === undefined ? {} : { linear }, []);
    for (const g of gradients) {
      const weightGradients = Float32Array.of(g);
      table.update(Uint32Array.of(row), new Float32Array(4), { weightGradients });
    }
    return table.weightOf(row);
  };

  it("are the issue's hand values: n from 0.1, α 0.01, β = L1 = L2 = 0, g = 10 twice", () => {
    const linear = { alpha: 0.01, beta: 0, initialAccumulator: 0.1 };
    expect(weightAfter(linear, [10])).toBeCloseTo(-0.009995, 6);
    expect(weightAfter(linear, [10, 10])).toBeCloseTo(-0.0170643, 6);
  });

  // Monolith adds L1 to negative weights, with the sign of z taken as 0 or 1.
  it("are shrunk by L1 from both sides alike, to exactly 0 within it", () => {
    for (const gradients of [[3], [3, 1, -0.5], [0.1, 4]]) {
      const mirrored = gradients.map((g) => -g);
      const free = weightAfter({ l1: 0 }, gradients);
      const shrunk = weightAfter({ l1: 0.5 }, gradients);
      expect(weightAfter({ l1: 0.5 }, mirrored)).toBe(-shrunk);
      expect(Math.abs(shrunk)).toBeLessThan(Math.abs(free));
      expect(Math.sign(shrunk)).toBe(Math.sign(free));
      expect(weightAfter({ l1: 100 }, gradients)).toBe(0);
    }
    // Outside the ball, and back in it.
    expect(weightAfter({ l1: 1 }, [-3])).toBeGreaterThan(0);
    expect(weightAfter({ l1: 1 }, [-3, 2.5])).toBe(0);
  });

  it("stay as they are without gradients of their own", () => {
    const { table, row } = stepped({}, []);
    table.update(Uint32Array.of(row), new Float32Array(4), {
      weightGradients: Float32Array.of(2),
    });
    const before = table.entry(1n);
    table.update(Uint32Array.of(row), new Float32Array(4).fill(1));
    const after = table.entry(1n);
    for (const what of ["weight", "ftrlZ", "ftrlN"] as const) {
      expect(after).toHaveProperty(what, before?.[what as keyof typeof before]);
    }
  });
});
