export {
  type Boost,
  compileBoost,
  compileFilter,
  type Filter,
  type Value,
} from "./expression.ts";
