export type {
  AccountPatch,
  AccountsPage,
  AccountsQuery,
  BoardItem,
  BoardItems,
  BoardQuery,
  CatalogueItem,
  CataloguePage,
  CatalogueQuery,
  DescribedAccount,
  Experiment,
  Health,
  IngestResult,
  ItemPatch,
  NamedAccount,
  NamedItem,
  NewAccountProperties,
  NewEvent,
  NewItemProperties,
  Recommendations,
  RecommendationsQuery,
  RecommendedItem,
  Refusal,
  SimilarAccounts,
  SimilarAccountsQuery,
  Status,
} from "../contract/index.ts";
export {
  type ChangeOptions,
  FoldbackClient,
  type VersionedAccount,
  type VersionedItem,
} from "./client.ts";
export { type ClientErrorCode, FoldbackClientError, type FoldbackErrorCode } from "./errors.ts";
export type { BatchOptions, ClientOptions } from "./options.ts";
export type { RequestOptions } from "./transport.ts";
