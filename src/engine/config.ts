import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { FoldbackError } from "../core/index.ts";
import { defaultFeedbackRules } from "../features/index.ts";

const mebibyte = 1_048_576;
const closed = { additionalProperties: false } as const;

const whole = (description: string, value: number, minimum: number, maximum: number) =>
  Type.Integer({ description, default: value, minimum, maximum });
const number = (description: string, value: number, minimum: number, maximum: number) =>
  Type.Number({ description, default: value, minimum, maximum });

const feedbackRule = Type.Object(
  {
    weight: Type.Number({ minimum: -100, maximum: 100 }),
    had: Type.Boolean(),
    secondsMin: Type.Optional(Type.Number({ minimum: 0 })),
  },
  closed,
);

const httpSettings = Type.Object(
  {
    host: Type.String({ description: "Address to listen at.", default: "127.0.0.1", minLength: 1 }),
    port: whole("0 takes any free port.", 7878, 0, 65_535),
    batchEventsMax: whole("Events in one request.", 5000, 1, 100_000),
    bodyBytesMax: whole("Bytes of one request's body.", 8 * mebibyte, 1024, 1024 * mebibyte),
  },
  { ...closed, default: {} },
);

const logSettings = Type.Object(
  {
    partitionCount: whole("Fixed when the log is first opened.", 16, 1, 32_768),
    segmentBytesMax: whole("A new file begins here.", 128 * mebibyte, mebibyte, 1024 * mebibyte),
    duplicateIdsMax: whole(
      "Event ids remembered, up to 40 bytes each; beyond, the oldest are forgotten early.",
      6_000_000,
      1000,
      400_000_000,
    ),
  },
  { ...closed, default: {} },
);

const limitSettings = Type.Object(
  {
    itemsMax: whole("Items beyond are not learned of.", 1_000_000, 1, 50_000_000),
    accountsMax: whole("Beyond, the longest quiet is forgotten.", 2_000_000, 1, 100_000_000),
    itemsPerAccountMax: whole("Beyond, an account's oldest may come again.", 10_000, 64, 1_000_000),
  },
  { ...closed, default: {} },
);

const modelSettings = Type.Object(
  {
    kind: Type.Union([Type.Literal("fm"), Type.Literal("logistic")], {
      description: "fm: factorisation machine; logistic: weights only.",
      default: "fm",
    }),
    dim: Type.Integer({
      description: "Components of the learned vectors.",
      default: 16,
      minimum: 4,
      maximum: 128,
      multipleOf: 4,
    }),
    learningRate: number("Adagrad's, for vectors.", 0.1, 0, 10),
    l2: number("Pulls vectors towards 0.", 0, 0, 1),
    signalLearningRate: number("Adagrad's, for what signals are worth.", 0.2, 0, 10),
    linear: Type.Object(
      {
        alpha: number("FTRL's learning rate.", 0.05, 1e-6, 10),
        beta: number("Damps the first steps.", 0, 0, 10),
        l1: number("Keeps weights with little evidence at 0.", 0, 0, 100),
        l2: number("Pulls weights towards 0.", 0, 0, 100),
      },
      { ...closed, default: {} },
    ),
    admitAfter: whole("An id has a row from its n-th event on.", 1, 1, 1_000_000),
    ttlSeconds: whole(
      "An id without an event for so long gives up its row; 0 = never.",
      0,
      0,
      4_000_000_000,
    ),
    seed: whole("Decides the initial vectors.", 1, 0, 4_294_967_295),
    sizeBytesMax: whole(
      "Memory of the embedding tables.",
      1024 * mebibyte,
      16 * mebibyte,
      4096 * mebibyte,
    ),
  },
  { ...closed, default: {} },
);

const trainingSettings = Type.Object(
  {
    negativesPerPositive: whole("Items drawn as not taken, for each one taken.", 30, 1, 1000),
    uniformShare: number("Share drawn evenly; the rest by popularity.", 0.3, 0.01, 1),
    expireEverySeconds: whole("Between two passes of expiry, by log time.", 3600, 1, 86_400),
    snapshotEveryRecords: whole("A snapshot after so many records …", 100_000, 1, 1_000_000_000),
    snapshotEverySeconds: whole("… or so many seconds, if anything is new.", 60, 1, 86_400),
    snapshotsKept: whole("Older ones are removed.", 3, 1, 100),
  },
  { ...closed, default: {} },
);

const configSchema = Type.Object(
  {
    dataDirectory: Type.String({
      description: "Where the log and the snapshots are.",
      default: "foldback-data",
      minLength: 1,
    }),
    eventTypes: Type.Array(Type.String({ pattern: "^[a-z][a-z0-9_]{0,63}$" }), {
      description: "Event types of your own, besides the known ones.",
      default: [],
      maxItems: 1000,
    }),
    feedback: Type.Record(Type.String(), feedbackRule, {
      description: "What an event type says; yours stand beside or replace the defaults.",
      default: {},
    }),
    http: httpSettings,
    log: logSettings,
    limits: limitSettings,
    model: modelSettings,
    training: trainingSettings,
  },
  { ...closed, default: {} },
);

/** Every setting, with its value. */
export type Config = Static<typeof configSchema>;

type Partially<T> = {
  readonly [K in keyof T]?: T[K] extends readonly unknown[]
    ? T[K]
    : T[K] extends object
      ? Partially<T[K]>
      : T[K];
};

/** What a config file may give: any part of `Config`; the rest has defaults. */
export type UserConfig = Partially<Omit<Config, "feedback">> & Partial<Pick<Config, "feedback">>;

/**
 * Names a config's type in a config file; checks and fills in nothing.
 *
 * @example export default defineConfig({ http: { port: 8080 }, feedback: { like: { weight: 2, had: true } } });
 */
export function defineConfig(config: UserConfig): UserConfig {
  return config;
}

/**
 * Fills in the defaults and checks every setting.
 *
 * @throws FoldbackError CONFIG_INVALID naming the first wrong setting, what came and what is allowed.
 */
export function resolveConfig(user: UserConfig = {}): Config {
  const config: unknown = Value.Default(configSchema, structuredClone(user));
  if (Value.Check(configSchema, config)) {
    return { ...config, feedback: { ...defaultFeedbackRules, ...config.feedback } };
  }
  // An unknown setting is reported twice, first as a false schema: the second report has its name.
  const problem = Value.Errors(configSchema, config).find(({ keyword }) => keyword !== "boolean");
  const path = (problem?.instancePath ?? "").split("/").filter(Boolean);
  const came = path.reduce<unknown>(
    (value, key) => (value as Record<string, unknown>)[key],
    config,
  );
  const name = path.length === 0 ? "config" : path.join(".");
  const allowed = allowedBy(problem);
  throw new FoldbackError(
    "CONFIG_INVALID",
    `${name} is ${JSON.stringify(came)?.slice(0, 80)}; ${allowed}`,
    { details: { setting: name, allowed } },
  );
}

function allowedBy(
  problem:
    | { readonly keyword: string; readonly message: string; readonly params: object }
    | undefined,
): string {
  if (problem?.keyword === "additionalProperties") {
    const { additionalProperties } = problem.params as { additionalProperties: readonly string[] };
    return `there is no setting ${additionalProperties.join(", ")}; see the list in docs/CONFIG.md`;
  }
  return problem?.message ?? "it is not of the right type";
}
