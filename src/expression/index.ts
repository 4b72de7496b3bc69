export type { Read, Value } from "./compiled.ts";
export type { PropertyName } from "./compiler.ts";
export { type Boost, compileBoost, compileFilter, type Filter } from "./expression.ts";
