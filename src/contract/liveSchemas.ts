/** What the page shows beside lists: how the service fares from second to second, and what was done. */
import { Type } from "../core/index.ts";
import { statusSchema } from "./schemas.ts";

const share = (description: string) => Type.Number({ description, minimum: 0, maximum: 1 });
const orNull = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

const tableSchema = Type.Object(
  {
    table: Type.String({
      description:
        "account, item, recent (an item as part of a past) or bucket (of a measured signal).",
    }),
    ids: Type.Integer({ description: "That have a row." }),
    pending: Type.Integer({ description: "Seen too seldom for a row as yet." }),
    expired: Type.Integer({ description: "Rows given up since the table was made." }),
    pendingExpired: Type.Integer({ description: "Pending ones that were given up, the same." }),
    load: share("Of the places for ids, how many are in use."),
    sizeBytes: Type.Integer({ description: "Of its buckets and rows." }),
  },
  { title: "TableOccupancy" },
);

const requestTimesSchema = Type.Object(
  {
    method: Type.String(),
    route: Type.String({ description: "Its pattern." }),
    count: Type.Integer({ description: "Since the start." }),
    p50Ms: Type.Number({ description: "Of the latest 1,024 of the last minute." }),
    p95Ms: Type.Number({ description: "The same." }),
    p99Ms: Type.Number({ description: "The same." }),
  },
  { title: "RequestTimes" },
);

export const liveReadingSchema = Type.Object(
  {
    time: Type.Integer({ description: "Of the service's clock, epoch milliseconds." }),
    status: statusSchema,
    eventsPerSecond: Type.Number({ description: "Accepted, over the last ten seconds." }),
    tables: Type.Array(tableSchema, { description: "Of the ranking model." }),
    memory: Type.Object(
      {
        usedBytes: Type.Integer({ description: "By all tables." }),
        sizeBytesMax: Type.Integer({ description: "`model.sizeBytesMax`." }),
      },
      { title: "ModelMemory" },
    ),
    requests: Type.Array(requestTimesSchema, {
      description: "Routes that were asked in the last minute, the most asked first.",
    }),
  },
  { title: "LiveReading" },
);

export const liveQuery = Type.Object(
  {
    readings: Type.Optional(
      Type.Integer({
        description: "It ends after so many; without, when either side ends it.",
        minimum: 1,
        maximum: 86_400,
      }),
    ),
  },
  { additionalProperties: false },
);

export const callerSchema = Type.Object(
  {
    name: Type.String({ description: "The key's, in the config." }),
    scopes: Type.Array(Type.String(), { description: "What it is good for." }),
    isKeyNeeded: Type.Boolean({ description: "False: everybody may do everything." }),
    isDemo: Type.Optional(
      Type.Boolean({ description: "True of `foldback demo`, whose listeners are simulated." }),
    ),
  },
  { title: "Caller" },
);

export const activeAccountsQuery = Type.Object(
  {
    prefix: Type.Optional(
      Type.String({ description: "Of their names.", minLength: 1, maxLength: 256 }),
    ),
    limit: Type.Integer({ description: "How many.", default: 20, minimum: 1, maximum: 100 }),
  },
  { additionalProperties: false },
);

export const activeAccountsSchema = Type.Object(
  {
    accounts: Type.Array(
      Type.Object(
        {
          account: Type.String({ description: "The account, or an anonymous session." }),
          items: Type.Integer({ description: "That it had." }),
          lastTime: Type.Integer({
            description: "Of its latest event about an item, epoch milliseconds.",
          }),
        },
        { title: "ActiveAccount" },
      ),
    ),
  },
  { title: "ActiveAccounts" },
);

export const historyQuery = Type.Object(
  {
    limit: Type.Integer({
      description: "How many items.",
      default: 50,
      minimum: 1,
      maximum: 500,
    }),
  },
  { additionalProperties: false },
);

export const accountHistorySchema = Type.Object(
  {
    account: Type.String({ description: "As asked for." }),
    count: Type.Integer({ description: "Items that it had, those beyond `limit` too." }),
    lastTime: orNull("Of its latest event about an item, epoch milliseconds; null: none."),
    items: Type.Array(
      Type.Object(
        {
          item: Type.String({ description: "Its id." }),
          title: Type.Optional(Type.String({ description: "The catalogue's, where it has one." })),
          isWanted: Type.Boolean({ description: "Whether it is among the last 64 it wanted." }),
        },
        { title: "HadItem" },
      ),
      { description: "The latest first." },
    ),
  },
  { title: "AccountHistory" },
);

const qualityFields = {
  "hit@10": orNull("Share of events whose item was among the ten that were listed before it."),
  "ndcg@10": orNull("The same, by place."),
  mrr: orNull("Mean reciprocal rank within the ten."),
  auc: orNull("The event's item against one that was drawn."),
  logloss: orNull("Of that pair, in nats."),
};
const qualitySchema = Type.Object(qualityFields, { title: "ListQuality" });

const evaluationSchema = Type.Object(
  {
    file: Type.String({ description: "Name of what was evaluated." }),
    events: Type.Integer({ description: "About an item." }),
    evaluated: Type.Integer({ description: "Before which a list was asked for." }),
    seconds: Type.Number({ description: "That it took." }),
    metrics: qualitySchema,
    curve: Type.Array(
      Type.Object(
        {
          events: Type.Integer({ description: "That were evaluated by then." }),
          engine: Type.Number({ description: "hit@10 so far." }),
          popularity: Type.Number({ description: "The same." }),
          recency: Type.Number({ description: "The same." }),
          itemCosine: Type.Number({ description: "The same." }),
        },
        { title: "EvaluationPoint" },
      ),
      { description: "How it went, in at most 128 points." },
    ),
    baselines: Type.Object(
      { popularity: qualitySchema, recency: qualitySchema, itemCosine: qualitySchema },
      { title: "Baselines" },
    ),
  },
  { title: "Evaluation", description: "By progressive validation: asked first, learned then." },
);

export const evaluationsSchema = Type.Object(
  { evaluations: Type.Array(evaluationSchema, { description: "One, or none." }) },
  { title: "Evaluations" },
);
