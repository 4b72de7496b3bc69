/** Settings of the model of responses: what it learns from, and how. */
import { Type } from "../core/index.ts";
import type { SlotRules } from "../features/index.ts";
import { closed, ftrl, number, whole } from "./settingTypes.ts";

const mebibyte = 1_048_576;

const slotRule = Type.Object(
  {
    of: Type.Array(Type.String({ minLength: 1 }), {
      description: "One source, or up to 4: then each combination of their ids is an id, a cross.",
      minItems: 1,
      maxItems: 4,
    }),
    last: Type.Optional(
      Type.Integer({
        description: "Of `recent`: how many of the last wanted items; 20 where not given.",
        minimum: 1,
        maximum: 64,
      }),
    ),
    admitAfter: Type.Optional(
      Type.Integer({
        description: "An id has a row from its n-th example on; 1 where not given.",
        minimum: 1,
        maximum: 1_000_000,
      }),
    ),
    ttlSeconds: Type.Optional(
      Type.Integer({
        description: "An id without an example for so long gives up its row; 0 = never.",
        minimum: 0,
        maximum: 4_000_000_000,
      }),
    ),
  },
  closed,
);

const labelRule = Type.Object(
  {
    valueMin: Type.Number({
      description: "The label is 1 for a `value` of at least this, else 0.",
      minimum: -1e15,
      maximum: 1e15,
    }),
  },
  closed,
);

export const responseSettings = Type.Object(
  {
    kind: Type.Union(
      [Type.Literal("off"), Type.Literal("logistic"), Type.Literal("fm"), Type.Literal("deepfm")],
      {
        description:
          "fm: factorisation machine; logistic: weights only; deepfm: a network beside it; off: none is learned.",
        default: "fm",
      },
    ),
    dim: Type.Integer({
      description: "Components of the learned vectors.",
      default: 8,
      minimum: 4,
      maximum: 128,
      multipleOf: 4,
    }),
    slots: Type.Record(Type.String({ pattern: "^[A-Za-z][A-Za-z0-9_-]{0,63}$" }), slotRule, {
      description: "What an example is described by; without any, those of the table below.",
      default: {},
      maxProperties: 64,
    }),
    labels: Type.Record(Type.String(), labelRule, {
      description: "Event types that carry their own label, such as ratings.",
      default: {},
    }),
    learningRate: number("Adagrad's, for vectors.", 0.05, 0, 10),
    initialAccumulator: number("Where Adagrad's sums of squares start.", 0.1, 1e-6, 1000),
    initialScale: number("Standard deviation that vectors start with.", 0.02, 1e-6, 10),
    l2: number("Pulls vectors towards 0.", 0, 0, 1),
    linear: ftrl({ alpha: 0.1, beta: 1 }),
    deep: Type.Object(
      {
        hiddenWidths: Type.Array(Type.Integer({ minimum: 4, maximum: 1024, multipleOf: 4 }), {
          description: "Units of each hidden layer.",
          default: [64, 32],
          minItems: 1,
          maxItems: 4,
        }),
        learningRate: number("Adagrad's, for the network's weights.", 0.005, 1e-6, 10),
        dropout: number("Probability of a unit to be left out of a step.", 0, 0, 0.9),
        l1: number("Pulls the network's weights to exactly 0.", 0, 0, 1),
        l2: number("Pulls the network's weights towards 0.", 0, 0, 1),
        halvedAfter: whole(
          "The learning rate falls as 1/√(1 + examples / this), to half after three times as many; 0: it stays.",
          0,
          0,
          1_000_000_000,
        ),
      },
      { ...closed, default: {} },
    ),
    seed: whole("Decides the initial vectors.", 1, 0, 4_294_967_295),
    sizeBytesMax: whole(
      "Memory of its embedding tables.",
      512 * mebibyte,
      16 * mebibyte,
      4096 * mebibyte,
    ),
  },
  { ...closed, default: {} },
);

/** Where the config declares none. */
export const defaultSlots: SlotRules = {
  account: { of: ["account"] },
  item: { of: ["item"] },
  artist: { of: ["artist"] },
  categories: { of: ["categories"] },
  recent: { of: ["recent"] },
  position: { of: ["position"] },
  signals: { of: ["signals"] },
  accountArtist: { of: ["account", "artist"] },
  accountCategories: { of: ["account", "categories"] },
};
