import { describe, expect, it } from "vitest";
import { instantiateKernels, layout, webAssembly } from "../kernels/index.ts";
import {
  adagrad,
  adam,
  ftrl,
  type OptimiserCase,
  rmsprop,
  sgd,
} from "../testing/optimiserCases.ts";
import {
  checkedOptimiser,
  initialStateOf,
  type Optimiser,
  stateCountOf,
  writeOptimiser,
} from "./optimiser.ts";

describe("checkedOptimiser", () => {
  it("fills in the defaults", () => {
    const defaults: Optimiser[] = [
      { kind: "sgd", learningRate: 0.1, momentum: 0, weightDecay: 0 },
      { kind: "adagrad", learningRate: 0.1, initialAccumulator: 1, weightDecay: 0 },
      { kind: "ftrl", learningRate: 0.1, beta: 1, l1: 0, l2: 0, initialAccumulator: 0 },
      { kind: "rmsprop", learningRate: 0.1, decay: 0.9, epsilon: 1e-8, weightDecay: 0 },
      {
        kind: "adam",
        learningRate: 0.1,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay: 0,
      },
    ];
    for (const settings of defaults) {
      const { kind, learningRate } = settings;
      expect(checkedOptimiser({ kind, learningRate })).toEqual(settings);
    }
  });

  it("keeps what was given", () => {
    const given: Optimiser[] = [
      { kind: "sgd", learningRate: 1, momentum: 0.5, weightDecay: 0.1 },
      { kind: "adagrad", learningRate: 1, initialAccumulator: 0.1, weightDecay: 0.1 },
      { kind: "ftrl", learningRate: 1, beta: 0, l1: 2, l2: 3, initialAccumulator: 4 },
      { kind: "rmsprop", learningRate: 1, decay: 0, epsilon: 1, weightDecay: 0.1 },
      {
        kind: "adam",
        learningRate: 1,
        beta1: 0,
        beta2: 0.5,
        epsilon: 1,
        weightDecay: 0.1,
      },
    ];
    for (const settings of given) expect(checkedOptimiser(settings)).toEqual(settings);
  });

  it("refuses what is out of range, by name", () => {
    const refused: [string, Optimiser][] = [
      ["learningRate", { kind: "sgd", learningRate: 0 }],
      ["learningRate", { kind: "adam", learningRate: Number.NaN }],
      ["learningRate", { kind: "ftrl", learningRate: -1 }],
      ["learningRate", { kind: "adagrad", learningRate: 1e39 }],
      ["learningRate", { kind: "rmsprop", learningRate: 1e-50 }],
      ["momentum", { kind: "sgd", learningRate: 1, momentum: 1 }],
      // In float32 it is 1.
      ["momentum", { kind: "sgd", learningRate: 1, momentum: 1 - 1e-9 }],
      ["weightDecay", { kind: "sgd", learningRate: 1, weightDecay: -0.1 }],
      ["initialAccumulator", { kind: "adagrad", learningRate: 1, initialAccumulator: 0 }],
      ["weightDecay", { kind: "adagrad", learningRate: 1, weightDecay: Infinity }],
      ["beta", { kind: "ftrl", learningRate: 1, beta: -1 }],
      ["l1", { kind: "ftrl", learningRate: 1, l1: Number.NaN }],
      ["l2", { kind: "ftrl", learningRate: 1, l2: -1 }],
      ["initialAccumulator", { kind: "ftrl", learningRate: 1, initialAccumulator: -1 }],
      ["decay", { kind: "rmsprop", learningRate: 1, decay: 1 }],
      ["epsilon", { kind: "rmsprop", learningRate: 1, epsilon: 0 }],
      ["weightDecay", { kind: "rmsprop", learningRate: 1, weightDecay: -1 }],
      ["beta1", { kind: "adam", learningRate: 1, beta1: -0.1 }],
      ["beta2", { kind: "adam", learningRate: 1, beta2: 1 }],
      ["epsilon", { kind: "adam", learningRate: 1, epsilon: 1e-46 }],
      ["weightDecay", { kind: "adam", learningRate: 1, weightDecay: -1 }],
      ["kind", { kind: "lion", learningRate: 1 } as unknown as Optimiser],
    ];
    for (const [name, optimiser] of refused) {
      expect(() => checkedOptimiser(optimiser), JSON.stringify(optimiser)).toThrow(
        expect.objectContaining({
          code: "CONFIG_INVALID",
          details: expect.objectContaining({ name }),
        }),
      );
    }
  });
});

/** The same optimiser twice: as an option, and as its paper's formula in float64. */
const both: [Optimiser, OptimiserCase, number][] = [
  [{ kind: "sgd", learningRate: 0.1, weightDecay: 0.1 }, sgd(0.1, 0, 0.1), 0],
  [{ kind: "sgd", learningRate: 0.1, momentum: 0.8, weightDecay: 0.1 }, sgd(0.1, 0.8, 0.1), 1],
  [
    { kind: "adagrad", learningRate: 0.1, initialAccumulator: 0.3, weightDecay: 0.1 },
    adagrad(0.1, 0.3, 0.1),
    1,
  ],
  [
    { kind: "ftrl", learningRate: 0.1, beta: 0.5, l1: 0.3, l2: 0.2, initialAccumulator: 0.7 },
    ftrl(0.1, { beta: 0.5, l1: 0.3, l2: 0.2, accumulator: 0.7 }),
    2,
  ],
  [
    { kind: "rmsprop", learningRate: 0.1, decay: 0.7, epsilon: 0.01, weightDecay: 0.1 },
    rmsprop(0.1, 0.7, 0.01, 0.1),
    1,
  ],
  [
    {
      kind: "adam",
      learningRate: 0.1,
      beta1: 0.8,
      beta2: 0.95,
      epsilon: 0.01,
      weightDecay: 0.1,
    },
    adam(0.1, [0.8, 0.95], 0.01, 0.1),
    2,
  ],
];

describe("an optimiser written for the kernel", () => {
  for (const [optimiser, { reference, start }, stateCount] of both) {
    it(`moves a row as its options say: ${optimiser.kind}, ${stateCount} states`, () => {
      const settings = checkedOptimiser(optimiser);
      expect(stateCountOf(settings)).toBe(stateCount);
      expect(initialStateOf(settings)).toEqual(start);

      const memory = new webAssembly.Memory({ initial: 1, maximum: 1, shared: true });
      const kernels = instantiateKernels(memory);
      const words = new Uint32Array(memory.buffer);
      const floats = new Float32Array(memory.buffer);
      const [recordAt, vectorAt, gradientAt, stateAt] = [64, 256, 320, 384];
      // What was there before is no part of it, and what lies around it stays.
      words.fill(0x7fc00000, 0, vectorAt / 4);
      writeOptimiser(words, floats, recordAt, settings);
      expect(words[recordAt / 4 - 1]).toBe(0x7fc00000);
      expect(words[(recordAt + layout.optimiserBytes) / 4]).toBe(0x7fc00000);
      expect(words[(recordAt + layout.optimiserBytes) / 4 - 1]).toBe(0);

      const [w0, w1] = [0.5, -0.25];
      floats.set([w0, w1, w0, w1], vectorAt / 4);
      for (const [i, value] of initialStateOf(settings).slice(0, stateCount).entries())
        floats.fill(value, stateAt / 4 + i * 4, stateAt / 4 + i * 4 + 4);
      const references = [w0, w1, w0, w1].map((w) => reference(w));
      for (let t = 1; t <= 20; t++) {
        const gradient = [1, -0.5, 0.25, 2].map((g, d) => g * Math.cos(t * (d + 1)));
        floats.set(gradient, gradientAt / 4);
        kernels.optimiserStep(
          recordAt,
          vectorAt,
          stateAt,
          gradientAt,
          16,
          settings.learningRate,
          t,
        );
        for (const [d, one] of references.entries())
          expect(floats[vectorAt / 4 + d]).toBeCloseTo(one.step(gradient[d], t), 6);
      }
    });
  }
});
