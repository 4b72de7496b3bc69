/**
 * The steps of DeepFM against numerical gradients: the loss is written down here from the formulas, in
 * float64, pair by pair, and each parameter is moved a little both ways.
 */
import { describe, expect, it } from "vitest";
import { hash64, Random } from "../core/index.ts";
import { layout, twin } from "../kernels/index.ts";
import {
  type DeepMachine,
  type DeepMachineOptions,
  makeDeepMachine,
  putMinibatch,
} from "../testing/deepMachine.ts";
import { rowInPlace } from "../testing/rowsInPlace.ts";
import { type Example, targetOf } from "./onlineModel.ts";

/**
 * With sums of squares so large, and a rate to match, Adagrad moves by minus the gradient; FTRL's z of a
 * weight that is 0 is its gradient.
 */
const large = { learningRate: 1000, initialAccumulator: 1e6 };
const base = {
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
      return Array.from({ length: base.dim }, (_, d) => {
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
function examples(): Example[] {
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
function expectGradients(options: Omit<DeepMachineOptions, keyof typeof base>): void {
  const machine = makeDeepMachine({ ...base, ...options });
  const { slots, kernel, workspace, arena, dense, settings, pointer } = machine;
  const half = dense.length / 2;
  // Biases start at 0, and a slope at 0 of |b| is none: away from it.
  const random = new Random(9);
  for (let i = 0; i < half; i++) dense[i] += (random.uniform() - 0.5) / 5;
  putMinibatch(machine, examples());
  for (const table of slots.list) {
    for (const { row } of admitted(table)) rowInPlace(arena, table, row).accumulator.fill(1e6);
  }
  const examplesBefore = Number(arena.u64(pointer + layout.deepExamplesAt, 1)[0]);
  const seed = hash64("dropout", 1n);
  const keep = Math.round((1 - settings.dropout) * layout.deepKeepAll);
  const masks = examples().map((_, e) => {
    return settings.hiddenWidths.map((width, l) => {
      return twin.unitMask(seed, examplesBefore + e, l, { width, keep }).map((stays) => {
        return stays ? layout.deepKeepAll / keep : 0;
      });
    });
  });
  const before = parametersOf(machine);
  const names = Object.keys(slots.tables);
  const losses = () => lossesOf(before, names, examples(), masks);
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
          total() + (base.vectors.l2 / 2) * row.v.reduce((s, v) => s + v * v, 0);
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
