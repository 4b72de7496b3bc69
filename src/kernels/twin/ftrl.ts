/**
 * Twin of assembly/ftrl.ts: folds the gradient `g` of one weight into z and n, and rewrites the weight.
 *
 * `w`, `z` and `n` are places in `f32`. The formulas are those of McMahan et al., KDD 2013, Algorithm 1.
 */
export function ftrlStep(
  f32: Float32Array,
  at: { readonly w: number; readonly z: number; readonly n: number },
  g: number,
  p: { readonly alpha: number; readonly beta: number; readonly l1: number; readonly l2: number },
): void {
  const n = f32[at.n] + g * g;
  const z = f32[at.z] + (g - ((Math.sqrt(n) - Math.sqrt(f32[at.n])) / p.alpha) * f32[at.w]);
  f32[at.z] = z;
  f32[at.n] = n;
  f32[at.w] =
    Math.abs(z) <= p.l1
      ? 0
      : -(z - Math.sign(z) * p.l1) / ((p.beta + Math.sqrt(n)) / p.alpha + p.l2);
}
