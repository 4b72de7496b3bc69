export { type Assigned, assignSessions } from "./assignment.ts";
export { countBest } from "./best.ts";
export {
  type Candidates,
  candidatesOf,
  type DataKind,
  dataKinds,
  featureCount,
} from "./calibration.ts";
