export type { SnapshotSink, SnapshotSource } from "../storage/index.ts";
export { readChunks } from "./chunks.ts";
export { decodeEvent, encodeEvent } from "./codec.ts";
export { isNumeral } from "./columns.ts";
export { parseCsvText } from "./csvText.ts";
export { type ChunkColumn, ChunkRows } from "./database/chunkRows.ts";
export { Database, type DatabaseOptions } from "./database/database.ts";
export { openParquetEvents } from "./database/parquetEvents.ts";
export type { AppendedCell, RowAppender } from "./database/rowAppender.ts";
export { quotedName, quotedText } from "./database/sql.ts";
export { readRows } from "./delimited.ts";
export {
  type DescribedKind,
  type Description,
  descriptionIn,
  descriptionOf,
  type Properties,
  type Property,
  wantsNoPeople,
} from "./description.ts";
export { openDescriptionFile } from "./descriptionFile.ts";
export {
  type Ad,
  type Event,
  engineEventTypes,
  eventKey,
  knownEventTypes,
  linkedAccount,
  type ServedItem,
} from "./event.ts";
export {
  type EventBatch,
  type EventFile,
  type EventSource,
  type FileFormat,
  type FileSource,
  fileFormats,
  unreadable,
} from "./eventFile.ts";
export { readLines } from "./lines.ts";
export type { MissingFile } from "./migration/movieLensLayout.ts";
export { openGorse } from "./migration/openGorse.ts";
export { openMovieLens } from "./migration/openMovieLens.ts";
export { neededFields } from "./neededFields.ts";
export { openEventFile } from "./openEventFile.ts";
export { parquetColumns, readParquetRows } from "./parquetFile.ts";
export { type ParsedEvents, parseEvents, typesTaken } from "./parseEvent.ts";
export { middleOf, placeAt, timeZoneAt } from "./places/places.ts";
export { ZoneClock } from "./places/zoneClock.ts";
export { Pseudonyms } from "./pseudonyms.ts";
export { ReadOffsets } from "./readOffsets.ts";
export { type Refusal, renderText, renderValue } from "./refusal.ts";
export { parseRfc3339 } from "./rfc3339.ts";
export {
  mapSegment,
  type SegmentType,
  segmentTypes,
  type Unmapped,
} from "./segment/segment.ts";
export { type SegmentField, segmentFields, type TrackRule } from "./segment/trackRule.ts";
export { trackRules } from "./segment/trackRules.ts";
export {
  mayBeNumber,
  propertyOfColumn,
  type TableFormat,
  tableFormatOf,
  tableFormats,
} from "./table.ts";
export type { LogRecord, Offset, Offsets, View } from "./view.ts";
export { quoted as quotedCell } from "./write/csvWriter.ts";
export { cellsOfDescription, firstColumnsOf, lineOfDescription } from "./write/descriptionTable.ts";
export { cellsOf, EventTable, rowOf } from "./write/eventTable.ts";
export { type Append, type Cell, ColumnKinds } from "./write/tableTypes.ts";
export { tableWriter } from "./write/tableWriter.ts";
