/**
 * Adagrad for four components of a vector, in float32. The sums of squares start above 0 (an option
 * of the table), so the root never divides by 0.
 *
 * Source: Duchi, Hazan and Singer, "Adaptive subgradient methods", JMLR 2011, the diagonal form.
 */

/** One step of gradient `g` from the components `v`, which `vector` points at. */
@inline
export function adagradStep(vector: usize, accumulator: usize, v: v128, g: v128, rate: v128): void {
  const squares = f32x4.add(v128.load(accumulator), f32x4.mul(g, g));
  v128.store(accumulator, squares);
  v128.store(vector, f32x4.sub(v, f32x4.div(f32x4.mul(rate, g), f32x4.sqrt(squares))));
}
