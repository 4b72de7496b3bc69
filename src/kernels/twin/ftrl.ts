import * as layout from "../layout.ts";

interface FtrlParams {
  readonly alpha: number;
  readonly beta: number;
  readonly l1: number;
  readonly l2: number;
}

/**
 * Twin of assembly/ftrl.ts: folds the gradient `g` of one weight into z and n, and rewrites the weight.
 *
 * `w`, `z` and `n` are places in `f32`. The formulas are those of McMahan et al., KDD 2013, Algorithm 1.
 */
export function ftrlStep(
  f32: Float32Array,
  at: { readonly w: number; readonly z: number; readonly n: number },
  g: number,
  p: FtrlParams,
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

/** The parameters of a control record's weights; `record` is its place in `f64`. */
export function ftrlOf(f64: Float64Array, record: number): FtrlParams {
  const at = record + layout.fmLinearAt / 8;
  return {
    alpha: f64[at + layout.ftrlAlphaAt / 8],
    beta: f64[at + layout.ftrlBetaAt / 8],
    l1: f64[at + layout.ftrlL1At / 8],
    l2: f64[at + layout.ftrlL2At / 8],
  };
}
