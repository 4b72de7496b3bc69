export {
  AbTest,
  type AbTestOptions,
  type AbTestReport,
  type Comparison,
  narrowed,
  type ObservationSummary,
  type VariantResult,
} from "./abTest.ts";
export { type Experiment, type Variant, variantOf } from "./variant.ts";
