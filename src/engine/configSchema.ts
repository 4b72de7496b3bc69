/** The settings: their types, defaults, ranges and meanings. `docs/CONFIG.md` is this file as a table. */

import { type Static, Type } from "../core/index.ts";
import { type SegmentField, segmentFields } from "../event/index.ts";
import { attributionSettings } from "./attributionSettings.ts";
import { experimentsSetting } from "./experiments/settings.ts";
import { kafkaSettings } from "./kafkaSettings.ts";
import { peopleSettings } from "./peopleSettings.ts";
import { responseSettings } from "./responseSettings.ts";
import { closed, ftrl, number, whole } from "./settingTypes.ts";

const mebibyte = 1_048_576;

const feedbackRule = Type.Object(
  {
    weight: Type.Number({
      description:
        "Above 0: the account wants such items, by so much (a like is 1). Below 0: it does not. 0: says nothing.",
      minimum: -100,
      maximum: 100,
    }),
    had: Type.Boolean({
      description:
        "Whether the account has had the item now: then it is not recommended to it again.",
    }),
    secondsMin: Type.Optional(
      Type.Number({
        description: "An event with fewer `seconds` counts as a `skip`.",
        minimum: 0,
        maximum: 1_000_000_000,
      }),
    ),
    byShare: Type.Optional(
      Type.Boolean({
        description:
          "Whether `seconds` against the item's `lengthSeconds` says how much it was wanted.",
      }),
    ),
  },
  closed,
);

const accessKey = Type.Object(
  {
    name: Type.String({ description: "For logs.", minLength: 1, maxLength: 64 }),
    sha256: Type.String({
      description: "SHA-256 of the key, in hexadecimal: `foldback key` makes both.",
      pattern: "^[0-9a-f]{64}$",
    }),
    scopes: Type.Array(
      Type.Union([Type.Literal("ingest"), Type.Literal("read"), Type.Literal("admin")]),
      { description: "What it is good for.", minItems: 1, maxItems: 3 },
    ),
  },
  closed,
);

const httpSettings = Type.Object(
  {
    host: Type.String({ description: "Address to listen at.", default: "127.0.0.1", minLength: 1 }),
    port: whole("0 takes any free port.", 7878, 0, 65_535),
    batchEventsMax: whole("Events in one request.", 5000, 1, 100_000),
    bodyBytesMax: whole("Bytes of one request's body.", 8 * mebibyte, 1024, 1024 * mebibyte),
    concurrentMax: whole("Requests under way at once; beyond, 503.", 1024, 1, 1_000_000),
    waitMsMax: whole("A request that waited longer behind others gets 503.", 500, 1, 60_000),
    requestsPerSecondMax: whole(
      "Of one caller, by key or else by address; beyond, 429; 0 = no limit.",
      0,
      0,
      10_000_000,
    ),
    keys: Type.Array(accessKey, {
      description: "Who may do what; without any, everybody may do everything.",
      default: [],
      maxItems: 1000,
    }),
    corsOrigins: Type.Array(Type.String({ minLength: 1 }), {
      description: "Origins of pages that may call it from browsers, or `*`.",
      default: [],
      maxItems: 100,
    }),
    logRequests: Type.Boolean({
      description: "Whether `foldback serve` prints a line for each request.",
      default: false,
    }),
  },
  { ...closed, default: {} },
);

const logSettings = Type.Object(
  {
    kafka: kafkaSettings,
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
    accountPropertiesBytesMax: whole(
      "Of what accounts are said to be like, in each of two threads; beyond, what was said the longest ago is forgotten.",
      268_435_456,
      1_048_576,
      68_719_476_736,
    ),
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
    linear: ftrl({ alpha: 0.05, beta: 0 }),
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

const impressionSettings = Type.Object(
  {
    shown: Type.Union([Type.Literal("impression"), Type.Literal("served")], {
      description:
        "What counts as shown: what clients tell by impressions, or all that was served, where they tell none.",
      default: "impression",
    }),
    windowSeconds: whole(
      "An impression waits so long for an action, by log time.",
      1800,
      1,
      604_800,
    ),
    lateSeconds: whole("For so long after that an action still finds it.", 259_200, 0, 2_592_000),
    negativeWeight: number("Weight of one that nobody acted on; a like is 1.", 1, 0, 100),
    negativeRate: number(
      "Probability with which one that nobody wanted is learned from; its odds are corrected for.",
      1,
      1e-6,
      1,
    ),
    negativeCorrection: Type.Union([Type.Literal("training"), Type.Literal("serving")], {
      description: "Where they are: −ln rate added to the logit in training, or odds in serving.",
      default: "training",
    }),
    negatives: Type.Union([Type.Literal("afterWindow"), Type.Literal("atOnce")], {
      description:
        "afterWindow: it teaches when its window ends; atOnce: as if nobody would ever act, and the action on top.",
      default: "afterWindow",
    }),
    inMemoryMax: whole(
      "So many in memory, 500 bytes each; older ones on disk.",
      50_000,
      0,
      10_000_000,
    ),
    waitingMax: whole(
      "So many wait, 150 bytes each; beyond, the oldest teaches nothing.",
      1_000_000,
      1,
      100_000_000,
    ),
    outcomesMax: whole(
      "Of those on disk, so many outcomes are kept, 500 bytes each.",
      100_000,
      1,
      10_000_000,
    ),
  },
  { ...closed, default: {} },
);

const healthSettings = Type.Object(
  {
    driftRise: number(
      "An alarm when the log loss rises by this share of that of the mean.",
      0.1,
      0,
      100,
    ),
    overfittingGap: number(
      "An alarm when what was learned is foretold with a log loss lower by this share.",
      0.4,
      0,
      1,
    ),
    calibrationRatio: number(
      "An alarm when predictions are so many times too high or too low.",
      1.25,
      1,
      1000,
    ),
  },
  { ...closed, default: {} },
);

const property = (description: string) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength: 256 }));

const trackedEvent = Type.Object(
  {
    type: Type.String({ description: "What it becomes: a known type, or one of `eventTypes`." }),
    properties: Type.Optional(
      Type.Object(
        Object.fromEntries(
          segmentFields.map((field) => [field, property(`Where \`${field}\` stands.`)]),
        ) as Record<SegmentField, ReturnType<typeof property>>, // one for each, by the line above
        closed,
      ),
    ),
  },
  closed,
);

const segmentSettings = Type.Object(
  {
    events: Type.Record(Type.String(), trackedEvent, {
      description:
        "What `track` messages of a name become, and where in their properties the fields stand; beside the names of Segment's specs, or in place of them.",
      default: {},
    }),
    playSeconds: number(
      "A heartbeat of a video makes its play once the video is at this second.",
      30,
      0,
      1_000_000_000,
    ),
  },
  { ...closed, default: {} },
);

const trainingSettings = Type.Object(
  {
    negativesPerPositive: whole("Items drawn as not taken, for each one taken.", 30, 1, 1000),
    uniformShare: number("Share drawn evenly; the rest by popularity.", 0.3, 0.01, 1),
    expireEverySeconds: whole("Between two passes of expiry, by log time.", 3600, 1, 86_400),
    impressions: impressionSettings,
    lagRecordsMax: whole(
      "Events taken since the start that may wait to be learned from; beyond, OVERLOADED.",
      1_000_000,
      1,
      1_000_000_000,
    ),
    health: healthSettings,
    snapshotEveryRecords: whole("A snapshot after so many records …", 100_000, 1, 1_000_000_000),
    snapshotEverySeconds: whole("… or so many seconds, if anything is new.", 60, 1, 86_400),
    snapshotsKept: whole("Older ones are removed.", 3, 1, 100),
  },
  { ...closed, default: {} },
);

const explorationSettings = Type.Object(
  {
    policy: Type.Union([Type.Literal("none"), Type.Literal("thompson")], {
      description:
        "Who gets a place: the best; or the best of scores drawn anew, the less sure the fewer times an item was shown.",
      default: "none",
    }),
    spread: number(
      "`thompson`: deviation of the logarithm of a score never shown.",
      0.5,
      0.001,
      10,
    ),
    epsilon: number("Share of places that any candidate may get, all alike.", 0, 0, 1),
    newItems: Type.Object(
      {
        share: number("Share of lists that have a place for items seldom shown.", 0, 0, 1),
        place: whole("Which place that is, from 0.", 4, 0, 499),
        shownMax: whole("Shown less often is seldom.", 100, 1, 1_000_000_000),
      },
      { ...closed, default: {} },
    ),
  },
  {
    ...closed,
    default: {},
    description:
      "How lists over HTTP are varied. Each item then says with what probability it came (`propensity`), and so does the log.",
  },
);

const servingSettings = Type.Object(
  {
    log: Type.Boolean({
      description:
        "Whether what is recommended over HTTP is kept in the log, under the `request` of the reply.",
      default: true,
    }),
    exploration: explorationSettings,
    candidates: Type.Object(
      {
        vectors: whole("Nearest by learned vectors.", 60, 0, 500),
        cooccurrence: whole("Wanted by the same accounts.", 120, 0, 500),
        trend: whole("Wanted now.", 90, 0, 500),
        new: whole("Seen first most recently.", 30, 0, 500),
        accounts: whole("Wanted lately by accounts that wanted the same.", 0, 0, 500),
      },
      {
        ...closed,
        default: {},
        description: "How many each source may give; a request costs in proportion to their sum.",
      },
    ),
  },
  { ...closed, default: {} },
);

const retentionSettings = Type.Object(
  {
    days: Type.Record(Type.String(), Type.Number({ minimum: 0, maximum: 36_500 }), {
      description:
        "How long events stay in the log, by type; `*` says it of all types that are not named, but of `item_set` and `account_set`. What was learned from them stays.",
      default: {},
    }),
    everyHours: number("Between two looks for what is too old.", 24, 0.001, 8760),
  },
  { ...closed, default: {} },
);

const privacySettings = Type.Object(
  {
    pseudonymKeyFile: Type.String({
      description:
        "A file with a key of at least 32 characters: names of accounts, sessions and devices are replaced by keyed hashes when they come in (PRIVACY.md). Fixed with the first event.",
      default: "",
    }),
  },
  { ...closed, default: {} },
);

export const configSchema = Type.Object(
  {
    dataDirectory: Type.String({
      description: "Where the log and the snapshots are.",
      default: "foldback-data",
      minLength: 1,
    }),
    attribution: attributionSettings,
    eventTypes: Type.Array(Type.String({ pattern: "^[a-z][a-z0-9_]{0,63}$" }), {
      description: "Event types of your own, besides the known ones.",
      default: [],
      maxItems: 1000,
    }),
    experiments: experimentsSetting,
    feedback: Type.Record(Type.String(), feedbackRule, {
      description:
        "What an event of a type says; each you give stands beside the defaults, or replaces the one of its type.",
      default: {},
    }),
    http: httpSettings,
    log: logSettings,
    limits: limitSettings,
    model: modelSettings,
    people: peopleSettings,
    privacy: privacySettings,
    response: responseSettings,
    retention: retentionSettings,
    segment: segmentSettings,
    serving: servingSettings,
    training: trainingSettings,
  },
  { ...closed, default: {} },
);

/** Every setting, with its value. */
export type Config = Static<typeof configSchema>;
