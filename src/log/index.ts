export { type EmbeddedLog, openEmbeddedLog } from "./embeddedLog.ts";
export type { KnownIds } from "./knownIds.ts";
export type {
  AppendOptions,
  AppendResult,
  EventLog,
  LogReader,
  ReadOptions,
} from "./log.ts";
export { attachLogReader } from "./logReader.ts";
export type { SharedLog } from "./sharedHead.ts";
