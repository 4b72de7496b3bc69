import { onlineModelConformance } from "../testing/onlineModelConformance.ts";
import { DeepFactorisationMachine, FactorisationMachine, LogisticRegression } from "./index.ts";

const slots = { user: {}, item: {}, rare: { admitAfter: 3, ttlSeconds: 100 } };

onlineModelConformance("logistic regression", {
  makeModel: (arena) => LogisticRegression.create(arena, { slots, seed: 1n }),
  batchMax: 1,
});

onlineModelConformance("factorisation machine", {
  makeModel: (arena) => FactorisationMachine.create(arena, { slots, dim: 8, seed: 1n }),
  batchMax: 1,
});

for (const batchMax of [1, 7, 64]) {
  onlineModelConformance(`DeepFM, minibatches of ${batchMax}`, {
    makeModel: (arena) => {
      const options = { slots, dim: 8, hiddenWidths: [16, 8], batchMax, featureCountMax: 32 };
      return DeepFactorisationMachine.create(arena, { ...options, seed: 1n });
    },
    batchMax,
  });
}

onlineModelConformance("DeepFM with dropout", {
  makeModel: (arena) =>
    DeepFactorisationMachine.create(arena, {
      slots,
      dim: 8,
      hiddenWidths: [16, 8],
      dense: { dropout: 0.2 },
      batchMax: 16,
      featureCountMax: 32,
      seed: 1n,
    }),
  batchMax: 16,
  skips: { weightScales: "the gradient is that of the masked network" },
});

onlineModelConformance("DeepFM under Adam", {
  makeModel: (arena) =>
    DeepFactorisationMachine.create(arena, {
      slots,
      dim: 8,
      hiddenWidths: [16, 8],
      dense: { optimiser: { kind: "adam", learningRate: 0.002 } },
      batchMax: 16,
      featureCountMax: 32,
      seed: 1n,
    }),
  batchMax: 16,
  skips: { weightZero: "Adam goes on as it went", weightScales: "Adam goes on as it went" },
});
