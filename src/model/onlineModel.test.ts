import { onlineModelConformance } from "../testing/onlineModelConformance.ts";
import { FactorisationMachine, LogisticRegression } from "./index.ts";

const slots = { user: {}, item: {}, rare: { admitAfter: 3, ttlSeconds: 100 } };

onlineModelConformance("logistic regression", {
  makeModel: (arena) => LogisticRegression.create(arena, { slots, seed: 1n }),
});

onlineModelConformance("factorisation machine", {
  makeModel: (arena) => FactorisationMachine.create(arena, { slots, dim: 8, seed: 1n }),
});
