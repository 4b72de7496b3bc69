export type {
  BoardItem,
  BoardItems,
  BoardQuery,
  CatalogueItem,
  CataloguePage,
  CatalogueQuery,
  Experiment,
  Health,
  IngestResult,
  NamedItem,
  NewEvent,
  NewItemProperties,
  Recommendations,
  RecommendationsQuery,
  RecommendedItem,
  Refusal,
  Status,
} from "../contract/index.ts";
export { type ChangeOptions, FoldbackClient, type VersionedItem } from "./client.ts";
export { type ClientErrorCode, FoldbackClientError, type FoldbackErrorCode } from "./errors.ts";
export type { BatchOptions, ClientOptions } from "./options.ts";
export type { RequestOptions } from "./transport.ts";
