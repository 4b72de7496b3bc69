/** The kernels of DeepFM against their twins, to the bit, and the twins' masks. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layout, twin } from "../kernels/index.ts";
import { type DeepMachineOptions, makeDeepMachine, putMinibatch } from "../testing/deepMachine.ts";
import { copyOf, expectSameRows } from "../testing/rowsInPlace.ts";
import type { DenseOptions } from "./index.ts";

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
