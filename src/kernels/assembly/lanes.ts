/** Sums across the lanes of four registers at once. */

/** Lane i = the sum over the lanes of the i-th argument: lanes (0 + 2) + (1 + 3). */
@inline
export function transposedSum(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(
    v128.shuffle<f32>(a, b, 0, 4, 1, 5), // a0 b0 a1 b1
    v128.shuffle<f32>(a, b, 2, 6, 3, 7), // a2 b2 a3 b3
  );
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}
