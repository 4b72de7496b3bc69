export { twinContext, twinGradient, twinLearn, twinPredict, twinScoreItems } from "./fm.ts";
export { mix64 } from "./hash.ts";
export { initialVector } from "./initialise.ts";
export { exp, log, sigmoid } from "./math.ts";
export { type Memory, memoryOf } from "./memory.ts";
export { twinScanTop } from "./scan.ts";
