export { noRow } from "../kernels/index.ts";
export {
  Arena,
  type ArenaOptions,
  type ArenaStats,
  type Region,
  type SharedArena,
} from "./arena.ts";
export { FeatureList } from "./features.ts";
export {
  FmKernel,
  type FmOptions,
  type FmParams,
  type FtrlParams,
  type SharedFm,
  type VectorParams,
} from "./fmKernel.ts";
export { readStable } from "./readStable.ts";
export { type SectionSink, type SectionSource } from "./snapshot.ts";
export { EmbeddingTable, type SharedTable } from "./table.ts";
export type { Entry, Initialiser, ScoredRows, TableOptions, TableStats } from "./tableTypes.ts";
