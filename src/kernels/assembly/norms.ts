/**
 * How long each row's vector is, for the scan: by Cauchy and Schwarz no product with a query is more than the
 * product of their lengths, so that most rows need not be read to know that they are not among the best.
 *
 * Whoever is about to change a row says so (changes.ts): then its norm is unknown, and infinite, until whoever
 * changed it notes it anew. A reader that sees the norm from before has looked before the change.
 *
 * Norms are rounded up by more than all the roundings of a product: see `queryNormOf`.
 */
import { dimMax, tableDimAt, tablePlaneNAt } from "../layout";
import { chunkOf, normOf, placeOf } from "./planes";

/** Above 1 by 2^-19: what float32 loses of a norm is less. */
const normSlack: f64 = 1.0 + 1.0 / 524288.0;
/** Above 1 by 2^-14: more than `dimMax` roundings of a sum, and that of the product of the norms. */
const querySlack: f64 = 1.0 + 1.0 / 16384.0;
/** 2^-60: the product of two of them is above what components lose that are too small for float32. */
const tiny: f64 = 1.0 / 1152921504606846976.0;

/** Before the row changes. */
@inline
export function unknowNorm(table: usize, row: u32): void {
  if (load<u32>(table, tablePlaneNAt) == 0) return;
  store<f32>(normOf(table, chunkOf(table, row), placeOf(row)), Infinity);
}

/** After the row has changed; its vector is float32. */
@inline
export function noteNorm(table: usize, row: u32): void {
  if (load<u32>(table, tablePlaneNAt) == 0) return;
  const chunk = chunkOf(table, row);
  const place = placeOf(row);
  const bytes = load<u32>(table, tableDimAt) << 2;
  store<f32>(normOf(table, chunk, place), <f32>(length(chunk + place * bytes, bytes) * normSlack + tiny));
}

/**
 * Of a query, f32[dim]: its product with a row's norm, in float32, is no less than the product of the vectors,
 * as the scan sums it up in float32.
 */
export function queryNormOf(query: usize, dim: u32): f32 {
  assert(dim <= <u32>dimMax);
  return <f32>(length(query, dim << 2) * querySlack + tiny);
}

/** In float64, where no square of a float32 is too small or too large. */
function length(vector: usize, bytes: u32): f64 {
  let sum = f64x2.splat(0);
  for (let d: u32 = 0; d < bytes; d += 8) {
    const two = f64x2.promote_low_f32x4(v128.load64_zero(vector + d));
    sum = f64x2.add(sum, f64x2.mul(two, two));
  }
  return Math.sqrt(f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
}
