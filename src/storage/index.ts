export { corrupt, readUint53, writeUint53 } from "./bytes.ts";
export type { DirectoryLock, StorageFile, StorageFiles } from "./files.ts";
export { type KeyValues, openKeyValues } from "./keyValues.ts";
export { nodeFiles } from "./nodeFiles.ts";
export { sinkUnder, sourceUnder } from "./sectionsUnder.ts";
export type { SnapshotSink, SnapshotSource } from "./snapshot.ts";
export { openSnapshotStore } from "./snapshotStore.ts";
export type {
  RefusedSnapshot,
  Snapshot,
  SnapshotAlongsideOptions,
  SnapshotStore,
  SnapshotStoreOptions,
  SnapshotWriteOptions,
  SnapshotWritten,
} from "./snapshotStoreTypes.ts";
