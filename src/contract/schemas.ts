/** What bodies and replies look like: the words and shapes of the contract. */
import { Type } from "../core/index.ts";
import {
  alarmKinds,
  knownEventTypes,
  type MissingItem,
  metricNames,
  questions,
} from "../engine/index.ts";

const text = (description: string, example?: string) =>
  Type.Optional(
    Type.String({
      description,
      minLength: 1,
      maxLength: 256,
      ...(example !== undefined && { examples: [example] }),
    }),
  );

export const erasureSchema = Type.Object(
  {
    accounts: Type.Integer({ description: "How many were named." }),
    events: Type.Integer({ description: "Events that the log has lost." }),
    seconds: Type.Number({ description: "How long it took." }),
  },
  { title: "Erasure", additionalProperties: false },
);

/** Documentation: the engine parses events by hand, and takes a little more than this (docs/EVENTS.md). */
export const eventSchema = Type.Object(
  {
    id: text(
      "The sender's unique id: a second event of this source, type and id within 48 hours is dropped.",
    ),
    type: Type.String({
      description: `One of ${knownEventTypes.join(", ")}, \`item_set\`, \`account_set\`, or a name that the config declares.`,
    }),
    time: Type.Union([Type.Integer(), Type.String({ format: "date-time" })], {
      description: "When it happened: epoch milliseconds, or RFC 3339.",
    }),
    account: text("The login that did it; an anonymous session gives `session` instead.", "a17"),
    session: text("Session token."),
    device: text("Device id."),
    location: Type.Optional(
      Type.Object(
        {
          city: text("City."),
          state: text("State or region."),
          zip: text("Postal code."),
          country: Type.Optional(
            Type.String({ description: "ISO 3166-1, two capital letters.", pattern: "^[A-Z]{2}$" }),
          ),
          timeZone: text("IANA name, such as `Europe/Lisbon`."),
          lat: Type.Optional(
            Type.Number({
              description: "Becomes a place by name, and is not kept.",
              minimum: -90,
              maximum: 90,
            }),
          ),
          lon: Type.Optional(
            Type.Number({
              description: "Becomes a place by name, and is not kept.",
              minimum: -180,
              maximum: 180,
            }),
          ),
        },
        { description: "Where." },
      ),
    ),
    item: text("What it was about.", "song-9"),
    artist: text("Whose it is.", "r7"),
    playlist: text("The list that it was played from."),
    request: text("The served list that it belongs to.", "r-1"),
    position: Type.Optional(
      Type.Integer({
        description: "Its place in that list, from 0.",
        minimum: 0,
        maximum: 1_000_000,
        examples: [0],
      }),
    ),
    value: Type.Optional(
      Type.Number({
        description: "Money, a rating, or what the type makes of it.",
        examples: [4.5],
      }),
    ),
    currency: Type.Optional(
      Type.String({ description: "ISO 4217.", pattern: "^[A-Z]{3}$", examples: ["EUR"] }),
    ),
    seconds: Type.Optional(
      Type.Number({ description: "Watch or listening time.", minimum: 0, examples: [180] }),
    ),
    ad: Type.Optional(
      Type.Object(
        {
          channel: text("Channel."),
          advertiser: text("Advertiser."),
          campaign: text("Campaign."),
          group: text("Ad group."),
          creative: text("Creative."),
          cost: Type.Optional(
            Type.Number({ description: "Cost of this touch, in `currency`.", minimum: 0 }),
          ),
        },
        {
          description: "The advertisement or visit that it is a touch of.",
          examples: [{ channel: "social", campaign: "spring", cost: 0.12 }],
        },
      ),
    ),
    source: text("Who sent it."),
    country: Type.Optional(Type.String({ description: "ISO 3166-1.", pattern: "^[A-Z]{2}$" })),
    platform: text("Platform."),
    context: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]), {
        description: "Further named features.",
        examples: [{ mood: "calm", bpm: 96 }],
      }),
    ),
  },
  { title: "Event", description: "Something that somebody did.", additionalProperties: false },
);

const refusalSchema = Type.Object(
  {
    index: Type.Integer({ description: "Its place in the batch, from 0." }),
    field: Type.String({ description: "The first field that is wrong." }),
    came: Type.String({ description: "What came, shortened." }),
    allowed: Type.String({ description: "What would have been taken." }),
  },
  { title: "Refusal", description: "An event that was not taken, and why." },
);

export const ingestResultSchema = Type.Object(
  {
    accepted: Type.Integer({ description: "Events that are on disk now." }),
    duplicates: Type.Integer({ description: "Events that were dropped, as they came before." }),
    refused: Type.Array(refusalSchema),
  },
  { title: "IngestResult" },
);

const unmappedSchema = Type.Array(
  Type.Object(
    {
      kind: Type.String({ description: "message: as a whole; field: a part of one." }),
      name: Type.String({ description: "Of the event or the message's type; or the path." }),
      count: Type.Integer({ description: "How often." }),
    },
    { title: "UnmappedCount" },
  ),
  { description: "What Segment's messages tell that no event says." },
);

export const segmentResultSchema = Type.Object(
  {
    success: Type.Literal(true),
    ...ingestResultSchema.properties,
    unmapped: unmappedSchema,
  },
  { title: "SegmentResult" },
);

const recommendedItemSchema = Type.Object(
  {
    item: Type.String({ description: "Its id." }),
    title: Type.Optional(Type.String({ description: "The catalogue's, where it has one." })),
    score: Type.Number({ description: "Probability that this is what the account takes next." }),
    responseProbability: Type.Optional(
      Type.Number({ description: "Probability that it is acted on if it is shown at this place." }),
    ),
    propensity: Type.Optional(
      Type.Number({
        description:
          "Where lists are varied: the probability with which it came to its place, given those before it.",
      }),
    ),
    insteadOf: Type.Optional(
      Type.String({
        description:
          "Where lists are varied: what would have come to its place without chance, where that is another item.",
      }),
    ),
    sources: Type.Array(Type.String(), { description: "Candidate sources that found it." }),
    why: Type.Optional(
      Type.Object(
        {
          foundAt: Type.Record(Type.String(), Type.Integer(), {
            description: "Where each source had it, from 1.",
          }),
          rank: Type.Integer({ description: "Its place by boosted score alone, from 1." }),
          boost: Type.Number({ description: "By what its score was multiplied." }),
          parts: Type.Array(
            Type.Object({
              part: Type.String({
                description: "popularity, account, recent, or a measured signal.",
              }),
              item: Type.Optional(
                Type.String({ description: "Of recent: what the account wanted." }),
              ),
              value: Type.Number({ description: "What it adds to the logit." }),
            }),
            { description: "What the score is made of, the largest first." },
          ),
        },
        { title: "Explanation" },
      ),
    ),
  },
  { title: "RecommendedItem" },
);

export const boardItemsSchema = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          item: Type.String({ description: "Its id." }),
          title: Type.Optional(Type.String({ description: "The catalogue's, where it has one." })),
          score: Type.Number({
            description:
              "Trending, popular: its share of all that is wanted. Latest: when it was seen first. Similar: cosine.",
          }),
        },
        { title: "BoardItem" },
      ),
    ),
  },
  { title: "BoardItems" },
);

const known =
  "Known: artist, title, categories, keywords, hashtags, caption, released (a year), lengthSeconds, hidden, from, until.";

const propertyValue = Type.Union([
  Type.String(),
  Type.Number(),
  Type.Boolean(),
  Type.Array(Type.String({ pattern: "^[^|]+$" }), { maxItems: 100 }),
]);
const propertyKinds =
  "Texts, numbers, lists of texts (kept as one text, with | between them), true and false (1 and 0), by name.";
const patchKinds = "The same as null: the property goes.";

/** As callers write them. */
const newProperties = (title: string, description: string) =>
  Type.Record(Type.String({ minLength: 1 }), propertyValue, { title, description });
const patchOf = (title: string, description: string) =>
  Type.Record(Type.String({ minLength: 1 }), Type.Union([propertyValue, Type.Null()]), {
    title,
    description,
  });

export const itemPropertiesSchema = newProperties("NewItemProperties", `${propertyKinds} ${known}`);
export const itemPatchSchema = patchOf("ItemPatch", `${propertyKinds} ${patchKinds} ${known}`);
export const accountPropertiesSchema = newProperties("NewAccountProperties", propertyKinds);
export const accountPatchSchema = patchOf("AccountPatch", `${propertyKinds} ${patchKinds}`);

/** An item of a bulk: its id beside its properties. */
export const namedItemSchema = Type.Object(
  {
    item: Type.String({ description: "Its id.", minLength: 1, maxLength: 256 }),
    properties: itemPropertiesSchema,
  },
  { title: "NamedItem", additionalProperties: false },
);

/** An account of a bulk. */
export const namedAccountSchema = Type.Object(
  {
    account: Type.String({ description: "The account.", minLength: 1, maxLength: 256 }),
    properties: accountPropertiesSchema,
  },
  { title: "NamedAccount", additionalProperties: false },
);

export const describedAccountSchema = Type.Object(
  {
    account: Type.String({ description: "The account." }),
    properties: Type.Record(
      Type.String({ minLength: 1 }),
      Type.Union([Type.String(), Type.Number()]),
      { title: "AccountProperties", description: "Texts and numbers by name." },
    ),
  },
  { title: "DescribedAccount" },
);

export const accountsPageSchema = Type.Object(
  {
    accounts: Type.Array(describedAccountSchema),
    next: Type.Optional(
      Type.String({ description: "Send it as `after` for the next page; absent after the last." }),
    ),
  },
  { title: "AccountsPage" },
);

export const similarAccountsSchema = Type.Object(
  {
    accounts: Type.Array(
      Type.Object({
        account: Type.String({ description: "The account." }),
        score: Type.Number({
          description: "Cosine of what both wanted lately; above 0, at most 1.",
        }),
      }),
      { description: "Most alike first." },
    ),
  },
  { title: "SimilarAccounts" },
);

const keptPropertiesSchema = Type.Record(
  Type.String({ minLength: 1 }),
  Type.Union([Type.String(), Type.Number()]),
  { title: "ItemProperties", description: `Texts and numbers by name. ${known}` },
);

export const catalogueItemSchema = Type.Object(
  {
    item: Type.String({ description: "Its id." }),
    properties: keptPropertiesSchema,
    firstSeen: Type.Optional(
      Type.Number({
        description: "When somebody did something with it first, epoch milliseconds.",
      }),
    ),
  },
  { title: "CatalogueItem" },
);

export const cataloguePageSchema = Type.Object(
  {
    items: Type.Array(catalogueItemSchema),
    next: Type.Optional(
      Type.String({ description: "Send it as `after` for the next page; absent after the last." }),
    ),
  },
  { title: "CataloguePage" },
);

const missingReasons = [
  "unknown",
  "notSeen",
  "had",
  "hidden",
  "deleted",
  "notYet",
  "over",
  "excluded",
  "otherCategory",
  "filtered",
  "notFound",
  "artistMax",
  "categoryMax",
  "beyond",
] as const satisfies readonly MissingItem["why"][];

export const recommendationsSchema = Type.Object(
  {
    account: Type.String({ description: "As asked for." }),
    request: Type.Optional(
      Type.String({
        description:
          "Names this list: send it with impressions and actions. Absent with `serving.log` off.",
      }),
    ),
    variants: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: "By experiment that runs: the account's variant, by which the list was made.",
      }),
    ),
    items: Type.Array(recommendedItemSchema, { description: "Best first." }),
    missing: Type.Optional(
      Type.Array(
        Type.Object(
          {
            item: Type.String(),
            why: Type.Enum(missingReasons, {
              type: "string",
              description: "docs/RULES.md says what they mean.",
            }),
            rank: Type.Optional(Type.Integer({ description: "Its place by boosted score." })),
          },
          { title: "MissingItem" },
        ),
        { description: "Why the items of `missing` are not in the list." },
      ),
    ),
  },
  { title: "Recommendations" },
);

const orNull = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

const intervalFields = {
  low: orNull("Of an interval that may be looked at at any time; null: without end."),
  high: orNull("The same."),
};

const metricSchema = Type.Object(
  {
    mean: orNull("Over the accounts that are measured; null: there are none."),
    ...intervalFields,
    againstControl: Type.Optional(
      Type.Object(
        {
          difference: orNull("Its mean less the control's."),
          ...intervalFields,
          pValue: Type.Number({ description: "Below `alpha`: they differ, and one may stop." }),
        },
        { title: "AgainstControl" },
      ),
    ),
  },
  { title: "ExperimentMetric" },
);

const metricFields = Object.fromEntries(metricNames.map((name) => [name, metricSchema])) as Record<
  (typeof metricNames)[number],
  typeof metricSchema
>; // one for each

export const experimentSchema = Type.Object(
  {
    name: Type.String({ description: "Of the config." }),
    state: Type.Enum(["planned", "running", "ended", "removed"], {
      type: "string",
      description: "removed: the config has it no more.",
    }),
    metric: Type.Enum([...metricNames], {
      type: "string",
      description: "What the verdict goes by.",
    }),
    alpha: Type.Number({
      description: "The chance that a variant is ever said to differ when none does.",
    }),
    windowSeconds: Type.Number({
      description: "For so long after its first list an account is measured.",
    }),
    since: orNull(
      "From when on it is measured, epoch milliseconds; null: no list was served by it yet.",
    ),
    variants: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          share: Type.Number({ description: "Of the accounts, by the weights." }),
          accounts: Type.Integer({ description: "That were served a list of it." }),
          exposures: Type.Integer({ description: "Lists." }),
          measured: Type.Integer({ description: "Accounts whose window is over." }),
          metrics: Type.Object(metricFields, { description: "Of the measured accounts." }),
          verdict: Type.Optional(
            Type.Enum(["better", "worse", "undecided"], {
              type: "string",
              description: "By the metric; of all but the control.",
            }),
          ),
        },
        { title: "ExperimentVariant" },
      ),
      { description: "The control first." },
    ),
    assignmentPValue: Type.Number({
      description:
        "Below 0.001 accounts are not split as the weights say: something loses those of one variant, and nothing else is to be trusted.",
    }),
    beyondExposures: Type.Integer({
      description: "Lists to accounts beyond `accountsMax`, which are not measured.",
    }),
    summary: Type.String({ description: "The verdict in words." }),
  },
  { title: "Experiment" },
);

export const experimentsSchema = Type.Object(
  { experiments: Type.Array(experimentSchema) },
  { title: "Experiments" },
);

const maybe = (description: string) => Type.Optional(Type.Number({ description }));

const windowSchema = Type.Object(
  {
    size: Type.Integer({ description: "Examples that it can hold, the latest." }),
    examples: Type.Integer({ description: "In it." }),
    logLoss: maybe("Mean log loss before learning, in nats."),
    baseLogLoss: maybe("That of always saying the mean label."),
    normalisedEntropy: maybe("The first over the second: below 1 is better than the mean."),
    auc: maybe("Area under the ROC curve."),
    aucErrorMax: maybe("The exact one is at most so far away."),
    predicted: maybe("Mean prediction."),
    observed: maybe("Mean label."),
    calibrationError: maybe("Expected calibration error over 15 bins."),
  },
  { title: "HealthWindow" },
);

const questionHealthSchema = Type.Object(
  {
    examples: Type.Integer(),
    steps: Type.Integer({ description: "Those of one group are one." }),
    notFinite: Type.Integer({ description: "Examples whose prediction was no number." }),
    windows: Type.Array(windowSchema, {
      description: "The latest 1,000, 10,000 and 100,000 examples.",
    }),
    steady: Type.Object(
      { steps: Type.Integer(), normalisedEntropy: maybe("Over these steps.") },
      { title: "SteadySteps", description: "The latest over which it has been as good as now." },
    ),
    overfitting: Type.Object(
      {
        pairs: Type.Integer(),
        validationLoss: maybe("Of steps before they were learned."),
        trainingLoss: maybe("At the same moments, of those learned before."),
        gapError: maybe("Standard error of the difference."),
      },
      { title: "OverfittingStats" },
    ),
    alarms: Type.Object(
      Object.fromEntries(alarmKinds.map((kind) => [kind, Type.Integer()])) as Record<
        (typeof alarmKinds)[number],
        ReturnType<typeof Type.Integer>
      >, // one for each
      { title: "AlarmCounts", description: "How many there were." },
    ),
  },
  { title: "QuestionHealth" },
);

const alarmSchema = Type.Object(
  {
    kind: Type.Enum([...alarmKinds], { type: "string" }),
    question: Type.Enum([...questions], { type: "string" }),
    offset: Type.Integer({ description: "Of the record that gave rise to it." }),
    logTime: Type.Number({ description: "Epoch milliseconds." }),
    ...Object.fromEntries(
      [
        ...["before", "after", "steps", "validationLoss", "trainingLoss", "predicted"],
        ...["observed", "examples", "logLoss", "baseLogLoss"],
      ].map((name) => [name, maybe("As docs/METRICS.md has it.")]),
    ),
  },
  { title: "Alarm" },
);

const trainingHealthSchema = Type.Object(
  {
    examplesPerSecond: Type.Number({ description: "Learned from, over ten seconds." }),
    questions: Type.Object(
      { next: questionHealthSchema, response: questionHealthSchema },
      { title: "QuestionsHealth" },
    ),
    recentAlarms: Type.Array(alarmSchema, { description: "The latest 16, oldest first." }),
  },
  { title: "TrainingHealth", description: "How well the model learns: docs/METRICS.md." },
);

export const statusSchema = Type.Object(
  {
    ready: Type.Boolean({
      description: "Whether all that was in the log at the start is learned from.",
    }),
    readOnly: Type.Boolean({
      description: "Whether the log takes nothing any more, after a failed write, until a restart.",
    }),
    records: Type.Integer({ description: "Records in the log." }),
    servingLag: Type.Integer({ description: "Of these not applied yet." }),
    trainingLag: Type.Integer({ description: "Of these not learned from yet." }),
    trainingLagMs: Type.Number({ description: "The same in log time." }),
    examples: Type.Integer({ description: "Examples learned from." }),
    items: Type.Integer({ description: "Items that somebody did something with." }),
    accounts: Type.Integer({ description: "Accounts that did something." }),
    servedLost: Type.Integer({ description: "Served lists that could not be logged." }),
    restoredFrom: Type.Integer({ description: "The record that the snapshot stood at." }),
    ingested: Type.Object({
      accepted: Type.Integer(),
      duplicates: Type.Integer(),
      refused: Type.Integer(),
    }),
    unmapped: unmappedSchema,
    snapshots: Type.Object({
      saved: Type.Integer(),
      failed: Type.Integer(),
      stallMs: Type.Optional(Type.Number()),
      longestTurnMs: Type.Optional(Type.Number()),
    }),
    health: trainingHealthSchema,
  },
  { title: "Status" },
);

/** How one of several projects fares, in the order of its life. */
export const projectStates = ["opening", "catchingUp", "ready", "readOnly", "failed"] as const;

export const processStatusSchema = Type.Object(
  {
    ready: Type.Boolean({
      description: "Whether each project is, or has failed, and one at least has not.",
    }),
    projects: Type.Object(
      Object.fromEntries(projectStates.map((state) => [state, Type.Integer()])),
      { title: "ProjectCounts", description: "How many are in which state." },
    ),
    list: Type.Optional(
      Type.Array(
        Type.Object(
          {
            project: Type.String({ description: "Its name." }),
            state: Type.Enum(projectStates, { type: "string" }),
            reason: Type.Optional(Type.String({ description: "Why it has failed." })),
            status: Type.Optional(statusSchema),
          },
          { title: "ProjectReport" },
        ),
        { description: "For the operator's key alone." },
      ),
    ),
  },
  { title: "ProcessStatus", description: "Of a process that serves several projects." },
);

export const healthSchema = Type.Object({ status: Type.Literal("ok") }, { title: "Health" });
