export { noRow } from "../kernels/index.ts";
export {
  Arena,
  type ArenaOptions,
  type ArenaStats,
  type Region,
  type SharedArena,
} from "./arena.ts";
export { FeatureList } from "./features.ts";
export { readStable } from "./readStable.ts";
export { type SectionSink, type SectionSource } from "./snapshot.ts";
export { EmbeddingTable, type SharedTable } from "./table.ts";
export type { Entry, Initialiser, ScoredRows, TableOptions, TableStats } from "./tableTypes.ts";
