export { decodeEvent, encodeEvent } from "./codec.ts";
export {
  type Ad,
  type Event,
  engineEventTypes,
  eventKey,
  knownEventTypes,
  type Place,
} from "./event.ts";
export {
  type EventBatch,
  type EventFile,
  type EventFileOptions,
  type FileFormat,
  type FileSource,
  fileFormats,
  maxBatchEvents,
  maxLineBytes,
} from "./eventFile.ts";
export { openEventFile } from "./openEventFile.ts";
export {
  type ParsedEvent,
  type ParsedEvents,
  type ParseOptions,
  parseEvent,
  parseEvents,
} from "./parseEvent.ts";
export { ReadOffsets } from "./readOffsets.ts";
export type { Refusal } from "./refusal.ts";
export type { LogRecord, Offset, Offsets, SnapshotSink, SnapshotSource, View } from "./view.ts";
