export { type EmbeddedLog, openEmbeddedLog } from "./embeddedLog.ts";
export type { DirectoryLock, LogFile, LogFiles } from "./files.ts";
export type {
  AppendOptions,
  AppendResult,
  EventLog,
  LogReader,
  ReadOptions,
} from "./log.ts";
export { attachLogReader } from "./logReader.ts";
export type { SharedLog } from "./sharedHead.ts";
export {
  openSnapshotStore,
  type RefusedSnapshot,
  type Snapshot,
  type SnapshotStore,
} from "./snapshotStore.ts";
