/** The schemas as types: what clients send and get. */
import type { Static, TSchema } from "../core/index.ts";
import type {
  compareQuery,
  comparisonSchema,
  creditQuery,
  creditSchema,
  pathsQuery,
  pathsSchema,
  timeToConversionQuery,
  timeToConversionSchema,
} from "./attributionSchemas.ts";
import type {
  eventsPageSchema,
  eventsQuery,
  eventTypesSchema,
  exportQuery,
  refusedEventsSchema,
} from "./dataSchemas.ts";
import type {
  accountHistorySchema,
  activeAccountsQuery,
  activeAccountsSchema,
  callerSchema,
  evaluationsSchema,
  historyQuery,
  liveQuery,
  liveReadingSchema,
} from "./liveSchemas.ts";
import type {
  accountsQuery,
  boardQuery,
  catalogueQuery,
  recommendationsQuery,
  similarAccountsQuery,
} from "./parameters.ts";
import type {
  accountPeopleSchema,
  assignedSchema,
  assignSchema,
  peopleQuery,
  peopleSummarySchema,
  summaryQuery,
} from "./peopleSchemas.ts";
import type {
  accountPatchSchema,
  accountPropertiesSchema,
  accountsPageSchema,
  boardItemsSchema,
  catalogueItemSchema,
  cataloguePageSchema,
  describedAccountSchema,
  erasureSchema,
  eventSchema,
  experimentSchema,
  experimentsSchema,
  healthSchema,
  ingestResultSchema,
  itemPatchSchema,
  itemPropertiesSchema,
  namedAccountSchema,
  namedItemSchema,
  recommendationsSchema,
  similarAccountsSchema,
  statusSchema,
} from "./schemas.ts";

/** What is sent is not changed, so lists that can't be are welcome. */
type Sent<T> = T extends readonly (infer Each)[]
  ? readonly Sent<Each>[]
  : T extends object
    ? { readonly [Name in keyof T]: Sent<T[Name]> }
    : T;

/** What has a default may be left out. */
type Query<Schema extends TSchema> = Partial<Sent<Static<Schema>>>;

export type NewEvent = Sent<Static<typeof eventSchema>>;
export type NewItemProperties = Sent<Static<typeof itemPropertiesSchema>>;
export type ItemPatch = Sent<Static<typeof itemPatchSchema>>;
export type NamedItem = Sent<Static<typeof namedItemSchema>>;
export type NewAccountProperties = Sent<Static<typeof accountPropertiesSchema>>;
export type AccountPatch = Sent<Static<typeof accountPatchSchema>>;
export type NamedAccount = Sent<Static<typeof namedAccountSchema>>;
export type NewSession = Sent<Static<typeof assignSchema>>;
export type PeopleQuery = Query<typeof peopleQuery>;
export type PeopleSummaryQuery = Query<typeof summaryQuery>;
export type RecommendationsQuery = Query<typeof recommendationsQuery>;
export type BoardQuery = Query<typeof boardQuery>;
export type CatalogueQuery = Query<typeof catalogueQuery>;
export type SimilarAccountsQuery = Query<typeof similarAccountsQuery>;
export type AccountsQuery = Query<typeof accountsQuery>;

export type CompareQuery = Query<typeof compareQuery>;
export type CreditQuery = Query<typeof creditQuery>;
export type PathsQuery = Query<typeof pathsQuery>;
export type TimeToConversionQuery = Query<typeof timeToConversionQuery>;

export type EventsQuery = Query<typeof eventsQuery>;
export type ExportQuery = Query<typeof exportQuery>;

export type IngestResult = Static<typeof ingestResultSchema>;
export type Refusal = IngestResult["refused"][number];
export type EventsPage = Static<typeof eventsPageSchema>;
export type RefusedEvents = Static<typeof refusedEventsSchema>;
export type EventTypes = Static<typeof eventTypesSchema>;
export type Recommendations = Static<typeof recommendationsSchema>;
export type RecommendedItem = Recommendations["items"][number];
export type BoardItems = Static<typeof boardItemsSchema>;
export type BoardItem = BoardItems["items"][number];
export type CatalogueItem = Static<typeof catalogueItemSchema>;
export type CataloguePage = Static<typeof cataloguePageSchema>;
export type DescribedAccount = Static<typeof describedAccountSchema>;
export type SimilarAccounts = Static<typeof similarAccountsSchema>;
export type AccountsPage = Static<typeof accountsPageSchema>;
export type AccountPeople = Static<typeof accountPeopleSchema>;
export type PeopleSummary = Static<typeof peopleSummarySchema>;
export type AssignedSession = Static<typeof assignedSchema>;
export type AttributionComparison = Static<typeof comparisonSchema>;
export type AttributionCredit = Static<typeof creditSchema>;
export type AttributionPaths = Static<typeof pathsSchema>;
export type TimeToConversion = Static<typeof timeToConversionSchema>;
export type Erasure = Static<typeof erasureSchema>;
export type Experiment = Static<typeof experimentSchema>;
export type Experiments = Static<typeof experimentsSchema>;
export type LiveReading = Static<typeof liveReadingSchema>;
export type LiveQuery = Query<typeof liveQuery>;
export type Caller = Static<typeof callerSchema>;
export type ActiveAccountsQuery = Query<typeof activeAccountsQuery>;
export type ActiveAccounts = Static<typeof activeAccountsSchema>;
export type HistoryQuery = Query<typeof historyQuery>;
export type AccountHistory = Static<typeof accountHistorySchema>;
export type Evaluation = Static<typeof evaluationsSchema>["evaluations"][number];
export type Status = Static<typeof statusSchema>;
export type Health = Static<typeof healthSchema>;
