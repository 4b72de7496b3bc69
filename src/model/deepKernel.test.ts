/**
 * The kernels of DeepFM against their twins, to the bit; the twins' masks; and the steps against numerical
 * gradients: the loss is written down here from the formulas, in float64, pair by pair, and each parameter
 * is moved a little both ways.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hash64, Random } from "../core/index.ts";
import { Arena } from "../embedding/index.ts";
import { layout, twin } from "../kernels/index.ts";
import { copyOf, expectSameRows, rowInPlace } from "../testing/rowsInPlace.ts";
import { DeepKernel } from "./deepKernel.ts";
import { checkedDeep, type DeepOptions, denseLength } from "./deepOptions.ts";
import { DeepWorkspace } from "./deepWorkspace.ts";
import type { DenseOptions, Example, FtrlParams, VectorParams } from "./index.ts";
import { targetOf } from "./onlineModel.ts";
import { type SlotOptions, Slots } from "./slots.ts";

interface DeepMachineOptions extends DeepOptions {
  readonly dim: number;
  readonly slots: Readonly<Record<string, SlotOptions>>;
  readonly linear: FtrlParams;
  readonly vectors: VectorParams;
}

function makeDeepMachine(options: DeepMachineOptions) {
  const { dim, slots: slotOptions, linear, vectors } = options;
  const arena = Arena.create({ sizeBytesMax: 16 * 1_048_576 });
  const initialiser = { kind: "normal", scale: 0.3 } as const;
  const slots = Slots.create(arena, slotOptions, { dim, seed: 1n, initialiser }, 12);
  const fieldCount = slots.list.length;
  const settings = checkedDeep(options, { dim, fieldCount, featureCountMax: 12 });
  const kernel = DeepKernel.create(arena, { settings, linear, vectors, seed: 1n });
  const workspace = new DeepWorkspace(arena, slots, settings);
  const { pointer } = kernel.share();
  const [denseAt] = arena.u32(pointer + layout.deepDenseAt, 1);
  return {
    arena,
    slots,
    settings,
    kernel,
    workspace,
    /** Of the control record. */
    pointer,
    /** Weights and optimiser state, in place. */
    dense: arena.f32(denseAt, denseLength(settings) * 2),
  };
}

type DeepMachine = ReturnType<typeof makeDeepMachine>;

/** Fills the workspace with a minibatch, and takes its ids in. */
function putMinibatch(
  { workspace, kernel }: DeepMachine,
  examples: readonly Example[],
): twin.TwinBatch {
  workspace.clear();
  const targets = workspace.targets();
  for (const [i, example] of examples.entries()) {
    workspace.add(example.features);
    const { label, weight, offset } = targetOf(example);
    targets.set([label, weight, offset], i * 3);
  }
  workspace.lookUp((table, keys, rows) => table.observe(keys, rows, 1));
  return {
    deep: kernel.share().pointer,
    workspace: workspace.pointer,
    featureCount: workspace.featureCount,
    examples: examples.length,
  };
}

const base = {
  slots: { a: {}, b: {}, c: { admitAfter: 2 } },
  linear: { alpha: 0.1, beta: 0.5, l1: 0.01, l2: 0.1 },
  vectors: { learningRate: 0.1, l2: 0.01 },
  batchMax: 9,
};

const feature = fc.record({
  slot: fc.constantFrom("a", "b", "c"),
  id: fc.bigInt({ min: 0n, max: 9n }),
  value: fc.oneof(fc.constant(1), fc.constant(0), fc.float({ min: -2, max: 2, noNaN: true })),
});
const example = fc.record({
  features: fc.array(feature, { maxLength: 12 }),
  label: fc.constantFrom(0, 1, 0.25),
  weight: fc.constantFrom(1, 0.5, 3, 0),
  offset: fc.constantFrom(0, 2.3),
});
const minibatches = fc.array(fc.array(example, { minLength: 1, maxLength: 9 }), {
  minLength: 1,
  maxLength: 4,
});

function expectTwin(options: DeepMachineOptions): void {
  fc.assert(
    fc.property(minibatches, (batches) => {
      const machine = makeDeepMachine(options);
      const { arena, slots, kernel, workspace, pointer, dense, settings } = machine;
      const densePlace = arena.u32(pointer + layout.deepDenseAt, 1)[0] / 4;
      for (const examples of batches) {
        const batch = putMinibatch(machine, examples);
        const memory = copyOf(arena);
        const logits = () => Array.from(workspace.logits.subarray(0, examples.length));
        kernel.predict(workspace);
        expect(logits()).toEqual([...twin.twinDeepPredict(memory, batch)]);
        kernel.learn(workspace);
        const { learningRate } = settings.optimiser;
        expect(logits()).toEqual([...twin.twinDeepLearn(memory, batch, learningRate)]);
        expectSameRows(arena, slots.list, memory);
        expect(dense).toEqual(memory.f32.slice(densePlace, densePlace + dense.length));
        const record = arena.u32(pointer, layout.deepBytes / 4);
        expect(record).toEqual(memory.u32.slice(pointer / 4, pointer / 4 + record.length));
      }
    }),
    { numRuns: 8 },
  );
}

describe("the kernels equal their twins to the bit", () => {
  const adam = { kind: "adam", learningRate: 0.01 } as const;
  // Widths that leave a panel over, and one that is a panel; each layer's count of panels odd and even.
  const cases: [number, number[], DenseOptions][] = [
    [4, [4], {}],
    [4, [12], { l1: 0.01 }],
    [8, [8, 20], { l2: 0.1 }],
    [16, [20, 16], { dropout: 0.5 }],
    [20, [36, 12, 8], { optimiser: adam, l1: 0.01, l2: 0.1, dropout: 0.1 }],
    [128, [4, 8, 4, 12], { optimiser: adam }],
  ];
  for (const [dim, hiddenWidths, dense] of cases) {
    it(`predict and learn: dim ${dim}, layers ${hiddenWidths.join(" ")}, ${JSON.stringify(dense)}`, () => {
      expectTwin({ ...base, dim, hiddenWidths, dense });
    });
  }
});

describe("the masks", () => {
  const keep = Math.round(0.7 * layout.deepKeepAll);
  const count = 400;
  const width = 64;
  const masks = Array.from({ length: count }, (_, example) => {
    return twin.unitMask(7n, example, 0, { width, keep });
  });
  const share = (kept: readonly boolean[]) => kept.filter(Boolean).length / kept.length;

  it("keep the share that they should, of every unit and in every example", () => {
    // Standard deviations: 0.0029 over all, 0.023 a unit, 0.057 an example; 5 of them each way.
    expect(Math.abs(share(masks.flat()) - 0.7)).toBeLessThan(0.0145);
    for (let n = 0; n < width; n++)
      expect(Math.abs(share(masks.map((mask) => mask[n])) - 0.7)).toBeLessThan(0.115);
    for (const mask of masks) expect(Math.abs(share(mask) - 0.7)).toBeLessThan(0.29);
  });

  it("differ by example, layer and seed, and are the same for the same", () => {
    const [first, second] = masks;
    expect(second).not.toEqual(first);
    expect(twin.unitMask(7n, 0, 1, { width, keep })).not.toEqual(first);
    expect(twin.unitMask(8n, 0, 0, { width, keep })).not.toEqual(first);
    expect(twin.unitMask(7n, 0, 0, { width, keep })).toEqual(first);
  });
});

/**
 * With sums of squares so large, and a rate to match, Adagrad moves by minus the gradient; FTRL's z of a
 * weight that is 0 is its gradient.
 */
const large = { learningRate: 1000, initialAccumulator: 1e6 };
const gradientBase = {
  slots: { a: {}, b: {}, c: {} },
  dim: 4,
  hiddenWidths: [8, 4],
  linear: { alpha: 1, beta: 0, l1: 0, l2: 0 },
  vectors: { learningRate: 1000, l2: 0.05 },
  batchMax: 8,
};

interface Row {
  w: number;
  readonly v: number[];
}

/** All parameters in float64. */
interface Parameters {
  bias: number;
  readonly rows: ReadonlyMap<string, Row>;
  /** W (depth, width) and b of each layer. */
  readonly layers: readonly { readonly w: number[][]; readonly b: number[] }[];
  readonly output: number[];
}

const keyOf = ({ slot, id }: { slot: string; id: bigint }): string => `${slot} ${id}`;

/** The loss of each example. `masks[example][layer][unit]` scales the unit. */
function lossesOf(
  parameters: Parameters,
  slots: readonly string[],
  examples: readonly Example[],
  masks: readonly (readonly (readonly number[])[])[],
): number[] {
  return examples.map((example, e) => {
    const parts = example.features.map((feature) => {
      const row = parameters.rows.get(keyOf(feature))!;
      return { slot: feature.slot, row, x: Math.fround(feature.value ?? 1) };
    });
    let logit = parameters.bias;
    for (const [i, one] of parts.entries()) {
      logit += one.row.w * one.x;
      for (const other of parts.slice(i + 1))
        logit += one.row.v.reduce((sum, v, d) => sum + v * other.row.v[d], 0) * one.x * other.x;
    }
    let units = slots.flatMap((slot) => {
      const own = parts.filter((part) => part.slot === slot);
      return Array.from({ length: gradientBase.dim }, (_, d) => {
        return own.reduce((sum, { row, x }) => sum + row.v[d] * x, 0);
      });
    });
    for (const [l, { w, b }] of parameters.layers.entries()) {
      units = b.map((start, n) => {
        const sum = units.reduce((sum, unit, k) => sum + unit * w[k][n], start);
        return Math.max(0, sum) * masks[e][l][n];
      });
    }
    logit += units.reduce((sum, unit, n) => sum + unit * parameters.output[n], 0);
    const { label, weight, offset } = targetOf(example);
    const shifted = logit + offset;
    return weight * (Math.log1p(Math.exp(shifted)) - label * shifted);
  });
}

/** What the machine has now, from its tables and the documented bytes of its dense part. */
function parametersOf({ slots, dense, settings, arena, pointer }: DeepMachine): Parameters {
  const rows = new Map<string, Row>();
  for (const [name, table] of Object.entries(slots.tables)) {
    for (const entry of table.entries()) {
      if (entry.state !== "admitted") throw new Error("all ids are admitted");
      rows.set(keyOf({ slot: name, id: entry.key }), { w: entry.weight, v: [...entry.vector] });
    }
  }
  let at = 0;
  let depth = settings.fieldCount * settings.dim;
  const layers = settings.hiddenWidths.map((width) => {
    const w = Array.from({ length: depth }, () => new Array<number>(width).fill(0));
    for (let panel = 0; panel < width / 4; panel++)
      for (let k = 0; k < depth; k++)
        for (let lane = 0; lane < 4; lane++) w[k][panel * 4 + lane] = dense[at++];
    const b = [...dense.subarray(at, at + width)];
    at += width;
    depth = width;
    return { w, b };
  });
  const output = [...dense.subarray(at, at + depth)];
  return { bias: arena.f64(pointer, 1)[0], rows, layers, output };
}

/** 8 examples of 4 to 5 features: an id that comes in many, one that comes twice in one, values. */
function gradientExamples(): Example[] {
  const random = new Random(3);
  return Array.from({ length: 8 }, (_, i) => ({
    features: [
      { slot: "a", id: 0n },
      { slot: "b", id: BigInt(random.below(4)), value: 0.5 + random.uniform() },
      { slot: "c", id: BigInt(random.below(3)), value: -random.uniform() },
      { slot: "c", id: 1n, value: 0.3 },
      ...(i % 3 === 0 ? [{ slot: "a", id: BigInt(i) }] : []),
    ],
    label: i % 2,
    weight: 0.5 + random.uniform(),
    offset: random.uniform() - 0.5,
  }));
}

const step = 1e-5;

/** dObjective/d(owner[key]) by central differences. */
function slopeOf<K extends PropertyKey>(
  objective: () => number,
  owner: Record<K, number>,
  key: K,
): number {
  const value = owner[key];
  const at = (moved: number): number => {
    owner[key] = moved;
    const result = objective();
    owner[key] = value;
    return result;
  };
  return (at(value + step) - at(value - step)) / (2 * step);
}

function expectClose(moved: number, gradient: number): void {
  // float32 holds a weight of 1 to 6e-8.
  expect(Math.abs(moved - gradient)).toBeLessThan(1e-6 + 1e-4 * Math.abs(gradient));
}

/** Takes one step from weights that a few have moved, and compares what it moved with the gradients. */
function expectGradients(options: Omit<DeepMachineOptions, keyof typeof gradientBase>): void {
  const machine = makeDeepMachine({ ...gradientBase, ...options });
  const { slots, kernel, workspace, arena, dense, settings, pointer } = machine;
  const half = dense.length / 2;
  // Biases start at 0, and a slope at 0 of |b| is none: away from it.
  const random = new Random(9);
  for (let i = 0; i < half; i++) dense[i] += (random.uniform() - 0.5) / 5;
  putMinibatch(machine, gradientExamples());
  for (const table of slots.list) {
    for (const { row } of admitted(table)) rowInPlace(arena, table, row).accumulator.fill(1e6);
  }
  const examplesBefore = Number(arena.u64(pointer + layout.deepExamplesAt, 1)[0]);
  const seed = hash64("dropout", 1n);
  const keep = Math.round((1 - settings.dropout) * layout.deepKeepAll);
  const masks = gradientExamples().map((_, e) => {
    return settings.hiddenWidths.map((width, l) => {
      return twin.unitMask(seed, examplesBefore + e, l, { width, keep }).map((stays) => {
        return stays ? layout.deepKeepAll / keep : 0;
      });
    });
  });
  const before = parametersOf(machine);
  const names = Object.keys(slots.tables);
  const losses = () => lossesOf(before, names, gradientExamples(), masks);
  const total = () => losses().reduce((sum, loss) => sum + loss, 0);
  const weights = [...before.layers.flatMap(({ w }) => w), before.output];
  const penalty = () => {
    return weights.flat().reduce((sum, w) => {
      return sum + settings.l1 * Math.abs(w) + (settings.l2 / 2) * w * w;
    }, 0);
  };
  const mean = () => total() / masks.length + penalty();
  const gradients = {
    bias: slopeOf(total, before, "bias"),
    rows: new Map(
      Array.from(before.rows, ([key, row]) => {
        const decayed = () =>
          total() + (gradientBase.vectors.l2 / 2) * row.v.reduce((s, v) => s + v * v, 0);
        return [
          key,
          { w: slopeOf(total, row, "w"), v: row.v.map((_, d) => slopeOf(decayed, row.v, d)) },
        ];
      }),
    ),
    layers: before.layers.map(({ w, b }) => ({
      w: w.map((row) => row.map((_, n) => slopeOf(mean, row, n))),
      b: b.map((_, n) => slopeOf(mean, b, n)),
    })),
    output: before.output.map((_, n) => slopeOf(mean, before.output, n)),
  };

  kernel.learn(workspace);
  const after = parametersOf(machine);
  expectClose(arena.f64(pointer + layout.fmBiasZAt, 1)[0], gradients.bias);
  for (const [slot, table] of Object.entries(slots.tables)) {
    for (const { key, ftrlZ, vector } of admitted(table)) {
      const gradient = gradients.rows.get(keyOf({ slot, id: key }))!;
      expectClose(ftrlZ, gradient.w);
      const { v } = before.rows.get(keyOf({ slot, id: key }))!;
      for (const [d, value] of vector.entries()) expectClose(v[d] - value, gradient.v[d]);
    }
  }
  for (const [l, layer] of gradients.layers.entries()) {
    const [old, fresh] = [before.layers[l], after.layers[l]];
    for (const [k, row] of layer.w.entries())
      for (const [n, g] of row.entries()) expectClose(old.w[k][n] - fresh.w[k][n], g);
    for (const [n, g] of layer.b.entries()) expectClose(old.b[n] - fresh.b[n], g);
  }
  for (const [n, g] of gradients.output.entries())
    expectClose(before.output[n] - after.output[n], g);
  // The comparison says something: most of the gradients are not 0.
  const all = gradients.layers.flatMap(({ w, b }) => [...w.flat(), ...b]);
  expect(all.filter((g) => Math.abs(g) > 1e-4).length).toBeGreaterThan(all.length / 3);
}

function admitted(table: DeepMachine["slots"]["list"][number]) {
  return [...table.entries()].filter((entry) => entry.state === "admitted");
}

describe("a step goes along the gradient of the loss, of every parameter", () => {
  const optimiser = { kind: "adagrad", ...large } as const;

  it("without penalties", () => {
    expectGradients({ dense: { optimiser } });
  });

  it("with l1 and l2 of the dense weights", () => {
    expectGradients({ dense: { optimiser, l1: 0.02, l2: 0.3 } });
  });

  it("under the masks of dropout", () => {
    expectGradients({ dense: { optimiser, dropout: 0.4, l2: 0.1 } });
  });
});
