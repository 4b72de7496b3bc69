export { assert } from "./assert.ts";
export { ByteReader, ByteWriter } from "./bytes.ts";
export { canonicalJson } from "./canonicalJson.ts";
export { type Clock, dayMs, hourMs, systemClock } from "./clock.ts";
export { type ErrorCode, errorCodes, FoldbackError } from "./errors.ts";
export { withRoom } from "./growable.ts";
export { hash32, hash64 } from "./hash.ts";
export { ListSaver } from "./listSaver.ts";
export { normalQuantileAbove, normalTail } from "./normal.ts";
export { type Ordered, OrderedMap } from "./orderedMap.ts";
export { Random } from "./random.ts";
export { assignmentPValue } from "./sampleRatio.ts";
export {
  allowedBy,
  type FieldSchema,
  fieldAt,
  problemOf,
  type SchemaProblem,
} from "./schema.ts";
export { SharedTexts } from "./sharedTexts.ts";
export type { Stages } from "./stages.ts";
export { TopList } from "./topList.ts";
export { type Static, type TObject, type TSchema, Type, Value } from "./typebox.ts";
export { compareUtf8 } from "./utf8.ts";
