export { type Assigned, assignSessions } from "./assignment.ts";
export { countBest } from "./best.ts";
