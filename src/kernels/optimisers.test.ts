/** Each optimiser against its paper's formula in float64, its twin, and values worked by hand. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  adagrad,
  adam,
  ftrl,
  type OptimiserCase,
  rmsprop,
  sgd,
  writeCase,
} from "../testing/optimiserCases.ts";
import { uniformsOf } from "../testing/uniforms.ts";
import { instantiateKernels, twin, webAssembly } from "./index.ts";
import { adagradStep } from "./twin/adagrad.ts";

const memory = new webAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const kernels = instantiateKernels(memory);
const words = new Uint32Array(memory.buffer);
const floats = new Float32Array(memory.buffer);

/** Bytes between the places of two rows; the first is at 0. */
const rowBytes = 16_384;
const recordAt = 64;
const vectorAt = 1024;
const gradientAt = 2048;
const stateAt = 4096;

/** A row in memory: record, vector, gradient, states. Two may be there side by side. */
class Row {
  readonly at: number;
  readonly vector: Float32Array;
  readonly states: Float32Array;
  readonly #gradient: Float32Array;
  readonly #rate: number;

  constructor(one: OptimiserCase, vector: ArrayLike<number>, at = 0) {
    const view = (from: number, length: number) =>
      floats.subarray((at + from) / 4, (at + from) / 4 + length);
    this.at = at;
    this.#rate = one.rate;
    view(0, rowBytes / 4).fill(0);
    writeCase(words, floats, at + recordAt, one);
    this.vector = view(vectorAt, vector.length);
    this.vector.set(vector);
    this.#gradient = view(gradientAt, vector.length);
    this.states = view(stateAt, 2 * vector.length);
    this.states.fill(one.start[0], 0, vector.length).fill(one.start[1], vector.length);
  }

  step(gradient: ArrayLike<number>, step: number): Float32Array {
    this.#gradient.set(gradient);
    const { optimiser, vector, state, gradient: g } = this.#places();
    const bytes = this.vector.byteLength;
    kernels.optimiserStep(optimiser, vector, state, g, bytes, this.#rate, step);
    return this.vector;
  }

  /** All of the memory, as the twin leaves a copy of it. */
  twinStepped(gradient: ArrayLike<number>, step: number): Uint32Array {
    this.#gradient.set(gradient);
    const copy = twin.memoryOf(Uint32Array.from(words).buffer);
    const options = { rate: this.#rate, step };
    twin.twinOptimiserStep(copy, this.#places(), this.vector.length, options);
    return copy.u32;
  }

  #places() {
    return {
      optimiser: this.at + recordAt,
      vector: this.at + vectorAt,
      state: this.at + stateAt,
      gradient: this.at + gradientAt,
    };
  }
}

const dims = [4, 8, 16, 64];

const cases: Record<string, OptimiserCase> = {
  SGD: sgd(0.1, 0),
  "SGD with decay": sgd(0.1, 0, 0.05),
  "SGD with momentum": sgd(0.02, 0.9),
  "SGD with momentum and decay": sgd(0.02, 0.9, 0.05),
  Adagrad: adagrad(0.1, 1),
  "Adagrad with decay": adagrad(0.1, 0.1, 0.05),
  RMSProp: rmsprop(0.01, 0.9, 1e-8),
  "RMSProp with decay": rmsprop(0.01, 0.99, 1, 0.05),
  Adam: adam(0.01, [0.9, 0.999], 1e-8),
  "Adam with decay": adam(0.01, [0.5, 0.99], 0.01, 0.05),
  FTRL: ftrl(0.1, { beta: 0, l1: 0, l2: 0, accumulator: 0.1 }),
  "FTRL with L1 and L2": ftrl(0.1, { beta: 1, l1: 0.7, l2: 0.2, accumulator: 0 }),
};

/**
 * Every step rounds w by up to 2^-24 of itself, and its change by a few times as much of the
 * change: over 200 steps as a random walk about √200 × 2^-24 = 8e-7. A wrong term of one step moves
 * w by 1e-2.
 */
const tolerance = 2e-6;

describe("over 200 steps with gradients whose sign flips", () => {
  for (const [name, one] of Object.entries(cases)) {
    it(`${name} follows its formula in float64`, () => {
      for (const dim of dims) {
        const random = uniformsOf(dim);
        const start = Float32Array.from({ length: dim }, () => random() - 0.5);
        const row = new Row(one, start);
        const references = Array.from(start, (w) => one.reference(w));
        let largest = 1;
        let error = 0;
        for (let t = 1; t <= 200; t++) {
          // Sizes from 0.01 to 1, on average the same for both signs.
          const gradient = Float32Array.from(
            { length: dim },
            (_, d) => (-1) ** (t + d) * 10 ** (-2 * random()),
          );
          const vector = row.step(gradient, t);
          for (const [d, g] of gradient.entries()) {
            const exact = references[d].step(g, t);
            largest = Math.max(largest, Math.abs(exact));
            error = Math.max(error, Math.abs(vector[d] - exact));
          }
        }
        expect(error).toBeLessThan(largest * tolerance);
        const moved = Math.max(...row.vector.map((w, d) => Math.abs(w - start[d])));
        expect(moved).toBeGreaterThan(0.01);
      }
    });
  }
});

describe("the kernel", () => {
  const number = fc.float({ min: -(2 ** 40), max: 2 ** 40, noNaN: true });
  it("leaves the whole memory as its twin does, to the bit", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(cases)),
        fc.constantFrom(0, ...dims),
        fc.constantFrom(1, 2, 3, 1000, 2 ** 31, 2 ** 32 - 1),
        fc.array(number, { minLength: 64, maxLength: 64 }),
        fc.array(fc.array(number, { minLength: 64, maxLength: 64 }), { maxLength: 3 }),
        (one, dim, first, vector, gradients) => {
          const row = new Row(one, vector.slice(0, dim));
          for (const [i, gradient] of gradients.entries()) {
            const step = Math.min(first + i, 2 ** 32 - 1);
            const expected = row.twinStepped(gradient.slice(0, dim), step);
            row.step(gradient.slice(0, dim), step);
            expect(Buffer.from(words.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("takes the step of adagradStep, to the bit, zeros of both signs included", () => {
    const values = [0, -0, 1, -1, 0.3, -0.7, 1e-40, -1e-40];
    const pairs = values.flatMap((w) => values.map((g) => ({ w, g })));
    const row = new Row(
      adagrad(0.1, 1),
      pairs.map(({ w }) => w),
    );
    row.step(
      pairs.map(({ g }) => g),
      1,
    );
    const expected = pairs.map(({ w, g }) => {
      const f32 = Float32Array.of(w, 1);
      adagradStep(f32, { vector: 0, accumulator: 1 }, Math.fround(g), Math.fround(0.1));
      return f32;
    });
    // toEqual tells 0 from -0.
    expect([...row.vector]).toEqual(expected.map(([w]) => w));
    expect([...row.states.subarray(0, pairs.length)]).toEqual(expected.map(([, n]) => n));
  });

  it("stops at a record that was never written", () => {
    expect(() => new Row({ ...sgd(0.1, 0), kind: 0 }, [1, 2, 3, 4]).step([1, 1, 1, 1], 1)).toThrow(
      "unreachable",
    );
  });
});

describe("values worked by hand", () => {
  /** The first components after each gradient in turn, from a start of zeros. */
  function walk(one: OptimiserCase, gradients: readonly (readonly number[])[]): number[][] {
    const row = new Row(one, [0, 0, 0, 0]);
    return gradients.map((g, i) => [...row.step(g, i + 1).subarray(0, g.length)]);
  }
  const twice = (g: number) => [[g], [g]];
  const plainFtrl = ftrl(0.01, { beta: 0, l1: 0, l2: 0, accumulator: 0.1 });
  const shortAdam = adam(0.01, [0.9, 0.99], 0.01);

  const expected: [string, OptimiserCase, number[][], number[][]][] = [
    ["Adagrad", adagrad(0.1, 1), [[1, 2]], [[-0.0707107, -0.0894427]]],
    [
      "Adagrad with decay",
      adagrad(0.1, 1, 0.1),
      [
        [1, 2],
        [1, 2],
      ],
      [
        [-0.0707107, -0.0894427],
        [-0.128173, -0.155943],
      ],
    ],
    ["FTRL, 10 twice", plainFtrl, twice(10), [[-0.009995], [-0.0170643]]],
    ["FTRL, 1 twice", plainFtrl, twice(1), [[-0.00953463], [-0.0164353]]],
    ["Adam, 10 twice", shortAdam, twice(10), [[-0.00990099], [-0.0198306]]],
    ["Adam, 1 twice", shortAdam, twice(1), [[-0.00909091], [-0.01842895]]],
    ["SGD with momentum", sgd(0.1, 0.5), twice(1), [[-0.1], [-0.25]]],
    // n = 0.25 and 0.4375, roots 0.5 and 0.6614378.
    ["RMSProp", rmsprop(0.1, 0.75, 0.5), twice(1), [[-0.1], [-0.1861002]]],
  ];
  for (const [name, one, gradients, values] of expected) {
    it(name, () => {
      for (const [i, step] of walk(one, gradients).entries())
        for (const [d, w] of step.entries()) expect(w).toBeCloseTo(values[i][d], 6);
      expect(values).toHaveLength(gradients.length);
    });
  }
});

describe("a row saved and put elsewhere", () => {
  for (const [name, one] of Object.entries(cases)) {
    it(`goes on as if it had stayed: ${name}`, () => {
      const random = uniformsOf(9);
      const gradient = () => Float32Array.from({ length: 16 }, () => random() - 0.5);
      const row = new Row(one, gradient());
      for (let t = 1; t <= 50; t++) row.step(gradient(), t);
      const saved = structuredClone({ vector: [...row.vector], states: [...row.states] });
      const restored = new Row(one, saved.vector, rowBytes);
      restored.states.set(saved.states);
      for (let t = 51; t <= 100; t++) {
        const g = gradient();
        expect(restored.step(g, t)).toEqual(row.step(g, t));
      }
      expect(restored.states).toEqual(row.states);
    });
  }
});

describe("weight decay", () => {
  const pairs: [string, OptimiserCase, OptimiserCase][] = [
    ["SGD", sgd(0.1, 0), sgd(0.1, 0, 0.1)],
    ["momentum", sgd(0.1, 0.9), sgd(0.1, 0.9, 0.1)],
    ["Adagrad", adagrad(0.1, 1), adagrad(0.1, 1, 0.1)],
    ["RMSProp", rmsprop(0.1, 0.9, 1), rmsprop(0.1, 0.9, 1, 0.1)],
    ["Adam", adam(0.1, [0.9, 0.99], 1), adam(0.1, [0.9, 0.99], 1, 0.1)],
  ];
  for (const [name, without, withDecay] of pairs) {
    it(`acts on every lane of every block alike: ${name}`, () => {
      for (const dim of dims) {
        const ones = new Array<number>(dim).fill(1);
        const free = new Row(without, ones).step(ones, 1)[0];
        const vector = new Row(withDecay, ones).step(ones, 1);
        expect(new Set(vector).size).toBe(1);
        expect(vector[0]).toBeLessThan(free - 1e-4);
      }
    });
  }
});

describe("Adam's bias correction", () => {
  it("is exact from the first step to the last that 32 bits count", () => {
    // Both are float32 numbers.
    const [beta1, beta2, epsilon] = [0.5, 1 - 2 ** -20, 2 ** -20];
    for (const t of [1, 2, 3, 16, 1000, 1_000_003, 2 ** 32 - 1]) {
      // From states of 0, g = 1 leaves m = 1 − β1 and v = 1 − β2, whatever the step.
      const [w] = new Row(adam(1, [beta1, beta2], epsilon), [0, 0, 0, 0]).step([1, 1, 1, 1], t);
      const second = -Math.expm1(t * Math.log1p(beta2 - 1));
      const first = -Math.expm1(t * Math.log1p(beta1 - 1));
      const exact = ((Math.sqrt(second) / first) * (1 - beta1)) / (2 ** -10 + epsilon);
      expect(Math.abs(w / -exact - 1)).toBeLessThan(4 * 2 ** -24);
    }
  });
});

describe("FTRL", () => {
  const oneOf = (z: readonly number[], l1: number) => {
    const row = new Row(ftrl(0.5, { beta: 0, l1, l2: 0, accumulator: 4 }), [0, 0, 7, -7]);
    row.states.set(z);
    return [...row.step([0, 0, 0, 0], 1)];
  };

  it("shrinks z of both signs alike", () => {
    // −(z ∓ 1)·0.5/√4
    expect(oneOf([2, -2, 3, -3], 1)).toEqual([-0.25, 0.25, -0.5, 0.5]);
  });

  it("is exactly 0 inside the L1 ball and on its edge, also where it was not before", () => {
    expect(oneOf([1, -1, 0.999, -0.5], 1)).toEqual([0, 0, 0, 0]);
  });

  it("stays 0 at n = 0 without a gradient, or with one whose square float32 cannot hold", () => {
    const row = new Row(ftrl(0.5, { beta: 0, l1: 0, l2: 0, accumulator: 0 }), [0, 0, 0, 0]);
    expect([...row.step([0, -0, 1e-30, -1e-30], 1)]).toEqual([0, 0, 0, 0]);
    expect(row.states.some(Number.isNaN)).toBe(false);
  });

  it("shows a gradient that is no number, and does not hide it as 0", () => {
    const row = new Row(ftrl(0.5, { beta: 1, l1: 1, l2: 0, accumulator: 0 }), [0, 0, 0, 0]);
    expect(row.step([Number.NaN, 0, 0, 0], 1)[0]).toBeNaN();
    expect(row.vector[1]).toBe(0);
  });
});
