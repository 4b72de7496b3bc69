export { type Ad, type Event, engineEventTypes, eventKey, knownEventTypes, type Place } from "./event.ts";
export type { LogRecord, Offset, Offsets, SnapshotSink, SnapshotSource, View } from "./view.ts";
