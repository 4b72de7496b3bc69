export { hash64 } from "../core/index.ts";
export { noRow } from "../kernels/index.ts";
export {
  Arena,
  type ArenaOptions,
  type ArenaStats,
  type Region,
  type SharedArena,
} from "./arena.ts";
export { dumpTable } from "./dump.ts";
export { FeatureList } from "./features.ts";
export { type ChangedRows, type Drain, TableFollower } from "./follower.ts";
export type { UpdateOptions } from "./gradients.ts";
export { MemorySections } from "./memorySections.ts";
export {
  type Adagrad,
  type Adam,
  checkedOptimiser,
  type Ftrl,
  initialStateOf,
  type Optimiser,
  type OptimiserSettings,
  type RmsProp,
  type Sgd,
  stateCountOf,
  writeOptimiser,
} from "./optimiser.ts";
export { readStable, type StableSource } from "./readStable.ts";
export {
  ShardedTable,
  type ShardedTableOptions,
  type SharedShardedTable,
} from "./shardedTable.ts";
export { type SectionSink, type SectionSource } from "./snapshot.ts";
export { EmbeddingTable, type SharedTable } from "./table.ts";
export type {
  Entry,
  Initialiser,
  LinearOptions,
  ScoredRows,
  TableOptions,
  TableStats,
  VectorFormat,
} from "./tableTypes.ts";
