/** A table's sections go where all snapshots do; the names are of this folder. */
export type {
  SnapshotSink as SectionSink,
  SnapshotSource as SectionSource,
} from "../storage/index.ts";
