export { corrupt, readUint53, writeUint53 } from "./bytes.ts";
export type { DirectoryLock, StorageFile, StorageFiles } from "./files.ts";
export { nodeFiles } from "./nodeFiles.ts";
export type { SnapshotSink, SnapshotSource } from "./snapshot.ts";
export {
  openSnapshotStore,
  type RefusedSnapshot,
  type Snapshot,
  type SnapshotStore,
  type SnapshotStoreOptions,
} from "./snapshotStore.ts";
