export type { Value } from "./compiled.ts";
export { type Boost, compileBoost, compileFilter, type Filter } from "./expression.ts";
