const { fround } = Math;

/**
 * Twin of assembly/adagrad.ts for one component: folds the gradient `g` into its sum of squares, and steps.
 *
 * `vector` and `accumulator` are places in `f32`; `g` and `rate` are float32. Source: Duchi, Hazan and
 * Singer, JMLR 2011.
 */
export function adagradStep(
  f32: Float32Array,
  at: { readonly vector: number; readonly accumulator: number },
  g: number,
  rate: number,
): void {
  f32[at.accumulator] += fround(g * g);
  f32[at.vector] -= fround(fround(rate * g) / fround(Math.sqrt(f32[at.accumulator])));
}
