export { type Assigned, assignSessions } from "./assignment.ts";
export { countBest } from "./best.ts";
export { type Candidates, candidatesOf, featureCount } from "./calibration.ts";
export { type DataKind, dataKinds } from "./dataKind.ts";
export { assignSimple, countSimple, simpleTree } from "./simple.ts";
