export type { SnapshotSink, SnapshotSource } from "../storage/index.ts";
export { decodeEvent, encodeEvent } from "./codec.ts";
export {
  type Ad,
  type Event,
  engineEventTypes,
  eventKey,
  knownEventTypes,
  type ServedItem,
} from "./event.ts";
export {
  type EventFile,
  type FileFormat,
  type FileSource,
  fileFormats,
} from "./eventFile.ts";
export { openEventFile } from "./openEventFile.ts";
export { type ParsedEvents, parseEvents } from "./parseEvent.ts";
export { ReadOffsets } from "./readOffsets.ts";
export type { Refusal } from "./refusal.ts";
export {
  mapSegment,
  type SegmentType,
  segmentTypes,
  type Unmapped,
} from "./segment/segment.ts";
export { type SegmentField, segmentFields, type TrackRule } from "./segment/trackRule.ts";
export { trackRules } from "./segment/trackRules.ts";
export type { LogRecord, Offset, Offsets, View } from "./view.ts";
