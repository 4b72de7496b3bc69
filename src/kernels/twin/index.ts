export { type TwinBatch, twinDeepLearn, twinDeepPredict, unitMask } from "./deep.ts";
export { twinLearn, twinPredict } from "./fm.ts";
export {
  decodeF16,
  decodeInt8,
  dotF16,
  dotInt8,
  encodeF16,
  encodeInt8,
} from "./formats.ts";
export { mix64 } from "./hash.ts";
export { initialVector } from "./initialise.ts";
export { exp, log, sigmoid } from "./math.ts";
export { type Memory, memoryOf, placesOf } from "./memory.ts";
export { twinOptimiserStep } from "./optimisers.ts";
export {
  type TwinContext,
  type TwinGroup,
  twinRankLearn,
  twinRankQuery,
  twinRankScore,
} from "./rank.ts";
export { twinScanTop } from "./scan.ts";
